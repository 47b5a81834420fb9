#pragma once

// A worker's slot for the fiber woken last. Its owner puts in and takes out dozens of millions of
// times a second, with one plain store each time; another thread may raid it, which happens only to
// a worker that has been in one turn for a millisecond, and may cost what it likes.
//
// The owner alone writes the slot. A raider notes what it takes in `raided_`, and leaves it lying
// in the slot; the owner, who looks at the note after each exchange, throws it away when it comes
// upon it. That is Dekker's protocol, made one-sided. The owner stores the slot, then looks for a
// raider. The raider announces itself, then makes every running thread of the process pass a full
// barrier (`barrier`, Linux's membarrier), then reads the slot. Either the owner's store was before
// that barrier, and the raider reads what it left; or the owner looks after it, and waits for what
// the raider notes. So the owner needs no barrier of its own: only the compiler must keep its two
// accesses in order.

#include <troupe/detail/spin_lock.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>

namespace troupe::internal {

/// `OwnAtomic`: what the owner alone writes.
template <class T, template <class> class Atomic = std::atomic, class Lock = detail::spin_lock,
          template <class> class OwnAtomic = Atomic>
class wake_slot {
 public:
  wake_slot() = default;
  wake_slot(const wake_slot&) = delete;
  wake_slot& operator=(const wake_slot&) = delete;

  /// Owner only. False: there may be something in it.
  [[nodiscard]] bool empty() const noexcept {
    return item_.load(std::memory_order_relaxed) == nullptr;
  }

  /// Owner only: puts `item` in and gives what was there.
  T* exchange(T* item) noexcept {
    T* const before = item_.load(std::memory_order_relaxed);
    item_.store(item, std::memory_order_release);  // with raid's acquire: it sees the fiber
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (raided_.load(std::memory_order_acquire) != nothing) [[unlikely]]
      return unless_raided(before);
    return before;
  }

  /// Any other thread, one at a time: what is in the slot; null if it is empty, or what was taken
  /// last still lies in it.
  template <class Barrier>
  T* raid(Barrier barrier) noexcept {
    const std::lock_guard held(lock_);
    if (raided_.load(std::memory_order_relaxed) != nothing) return nullptr;
    raided_.store(announced);
    barrier();
    T* const taken = item_.load(std::memory_order_acquire);
    raided_.store(word(taken), std::memory_order_release);
    return taken;
  }

 protected:  // for the mutations in tests/model
  static constexpr std::uintptr_t nothing = 0;
  static constexpr std::uintptr_t announced = 1;
  static std::uintptr_t word(T* item) noexcept { return reinterpret_cast<std::uintptr_t>(item); }

  [[gnu::noinline, gnu::cold, clang::preserve_most]] T* unless_raided(T* before) noexcept {
    const std::lock_guard held(lock_);  // the raider has noted what it takes
    if (raided_.load(std::memory_order_relaxed) != word(before)) return before;
    raided_.store(nothing, std::memory_order_relaxed);
    return nullptr;
  }

  OwnAtomic<T*> item_{nullptr};
  // Nothing; a raider has announced itself; or what it has taken, until the owner comes upon that.
  // Written under `lock_`.
  Atomic<std::uintptr_t> raided_{nothing};
  Lock lock_;
};

}  // namespace troupe::internal

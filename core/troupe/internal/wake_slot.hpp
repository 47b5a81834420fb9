#pragma once

// A worker's slot for the fiber woken last. Its owner puts in and takes out dozens of millions of
// times a second, with plain loads and stores; another thread may raid it, which happens only to a
// worker that has been in one turn for a millisecond, and may cost what it likes.
//
// The protocol is Dekker's, made one-sided. The owner announces itself (busy_), then looks for a
// raider (raided_). The raider announces itself, then makes every running thread of the process
// pass a full barrier (`barrier`, Linux's membarrier), then looks for the owner. Either the owner's
// announcement was before that barrier, and the raider sees it and leaves; or the owner looks
// after it, sees the raider, and takes the lock. So the owner needs no barrier of its own: only
// the compiler must keep its two accesses in order.

#include <troupe/detail/spin_lock.hpp>

#include <atomic>
#include <mutex>

namespace troupe::internal {

template <class T, template <class> class Atomic = std::atomic, class Lock = detail::spin_lock>
class wake_slot {
 public:
  wake_slot() = default;
  wake_slot(const wake_slot&) = delete;
  wake_slot& operator=(const wake_slot&) = delete;

  /// Owner only. A raider may empty it the next moment.
  [[nodiscard]] bool empty() const noexcept {
    return item_.load(std::memory_order_relaxed) == nullptr;
  }

  /// Owner only: puts `item` in and gives what was there.
  T* exchange(T* item) noexcept {
    busy_.store(true, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (raided_.load(std::memory_order_acquire)) [[unlikely]]
      return swap_after_raid(item);
    return swap(item);
  }

  /// Any other thread, one at a time: what is in the slot, or null if it is empty or being used.
  template <class Barrier>
  T* raid(Barrier barrier) noexcept {
    const std::lock_guard held(lock_);
    raided_.store(true);
    barrier();
    T* taken = nullptr;
    if (!busy_.load(std::memory_order_acquire)) {
      taken = item_.load(std::memory_order_acquire);
      item_.store(nullptr, std::memory_order_relaxed);
    }
    raided_.store(false, std::memory_order_release);  // the owner's acquire sees the slot empty
    return taken;
  }

 private:
  [[gnu::noinline, gnu::cold, clang::preserve_most]] T* swap_after_raid(T* item) noexcept {
    const std::lock_guard held(lock_);
    return swap(item);
  }
  T* swap(T* item) noexcept {
    T* const before = item_.load(std::memory_order_relaxed);
    item_.store(item, std::memory_order_release);  // with raid's acquire: it sees the fiber
    busy_.store(false, std::memory_order_release);
    return before;
  }

  Atomic<T*> item_{nullptr};
  Atomic<bool> busy_{false};    // the owner is between announcing itself and being done
  Atomic<bool> raided_{false};  // a raider has announced itself
  Lock lock_;
};

}  // namespace troupe::internal

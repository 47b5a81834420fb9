#pragma once

// What lets one thread of the process take its locks without a locked instruction, as long as it
// works alone (biased locking, for all locks of a kind at once; biased_lock.hpp is one).
//
// One thread at a time may have the bias. It takes a lock by naming it in a place of its own,
// `held`, which nobody else writes. All others take the lock's byte, by exchange, and then look
// who has the bias:
//   owner:  store `held`; look whether the bias is still its own, and whether the byte is free; go
//           on. Else it takes back what it has just stored, and takes the byte as anybody does.
//   other:  take the byte; look who has the bias. If somebody has: mark it, make every thread pass
//           a full barrier (process_barrier.hpp), and wait until that one's `held` does not name
//           the lock.
// Why it holds: the owner's store of `held` and its looks stand in program order, and the other
// one's barrier comes either after them, and then it sees what is held, or before the looks, and
// then the owner sees the mark. Who gets the bias makes a barrier of its own before it uses it: an
// other one that looked before it was there had taken its byte by then, and the owner sees that.
//
// A marked bias is not used any more. Its owner gives it up once it holds nothing by it; until then
// others look at what it holds. So nobody waits for more than the lock it wants.
//
// A lock counts as a full barrier, as an exchange does, between two threads that take one each:
// either both exchange, or one of them has made all threads pass a barrier.
//
// Atomics: `owner_` is none, or a turn of a holder, each of which is used once; to that by the
// holder, by compare-exchange; its bits are set by others, by compare-exchange; to none by the
// holder. `held` is released by its thread and acquired by others: what was done under a lock is
// seen by who comes next.

#include <atomic>
#include <cstdint>

namespace troupe::detail {

/// What one thread holds by its bias: one lock, as those who have two have one of them by its byte.
/// Never freed: others may look at it late.
template <template <class> class OwnAtomic = std::atomic>
struct alignas(64) lock_holder {
  using word = std::uintptr_t;

  OwnAtomic<word> held{0};
  // As which the thread has the bias, or had it last; at first none that there is. Its own.
  std::uint64_t turn = 1;
};

/// Templates so that tests/model can explore it. `Holder holder_of(index)` finds a holder.
template <template <class> class Atomic = std::atomic, template <class> class OwnAtomic = Atomic>
class lock_bias {
 public:
  using holder = lock_holder<OwnAtomic>;
  using word = holder::word;
  static constexpr std::uint64_t none = 0;

  /// For who has taken a lock's byte: whether it has to settle().
  [[nodiscard]] bool is_on() const noexcept { return owner_.load() != none; }
  /// And nobody has marked it.
  [[nodiscard]] bool is_of(const holder& me) const noexcept {
    return owner_.load(std::memory_order_acquire) == me.turn;
  }

  // --- for the thread of `me` ---

  /// True: it has the bias now. `index`: its place among all holders, below `most_holders`.
  template <class Barrier>
  bool take(holder& me, std::uint64_t index, Barrier barrier) noexcept {
    const std::uint64_t turn = (me.turn & ~turn_mask) + one_turn + (index << index_shift);
    std::uint64_t seen = none;
    if (!owner_.compare_exchange_strong(seen, turn)) return false;
    barrier();
    me.turn = turn;
    return true;
  }
  /// Holding nothing by it. Harmless without the bias.
  void give_up(holder& me) noexcept {
    if ((owner_.load(std::memory_order_relaxed) & ~bits) == me.turn) {
      owner_.store(none, std::memory_order_release);
    }
  }

  /// True: it holds `lock`, of which `taken()` reads the byte (acquire). False: it has to take
  /// that.
  template <class Taken>
  bool try_hold(holder& me, word lock, Taken taken) noexcept {
    if (me.held.load(std::memory_order_relaxed) != 0) [[unlikely]]
      return false;
    me.held.store(lock, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (is_of(me) && !taken()) [[likely]]
      return true;
    me.held.store(0, std::memory_order_release);
    return false;
  }
  /// False: it does not hold it by its bias, but by its byte.
  static bool let_go(holder& me, word lock) noexcept {
    if (me.held.load(std::memory_order_relaxed) != lock) return false;
    let_go(me);
    return true;
  }
  /// Of the lock that it holds by its bias.
  static void let_go(holder& me) noexcept { me.held.store(0, std::memory_order_release); }

  // --- for every thread that has taken the byte of `lock` ---

  /// Until nobody else holds it. `me`: the thread's holder, if it has one.
  template <class HolderOf, class Barrier, class Wait>
  void settle(const holder* me, word lock, HolderOf holder_of, Barrier barrier,
              Wait wait) noexcept {
    std::uint64_t seen = owner_.load();
    for (;;) {
      if (seen == none || (me != nullptr && (seen & ~bits) == me->turn)) return;
      if ((seen & marked) != 0 || owner_.compare_exchange_strong(seen, seen | marked)) break;
    }
    seen |= marked;
    if ((seen & passed) == 0) {
      barrier();
      std::uint64_t expected = seen;
      owner_.compare_exchange_strong(expected, seen | passed);
    }
    const holder& of = holder_of((seen >> index_shift) % most_holders);
    wait([&] { return of.held.load(std::memory_order_acquire) != lock; });
  }

  static constexpr std::uint64_t most_holders = 64;

 private:
  // Somebody else wants a lock; and has made all threads pass a barrier since.
  static constexpr std::uint64_t marked = 1;
  static constexpr std::uint64_t passed = 2;
  static constexpr std::uint64_t bits = marked | passed;
  static constexpr unsigned index_shift = 2;
  static constexpr std::uint64_t one_turn = most_holders << index_shift;
  static constexpr std::uint64_t turn_mask = one_turn - 1;

  Atomic<std::uint64_t> owner_{none};
};

}  // namespace troupe::detail

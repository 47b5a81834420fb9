#pragma once

// What lets one thread take a lock without a locked instruction, as long as no other wants it
// (biased locking; the owner's side of it and the other's side of it meet as in rcu.hpp).
//
// While a bias is on, its owner alone may hold what it stands for, and says so in `held`, which
// nobody else ever writes:
//   owner:  store `held`; look whether it is still the owner; go on. Else it steps back: it clears
//           what it has just stored, and takes the lock as anybody does.
//   other:  mark the owner; make every thread pass a full barrier (process_barrier.hpp); wait until
//           `held` has no `locked` in it; take over what it says; clear the owner.
// Why it holds: the owner's store of `held` and its look at `owner` stand in program order, and its
// barrier either comes after both, or before the look. In the first case the other one sees what is
// held. In the second the owner sees the mark. Both may be: so what the other one took over is what
// counts, and an owner that saw the mark waits until the owner is cleared, and then looks.
//
// A bias is given to one thread only, ever: one that looked at `owner` long ago may still store
// `held`, and must not meet the word of another. A thread that has ended stores nothing, so that
// the address of its variables may name a later one.
//
// Atomics: `owner` is 0, the thread, or the thread and `marked`; from 0 to the thread by the thread
// itself, with the lock held; to marked by a compare-exchange, by whoever takes the bias away; to 0
// by the same, released, with what was held in the lock's own word. `held` is released by the owner
// and acquired by the other: what was done inside is seen by who comes next.

#include <atomic>
#include <cstdint>

namespace troupe::detail {

/// Templates so that tests/model can explore it.
template <template <class> class Atomic = std::atomic, template <class> class OwnAtomic = Atomic>
class thread_bias {
 public:
  using word = std::uintptr_t;
  static constexpr word locked = 1;

  // --- the owner ---

  [[nodiscard]] bool is_of(word me) const noexcept {
    return owner_.load(std::memory_order_acquire) == me;
  }
  /// Whether it may be: if so, `held` is this thread's.
  [[nodiscard]] bool was_given_to(word me) const noexcept {
    return candidate_.load(std::memory_order_relaxed) == me;
  }
  [[nodiscard]] word held() const noexcept { return held_.load(std::memory_order_relaxed); }
  /// True: it counts. False: the bias is being taken away, or has been.
  bool hold(word me, word what) noexcept {
    put(what);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return is_of(me);
  }
  /// Without a look: after a hold() that did not count, or where it makes no difference.
  void put(word what) noexcept { held_.store(what, std::memory_order_release); }
  /// After a hold() that did not count: until it is known what the other one has taken over.
  template <class Wait>
  void wait_until_taken(word me, Wait wait) const {
    wait([&] { return owner_.load(std::memory_order_acquire) != (me | marked); });
  }

  // --- with the lock held ---

  /// False: it was given to another thread before.
  bool give_to(word me) noexcept {
    const word before = candidate_.load(std::memory_order_relaxed);
    if (before != 0 && before != me) return false;
    candidate_.store(me, std::memory_order_relaxed);
    put(0);
    owner_.store(me, std::memory_order_release);
    return true;
  }

  // --- any thread ---

  struct taken {
    bool done = false;   // the bias was there, and whoever asked has the lock now
    bool owner = false;  // it was his
    word held = 0;       // goes into the lock's word, before clear()
  };
  template <class Barrier, class Wait>
  taken try_take(word me, Barrier barrier, Wait wait) noexcept {
    word owner = owner_.load(std::memory_order_acquire);
    if (owner == 0 || (owner & marked) != 0 ||
        !owner_.compare_exchange_strong(owner, owner | marked)) {
      return {};
    }
    if (owner == me) return {.done = true, .owner = true, .held = held()};
    barrier();
    word seen = 0;
    wait([&] {
      seen = held_.load(std::memory_order_acquire);
      return (seen & locked) == 0;
    });
    return {.done = true, .owner = false, .held = seen};
  }
  void clear() noexcept { owner_.store(0, std::memory_order_release); }

  /// For the model.
  [[nodiscard]] OwnAtomic<word>& core() noexcept { return held_; }

 private:
  static constexpr word marked = 1;

  Atomic<word> owner_{0};
  Atomic<word> candidate_{0};  // who may be the owner; written once
  OwnAtomic<word> held_{0};
};

}  // namespace troupe::detail

#pragma once

// A bounded first-in first-out queue of pointers: one owner pushes and pops, any thread that owns
// another such queue may steal half of it at once.
//
// Protocol. Items stand in the slots [head_, tail_); both are counters that only grow, modulo
// 2^32, and a slot is a counter modulo Capacity. Only the owner moves tail_. Everyone claims items
// by moving head_ with one compare-exchange: whoever succeeds owns what it passed over. A thief
// copies first and claims after, so a copy that was overwritten meanwhile is never used: to
// overwrite a slot the owner must have seen a head_ beyond it, and then the thief's claim fails.
// (A thief that sleeps while exactly 2^32 items go by would be fooled.)
//
// A push is no full fence: an owner that pushes and then looks for sleepers to wake has to order
// the two itself.

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace troupe::internal {

template <class T, std::size_t Capacity = 256, template <class> class Atomic = std::atomic>
class run_queue {
  static_assert(std::has_single_bit(Capacity) && Capacity >= 2 && Capacity <= (1u << 31));

 public:
  static constexpr std::size_t capacity = Capacity;

  run_queue() = default;
  /// Starts counting at `position`, for tests of the wrap-around.
  explicit run_queue(std::uint32_t position) noexcept : head_(position), tail_(position) {}
  run_queue(const run_queue&) = delete;
  run_queue& operator=(const run_queue&) = delete;

  /// Owner only. False when full.
  bool push(T* item) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    // Acquire, with the claim in steal_into: its copy of this slot came before.
    const std::uint32_t head = head_.load(std::memory_order_acquire);
    if (tail - head >= Capacity) return false;
    slot(tail).store(item, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Owner only: the oldest item, or null when empty.
  T* pop() noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    std::uint32_t head = head_.load(std::memory_order_relaxed);
    while (head != tail) {
      T* item = slot(head).load(std::memory_order_relaxed);
      // Release: who acquires this head_ also sees a tail_ that is not behind it.
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_release,
                                      std::memory_order_relaxed))
        return item;
    }
    return nullptr;
  }

  /// Moves the older half (rounded up, and no more than fits) to the end of `thief`, which the
  /// calling thread owns. Returns how many were moved.
  std::size_t steal_into(run_queue& thief) noexcept {
    if (this == &thief) return 0;
    const std::uint32_t to = thief.tail_.load(std::memory_order_relaxed);
    // Acquire as in push: others may still be copying the slots that are written below.
    const auto room =
        static_cast<std::uint32_t>(Capacity) - (to - thief.head_.load(std::memory_order_acquire));
    // Acquire, with both claims: the tail_ read next is not behind this head_.
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      // Acquire, with push: what the items point to is there as well.
      // Where head is old by now this may be any number; then the claim below fails.
      const std::uint32_t waiting = tail_.load(std::memory_order_acquire) - head;
      const std::uint32_t count = std::min(waiting - waiting / 2, room);
      if (count == 0) return 0;
      for (std::uint32_t i = 0; i < count; ++i)
        thief.slot(to + i).store(slot(head + i).load(std::memory_order_relaxed),
                                 std::memory_order_relaxed);
      // Release: the copying came before, for a push that reuses these slots.
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        thief.tail_.store(to + count, std::memory_order_release);
        return count;
      }
    }
  }

  /// Any thread; exact only for the owner while nobody steals.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::uint32_t head = head_.load(std::memory_order_acquire);
    const std::uint32_t tail = tail_.load(std::memory_order_acquire);
    return std::min<std::size_t>(tail - head, Capacity);
  }

  /// Any thread: a counter of the items taken. A patient thief steals only from a victim whose
  /// counter stands still.
  [[nodiscard]] std::uint32_t head_position() const noexcept {
    return head_.load(std::memory_order_relaxed);
  }

 private:
  Atomic<T*>& slot(std::uint32_t position) noexcept { return slots_[position % Capacity]; }

  // Next position to take. Written by the claims of pop and steal_into; pairs with the acquires in
  // push and steal_into.
  alignas(64) Atomic<std::uint32_t> head_{0};
  // Next position to fill. Written by the owner (push, and steal_into as the thief) with release;
  // pairs with the acquire in steal_into.
  alignas(64) Atomic<std::uint32_t> tail_{0};
  // Relaxed: ordered by head_ and tail_. Atomic because a thief may read a slot being refilled; it
  // then drops what it read.
  alignas(64) std::array<Atomic<T*>, Capacity> slots_{};
};

}  // namespace troupe::internal

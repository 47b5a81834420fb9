#pragma once

// The protocol by which one writer at a time replaces a value while any number of readers copy it,
// without either waiting for the other: a reference count that is split in two. There are a few
// slots; `current_` names the one with the present value and counts the readers that have entered
// it, in one word.
//
//   reader   enter() adds one to `current_`: that gives the slot and counts the reader in one step
//            (wait-free: one locked add). It copies, then leave() adds one to that slot's `left`.
//   writer   claim() gives a slot that nobody reads. It fills the slot; publish() exchanges
//            `current_` for it with a count of zero, and learns how many have entered the old slot.
//            That one is free again once as many have left.
//
// The count has 56 bits: at a read a nanosecond it overflows after two years without a write.
// A reader stays as long as a copy takes, so the writer runs out of slots only if `slots` threads
// were preempted, each in the middle of a copy, of a different value.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe::detail {

template <std::size_t Slots, template <class> class Atomic = std::atomic>
class slot_ring {
  static_assert(Slots >= 2 && Slots <= 255);

 public:
  static constexpr std::size_t none = ~std::size_t{0};

  /// Reader: the slot to copy from, which stays as it is until leave(); `none` before the first
  /// publish().
  std::size_t enter() noexcept {
    // Acquire: pairs with publish(), the slot's content is seen.
    const std::uint64_t seen = current_.fetch_add(1, std::memory_order_acquire);
    return (seen >> count_bits) - 1;  // 0, before the first: none
  }
  void leave(std::size_t slot) noexcept {
    // Release: pairs with is_free(), the copy is done.
    if (slot != none) slots_[slot].left.fetch_add(1, std::memory_order_release);
  }

  /// Writer: a slot that nobody reads, `none` if there is none at the moment.
  std::size_t claim() noexcept {
    for (std::size_t tries = 0; tries != Slots; ++tries) {
      last_ = last_ + 1 == Slots ? 0 : last_ + 1;
      if (last_ != published_ && is_free(last_)) return last_;
    }
    return none;
  }

  /// Writer: the claimed slot is the present one. Gives the one before, `none` the first time.
  std::size_t publish(std::size_t slot) noexcept {
    slots_[slot].left.store(0, std::memory_order_relaxed);  // published with the exchange
    const std::uint64_t before =
        current_.exchange(std::uint64_t{slot + 1} << count_bits, std::memory_order_acq_rel);
    const std::size_t old = published_;
    if (old != none) slots_[old].entered = before & count_mask;
    published_ = slot;
    return old;
  }

  /// Writer: has every reader left a slot that is not the present one?
  [[nodiscard]] bool is_free(std::size_t slot) const noexcept {
    return slots_[slot].left.load(std::memory_order_acquire) == slots_[slot].entered;
  }
  /// Writer: the present slot.
  [[nodiscard]] std::size_t published() const noexcept { return published_; }

 private:
  static constexpr unsigned count_bits = 56;
  static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;

  struct slot {
    Atomic<std::uint64_t> left{0};  // readers that are done; see enter, leave, is_free
    std::uint64_t entered = 0;      // the writer's; known once the slot has been replaced
  };

  // Slot + 1 and the readers that have entered it; 0 before the first value.
  Atomic<std::uint64_t> current_{0};
  std::size_t published_ = none;  // the writer's, as is last_
  std::size_t last_ = Slots - 1;
  std::array<slot, Slots> slots_{};
};

}  // namespace troupe::detail

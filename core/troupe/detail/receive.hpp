#pragma once

// Waiting for the first of several sources: what receive(), select() and serve() are made of.
//
// The common case is a set of inboxes that are all bound to the waiting fiber: one lock, one look
// at each, and either a message or a parked fiber (try_or_park; try_one_or_park where there is one
// and its type is known). Everything else (the first receive from an inbox, shared inboxes, timers,
// contexts, subscriptions) registers with each source first and is in receive.cpp.
//
// After a wait has begun with begin() == ready, or the fiber has been woken, `self.fired` names the
// source by its index (or says fired_canceled), and end() must be called before the next wait.

#include <troupe/detail/fiber.hpp>
#include <troupe/detail/inbox_core.hpp>

#include <cstdint>
#include <span>

namespace troupe::detail {

/// An inbox as one source of a wait.
struct inbox_source {
  inbox_core* inbox = nullptr;
  [[no_unique_address]] receive_waiter waiter;
  // In the waiter's padding:
  bool enabled = true;  // false: as if it were not there
  bool bound = false;   // when the wait was registered; another fiber may have come since
};

/// Any other source: a timer, a context, a subscription. Lives in the awaiter.
class wait_source {
 public:
  std::uint32_t index = 0;

  /// Registers wait `id` of `self`, to be fired with `index`. False: it is ready now, and nothing
  /// is registered.
  virtual bool arm(fiber& self, std::uint64_t id) = 0;
  /// The wait is over, whoever ended it. Harmless when not armed.
  virtual void disarm() noexcept = 0;

 protected:
  wait_source() = default;
  wait_source(const wait_source&) = default;
  wait_source& operator=(const wait_source&) = default;
  ~wait_source() = default;
};

using inbox_sources = std::span<inbox_source>;
using other_sources = std::span<wait_source* const>;

/// A wait of one who has its sources at hand: all calls name the same, and leave() comes last.
/// (Spans go by value, in registers: what a coroutine refers to would become part of its frame.)
class receive_step {
 public:
  /// True: a source is ready, see self.fired. False: the fiber is parked. There is at least one
  /// source. `Ops`: of the inbox, where there is only one and that is known.
  template <const element_ops* Ops = nullptr>
  [[gnu::always_inline]] bool begin(fiber& self, inbox_sources inboxes, other_sources others) {
    if (!others.empty()) return begin_with_others(self, inboxes, others);
    const std::uint32_t start = open_wait(self);
    outcome got{};
    if constexpr (Ops != nullptr) {
      got = try_one_or_park(self, inboxes.front(), *Ops);
    } else {
      got = try_or_park(self, inboxes, start);
    }
    if (got == outcome::slow) [[unlikely]]
      return begin_slow(self, inboxes, others, start);
    return got == outcome::ready;
  }
  bool begin_with_others(fiber& self, inbox_sources inboxes, other_sources others);

  /// True: end() would do nothing.
  [[nodiscard]] bool ends_plainly(const fiber& self) const noexcept {
    return self.sampling == sample_stage::none && !self.registered && !armed_;
  }
  void end(fiber& self, inbox_sources inboxes, other_sources others) noexcept {
    if (self.sampling != sample_stage::none) [[unlikely]]
      sample_received(self);
    if (armed_ || self.registered) [[unlikely]]
      disarm(self, inboxes, others);
  }

  void leave(inbox_sources inboxes, other_sources others) noexcept {
    if (armed_ || any_linked(inboxes)) [[unlikely]]
      abandon(inboxes, others);
  }

 private:
  enum class outcome : std::uint8_t { ready, parked, slow };

  /// Gives where to look first.
  [[gnu::always_inline]] static std::uint32_t open_wait(fiber& self) noexcept {
    if (self.sampling != sample_stage::none) [[unlikely]]
      sample_handled(self);
    self.open_wait(wait_kind::receive, true);
    return self.next_round();
  }

  /// With the fiber's lock held, which it opens, and a message there: takes that.
  [[gnu::always_inline]] static outcome take(fiber& self, inbox_source& source, inbox_core& inbox,
                                             const element_ops& ops, biased_lock::holding held) {
    wake_up after;
    source.waiter.filled = inbox.take_locked(self, ops, source.waiter.slot(), after);
    self.fired = static_cast<std::uint16_t>(source.waiter.index);
    self.lock.unlock(held);
    if (after.who != nullptr) [[unlikely]]
      after();
    return outcome::ready;
  }

  // Both look first whether the fiber is to end, which may have no inboxes any more. They park
  // under the same lock, so nobody who ends it can have come in between.

  /// `filled` is false: whoever takes a message clears that.
  [[gnu::always_inline]] static outcome try_one_or_park(fiber& self, inbox_source& source,
                                                        const element_ops& ops) {
    const biased_lock::holding held = self.lock.lock();
    outcome got = outcome::ready;
    if (self.scope.ended()) [[unlikely]] {
      self.fired = fired_canceled;
    } else if (inbox_core& inbox = source.inbox->target(); !source.enabled || !inbox.owned_by(self))
        [[unlikely]] {
      got = outcome::slow;
    } else if (inbox.has_something_locked()) {
      return take(self, source, inbox, ops, held);
    } else if (inbox.closed_locked()) [[unlikely]] {
      self.fired = static_cast<std::uint16_t>(source.waiter.index);
    } else {
      self.receive_locked(inbox.expect_locked(source.waiter));
      self.lock.unlock(held);
      return outcome::parked;
    }
    self.lock.unlock(held);
    return got;
  }

  [[gnu::always_inline]] static outcome try_or_park(fiber& self, inbox_sources inboxes,
                                                    std::uint32_t start) {
    bool bound = true;
    const auto count = static_cast<std::uint32_t>(inboxes.size());
    std::uint32_t at = start % count;
    const biased_lock::holding held = self.lock.lock();
    if (self.scope.ended()) [[unlikely]] {
      self.fired = fired_canceled;
      self.lock.unlock(held);
      return outcome::ready;
    }
    for (std::uint32_t seen = 0; seen != count; ++seen) {
      inbox_source& source = inboxes[at];
      inbox_core& inbox = source.inbox->target();
      source.waiter.filled = false;
      if (!source.enabled) [[unlikely]] {
        // passed over
      } else if (!inbox.owned_by(self)) {
        bound = false;  // its turn comes before those behind it: the slow path looks at it
        break;
      } else if (inbox.has_something_locked()) {
        return take(self, source, inbox, inbox.ops(), held);
      } else if (inbox.closed_locked()) [[unlikely]] {
        self.fired = static_cast<std::uint16_t>(source.waiter.index);
        self.lock.unlock(held);
        return outcome::ready;
      }
      if (++at == count) at = 0;
    }
    if (!bound) [[unlikely]] {
      self.lock.unlock(held);
      return outcome::slow;
    }
    self.receive_locked(expect_all_locked(self, inboxes));
    self.lock.unlock(held);
    return outcome::parked;
  }

  /// With the fiber's lock held: it will wait for all inboxes that are bound. Gives its mask.
  static std::uint64_t expect_all_locked(const fiber& self, inbox_sources inboxes) noexcept {
    std::uint64_t mask = 0;
    for (inbox_source& source : inboxes) {
      inbox_core& inbox = source.inbox->target();
      if (source.enabled && inbox.owned_by(self)) mask |= inbox.expect_locked(source.waiter);
    }
    return mask;
  }

  bool begin_slow(fiber& self, inbox_sources inboxes, other_sources others, std::size_t start);
  bool arm_all(fiber& self, inbox_sources inboxes, other_sources others, std::uint64_t id,
               std::size_t start);
  static bool look_at(fiber& self, inbox_source& source);
  void disarm(fiber& self, inbox_sources inboxes, other_sources others) noexcept;
  void abandon(inbox_sources inboxes, other_sources others) const noexcept;
  static bool is_inbox(inbox_sources inboxes, std::uint32_t index) noexcept;
  static bool any_linked(std::span<const inbox_source> inboxes) noexcept {
    for (const inbox_source& source : inboxes) {
      if (source.waiter.linked()) return true;
    }
    return false;
  }

  bool armed_ = false;  // end() clears it, so it is false at each begin()
};

/// The same, for one who does not know its sources by heart.
class receive_operation {
 public:
  receive_operation(inbox_sources inboxes, other_sources others) noexcept
      : inboxes_(inboxes), others_(others) {}
  receive_operation(const receive_operation&) = delete;
  receive_operation& operator=(const receive_operation&) = delete;
  ~receive_operation() { step_.leave(inboxes_, others_); }

  bool begin(fiber& self) { return step_.begin(self, inboxes_, others_); }
  void end(fiber& self) noexcept { step_.end(self, inboxes_, others_); }

 private:
  inbox_sources inboxes_;
  other_sources others_;
  receive_step step_;
};

}  // namespace troupe::detail

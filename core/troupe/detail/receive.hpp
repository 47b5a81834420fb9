#pragma once

// Waiting for the first of several sources: what receive(), select() and serve() are made of.
//
// The common case is a set of inboxes that are all bound to the waiting fiber: one lock, one look
// at each, and either a message or a parked fiber (try_or_park). Everything else (the first receive
// from an inbox, shared inboxes, timers, contexts, subscriptions) registers with each source first
// and is in receive.cpp.
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
  const element_ops* ops = nullptr;
  bool enabled = true;  // false: as if it were not there
  bool bound = false;   // when the wait was registered; another fiber may have come since
  receive_waiter waiter;
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

class receive_operation {
 public:
  receive_operation(std::span<inbox_source> inboxes, std::span<wait_source* const> others) noexcept
      : inboxes_(inboxes), others_(others) {}

  /// True: a source is ready, see self.fired. False: the fiber is parked.
  bool begin(fiber& self) {
    if (self.sampling != sample_stage::none) [[unlikely]]
      sample_handled(self);
    self.open_wait(wait_kind::receive, true);
    if (self.scope.ended()) [[unlikely]] {
      self.fired = fired_canceled;
      return true;
    }
    armed_ = false;
    const std::size_t start = self.next_round();
    if (!others_.empty()) return begin_slow(self, start);
    switch (try_or_park(self, start)) {
      case outcome::ready: return true;
      case outcome::parked: return false;
      case outcome::slow: break;
    }
    return begin_slow(self, start);
  }

  receive_operation(const receive_operation&) = delete;
  receive_operation& operator=(const receive_operation&) = delete;
  ~receive_operation() {
    if (armed_ || any_linked()) [[unlikely]]
      abandon();
  }

  void end(fiber& self) noexcept {
    if (self.sampling != sample_stage::none) [[unlikely]]
      sample_received(self);
    if (armed_ || self.registered) [[unlikely]]
      disarm(self);
  }

 private:
  enum class outcome : std::uint8_t { ready, parked, slow };

  outcome try_or_park(fiber& self, std::size_t start) {
    wake_up after;
    bool bound = true;
    const std::size_t count = inboxes_.size();
    std::size_t at = count == 1 ? 0 : start % count;
    self.lock.lock();
    for (std::size_t seen = 0; seen != count; ++seen) {
      inbox_source& source = inboxes_[at];
      inbox_core& inbox = source.inbox->target();
      source.waiter.filled = false;
      if (!source.enabled) [[unlikely]] {
        // passed over
      } else if (!inbox.owned_by(self)) {
        bound = false;  // its turn comes before those behind it: the slow path looks at it
        break;
      } else if (inbox.take_locked(self, *source.ops, source.waiter.slot, after)) {
        source.waiter.filled = true;
        self.fired = source.waiter.index;
        self.lock.unlock();
        if (after.who != nullptr) [[unlikely]]
          after();
        return outcome::ready;
      } else if (inbox.closed_locked()) [[unlikely]] {
        self.fired = source.waiter.index;
        self.lock.unlock();
        return outcome::ready;
      }
      if (++at == count) at = 0;
    }
    if (!bound) [[unlikely]] {
      self.lock.unlock();
      return outcome::slow;
    }
    const bool parked = expect_and_park(self);
    self.lock.unlock();
    return parked ? outcome::parked : outcome::ready;
  }

  /// With the fiber's lock held: parks for all inboxes that are bound.
  bool expect_and_park(fiber& self) noexcept {
    std::uint64_t mask = 0;
    for (inbox_source& source : inboxes_) {
      inbox_core& inbox = source.inbox->target();
      if (source.enabled && inbox.owned_by(self)) mask |= inbox.expect_locked(source.waiter);
    }
    if (!self.park_locked(self.wait.load(std::memory_order_relaxed))) return false;
    self.receive_mask = mask;
    return true;
  }

  bool begin_slow(fiber& self, std::size_t start);
  bool arm_all(fiber& self, std::uint64_t id, std::size_t start);
  bool look_at(fiber& self, inbox_source& source);
  void disarm(fiber& self) noexcept;
  void abandon() noexcept;
  [[nodiscard]] bool is_inbox(std::uint32_t index) const noexcept;
  [[nodiscard]] bool any_linked() const noexcept {
    for (const inbox_source& source : inboxes_) {
      if (source.waiter.linked) return true;
    }
    return false;
  }

  std::span<inbox_source> inboxes_;
  std::span<wait_source* const> others_;
  bool armed_ = false;
};

}  // namespace troupe::detail

#include <troupe/detail/receive.hpp>

namespace troupe::detail {

namespace {

// Timers and contexts come after the inboxes, which would mean never where one is always full. In
// one wait of so many they come first.
constexpr std::size_t waits_until_others = 16;

}  // namespace

// A message in one of the inboxes, without registering. True: taken, or the inbox is closed.
bool receive_step::look_at(fiber& self, inbox_source& source) {
  inbox_core& inbox = source.inbox->target();
  // Closing is found under the lock, later. Who waits to send is not counted in the size.
  if (inbox.size() == 0 && inbox.capacity() != 0) return false;
  wake_up after;
  bool taken = false;
  self.lock.lock();
  if (inbox.owned_by(self))
    taken = inbox.take_locked(self, inbox.ops(), source.waiter.slot(), after);
  self.lock.unlock();
  after();
  source.waiter.filled = taken;
  if (taken) self.fired = static_cast<std::uint16_t>(source.waiter.index);
  return taken;
}

// True: a source is ready and self.fired says which.
bool receive_step::arm_all(fiber& self, inbox_sources inboxes, other_sources others,
                           std::uint64_t id, std::size_t start) {
  armed_ = true;
  const auto arm_others = [&] {
    for (wait_source* other : others) {
      if (other->arm(self, id)) continue;
      self.fired = static_cast<std::uint16_t>(other->index);
      return false;
    }
    return true;
  };
  const bool others_first = start % waits_until_others == waits_until_others - 1;
  if (others_first && !arm_others()) return true;
  // First all that can be bound are, so that nothing overtakes what was sent before it to another.
  for (inbox_source& source : inboxes) {
    source.waiter.filled = false;
    source.bound = source.enabled && source.inbox->bind(self);
  }
  const std::size_t count = inboxes.size();
  for (std::size_t i = 0; i != count; ++i) {
    inbox_source& source = inboxes[(start + i) % count];
    if (!source.enabled) continue;
    if (source.bound) {
      if (look_at(self, source)) return true;
      continue;
    }
    source.waiter.will_link(self, id);
    switch (source.inbox->arm(source.waiter)) {
      case inbox_core::arm_result::waiting: break;
      case inbox_core::arm_result::taken:
      case inbox_core::arm_result::closed:
        self.fired = static_cast<std::uint16_t>(source.waiter.index);
        return true;
    }
  }
  return !others_first && !arm_others();
}

bool receive_step::begin_with_others(fiber& self, inbox_sources inboxes, other_sources others) {
  return begin_slow(self, inboxes, others, open_wait(self));
}

bool receive_step::begin_slow(fiber& self, inbox_sources inboxes, other_sources others,
                              std::size_t start) {
  if (self.scope.ended()) {
    self.fired = fired_canceled;
    return true;
  }
  for (;;) {
    const std::uint64_t id = self.open_wait(wait_kind::receive, true);
    // A source that is armed in vain is not taken for the one that ended the last wait: disarm().
    self.fired = fired_nothing;
    if (arm_all(self, inboxes, others, id, start)) return true;
    // What is bound to us may have changed since it was armed: look once more, under the lock that
    // senders hold, and park under the same lock.
    wake_up after;
    bool ready = false;
    bool parked = false;
    bool lost = false;  // an inbox that was bound has become a shared one: register with that
    const std::size_t count = inboxes.size();
    self.lock.lock();
    for (std::size_t i = 0; i != count; ++i) {
      inbox_source& source = inboxes[(start + i) % count];
      inbox_core& inbox = source.inbox->target();
      if (!source.enabled) continue;
      if (!inbox.owned_by(self)) {
        lost = lost || source.bound;
        continue;
      }
      const bool taken = inbox.take_locked(self, inbox.ops(), source.waiter.slot(), after);
      if (!taken && !inbox.closed_locked()) continue;
      source.waiter.filled = taken;
      self.fired = static_cast<std::uint16_t>(source.waiter.index);
      ready = true;
      break;
    }
    if (!ready && !lost) {
      const std::uint64_t mask = expect_all_locked(self, inboxes);
      parked = self.park_locked(id);
      if (parked) self.receive_locked(mask);
    }
    self.lock.unlock();
    after();
    if (ready) return true;
    if (parked) return false;
    // Fired before it had parked. A shared inbox that did so left its message in the ring, where
    // another receiver may have found it: look again.
    if (!lost && (self.fired == fired_canceled || !is_inbox(inboxes, self.fired))) return true;
    disarm(self, inboxes, others);
  }
}

bool receive_step::is_inbox(inbox_sources inboxes, std::uint32_t index) noexcept {
  for (const inbox_source& source : inboxes) {
    if (source.waiter.index == index) return true;
  }
  return false;
}

void receive_step::disarm(fiber& self, inbox_sources inboxes, other_sources others) noexcept {
  armed_ = false;
  self.registered = false;
  for (inbox_source& source : inboxes) {
    if (source.enabled) source.inbox->disarm(self, source.waiter);
  }
  for (wait_source* other : others) other->disarm();
}

// The frame is destroyed while it waits, by a runtime that goes. Inboxes may have gone before us;
// then they have unlinked us.
void receive_step::abandon(inbox_sources inboxes, other_sources others) const noexcept {
  for (inbox_source& source : inboxes) {
    if (source.waiter.linked()) {
      source.inbox->disarm(*source.waiter.link().who, source.waiter);
    }
  }
  if (!armed_) return;
  for (wait_source* other : others) other->disarm();
}

}  // namespace troupe::detail

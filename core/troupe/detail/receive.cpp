#include <troupe/detail/receive.hpp>

namespace troupe::detail {

// A message in one of the inboxes, without registering. True: taken, or the inbox is closed.
bool receive_operation::look_at(fiber& self, inbox_source& source) {
  inbox_core& inbox = source.inbox->target();
  if (inbox.size() == 0) return false;  // rendezvous and closing: found under the lock, later
  wake_up after;
  bool taken = false;
  self.lock.lock();
  if (inbox.owned_by(self)) taken = inbox.take_locked(self, *source.ops, source.waiter.slot, after);
  self.lock.unlock();
  after();
  source.waiter.filled = taken;
  if (taken) self.fired = source.waiter.index;
  return taken;
}

// True: a source is ready and self.fired says which.
bool receive_operation::arm_all(fiber& self, std::uint64_t id, std::size_t start) {
  armed_ = true;
  // First all that can be bound are, so that nothing overtakes what was sent before it to another.
  for (inbox_source& source : inboxes_) {
    source.waiter.who = &self;
    source.waiter.wait = id;
    source.waiter.filled = false;
    source.bound = source.enabled && source.inbox->bind(self);
  }
  const std::size_t count = inboxes_.size();
  for (std::size_t i = 0; i != count; ++i) {
    inbox_source& source = inboxes_[(start + i) % count];
    if (!source.enabled) continue;
    if (source.bound) {
      if (look_at(self, source)) return true;
      continue;
    }
    switch (source.inbox->arm(source.waiter, *source.ops)) {
      case inbox_core::arm_result::waiting: break;
      case inbox_core::arm_result::taken:
      case inbox_core::arm_result::closed: self.fired = source.waiter.index; return true;
    }
  }
  for (wait_source* other : others_) {
    if (!other->arm(self, id)) {
      self.fired = other->index;
      return true;
    }
  }
  return false;
}

bool receive_operation::begin_slow(fiber& self, std::size_t start) {
  for (;;) {
    const std::uint64_t id = self.open_wait(wait_kind::receive, true);
    if (arm_all(self, id, start)) return true;
    // What is bound to us may have changed since it was armed: look once more, under the lock that
    // senders hold, and park under the same lock.
    wake_up after;
    bool ready = false;
    bool parked = false;
    bool lost = false;  // an inbox that was bound has become a shared one: register with that
    const std::size_t count = inboxes_.size();
    self.lock.lock();
    for (std::size_t i = 0; i != count; ++i) {
      inbox_source& source = inboxes_[(start + i) % count];
      inbox_core& inbox = source.inbox->target();
      if (!source.enabled) continue;
      if (!inbox.owned_by(self)) {
        lost = lost || source.bound;
        continue;
      }
      const bool taken = inbox.take_locked(self, *source.ops, source.waiter.slot, after);
      if (!taken && !inbox.closed_locked()) continue;
      source.waiter.filled = taken;
      self.fired = source.waiter.index;
      ready = true;
      break;
    }
    if (!ready && !lost) parked = expect_and_park(self);
    self.lock.unlock();
    after();
    if (ready) return true;
    if (parked) return false;
    // Fired before it had parked. A shared inbox that did so left its message in the ring, where
    // another receiver may have found it: look again.
    if (!lost && (self.fired == fired_canceled || !is_inbox(self.fired))) return true;
    disarm(self);
  }
}

bool receive_operation::is_inbox(std::uint32_t index) const noexcept {
  for (const inbox_source& source : inboxes_) {
    if (source.waiter.index == index) return true;
  }
  return false;
}

void receive_operation::disarm(fiber& self) noexcept {
  armed_ = false;
  self.registered = false;
  for (inbox_source& source : inboxes_) {
    if (source.enabled) source.inbox->disarm(self, source.waiter, *source.ops);
  }
  for (wait_source* other : others_) other->disarm();
}

// The frame is destroyed while it waits, by a runtime that goes. Inboxes may have gone before us;
// then they have unlinked us.
void receive_operation::abandon() noexcept {
  for (inbox_source& source : inboxes_) {
    if (source.waiter.linked) source.inbox->disarm(*source.waiter.who, source.waiter, *source.ops);
  }
  if (!armed_) return;
  for (wait_source* other : others_) other->disarm();
}

}  // namespace troupe::detail

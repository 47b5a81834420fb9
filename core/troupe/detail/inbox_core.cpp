#include <troupe/detail/inbox_core.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/actor_inboxes.hpp>
#include <troupe/error.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace troupe::detail {

namespace {

// The ring: a time_point, then the cells. The first cell is aligned, and what is before it fits.
std::size_t header_of(const element_ops& ops) noexcept {
  return std::max(ops.align, sizeof(time_point));
}
std::align_val_t alignment_of(const element_ops& ops) noexcept {
  return std::align_val_t{std::max(ops.align, alignof(time_point))};
}

}  // namespace

inbox_core::inbox_core(std::size_t capacity, const element_ops& ops, const char* what)
    : capacity_(static_cast<std::uint32_t>(capacity)), ops_(&ops) {
  constexpr std::size_t most_bytes = std::numeric_limits<std::ptrdiff_t>::max();
  constexpr std::size_t most_messages = std::numeric_limits<std::int32_t>::max();
  if (capacity > most_messages || capacity > (most_bytes - header_of(ops)) / ops.size) {
    throw usage_error(std::string(what) + ": capacity " + std::to_string(capacity) +
                      " is too large: at most " + std::to_string(most_messages) +
                      " messages, and no more than fit in memory");
  }
  join_home(*this);
}

void inbox_core::destroy(const element_ops& ops) noexcept {
  leave_home(*this);
  if (target_ != this) return;  // closing would close the inbox of all later runs
  close(closing::by_user);
  spin_lock& held = acquire();
  if (fiber* owner = owner_.load(std::memory_order_relaxed)) {
    inbox_core** at = &owner->bound;
    while (*at != this) at = &(*at)->bound_next_;
    *at = bound_next_;
    owner->bound_bits &= ~bit_;
  }
  held.unlock();
  // Without the lock: a dropped request answers its caller, and other destructors may send.
  for (auto left = size_.exchange(0, std::memory_order_relaxed); left != 0; --left) {
    ops.destroy(cell(0, ops.size));
    head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
  }
  free_ring(ring_);
}

void inbox_core::free_ring(void* ring) const noexcept {
  if (ring == nullptr) return;
  ::operator delete(static_cast<char*>(ring) - header_of(*ops_), alignment_of(*ops_));
}

void inbox_core::close(closing why) noexcept {
  if (target_ != this) return target_->close(why);
  {
    spin_lock& held = acquire();
    if (closing_ != closing::by_user) closing_ = why;
    fiber* const owner = owner_.load(std::memory_order_relaxed);
    if (owner != nullptr && (owner->receive_mask & bit_) != 0) {
      owner->unpark_locked(receiver_->index);
      scheduler& sched = *owner->sched;
      held.unlock();
      sched.schedule(*owner);
    } else {
      held.unlock();
    }
  }
  if (why == closing::by_end) refuse_requests();
  // Whoever waits now is told, one at a time: firing takes locks.
  for (;;) {
    wake_up told;
    std::uint32_t index = 0;
    {
      const std::lock_guard held(acquire(), std::adopt_lock);
      if (send_waiter* sender = take_sender()) {
        told = {sender->who, sender->wait};
        sender->state.store(send_state::closed, std::memory_order_release);
      } else if (receive_waiter* receiver = receivers_) {
        unlink_receiver(*receiver);
        told = {receiver->who, receiver->wait};
        index = receiver->index;
      } else {
        return;
      }
    }
    if (told.who != nullptr) told.who->fire(told.wait, index);  // null: see super_inbox.cpp
  }
}

// Nobody will come to answer them. The ring is taken off first: refusing takes the callers' locks.
void inbox_core::refuse_requests() noexcept {
  void* ring = nullptr;
  std::uint32_t at = 0;
  std::uint32_t left = 0;
  {
    const std::lock_guard held(acquire(), std::adopt_lock);
    if (ring_ == nullptr || ops_->refuse == nullptr) return;
    ring = std::exchange(ring_, nullptr);
    at = std::exchange(head_, 0);
    timed_cell_ = no_cell;
    left = size_.exchange(0, std::memory_order_relaxed);
  }
  for (; left != 0; --left) {
    ops_->refuse(static_cast<char*>(ring) + std::size_t{at} * ops_->size);
    at = at + 1 == capacity_ ? 0 : at + 1;
  }
  free_ring(ring);
}

void inbox_core::reopen(closing what) noexcept {
  const std::lock_guard held(acquire(), std::adopt_lock);
  if (closing_ == what) closing_ = closing::open;
}

fiber* inbox_core::run_at_home() const noexcept {
  // A member lives as long as its actor; of one that was adopted the actor may be gone.
  const actor_inboxes* const list = home.load(std::memory_order_acquire);
  return list != nullptr && !adopted ? list->run() : nullptr;
}

bool inbox_core::is_shared() noexcept {
  const std::lock_guard held(acquire(), std::adopt_lock);
  return shared_;
}

inbox_core::push_result inbox_core::push_slow(const element_ops& ops, void* message,
                                              send_waiter* waiter, spin_lock& held) {
  const std::uint32_t used = size_.load(std::memory_order_relaxed);
  if (used < capacity_) {  // the first message that has to wait here: make the ring, and try again
    held.unlock();
    make_ring();
    return push_here(ops, message, waiter);
  }
  if (waiter != nullptr) {
    waiter->previous = last_sender_;
    waiter->next = nullptr;
    (last_sender_ != nullptr ? last_sender_->next : first_sender_) = waiter;
    last_sender_ = waiter;
    waiter->state.store(send_state::waiting, std::memory_order_relaxed);
  }
  held.unlock();
  return push_result::full;
}

void inbox_core::make_ring() {
  void* const block =
      ::operator new(header_of(*ops_) + ops_->size * capacity_, alignment_of(*ops_));
  void* fresh = static_cast<char*>(block) + header_of(*ops_);
  {
    const std::lock_guard again(acquire(), std::adopt_lock);
    if (ring_ == nullptr) std::swap(ring_, fresh);
  }
  free_ring(fresh);
}

void inbox_core::begin_timing(std::uint32_t offset) noexcept {
  if (timed_cell_ != no_cell) return;
  const std::uint32_t at = head_ + offset;
  timed_cell_ = at >= capacity_ ? at - capacity_ : at;
  ::new (static_cast<void*>(&timed_since()))
      time_point(sample_clock(owner_.load(std::memory_order_relaxed)));
}

inbox_core::offer_result inbox_core::offer(const element_ops& ops, void* message, void* spare,
                                           overflow when_full) {
  for (;;) {
    spin_lock& held = acquire();
    if (closing_ != closing::open) {
      held.unlock();
      return offer_result::closed;
    }
    if (give_or_store(ops, message, held)) return offer_result::taken;
    if (ring_ == nullptr) {
      held.unlock();
      make_ring();
      continue;
    }
    offer_result outcome = offer_result::left;
    if (when_full != overflow::keep_oldest) {
      const bool first = when_full == overflow::keep_latest;
      const std::uint32_t last = head_ == 0 ? capacity_ - 1 : head_ - 1;
      if (timed_cell_ == (first ? head_ : last)) timed_cell_ = no_cell;  // it is dropped
      if (first) head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
      void* const newest = cell(capacity_ - 1, ops.size);  // in a full ring: where the first was
      ops.relocate(spare, newest);
      ops.relocate(newest, message);
      outcome = offer_result::replaced;
    }
    held.unlock();
    return outcome;
  }
}

bool inbox_core::hand_over(const element_ops& ops, void* message) noexcept {
  while (receive_waiter* first = receivers_) {
    fiber& who = *first->who;
    who.lock.lock();
    unlink_receiver(*first);
    if (who.is_parked_in(first->wait)) {
      ops.relocate(first->slot, message);
      first->filled = true;
      who.received(ops);
      who.unpark_locked(first->index);
      who.lock.unlock();
      who.sched->schedule(who);
      return true;
    }
    // Not parked yet, or woken by another source: it looks at the ring before it parks, and
    // passes on what it leaves (disarm).
    if (who.wait.load(std::memory_order_relaxed) == first->wait &&
        who.pending_wait != first->wait) {
      who.pending_wait = first->wait;
      who.pending = first->index;
    }
    who.lock.unlock();
  }
  return false;
}

send_waiter* inbox_core::take_sender() noexcept {
  send_waiter* const first = first_sender_;
  if (first == nullptr) return nullptr;
  first_sender_ = first->next;
  (first_sender_ != nullptr ? first_sender_->previous : last_sender_) = nullptr;
  return first;
}

bool inbox_core::take_from_sender(const element_ops& ops, void* slot, wake_up& after) noexcept {
  send_waiter& sender = *take_sender();
  ops.relocate(slot, sender.message);
  after = wake_up::of(sender);
  sender.state.store(send_state::sent, std::memory_order_release);
  return true;
}

void inbox_core::refill_from_sender(const element_ops& ops, wake_up& after) noexcept {
  const std::uint32_t used = size_.load(std::memory_order_relaxed);
  take_from_sender(ops, cell(used, ops.size), after);
  if (sample_is_due()) begin_timing(used);
  size_.store(used + 1, std::memory_order_relaxed);
}

bool inbox_core::withdraw(send_waiter& waiter) noexcept {
  if (waiter.state.load(std::memory_order_acquire) != send_state::waiting) return false;
  inbox_core& self = target();
  const std::lock_guard held(self.acquire(), std::adopt_lock);
  if (waiter.state.load(std::memory_order_relaxed) != send_state::waiting) return false;
  (waiter.previous != nullptr ? waiter.previous->next : self.first_sender_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : self.last_sender_) = waiter.previous;
  waiter.state.store(send_state::idle, std::memory_order_relaxed);
  return true;
}

void inbox_core::link_receiver(receive_waiter& waiter) noexcept {
  waiter.linked = true;
  waiter.previous = last_receiver_;
  waiter.next = nullptr;
  (last_receiver_ != nullptr ? last_receiver_->next : receivers_) = &waiter;
  last_receiver_ = &waiter;
}

void inbox_core::unlink_receiver(receive_waiter& waiter) noexcept {
  waiter.linked = false;
  (waiter.previous != nullptr ? waiter.previous->next : receivers_) = waiter.next;
  (waiter.next != nullptr ? waiter.next->previous : last_receiver_) = waiter.previous;
}

// With our own lock held: `self`'s lock nests in it. False: not bound, and a shared one from now
// on.
bool inbox_core::bind_locked(fiber& self) noexcept {
  const std::lock_guard owners(self.lock);
  const int free = std::countr_one(self.bound_bits);
  if (free == 64) {  // the mask is full: this fiber uses the inbox as a shared one
    shared_ = true;
    return false;
  }
  bit_ = std::uint64_t{1} << static_cast<unsigned>(free);
  self.bound_bits |= bit_;
  bound_next_ = self.bound;
  self.bound = this;
  owner_.store(&self, std::memory_order_release);
  return true;
}

// With the owner's lock held: another fiber has come to receive.
void inbox_core::share_locked() noexcept {
  fiber& owner = *owner_.load(std::memory_order_relaxed);
  shared_ = true;
  if ((owner.receive_mask & bit_) != 0) {
    owner.receive_mask &= ~bit_;
    receiver_->wait = owner.wait.load(std::memory_order_relaxed);
    receiver_->who = &owner;
    link_receiver(*receiver_);
    owner.registered = true;
  }
  unbind_locked(owner);
}

void inbox_core::unbind_locked(fiber& owner) noexcept {
  inbox_core** at = &owner.bound;
  while (*at != this) at = &(*at)->bound_next_;
  *at = bound_next_;
  owner.bound_bits &= ~bit_;
  owner_.store(nullptr, std::memory_order_release);
}

bool inbox_core::bind(fiber& self) noexcept {
  if (target_ != this) return target_->bind(self);
  bool bound = false;
  {
    std::unique_lock held(acquire(), std::adopt_lock);
    fiber* const owner = owner_.load(std::memory_order_relaxed);
    if (owner != nullptr && owner != &self) {
      share_locked();
      held.release();
      owner->lock.unlock();
    } else {
      bound = owner == &self || (!shared_ && bind_locked(self));
    }
  }
  if (self.who != nullptr && home.load(std::memory_order_acquire) == nullptr) {
    actor_internals::inboxes(*self.who).adopt(*this);
  }
  return bound;
}

inbox_core::arm_result inbox_core::arm(receive_waiter& waiter, const element_ops& ops) noexcept {
  if (target_ != this) return target_->arm(waiter, ops);
  wake_up after;
  arm_result outcome = arm_result::waiting;
  {
    const std::lock_guard held(acquire(), std::adopt_lock);
    if (take_locked(*waiter.who, ops, waiter.slot, after)) {
      waiter.filled = true;
      outcome = arm_result::taken;
    } else if (closing_ != closing::open) {
      outcome = arm_result::closed;
    } else {
      link_receiver(waiter);
    }
  }
  after();
  return outcome;
}

void inbox_core::disarm(fiber& self, receive_waiter& waiter, const element_ops& ops) noexcept {
  if (target_ != this) return target_->disarm(self, waiter, ops);
  if (owned_by(self)) return;
  for (;;) {
    wake_up after;
    {
      const std::lock_guard held(acquire(), std::adopt_lock);
      if (waiter.linked) unlink_receiver(waiter);
      // A message may have been left in the ring for us: it is the next receiver's now.
      const auto used = size_.load(std::memory_order_relaxed);
      if (receivers_ == nullptr || (used == 0 && first_sender_ == nullptr)) return;
      if (used == 0) {
        if (!hand_over(ops, first_sender_->message)) return;
        send_waiter& sender = *take_sender();
        after = wake_up::of(sender);
        sender.state.store(send_state::sent, std::memory_order_release);
      } else {
        if (!hand_over(ops, cell(0, ops.size))) return;
        if (head_ == timed_cell_) timed_cell_ = no_cell;
        head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
        size_.store(used - 1, std::memory_order_relaxed);
        if (first_sender_ != nullptr) refill_from_sender(ops, after);
      }
    }
    after();
  }
}

}  // namespace troupe::detail

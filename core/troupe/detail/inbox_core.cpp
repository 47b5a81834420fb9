#include <troupe/detail/inbox_core.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/actor_inboxes.hpp>
#include <troupe/detail/context_extra.hpp>
#include <troupe/error.hpp>

#include <algorithm>
#include <limits>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace troupe::detail {

namespace {

// Rings of waiters: `last->next` is the first.

template <class Waiter>
void add_last(Waiter*& last, Waiter& added) noexcept {
  if (last == nullptr) {
    added.next = added.previous = &added;
  } else {
    added.previous = last;
    added.next = last->next;
    added.next->previous = &added;
    last->next = &added;
  }
  last = &added;
}

template <class Waiter>
void take_off(Waiter*& last, Waiter& gone) noexcept {
  if (gone.next == &gone) {
    last = nullptr;
  } else {
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is linked has both neighbours
    gone.previous->next = gone.next;
    gone.next->previous = gone.previous;
    if (last == &gone) last = gone.previous;
  }
  gone.next = gone.previous = nullptr;
}

/// Of one who receives from shared inboxes: made when it first waited at one.
std::atomic<const element_ops*>& handling_of(fiber& who) noexcept {
  return who.scope.extra.load(std::memory_order_acquire)->handling;
}

std::align_val_t alignment_of(const element_ops& ops) noexcept {
  return std::align_val_t{std::max(ops.align, alignof(void*))};
}

}  // namespace

// The ring: a ring_head, right before the first cell, which is aligned.
std::size_t inbox_core::head_size(const element_ops& ops) noexcept {
  return (sizeof(ring_head) + ops.align - 1) / ops.align * ops.align;
}

inbox_core::inbox_core(std::size_t capacity, const element_ops& ops, const char* what)
    : capacity_(static_cast<std::uint32_t>(capacity)), ops_(&ops) {
  constexpr std::size_t most_bytes = std::numeric_limits<std::ptrdiff_t>::max();
  constexpr std::size_t most_messages = std::numeric_limits<std::int32_t>::max();
  if (capacity > most_messages || capacity > (most_bytes - head_size(ops)) / ops.size) {
    throw usage_error(std::string(what) + ": capacity " + std::to_string(capacity) +
                      " is too large: at most " + std::to_string(most_messages) +
                      " messages, and no more than fit in memory");
  }
  join_home(*this);
}

void inbox_core::destroy(const element_ops& ops) noexcept {
  leave_home(*this);
  if (redirected()) return;  // closing would close the inbox of all later runs
  close(closing::by_user);
  biased_lock& held = acquire();
  if (fiber* owner = owner_.load(std::memory_order_relaxed)) {
    keep_handled_locked(*owner);
    owner->bound.take_out(number_);
  }
  held.unlock();
  // Without the lock: a dropped request answers its caller, and other destructors may send.
  if (has_ring()) drop_ring(ops);
}

void inbox_core::drop_ring(const element_ops& ops) noexcept {
  for (auto left = size_.exchange(0, std::memory_order_relaxed); left != 0; --left) {
    ops.destroy(cell(0, ops.size));
    head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
  }
  free_ring(ring());
}

void inbox_core::redirect(inbox_core& first) noexcept {
  if (has_ring()) drop_ring(*ops_);
  ring_or_waiting_ = reinterpret_cast<std::uintptr_t>(&first);
  flags_.fetch_or(is_redirected, std::memory_order_relaxed);
}

void inbox_core::free_ring(void* ring) const noexcept {
  if (ring == nullptr) return;
  ::operator delete(static_cast<char*>(ring) - head_size(*ops_), alignment_of(*ops_));
}

void inbox_core::close(closing why) noexcept {
  if (redirected()) return target().close(why);
  {
    biased_lock& held = acquire();
    if (closing_ != closing::by_user) closing_ = why;
    fiber* const owner = owner_.load(std::memory_order_relaxed);
    if (owner != nullptr && receives(*owner)) {
      owner->unpark_locked(receiver_locked().index);
      scheduler& sched = *owner->sched;
      held.unlock();
      sched.schedule(*owner);
    } else {
      held.unlock();
    }
  }
  // Whoever waits now is told, one at a time: firing takes locks.
  for (;;) {
    wake_up told;
    std::uint32_t index = 0;
    {
      const std::lock_guard held(acquire(), std::adopt_lock);
      if (send_waiter* sender = take_sender()) {
        told = {sender->who, sender->wait};
        sender->state.store(send_state::closed, std::memory_order_release);
      } else if (owner_.load(std::memory_order_relaxed) == nullptr && last_receiver() != nullptr) {
        receive_link& receiver = *last_receiver()->next;
        unlink_receiver(receiver);
        told = {receiver.who, receiver.wait};
        index = receiver.of->index;
      } else {
        return;
      }
    }
    if (told.who != nullptr) told.who->fire(told.wait, index);  // null: see super_inbox.cpp
  }
}

error inbox_core::waits_for_itself() const {
  return error(errc::call_cycle,
               "an inbox for " + std::to_string(capacity()) + " of " + std::string(message_type()) +
                   " is full, and it is its receiver that casts to it: use try_cast and keep what "
                   "is too much, or give it more capacity");
}

inbox_core::requests_left inbox_core::take_requests() noexcept {
  if (redirected()) return target().take_requests();
  const std::lock_guard held(acquire(), std::adopt_lock);
  if (!has_ring() || ops_->refuse == nullptr) return {};
  requests_left taken;
  taken.of_ = this;
  taken.ring_ = ring();
  ring_or_waiting_ = waiting() | no_ring;
  taken.at_ = std::exchange(head_, 0);
  taken.left_ = size_.exchange(0, std::memory_order_relaxed);
  timing_ = false;
  return taken;
}

void inbox_core::requests_left::refuse() noexcept {
  for (; left_ != 0; --left_) {
    of_->ops_->refuse(static_cast<char*>(ring_) + std::size_t{at_} * of_->ops_->size);
    at_ = at_ + 1 == of_->capacity_ ? 0 : at_ + 1;
  }
  of_->free_ring(std::exchange(ring_, nullptr));
}

void inbox_core::reopen(closing what) noexcept {
  const std::lock_guard held(acquire(), std::adopt_lock);
  if (closing_ == what) closing_ = closing::open;
}

fiber* inbox_core::run_at_home() const noexcept {
  // A member lives as long as its actor; of one that was adopted the actor may be gone.
  const actor_inboxes* const list = home.load(std::memory_order_acquire);
  return list != nullptr && !adopted() ? list->registration().slot().run() : nullptr;
}

bool inbox_core::is_shared() noexcept {
  const std::lock_guard held(acquire(), std::adopt_lock);
  return shared_;
}

inbox_core::push_result inbox_core::push_slow(const element_ops& ops, void* message,
                                              send_waiter* waiter, held_lock held) {
  const std::uint32_t used = size_.load(std::memory_order_relaxed);
  if (used < capacity_ || (waiter != nullptr && !has_ring())) {
    // The first message, or sender, that has to wait here: make the ring, and try again.
    held.unlock();
    make_ring();
    return push_here(ops, message, waiter);
  }
  if (waiter != nullptr) {
    add_last(head().last_sender, *waiter);
    sending_ = true;
    waiter->state.store(send_state::waiting, std::memory_order_relaxed);
  }
  held.unlock();
  return push_result::full;
}

void inbox_core::make_ring() {
  const std::size_t before = head_size(*ops_);
  void* const block = ::operator new(before + ops_->size * capacity_, alignment_of(*ops_));
  void* fresh = static_cast<char*>(block) + before;
  ::new (static_cast<char*>(fresh) - sizeof(ring_head)) ring_head;
  {
    const std::lock_guard again(acquire(), std::adopt_lock);
    if (!has_ring()) {
      const std::uintptr_t who = waiting();
      ring_or_waiting_ = reinterpret_cast<std::uintptr_t>(std::exchange(fresh, nullptr));
      head().waiting = who;
    }
  }
  free_ring(fresh);
}

void inbox_core::begin_timing(std::uint32_t offset) noexcept {
  if (timing_) return;
  timing_ = true;
  head().timed_cell = index_at(offset);
  head().timed_since = sample_clock(owner_.load(std::memory_order_relaxed));
}

inbox_core::offer_result inbox_core::offer(const element_ops& ops, void* message, void* spare,
                                           overflow when_full) {
  for (;;) {
    const held_lock held = hold();
    if (closing_ != closing::open) {
      held.unlock();
      return offer_result::closed;
    }
    if (give_or_store(ops, message, held)) return offer_result::taken;
    if (!has_ring()) {
      held.unlock();
      make_ring();
      continue;
    }
    offer_result outcome = offer_result::left;
    if (when_full != overflow::keep_oldest) {
      const bool first = when_full == overflow::keep_latest;
      const std::uint32_t dropped = first ? head_ : index_at(capacity_ - 1);
      if (timing_ && head().timed_cell == dropped) timing_ = false;
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
  while (last_receiver() != nullptr) {
    receive_link* const first = last_receiver()->next;
    fiber& who = *first->who;
    who.lock.lock();
    unlink_receiver(*first);
    if (who.is_parked_in(first->wait)) {
      ops.relocate(first->slot, message);
      first->of->filled = true;
      who.received(handling_shared);
      handling_of(who).store(&ops, std::memory_order_relaxed);
      who.unpark_locked(first->of->index);
      who.lock.unlock();
      who.sched->schedule(who);
      return true;
    }
    // Not parked yet, or woken by another source: it looks at the ring before it parks, and
    // passes on what it leaves (disarm).
    if (who.wait.load(std::memory_order_relaxed) == first->wait) {
      who.set_pending(first->wait, first->of->index);
    }
    who.lock.unlock();
  }
  return false;
}

send_waiter* inbox_core::take_sender() noexcept {
  if (!sending_) return nullptr;
  send_waiter* const first = head().last_sender->next;
  take_off_sender(*first);
  return first;
}

void inbox_core::take_off_sender(send_waiter& gone) noexcept {
  take_off(head().last_sender, gone);
  sending_ = head().last_sender != nullptr;
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
  self.take_off_sender(waiter);
  waiter.state.store(send_state::idle, std::memory_order_relaxed);
  return true;
}

void inbox_core::link_receiver(receive_link& waiting) noexcept {
  receive_link* last = last_receiver();
  add_last(last, waiting);
  set_waiting(reinterpret_cast<std::uintptr_t>(last));
}

void inbox_core::unlink_receiver(receive_link& waiting) noexcept {
  receive_link* last = last_receiver();
  take_off(last, waiting);
  set_waiting(reinterpret_cast<std::uintptr_t>(last));
}

// With our own lock held: `self`'s lock nests in it. False: not bound, and a shared one from now
// on.
bool inbox_core::bind_locked(fiber& self) noexcept {
  const std::lock_guard owners(self.lock);
  constexpr std::size_t bits = 64;
  const std::size_t number = self.bound.add(*this, bits);
  if (number == inbox_table::no_place) {  // this fiber uses the inbox as a shared one
    shared_ = true;
    number_ = handling_shared;
    return false;
  }
  number_ = static_cast<std::uint8_t>(number);
  owner_.store(&self, std::memory_order_release);
  return true;
}

// With the owner's lock held: another fiber has come to receive.
void inbox_core::share_locked() noexcept {
  fiber& owner = *owner_.load(std::memory_order_relaxed);
  shared_ = true;
  receive_waiter* waiting = nullptr;
  if (receives(owner)) {
    owner.receive_mask &= ~(std::uint64_t{1} << number_);
    waiting = &receiver_locked();
    static_cast<void>(extra_of(owner.scope));
    waiting->will_link(owner, owner.wait.load(std::memory_order_relaxed));
    owner.registered = true;
  }
  keep_handled_locked(owner);
  leave_owner_locked(owner);
  number_ = handling_shared;
  if (waiting != nullptr) link_receiver(waiting->link());
  owner_.store(nullptr, std::memory_order_release);
}

void inbox_core::unbind_locked(fiber& owner) noexcept {
  leave_owner_locked(owner);
  owner_.store(nullptr, std::memory_order_release);
}

// With the owner's lock held: the type of its last message can soon be found here no more.
void inbox_core::keep_handled_locked(fiber& owner) const noexcept {
  if (owner.handling.load(std::memory_order_relaxed) != number_) return;
  try {
    extra_of(owner.scope).handling.store(ops_, std::memory_order_relaxed);
    owner.handling.store(handling_shared, std::memory_order_relaxed);
  } catch (const std::bad_alloc&) {
    owner.handling.store(handling_nothing, std::memory_order_relaxed);
  }
}

void inbox_core::leave_owner_locked(fiber& owner) noexcept {
  owner.bound.take_out(number_);
  set_waiting(0);
  if (ops_->change_hands != nullptr && has_ring()) disown_requests_locked();
}

// Who waits for a reply no longer waits for that owner, whose fiber may soon be somebody else's.
void inbox_core::disown_requests_locked() noexcept {
  const std::uint32_t waiting = size_.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i != waiting; ++i) ops_->change_hands(cell(i, ops_->size));
  send_waiter* const last = head().last_sender;
  if (last == nullptr) return;
  send_waiter* at = last;
  do {
    at = at->next;
    ops_->change_hands(at->message);
  } while (at != last);
}

bool inbox_core::bind(fiber& self) noexcept {
  if (redirected()) return target().bind(self);
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

inbox_core::arm_result inbox_core::arm(receive_waiter& waiter) {
  if (redirected()) return target().arm(waiter);
  fiber& self = *waiter.link().who;
  static_cast<void>(extra_of(self.scope));  // for whoever hands a message over
  const element_ops& ops = *ops_;
  wake_up after;
  arm_result outcome = arm_result::waiting;
  {
    const std::lock_guard held(acquire(), std::adopt_lock);
    if (take_locked(self, ops, waiter.link().slot, after)) {
      handling_of(self).store(&ops, std::memory_order_relaxed);
      waiter.filled = true;
      outcome = arm_result::taken;
    } else if (closing_ != closing::open) {
      outcome = arm_result::closed;
    } else {
      link_receiver(waiter.link());
    }
  }
  after();
  return outcome;
}

void inbox_core::disarm(fiber& self, receive_waiter& waiter) noexcept {
  if (redirected()) return target().disarm(self, waiter);
  const element_ops& ops = *ops_;
  if (owned_by(self)) return;
  for (;;) {
    wake_up after;
    {
      const std::lock_guard held(acquire(), std::adopt_lock);
      if (waiter.linked()) unlink_receiver(waiter.link());
      // A message may have been left in the ring for us: it is the next receiver's now.
      const auto used = size_.load(std::memory_order_relaxed);
      // (Nobody binds an inbox that was ever linked to: it is a shared one.)
      if (owner_.load(std::memory_order_relaxed) != nullptr || last_receiver() == nullptr ||
          (used == 0 && !sending_)) {
        return;
      }
      if (used == 0) {
        if (!hand_over(ops, head().last_sender->next->message)) return;
        send_waiter& sender = *take_sender();
        after = wake_up::of(sender);
        sender.state.store(send_state::sent, std::memory_order_release);
      } else {
        if (!hand_over(ops, cell(0, ops.size))) return;
        if (timing_ && head_ == head().timed_cell) timing_ = false;
        head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
        size_.store(used - 1, std::memory_order_relaxed);
        if (sending_) refill_from_sender(ops, after);
      }
    }
    after();
  }
}

}  // namespace troupe::detail

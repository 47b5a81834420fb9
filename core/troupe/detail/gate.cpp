#include <troupe/detail/gate.hpp>

#include <mutex>
#include <utility>

namespace troupe::detail {

bool gate::try_enter() noexcept {
  const std::lock_guard held(lock_);
  if (!open_ || occupied_) return false;
  occupied_ = true;
  set_inside(current.running);
  return true;
}

void gate::leave() noexcept {
  const std::lock_guard held(lock_);
  occupied_ = false;
  set_inside(nullptr);  // if it is shut: those who wait do so for the signal now
  if (open_) admit_first();
}

void gate::set_inside(fiber* who) noexcept {
  inside_ = who;
  if (first_ != nullptr) first_->who->calling.store(who);
}

void gate::begin() noexcept {
  const std::lock_guard held(lock_);
  ended_ = false;
}

void gate::open() noexcept {
  const std::lock_guard held(lock_);
  open_ = true;
  if (!occupied_) admit_first();
}

void gate::shut() noexcept {
  const std::lock_guard held(lock_);
  open_ = false;
}

void gate::end() noexcept {
  const std::lock_guard held(lock_);
  open_ = false;
  ended_ = true;
  while (gate_waiter* const one = first_) {
    unlink(*one);
    one->is = gate_waiter::state::refused;
    one->who->fire(one->wait, 0);
  }
}

// With the lock held, open and not occupied.
void gate::admit_first() noexcept {
  gate_waiter* const one = first_;
  if (one == nullptr) return;
  unlink(*one);
  one->is = gate_waiter::state::admitted;
  occupied_ = true;
  set_inside(one->who);
  one->who->fire(one->wait, 0);
}

// With the lock held. Whoever is in the list waits here still, or will take himself off before he
// goes on: `calling` may be written for him.
void gate::link(gate_waiter& one) noexcept {
  one.previous = last_;
  one.who->calling.store(last_ != nullptr ? last_->who : inside_);
  (last_ != nullptr ? last_->next : first_) = &one;
  last_ = &one;
}

void gate::unlink(gate_waiter& one) noexcept {
  if (one.next != nullptr) {
    one.next->who->calling.store(one.previous != nullptr ? one.previous->who : inside_);
  }
  (one.previous != nullptr ? one.previous->next : first_) = one.next;
  (one.next != nullptr ? one.next->previous : last_) = one.previous;
  one.next = one.previous = nullptr;
}

bool gate::enter_awaiter::await_suspend(std::coroutine_handle<> at) {
  fiber& self = running_fiber("pushed_signal::write");
  self.resume_point = at;
  const bool cancelable = ctx_ == nullptr || ctx_->state() != nullptr;
  const std::uint64_t id = self.open_wait(wait_kind::call, cancelable);
  if (!link_.open(self, id, ctx_)) {
    self.fired = fired_canceled;
    return false;
  }
  {
    const std::lock_guard held(gate_->lock_);
    if (gate_->ended_) {
      failure_ = error(errc::actor_stopped);
      return false;
    }
    if (gate_->open_ && !gate_->occupied_) {
      gate_->occupied_ = true;
      gate_->set_inside(&self);
      entered_ = true;
      return false;
    }
    waiter_.who = &self;
    waiter_.wait = id;
    waiter_.is = gate_waiter::state::waiting;
    gate_->link(waiter_);
  }
  if (!self.park(id)) return false;
  return !closes_cycle(self, id);
}

// Parked. True: whoever we wait for waits for us, and our wait has been ended.
bool gate::enter_awaiter::closes_cycle(fiber& self, std::uint64_t id) {
  const auto end_wait = [&] {
    const std::lock_guard held(self.lock);
    const bool ours = self.is_parked_in(id);
    if (ours) self.unpark_locked(fired_nothing);
    return ours;
  };
  const fiber* ahead = nullptr;
  {
    // Read here, not before we parked: the place inside may have changed hands. And the lock is the
    // full barrier that makes one of two who close a cycle at the same moment see the other.
    const std::lock_guard held(gate_->lock_);
    if (waiter_.is == gate_waiter::state::waiting) ahead = self.calling.load();
  }
  if (!may_close_cycle(self, ahead)) [[likely]]
    return false;
  try {
    auto cycle = find_call_cycle(self, *ahead);
    if (!cycle || !end_wait()) return false;
    failure_ = std::move(cycle);
    return true;
  } catch (...) {  // no memory for the text
    if (end_wait()) throw;
    return false;  // woken meanwhile, and queued
  }
}

// What became of the wait; afterwards nobody touches the waiter any more.
gate_waiter::state gate::enter_awaiter::settle() noexcept {
  const std::lock_guard held(gate_->lock_);
  if (waiter_.is == gate_waiter::state::waiting) gate_->unlink(waiter_);
  // Not before: as long as it is in the list, others look at it.
  std::exchange(waiter_.who, nullptr)->calling.store(nullptr, std::memory_order_relaxed);
  return std::exchange(waiter_.is, gate_waiter::state::idle);
}

gate::enter_awaiter::~enter_awaiter() {  // destroyed while it waits?
  if (waiter_.who != nullptr && settle() == gate_waiter::state::admitted) gate_->leave();
}

result<> gate::enter_awaiter::await_resume() {
  link_.close();
  if (entered_) return {};
  fiber& self = *current.running;
  auto became = gate_waiter::state::idle;
  if (waiter_.who != nullptr) became = settle();
  const bool canceled = self.fired == fired_canceled;
  if (became == gate_waiter::state::admitted) {
    if (!canceled && !failure_) return {};
    gate_->leave();
  }
  if (failure_) return fail(*std::move(failure_));
  if (became == gate_waiter::state::refused) return fail(errc::actor_stopped);
  return fail(cancel_reason(self, ctx_));
}

}  // namespace troupe::detail

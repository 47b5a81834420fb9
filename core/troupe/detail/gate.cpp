#include <troupe/detail/gate.hpp>

#include <mutex>
#include <utility>

namespace troupe::detail {

bool gate::try_enter() noexcept {
  const std::lock_guard held(lock_);
  if (!open_ || occupied_) return false;
  occupied_ = true;
  inside_ = current.running;
  return true;
}

void gate::leave() noexcept {
  const std::lock_guard held(lock_);
  occupied_ = false;
  inside_ = nullptr;
  if (open_) return admit_first();
  // Those who wait do so for the signal now, and no longer for whoever was inside.
  for (gate_waiter* at = first_; at != nullptr; at = at->next) at->who->calling.store(nullptr);
}

void gate::open() noexcept {
  const std::lock_guard held(lock_);
  open_ = true;
  ended_ = false;
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
  inside_ = one->who;
  // Those who are in the list wait here still, or will take themselves off before they go on.
  for (gate_waiter* at = first_; at != nullptr; at = at->next) at->who->calling.store(inside_);
  one->who->fire(one->wait, 0);
}

void gate::unlink(gate_waiter& one) noexcept {
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
  fiber* inside = nullptr;
  {
    const std::lock_guard held(gate_->lock_);
    if (gate_->ended_) {
      failure_ = error(errc::actor_stopped);
      return false;
    }
    if (gate_->open_ && !gate_->occupied_) {
      gate_->occupied_ = true;
      gate_->inside_ = &self;
      entered_ = true;
      return false;
    }
    inside = gate_->inside_;
    self.calling.store(inside);
    waiter_.who = &self;
    waiter_.wait = id;
    waiter_.is = gate_waiter::state::waiting;
    waiter_.previous = gate_->last_;
    (gate_->last_ != nullptr ? gate_->last_->next : gate_->first_) = &waiter_;
    gate_->last_ = &waiter_;
  }
  if (!self.park(id)) return false;
  // Parked: of two that close a cycle at the same moment, at least one sees the other.
  if (may_close_cycle(self, inside)) [[unlikely]] {
    if (auto cycle = find_call_cycle(self, *inside)) {
      self.lock.lock();
      const bool ours = self.is_parked_in(id);
      if (ours) self.unpark_locked(fired_nothing);
      self.lock.unlock();
      if (ours) {
        failure_ = std::move(cycle);
        return false;
      }
    }
  }
  return true;
}

// What became of the wait; afterwards nobody touches the waiter any more.
gate_waiter::state gate::enter_awaiter::settle() noexcept {
  const std::lock_guard held(gate_->lock_);
  if (waiter_.is == gate_waiter::state::waiting) gate_->unlink(waiter_);
  // Not before: as long as it is in the list, whoever leaves the gate looks at it.
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
  if (waiter_.who != nullptr) {
    became = settle();
  }
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

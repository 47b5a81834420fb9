#include <troupe/event.hpp>

#include <mutex>

namespace troupe {

void event::set() noexcept {
  // All under the lock, so that a waiter that is back already and resets the event is not
  // overruled. A node stays until its waiter has had the lock.
  const std::lock_guard held(lock_);
  set_.store(true, std::memory_order_release);
  while (waiters_ != nullptr) {
    detail::context_waiter& first = *waiters_;
    waiters_ = first.next;
    if (waiters_ != nullptr) waiters_->previous = nullptr;
    first.linked = false;
    first.who->fire(first.wait, 0);
  }
}

bool event::awaiter::await_suspend(std::coroutine_handle<> at) {
  detail::fiber& self = detail::running_fiber("event::wait");
  self.resume_point = at;
  const bool cancelable = ctx_ == nullptr || ctx_->state() != nullptr;
  const std::uint64_t id = self.open_wait(detail::wait_kind::event, cancelable);
  waited_ = true;
  if (!link_.open(self, id, ctx_)) {
    self.fired = detail::fired_canceled;
    return false;
  }
  {
    const std::lock_guard held(event_->lock_);
    if (event_->is_set()) {
      self.fired = 0;
      return false;
    }
    waiter_.who = &self;
    waiter_.wait = id;
    waiter_.linked = true;
    waiter_.next = event_->waiters_;
    if (waiter_.next != nullptr) waiter_.next->previous = &waiter_;
    event_->waiters_ = &waiter_;
  }
  return self.park(id);
}

result<> event::awaiter::await_resume() {
  if (!waited_) return {};
  detail::fiber& self = *detail::current.running;
  link_.close();
  unlink();
  waiter_.who = nullptr;
  if (self.fired == detail::fired_canceled) return fail(detail::cancel_reason(self, ctx_));
  return {};
}

void event::awaiter::unlink() noexcept {
  if (waiter_.who == nullptr) return;
  const std::lock_guard held(event_->lock_);
  if (!waiter_.linked) return;
  waiter_.linked = false;
  (waiter_.previous != nullptr ? waiter_.previous->next : event_->waiters_) = waiter_.next;
  if (waiter_.next != nullptr) waiter_.next->previous = waiter_.previous;
}

}  // namespace troupe

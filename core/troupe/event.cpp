#include <troupe/event.hpp>

#include <mutex>
#include <utility>

namespace troupe {

namespace {

/// In a waiter's `index`: set() is through with the event, and has only this fiber to wake.
constexpr std::uint32_t told_last = 1;

}  // namespace

void event::set() noexcept {
  detail::fiber* only = nullptr;
  std::uint64_t wait = 0;
  {
    const std::lock_guard held(lock_);
    set_.store(true, std::memory_order_release);
    if (waiters_ == nullptr) return;
    if (waiters_->next == nullptr) {
      detail::context_waiter& first = *std::exchange(waiters_, nullptr);
      first.linked = false;
      first.index = told_last;
      only = first.who;
      wait = first.wait;
    }
    // Several are told under the lock, so that one who is back already and resets the event is not
    // overruled; it takes the lock before it goes on.
    while (waiters_ != nullptr) {
      detail::context_waiter& first = *waiters_;
      waiters_ = first.next;
      if (waiters_ != nullptr) waiters_->previous = nullptr;
      first.linked = false;
      first.who->fire(first.wait, 0);
    }
  }
  if (only != nullptr) only->fire(wait, 0);
}

bool event::awaiter::await_suspend(std::coroutine_handle<> at) {
  detail::fiber& self = detail::running_fiber("event::wait");
  self.resume_point = at;
  const bool cancelable = detail::ends_with_fiber(ctx_);
  const std::uint64_t id = self.open_wait(detail::wait_kind::event, cancelable);
  waited_ = true;
  if (!link_.open(self, id, ctx_)) {
    self.fired = detail::fired_canceled;
    return detail::yield_if_spent(self);
  }
  // Parked from here on, without our lock: see fiber::parked.
  self.parked.store(detail::park_state::yes, detail::before_locked_operation);
  bool is_set = false;
  {
    const std::lock_guard held(event_->lock_);
    is_set = event_->is_set();
    if (!is_set) {
      waiter_.who = &self;
      waiter_.wait = id;
      waiter_.linked = true;
      waiter_.next = event_->waiters_;
      if (waiter_.next != nullptr) waiter_.next->previous = &waiter_;
      event_->waiters_ = &waiter_;
    }
  }
  bool ended = false;
  if (is_set) {
    ended = self.take_back(id, 0);
  } else if (cancelable && self.scope.ended()) {
    ended = self.take_back(id, detail::fired_canceled);
  } else if (ctx_ != nullptr) {
    ended = self.take_back_if_fired(id);
  }
  return !ended || detail::yield_if_spent(self);
}

result<> event::awaiter::await_resume() {
  if (!waited_) return {};
  detail::fiber& self = *detail::current.running;
  link_.close();
  const bool through = self.fired == 0 && waiter_.index == told_last;
  if (!through) unlink();
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

#include <troupe/context.hpp>

#include <troupe/detail/context_extra.hpp>

namespace troupe {

context context::current() noexcept {
  detail::fiber* self = detail::current.running;
  return self != nullptr ? share(self->scope) : background();
}

cancelable_context context::with_cancel() const {
  return cancelable_context(adopt(detail::make_context_state(state_, never, nullptr)));
}

cancelable_context context::with_cancel(const context& parent) { return parent.with_cancel(); }

context context::with_deadline(time_point when) const {
  return adopt(detail::make_context_state(state_, when, nullptr));
}

context context::with_timeout(duration from_now) const {
  return with_deadline(later(detail::now_for(state_), from_now));
}

context context::shielded(duration at_most) {
  context made = background().with_timeout(at_most);
  made.state_->is_shielded = true;
  return made;
}

context context::from(const context& parent, std::stop_token token) {
  context made = adopt(detail::make_context_state(parent.state_, never, nullptr));
  detail::extra_of(*made.state_).bridge.emplace(std::move(token), detail::stop_bridge{made.state_});
  return made;
}

std::optional<error> context::err() const noexcept {
  if (state_ == nullptr) return std::nullopt;
  switch (detail::poll(*state_)) {
    case detail::context_status::alive: return std::nullopt;
    case detail::context_status::canceled: return error(errc::canceled);
    case detail::context_status::expired: return error(errc::deadline_exceeded);
  }
  return std::nullopt;
}

std::stop_token context::stop_token() const {
  return state_ != nullptr ? detail::stop_token_of(*state_) : std::stop_token();
}

void cancelable_context::cancel() const noexcept {
  detail::end(*state(), detail::context_status::canceled);
}

namespace detail {

error cancel_reason(const fiber& self, const context* ctx) noexcept {
  if (ctx != nullptr) {
    if (auto why = ctx->err()) return *why;
  }
  return self.scope.status.load(std::memory_order_acquire) == context_status::expired
             ? errc::deadline_exceeded
             : errc::canceled;
}

bool context_done_awaiter::await_ready() const noexcept { return context_->err() && may_go_on(); }

bool context_done_awaiter::await_suspend(std::coroutine_handle<> at) {
  fiber& self = running_fiber("context::done");
  self.resume_point = at;
  // The fiber's own scope need not be the context: its end ends this wait as well.
  const bool cancelable = context_->state() == nullptr || ends_with_fiber(context_);
  const std::uint64_t id = self.open_wait(wait_kind::context, cancelable);
  return (link_.open(self, id, context_) && self.park(id)) || yield_if_spent(self);
}

error context_done_awaiter::await_resume() noexcept {
  link_.close();
  return cancel_reason(*current.running, context_);
}

}  // namespace detail
}  // namespace troupe

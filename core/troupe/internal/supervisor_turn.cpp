// Whose turn it is with a supervisor_core, and how events come to it; see supervisor_core.hpp.

#include <troupe/internal/supervisor_core.hpp>

#include <troupe/detail/fiber.hpp>

#include <exception>
#include <mutex>
#include <utility>

namespace troupe::internal {

result<> supervisor_core::spawn(child_spec&& child) {
  check(child);
  detail::fiber* self = nullptr;
  {
    const std::lock_guard held(post_lock_);
    if (accepting_ && may_act() && acts_here(child)) {
      acting_ = true;
      self = waiter_;
    }
  }
  if (self != nullptr) {
    act(*self, [&] { add(std::move(child)); });
    return {};
  }
  auto request = std::make_unique<spawn_request>(std::move(child));
  result<> accepted = ask(request);
  if (!accepted) {
    if (const auto& first = request->child.first()) detail::actor_internals::unclaim(*first);
  }
  return accepted;
}

result<> supervisor_core::stop_child(actor_id id) {
  auto request = std::make_unique<stop_request>(id);
  return ask(request);
}

// The request stays the caller's where it is refused.
template <class Request>
result<> supervisor_core::ask(std::unique_ptr<Request>& request) {
  if (!post(*request, true)) {
    return fail(errc::actor_stopped, "supervisor \"" + name_ + "\" has ended or is stopping");
  }
  [[maybe_unused]] const posted* const taken_over = request.release();
  return {};
}

// `also` is called under the lock, where the event is accepted; false: not yet after all.
template <class Locked>
bool supervisor_core::post_with(posted& what, bool needs_acceptance, Locked also) noexcept {
  detail::fiber* waiter = nullptr;
  std::uint64_t wait = 0;
  detail::fiber* self = nullptr;
  {
    const std::lock_guard held(post_lock_);
    if (needs_acceptance && !accepting_) return false;
    if (!also()) return true;
    if (what.linked) return true;
    if (may_act() && acts_here(what)) {
      acting_ = true;
      self = waiter_;
    } else {
      if (what.kind == posted_kind::spawn) idle_.reset();
      what.linked = true;
      what.next = nullptr;
      (last_posted_ != nullptr ? last_posted_->next : first_posted_) = &what;
      last_posted_ = &what;
      if (!acting_) waiter = std::exchange(waiter_, nullptr);
      wait = wait_;
    }
  }
  if (self != nullptr) act(*self, [&] { take(what); });
  if (waiter != nullptr) waiter->fire(wait, 0);
  return true;
}

bool supervisor_core::post(posted& what, bool needs_acceptance) noexcept {
  return post_with(what, needs_acceptance, [] { return true; });
}

void supervisor_core::run_ended(child_record& child) noexcept {
  std::shared_ptr<supervisor_core> last;
  for (bool closes = true; closes;) {
    post_with(child.end, false, [&] {
      closes = std::exchange(child.closes_at_end, false);
      if (closes) return false;
      last = std::move(child.keep);
      child.scope = nullptr;
      return true;
    });
    // Before the record is the supervisor's again; until then others only ask for it.
    if (closes) end_for_good(child);
  }
}

void supervisor_core::run_abandoned(child_record& child) noexcept {
  std::shared_ptr<supervisor_core> last;
  {
    const std::lock_guard held(post_lock_);
    last = std::move(child.keep);
    child.scope = nullptr;
    child.closes_at_end = false;
  }
  end_for_good(child, nullptr);
}

// With the post lock held: the fiber waits for an event and has not been canceled, nobody acts for
// it, and this is a worker of its runtime: that cannot go meanwhile.
bool supervisor_core::may_act() const noexcept {
  if (waiter_ == nullptr || acting_ || first_posted_ != nullptr || stopping_) return false;
  const detail::context_state& scope = waiter_->scope;
  return detail::current.sched == sched_ && !scope.ended() &&
         scope.limit == detail::context_limit::none;
}

// What the user gave us to call is called in the supervisor's own turn.
bool supervisor_core::acts_here(child_spec& child) const noexcept {
  return child.first() && !child.factory() && !child.options().own_thread;
}

bool supervisor_core::acts_here(posted& what) const noexcept {
  if (what.kind == posted_kind::spawn) {
    return acts_here(static_cast<spawn_request&>(what).child);
  }
  if (what.kind != posted_kind::ended) return false;
  const child_record& child = *static_cast<const child_ended&>(what).of;
  const bool tells_user = options_.on_error && is_failure(child.last.kind());
  return !tells_user && !child.factory && !child.wants_thread;
}

// With the turn, for the fiber `self`: handles what came, and what has come meanwhile if that is
// not much.
template <class Event>
void supervisor_core::act(detail::fiber& self, Event first) noexcept {
  constexpr int most_events = 32;
  // Runs begin in the supervisor's name, whoever's turn this is.
  detail::fiber* const before = std::exchange(detail::current.running, &self);
  bool done = true;
  posted* next = nullptr;
  for (int events = 1;; ++events) {
    try {
      event_time_ = never;
      if (next == nullptr) {
        first();
      } else {
        take(*next);
      }
      done = carry_out_here();
    } catch (...) {
      failure_ = std::current_exception();
      done = false;
    }
    detail::fiber* waiter = nullptr;
    std::uint64_t wait = 0;
    {
      const std::lock_guard held(post_lock_);
      update_idle_locked();
      next = first_posted_;
      const bool goes_on = done && !interrupted_ && next != nullptr && events < most_events &&
                           acts_here(*next) && !self.scope.ended();
      if (goes_on) {
        next = take_first_locked();
        continue;
      }
      acting_ = false;
      if (!done || interrupted_ || next != nullptr) waiter = std::exchange(waiter_, nullptr);
      wait = wait_;
    }
    detail::current.running = before;
    if (waiter != nullptr) waiter->fire(wait, 0);
    return;
  }
}

void supervisor_core::go_on() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (!decided_.empty()) carry_out();
}

void supervisor_core::leave() noexcept {
  const auto us = shared_from_this();
  const std::lock_guard held(post_lock_);
  waiter_ = nullptr;
  for (const auto& child : children_) {
    if (child && child->scope != nullptr) child->keep = us;
  }
}

posted* supervisor_core::take_first_locked() noexcept {
  posted* const first = first_posted_;
  if (first == nullptr) return nullptr;
  first_posted_ = first->next;
  if (first_posted_ == nullptr) last_posted_ = nullptr;
  first->linked = false;
  return first;
}

posted* supervisor_core::take_posted(bool& regained) noexcept {
  const std::lock_guard held(post_lock_);
  if (acting_) return nullptr;
  regained = std::exchange(interrupted_, false);
  return take_first_locked();
}

bool supervisor_core::next_event::await_suspend(std::coroutine_handle<> at) noexcept {
  detail::fiber& self = *detail::current.running;
  self.resume_point = at;
  if (got_ != nullptr) {
    self.sched->yield(self);
    return true;
  }
  self.next_round();
  const std::uint64_t id = self.open_wait(detail::wait_kind::receive, cancelable_);
  self.fired = 0;
  {
    const std::lock_guard held(core_->post_lock_);
    const bool has_turn = !core_->acting_;
    if (has_turn && (core_->first_posted_ != nullptr || core_->interrupted_)) return false;
    core_->waiter_ = &self;
    core_->wait_ = id;
  }
  return self.park(id);
}

posted* supervisor_core::next_event::await_resume() noexcept {
  if (got_ != nullptr || regained_) return got_;
  const std::lock_guard held(core_->post_lock_);
  core_->interrupted_ = core_->acting_;
  if (core_->interrupted_) return nullptr;
  core_->waiter_ = nullptr;
  if (detail::current.running->fired == detail::fired_canceled) return nullptr;
  if (core_->failure_) return nullptr;  // go_on() throws it, and an event in hand would be lost
  return core_->take_first_locked();
}

bool supervisor_core::carry_out_here() {
  return carry_out_while([this](const supervision_decision& one) {
    if (one.kind == decision_kind::start_child) {
      const child_record& child = *children_[one.child];
      return !child.factory && !child.wants_thread;
    }
    return one.kind == decision_kind::retire_child || one.kind == decision_kind::report_restarting;
  });
}

}  // namespace troupe::internal

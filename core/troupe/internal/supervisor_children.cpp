// What a supervisor_core does to one child: makes its object, starts, stops and abandons its run,
// takes its end, and keeps its timer. The decisions come from supervisor_core.cpp.

#include <troupe/internal/supervisor_core.hpp>

#include <troupe/detail/fiber.hpp>
#include <troupe/internal/call_user.hpp>

#include <exception>
#include <mutex>
#include <utility>

namespace troupe::internal {

namespace {

/// Stands for a child whose factory has not given an actor yet, where a name has to be told.
class unmade_actor final : public actor {
 public:
  explicit unmade_actor(const std::string& owner) : actor("child of " + owner) {}

 private:
  task<result<>> run(context) override { co_return result<>(); }
};

}  // namespace

void supervisor_core::make_instance(child_record& child) {
  const bool reuse_first = child.first && (!child.factory || !child.current);
  if (reuse_first) {
    child.current = std::shared_ptr<actor>(std::shared_ptr<actor>(), child.first.get());
  } else {
    std::shared_ptr<actor> fresh = child.factory();
    event_time_ = never;  // that may have taken a while
    if (!fresh) throw usage_error("the factory gave a null actor");
    if (!detail::actor_internals::claim(*fresh)) {
      throw usage_error(
          "the factory gave an actor that is running already or belongs to a "
          "supervisor: it has to make a new one for each run");
    }
    if (!child.first) {
      child.first = fresh;
      report({.what = observed::registered, .who = fresh});
    } else if (!detail::actor_internals::take_over(*fresh, *child.first)) {
      throw usage_error("the factory gave an actor whose inboxes differ from those of the first");
    }
    child.current = std::move(fresh);
  }
  detail::actor_internals::set_logger(*child.current, log_.child(child.current->name()));
}

void supervisor_core::start_child(child_record& child) {
  child.stopping = false;
  try {
    make_instance(child);
  } catch (...) {
    // Told in a turn of its own: a factory that always throws must not keep us from all else.
    child.last = exit_reason::from_exception(std::current_exception());
    child.start_failed = true;
    if (!child.current) child.current = std::make_shared<unmade_actor>(name_);
    post(child.end);
    return;
  }
  // start_run opens those of the run's own object.
  if (child.current != child.first) detail::actor_internals::inboxes(*child.first).reopen_all();
  if (child.wants_thread && child.thread == nullptr) child.thread = &sched_->lend_thread();
  detail::scheduler* const where = child.thread != nullptr ? child.thread : sched_;
  // The report precedes the run, so that "started" is never told after "stopped".
  log_.debug("started", field("child", child.current->name()));
  if (!observers_.empty()) report({.what = observed::started, .who = child.owned()});
  detail::start_run(*where, scope_.state(), *child.current, child,
                    {.known_as = *child.first, .supervisor = id_});
  state_.child_started(child.id, event_time(), decided_);
}

void supervisor_core::stop_child(child_record& child, timer_token timer, duration patience) {
  child.stopping = true;
  if (patience != wait_for_ever) arm(child, timer, patience, false);
  context run;
  {
    const std::lock_guard held(post_lock_);  // its end is not told meanwhile
    if (child.scope != nullptr) run = context::share(*child.scope);
  }
  if (run.state() != nullptr) cancelable_context(std::move(run)).cancel();
}

void supervisor_core::abandon(child_record& child) {
  child.left_behind = true;
  log_.error("did not stop in its shutdown time, left behind",
             field("child", child.current->name()));
  tell_user(child, exit_reason::from_result(fail(errc::shutdown_timeout)));
}

void supervisor_core::tell_user(const child_record& child, const exit_reason& why) noexcept {
  if (!options_.on_error) return;
  call_user(log_, "on_error threw", [&] { options_.on_error(*child.current, why); });
}

void supervisor_core::retire(child_record& child) noexcept {
  disarm(child);
  return_thread(child);
  end_for_good(child);
}

// One that still runs, as it was left behind or we have crashed, uses what it has: only its inboxes
// are closed, which is safe beside that. Its end does the rest.
void supervisor_core::close_inboxes(child_record& child) noexcept {
  bool runs = false;
  {
    const std::lock_guard held(post_lock_);
    runs = child.scope != nullptr;
    child.closes_at_end = runs;
  }
  if (!runs) return end_for_good(child);
  detail::actor_internals::inboxes(*child.first).close_all();
  if (child.current != child.first) detail::actor_internals::inboxes(*child.current).close_all();
}

void supervisor_core::end_for_good(child_record& child, const exit_reason* why) noexcept {
  if (!child.first) return;
  detail::actor_internals::ended_for_good(*child.first, why);
  if (child.current && child.current != child.first) {
    detail::actor_internals::ended_for_good(*child.current, why);
  }
}

void supervisor_core::return_thread(child_record& child) noexcept {
  if (child.thread != nullptr) sched_->return_thread(*std::exchange(child.thread, nullptr));
}

void supervisor_core::arm(child_record& child, timer_token token, duration delay, bool restarts) {
  disarm(child);
  child_timer& timer = child.timer;
  timer.armed = token;
  timer.restarts = restarts;
  timer.deadline = later(sched_->now(), delay);
  timer.fire = [](detail::timer_node* node) noexcept {
    auto& fired = *static_cast<child_timer*>(node);
    fired.fired.store(fired.armed, std::memory_order_release);
    fired.of->home->post(fired);
  };
  sched_->add_timer(timer);
}

void supervisor_core::disarm(child_record& child) noexcept {
  if (child.timer.armed == 0) return;
  sched_->remove_timer(child.timer);
  child.timer.armed = 0;
  withdraw(child.timer);
}

// An event must not stay in the list when its record goes.
void supervisor_core::withdraw(posted& what) noexcept {
  const std::lock_guard held(post_lock_);
  if (!std::exchange(what.linked, false)) return;
  posted* before = nullptr;
  for (posted* at = first_posted_; at != &what; at = at->next) before = at;
  (before != nullptr ? before->next : first_posted_) = what.next;
  if (last_posted_ == &what) last_posted_ = before;
}

void supervisor_core::disarm_all() noexcept {
  for (auto& child : children_) {
    if (child) disarm(*child);
  }
}

void supervisor_core::child_has_ended(child_record& child) {
  if (child.stopping) disarm(child);
  child.left_behind = false;
  const exit_reason& why = child.last;
  const exit_kind how = why.kind();
  const bool started = !std::exchange(child.start_failed, false);
  if (started && !observers_.empty()) {
    report({.what = observed::stopped, .who = child.owned(), .why = why});
  }
  const bool failed = is_failure(how);
  if (failed && !child.stopping) {
    if (log_.enabled(log_level::error)) {  // to_string() looks up the names of the stack
      log_.error("failed", field("child", child.current->name()), field("why", why.to_string()));
    }
  } else {
    log_.debug("ended", field("child", child.current->name()), field("how", to_string(how)));
  }
  if (failed) tell_user(child, why);
  state_.child_exited(child.id, how, event_time(), random(), decided_);
}

}  // namespace troupe::internal

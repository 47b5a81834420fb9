// Carries out what supervision_state decides; see supervisor_core.hpp. What concerns one child is
// in supervisor_children.cpp; who may do all this, and when, in supervisor_turn.cpp.

#include <troupe/internal/supervisor_core.hpp>

#include <troupe/detail/actor_slot.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/split_mix.hpp>

#include <exception>
#include <mutex>
#include <utility>

namespace troupe::internal {

namespace {

supervision_options decision_options(const supervisor_options& all) {
  return {.policy = all.policy,
          .strategy = all.strategy,
          .restart_delay = all.restart_delay,
          .restart_limit = all.restart_limit,
          .backoff = all.backoff,
          .jitter = all.jitter,
          .shutdown_timeout = all.shutdown_timeout};
}

supervision_state checked_state(const std::string& name, const supervisor_options& options) {
  const supervision_options decides = decision_options(options);
  if (auto wrong = validate(decides)) {
    throw usage_error("supervisor \"" + name + "\": " + *wrong);
  }
  return supervision_state(decides);
}

/// How long a child may take to stop, where nobody said: a supervisor as long as its own children
/// do.
child_options with_defaults(const child_spec& child, const actor* first) {
  child_options options = child.options();
  if (!options.shutdown_timeout && first != nullptr &&
      detail::actor_internals::has_children(*first)) {
    options.shutdown_timeout = wait_for_ever;
  }
  return options;
}

/// It says nothing about restarts and stopping of its own: the supervisor's options hold, which
/// have been checked.
bool is_plain(const child_options& child) noexcept {
  return !child.policy && !child.restart_delay && !child.backoff && !child.jitter &&
         !child.shutdown_timeout && child.restart_limit.max_restarts == unlimited_restarts &&
         child.restart_limit.window == duration::zero();
}

void child_run_ended(detail::run_owner& self, exit_reason&& why) noexcept {
  auto& child = static_cast<child_record&>(self);
  child.last = std::move(why);
  child.home->run_ended(child);  // from here on the record is the supervisor's again
}

// Its runtime goes; others may wait for it in theirs.
void child_abandoned_by_runtime(detail::run_owner& self) noexcept {
  auto& child = static_cast<child_record&>(self);
  child.home->run_abandoned(child);
}

}  // namespace

child_record::child_record(supervisor_core& core, child_id place) : home(&core), id(place) {
  ended = child_run_ended;
  abandoned = child_abandoned_by_runtime;
  end.kind = posted_kind::ended;
  end.of = this;
  timer.kind = posted_kind::timer;
  timer.of = this;
}

void child_record::reset() noexcept {
  current = nullptr;
  if (factory) factory = nullptr;
  last = exit_reason::clean();
  stopping = left_behind = start_failed = false;
}

supervisor_core::supervisor_core(std::string name, supervisor_options options)
    : name_(std::move(name)), options_(std::move(options)), state_(checked_state(name_, options_)) {
  for (supervisor_observer& one : options_.observers) {
    observers_.push_back(std::make_shared<observer_hub>(std::move(one)));
  }
  std::vector<child_spec> declared = std::move(options_.children);
  std::size_t claimed = 0;
  try {
    for (child_spec& one : declared) {
      check(one);
      ++claimed;
    }
  } catch (...) {
    for (std::size_t i = 0; i != claimed; ++i) {
      if (declared[i].first()) detail::actor_internals::unclaim(*declared[i].first());
    }
    throw;
  }
  for (child_spec& one : declared) add(std::move(one));
  update_idle();
}

supervisor_core::~supervisor_core() {
  drop_scope();
  while (posted* left = take_first_locked()) drop(*left);
}

// Refuses, or claims the actor.
void supervisor_core::check(child_spec& child) const {
  const auto where = [&] { return "supervisor \"" + name_ + "\": "; };
  if (!child.first() && !child.factory()) throw usage_error(where() + "a child is null");
  const actor* first = child.first().get();
  const auto who = [&] {
    return first != nullptr ? "child \"" + first->name() + "\": " : std::string("a child: ");
  };
  if (!is_plain(child.options())) {
    if (auto wrong = validate(decision_options(options_), with_defaults(child, first))) {
      throw usage_error(where() + who() + *wrong);
    }
  }
  if (first != nullptr && !detail::actor_internals::claim(*child.first())) {
    throw usage_error(where() + who() + "it is running already or belongs to a supervisor");
  }
}

void supervisor_core::begin(detail::scheduler& sched, logger inherited) {
  const bool first_life = sched_ == nullptr;
  sched_ = &sched;
  if (const detail::actor_slot* mine = detail::current.running->slot()) id_ = mine->id();
  // No child of ours: when we are canceled we stop our children one by one, from right to left.
  drop_scope();
  scope_ = context::adopt(detail::make_context_state(nullptr, never, &sched));
  detail::pin(*scope_.state());
  end_.reset();
  stopping_ = false;
  log_ = options_.log.silent() ? std::move(inherited) : options_.log;
  if (random_state_ == 0) random_state_ = sched.random_seed() | 1U;
  {
    const std::lock_guard held(post_lock_);
    accepting_ = true;
  }
  for (const auto& child : children_) {
    if (first_life && child->first) report({.what = observed::registered, .who = child->first});
  }
  event_time_ = never;
  decided_.clear();  // of a life that crashed
  carried_out_ = 0;
  failure_ = nullptr;
  state_.start(decided_);
  carry_out();
}

void supervisor_core::stop() {
  stopping_ = true;
  {
    const std::lock_guard held(post_lock_);
    accepting_ = false;
  }
  state_.stop_requested(decided_);
  carry_out();
}

void supervisor_core::handle(posted& what) {
  event_time_ = never;
  take(what);
  carry_out();
}

void supervisor_core::take(posted& what) {
  switch (what.kind) {
    case posted_kind::ended: child_has_ended(*static_cast<child_ended&>(what).of); break;
    case posted_kind::timer: {
      auto& timer = static_cast<child_timer&>(what);
      const timer_token token = timer.fired.load(std::memory_order_acquire);
      if (timer.restarts) {
        state_.restart_timer_fired(timer.of->id, token, decided_);
      } else {
        state_.shutdown_timer_fired(timer.of->id, token, decided_);
      }
      break;
    }
    case posted_kind::spawn: {
      const std::unique_ptr<spawn_request> request(static_cast<spawn_request*>(&what));
      add(std::move(request->child));
      break;
    }
    case posted_kind::stop: {
      const std::unique_ptr<stop_request> request(static_cast<stop_request*>(&what));
      state_.stop_child_requested(find(request->child), decided_);
      break;
    }
  }
}

// Of a factory's child the id of its first object, or of that of this run.
child_id supervisor_core::find(actor_id id) const noexcept {
  for (const auto& child : children_) {
    if (!child || !child->first) continue;
    if (child->first->id() == id || (child->current && child->current->id() == id))
      return child->id;
  }
  return no_child;
}

void supervisor_core::drop(posted& what) noexcept {
  switch (what.kind) {
    case posted_kind::spawn: delete static_cast<spawn_request*>(&what); return;
    case posted_kind::stop: delete static_cast<stop_request*>(&what); return;
    case posted_kind::ended:
    case posted_kind::timer: return;
  }
}

void supervisor_core::add(child_spec&& spec) {
  const child_id id = state_.add(with_defaults(spec, spec.first().get()), decided_);
  if (id == no_child) return refuse_late(spec);
  if (children_.size() <= id) children_.resize(id + std::size_t{1});
  std::unique_ptr<child_record>& record = children_[id];
  if (record == nullptr) {
    record = std::make_unique<child_record>(*this, id);
  } else {
    record->reset();
  }
  record->wants_thread = spec.options().own_thread;
  record->spawned = sched_ != nullptr;
  // Who was there before goes last of all.
  const std::shared_ptr<actor> before = std::exchange(record->first, std::move(spec.first()));
  if (spec.factory()) record->factory = std::move(spec.factory());
  if (!observers_.empty() && record->first && sched_ != nullptr) {
    report({.what = observed::registered, .who = record->first});
  }
}

// It was accepted while the end began: it never runs.
void supervisor_core::refuse_late(child_spec& spec) noexcept {
  if (!spec.first()) return;
  detail::actor_internals::ended_for_good(*spec.first(), nullptr);
  detail::actor_internals::unclaim(*spec.first());
}

void supervisor_core::carry_out() {
  carry_out_while([](const supervision_decision&) { return true; });
  update_idle();
}

void supervisor_core::execute(const supervision_decision& decided) {
  if (decided.kind == decision_kind::finish && decided.reason == terminal_reason::canceled) {
    end_ = errc::canceled;
    return;
  }
  child_record& child = *children_[decided.child];
  switch (decided.kind) {
    case decision_kind::start_child: return start_child(child);
    case decision_kind::stop_child: return stop_child(child, decided.timer, decided.delay);
    case decision_kind::abandon_child: return abandon(child);
    case decision_kind::arm_restart_timer: return arm(child, decided.timer, decided.delay, true);
    case decision_kind::cancel_restart_timer: return disarm(child);
    case decision_kind::report_restarting:
      log_.info("restarting", field("child", child.current->name()),
                field("count", decided.restart_count), field("delay", decided.delay));
      if (observers_.empty()) return;
      return report({.what = observed::restarting,
                     .who = child.owned(),
                     .why = child.last,
                     .count = decided.restart_count});
    case decision_kind::retire_child: return retire(child);
    case decision_kind::finish: break;
  }
  const char* whose = decided.reason == terminal_reason::limit_exceeded
                          ? "\": its restart limit was exceeded by child \""
                          : "\": the restart limit of its child was exceeded, \"";
  end_ = error(errc::restart_limit, "supervisor \"" + name_ + whose + child.current->name() +
                                        "\" (" + child.last.to_string() + ")");
}

void supervisor_core::report(observation&& what) {
  for (const auto& observer : observers_) observer->tell(observation(what), *sched_, log_);
}

// Under the post lock, so that a child that is being accepted is never overlooked.
void supervisor_core::update_idle() noexcept {
  const std::lock_guard held(post_lock_);
  update_idle_locked();
}

void supervisor_core::update_idle_locked() noexcept {
  live_.store(state_.live_children(), std::memory_order_relaxed);
  bool idle = state_.idle() || state_.finished();
  for (const posted* one = first_posted_; one != nullptr && idle; one = one->next) {
    idle = one->kind != posted_kind::spawn;
  }
  if (idle == idle_.is_set()) return;
  if (idle) {
    idle_.set();
  } else {
    idle_.reset();
  }
}

result<> supervisor_core::outcome() const {
  return end_ ? result<>(std::unexpect, *end_) : result<>();
}

// Nothing is accepted any more, and what was accepted and not handled yet ends for good. The end of
// a run that was left behind waits for the next life.
void supervisor_core::refuse_rest() noexcept {
  posted* late = nullptr;
  {
    const std::lock_guard held(post_lock_);
    accepting_ = false;
    posted* rest = std::exchange(first_posted_, nullptr);
    last_posted_ = nullptr;
    while (rest != nullptr) {
      posted* const one = std::exchange(rest, rest->next);
      one->next = nullptr;
      if (one->kind == posted_kind::spawn) {
        one->next = std::exchange(late, one);
      } else if (one->kind == posted_kind::stop) {
        drop(*one);
      } else {
        (last_posted_ != nullptr ? last_posted_->next : first_posted_) = one;
        last_posted_ = one;
      }
    }
  }
  while (late != nullptr) {
    const std::unique_ptr<spawn_request> one(
        static_cast<spawn_request*>(std::exchange(late, late->next)));
    refuse_late(one->child);
  }
}

// The last thing of a life.
void supervisor_core::finish() {
  refuse_rest();
  for (auto& child : children_) {
    if (!child) continue;
    disarm(*child);
    if (!child->left_behind) return_thread(*child);
    if (child->spawned) close_inboxes(*child);  // another life would not bring it back
  }
  const error why = end_.value_or(errc::canceled);
  if (log_.enabled(log_level::info)) log_.info("ended", field("why", why.message()));
  report({.what = observed::terminal, .end = why});
  update_idle();
  cancel_children();
}

// What still runs then was left behind, or we crashed ourselves.
void supervisor_core::cancel_children() noexcept {
  if (scope_.state() == nullptr) return;
  cancelable_context(scope_).cancel();
  drop_scope();
}

void supervisor_core::drop_scope() noexcept {
  if (scope_.state() != nullptr) detail::unpin(*scope_.state());
  scope_ = context();
}

void supervisor_core::close_children() noexcept {
  refuse_rest();
  for (auto& child : children_) {
    if (child) close_inboxes(*child);
  }
}

std::uint64_t supervisor_core::dropped() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& one : observers_) sum += one->dropped();
  return sum;
}

time_point supervisor_core::event_time() noexcept {
  if (event_time_ == never) event_time_ = state_.uses_time() ? sched_->now() : time_point();
  return event_time_;
}

std::uint64_t supervisor_core::random() noexcept { return detail::split_mix(random_state_); }

}  // namespace troupe::internal

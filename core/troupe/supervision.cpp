// The supervision state machine; its protocol is described in supervision.hpp.
#include <troupe/supervision.hpp>

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

using std::chrono::nanoseconds;

// Made where it will be: a copy of one that has just been put together stalls until all its parts
// have left the store buffer.
supervision_decision& decide(supervision_state::decisions& out, decision_kind kind,
                             child_id about) {
  supervision_decision& one = out.emplace_back();
  one.kind = kind;
  one.child = about;
  return one;
}

// About a hundred years: a time point of the steady clock plus this does not overflow.
constexpr double longest_delay = 3.15e18;

}  // namespace

namespace detail {

void restart_history::reset(restart_limit limit) {
  limit_ = limit;
  if (limit.max_restarts == unlimited_restarts && ring_.empty()) return;
  ring_.resize(limit.max_restarts == unlimited_restarts ? 0 : limit.max_restarts);
  clear();
}

bool restart_history::record(supervision_time now) {
  if (limit_.max_restarts == unlimited_restarts) return true;
  if (ring_.empty()) return false;
  if (used_ == ring_.size()) {
    if (now - ring_[next_] < limit_.window) return false;
  } else {
    ++used_;
  }
  ring_[next_] = now;
  next_ = next_ + 1 == ring_.size() ? 0 : next_ + 1;
  return true;
}

restart_delays::restart_delays(nanoseconds first, const backoff& growth, double jitter)
    : first_(static_cast<double>(first.count())), next_(first_), growth_(growth), jitter_(jitter) {}

nanoseconds restart_delays::next(nanoseconds healthy_for, std::uint64_t random) {
  if (first_ == 0) return nanoseconds::zero();
  const bool resets = growth_.reset_after > nanoseconds::zero();
  if (resets && healthy_for >= growth_.reset_after) next_ = first_;
  // The upper 53 bits make a double in [0, 1).
  const double spread = 2 * (static_cast<double>(random >> 11U) * 0x1p-53) - 1;
  const double delay = std::min(next_ * (1 + jitter_ * spread), longest_delay);
  if (growth_.factor > 1) {
    next_ = std::min(next_ * growth_.factor, static_cast<double>(growth_.max_delay.count()));
  }
  return nanoseconds{static_cast<nanoseconds::rep>(delay)};
}

}  // namespace detail

supervision_state::supervision_state(const supervision_options& options) : options_(options) {
  history_.reset(options.restart_limit);
  uses_time_ = options.restart_limit.max_restarts != unlimited_restarts;
}

child_id supervision_state::add(const child_options& options, decisions& out) {
  if (phase_ == phase::stopping || phase_ == phase::finished) return no_child;
  const child_id id = take_slot();
  child& c = children_[id];
  c.state = child_state::pending;
  c.policy = options.policy.value_or(options_.policy);
  c.declared = phase_ == phase::created;
  c.is_to_go = false;
  c.shutdown_timeout = options.shutdown_timeout.value_or(options_.shutdown_timeout);
  c.restarts = 0;
  if (c.policy != restart_policy::temporary) set_restarts(c, options);
  ++live_;
  if (phase_ == phase::running && stage_ == stage::steady) begin_starting(id, out);
  return id;
}

void supervision_state::set_restarts(child& c, const child_options& options) {
  const nanoseconds first_delay = options.restart_delay.value_or(options_.restart_delay);
  uses_time_ = uses_time_ || first_delay != nanoseconds::zero() ||
               options.restart_limit.max_restarts != unlimited_restarts;
  c.delays = detail::restart_delays(first_delay, options.backoff.value_or(options_.backoff),
                                    options.jitter.value_or(options_.jitter));
  c.history.reset(options.restart_limit);
}

void supervision_state::start(decisions& out) {
  if (phase_ != phase::created && phase_ != phase::finished) return;
  if (phase_ == phase::finished) begin_life();
  phase_ = phase::running;
  begin_starting(head_, out);
}

void supervision_state::child_started(child_id id, time_point now, decisions& out) {
  if (id >= children_.size() || children_[id].state != child_state::starting) return;
  child& c = children_[id];
  c.state = child_state::running;
  c.started_at = now;
  if (stage_ == stage::starting && cursor_ == id) {
    cursor_ = c.next;
    advance_start(out);
  }
  if (c.is_to_go) stop_child_requested(id, out);
}

void supervision_state::child_exited(child_id id, exit_kind how, time_point now,
                                     std::uint64_t random, decisions& out) {
  if (id >= children_.size()) return;
  switch (children_[id].state) {
    case child_state::starting:
      children_[id].started_at = now;  // a start that failed was healthy for no time at all
      [[fallthrough]];
    case child_state::running: return ended_by_itself(id, how, now, random, out);
    case child_state::stopping: return stopped(id, out);
    case child_state::abandoned: return abandoned_exited(id, out);
    default: return;
  }
}

void supervision_state::restart_timer_fired(child_id id, timer_token timer, decisions& out) {
  if (id >= children_.size() || timer == 0 || children_[id].timer != timer) return;
  child& c = children_[id];
  if (c.state == child_state::delayed) {
    c.timer = 0;
    decide_start(id, out);
  } else if (c.state == child_state::pending) {  // only the group timer is armed on such a child
    c.timer = 0;
    begin_starting(first_of_group(), out);
  }
}

void supervision_state::shutdown_timer_fired(child_id id, timer_token timer, decisions& out) {
  if (id >= children_.size() || timer == 0 || children_[id].timer != timer) return;
  child& c = children_[id];
  if (c.state != child_state::stopping) return;
  c.timer = 0;
  c.state = child_state::abandoned;
  decide(out, decision_kind::abandon_child, id);
  if (!in_stop_pass(id)) return;
  cursor_ = c.previous;
  advance_stop(out);
}

void supervision_state::stop_child_requested(child_id id, decisions& out) {
  if (id >= children_.size() || phase_ != phase::running) return;
  child& c = children_[id];
  c.is_to_go = true;
  switch (c.state) {
    case child_state::pending:
    case child_state::delayed: return drop_waiting(id, out);
    case child_state::running:
      if (stage_ == stage::group_stopping && c.order >= group_order_) return;
      return decide_stop(id, false, out);
    case child_state::stopping: c.comes_back = false; return;
    case child_state::abandoned:
      c.comes_back = false;
      if (stage_ == stage::starting && cursor_ == id) advance_start(out);
      return;
    case child_state::unused:
    case child_state::starting:  // seen to when its start, or that it failed, is reported
    case child_state::ended: return;
  }
}

// It has no run. A group that waits for its delay does so no longer.
void supervision_state::drop_waiting(child_id id, decisions& out) {
  child& c = children_[id];
  if (c.timer != 0) {
    decide(out, decision_kind::cancel_restart_timer, id).timer = std::exchange(c.timer, 0);
  }
  end_for_good(id, out);
  if (group_child_ != id) return;
  group_child_ = no_child;
  group_delay_ = nanoseconds::zero();
  if (stage_ == stage::group_waiting) group_stopped(out);
}

void supervision_state::stop_requested(decisions& out) {
  if (phase_ == phase::stopping || phase_ == phase::finished) return;
  begin_stopping(terminal_reason::canceled, no_child, out);
}

void supervision_state::ended_by_itself(child_id id, exit_kind how, time_point now,
                                        std::uint64_t random, decisions& out) {
  child& c = children_[id];
  if (phase_ == phase::stopping) return end_for_good(id, out);
  const bool comes_back = restarts_after(c.policy_now(), how);
  if (comes_back && stage_ == stage::group_stopping && c.order >= group_order_) {
    c.state = child_state::pending;
    return;
  }
  const bool at_cursor = stage_ == stage::starting && cursor_ == id;
  const child_id next = c.next;
  if (comes_back) {
    restart(id, now, random, out);
    // The start sequence goes on past this child, even if it is being started again already. A
    // group restart, or the end, has set the cursor anew.
    const bool goes_on = at_cursor && phase_ == phase::running;
    if (goes_on && options_.strategy == restart_strategy::one_for_one) advance_start(out);
    return;
  }
  end_for_good(id, out);
  if (!at_cursor) return;
  cursor_ = next;
  advance_start(out);
}

void supervision_state::restart(child_id id, time_point now, std::uint64_t random, decisions& out) {
  child& c = children_[id];
  const bool child_allows = c.history.record(now);
  const bool supervisor_allows = history_.record(now);
  if (!child_allows || !supervisor_allows) {
    c.state = child_state::pending;  // begin_stopping drops it with the other pending restarts
    return begin_stopping(
        child_allows ? terminal_reason::limit_exceeded : terminal_reason::child_limit_exceeded, id,
        out);
  }
  const nanoseconds delay = c.delays.next(now - c.started_at, random);
  supervision_decision& restarting = decide(out, decision_kind::report_restarting, id);
  restarting.delay = delay;
  restarting.restart_count = ++c.restarts;
  if (options_.strategy != restart_strategy::one_for_one) return begin_group(id, delay, out);
  if (delay == nanoseconds::zero()) return decide_start(id, out);
  c.state = child_state::delayed;
  decide_timer(id, delay, out);
}

void supervision_state::begin_group(child_id failed, nanoseconds delay, decisions& out) {
  children_[failed].state = child_state::pending;
  if (stage_ == stage::group_waiting) {
    child& before = children_[group_child_];
    decide(out, decision_kind::cancel_restart_timer, group_child_).timer =
        std::exchange(before.timer, 0);
  }
  group_child_ = failed;
  group_delay_ = delay;
  group_order_ = options_.strategy == restart_strategy::one_for_all ? 0 : children_[failed].order;
  // A stop pass under way is not disturbed: advance_stop goes no further than the child it awaits.
  stage_ = stage::group_stopping;
  cursor_ = tail_;
  advance_stop(out);
}

void supervision_state::begin_stopping(terminal_reason reason, child_id culprit, decisions& out) {
  phase_ = phase::stopping;
  stage_ = stage::steady;
  reason_ = reason;
  culprit_ = culprit;
  for (child_id id = head_; id != no_child; id = children_[id].next) {
    child& c = children_[id];
    if (c.state != child_state::pending && c.state != child_state::delayed) continue;
    if (c.timer != 0) {
      decide(out, decision_kind::cancel_restart_timer, id).timer = std::exchange(c.timer, 0);
    }
    end_for_good(id, out);
  }
  cursor_ = tail_;
  advance_stop(out);
}

void supervision_state::begin_starting(child_id from, decisions& out) {
  stage_ = stage::starting;
  cursor_ = from;
  advance_start(out);
}

void supervision_state::advance_start(decisions& out) {
  for (; cursor_ != no_child; cursor_ = children_[cursor_].next) {
    const child& c = children_[cursor_];
    if (c.state == child_state::pending) return decide_start(cursor_, out);
    if (c.state == child_state::abandoned && c.comes_back) return;
  }
  stage_ = stage::steady;
}

void supervision_state::advance_stop(decisions& out) {
  for (; cursor_ != no_child; cursor_ = children_[cursor_].previous) {
    child& c = children_[cursor_];
    if (phase_ == phase::running && c.order < group_order_) break;
    if (c.state == child_state::stopping) return;
    if (c.state != child_state::starting && c.state != child_state::running) continue;
    return decide_stop(cursor_, c.policy_now() != restart_policy::temporary, out);
  }
  if (phase_ == phase::running) return group_stopped(out);
  phase_ = phase::finished;
  decide(out, decision_kind::finish, culprit_).reason = reason_;
}

void supervision_state::group_stopped(decisions& out) {
  if (group_delay_ > nanoseconds::zero()) {
    stage_ = stage::group_waiting;
    return decide_timer(group_child_, group_delay_, out);
  }
  begin_starting(first_of_group(), out);
}

child_id supervision_state::first_of_group() const {
  child_id id = group_order_ != 0 && group_child_ != no_child ? group_child_ : head_;
  while (id != no_child && children_[id].order < group_order_) id = children_[id].next;
  return id;
}

// Whether the stopping of all, or of the group, has come to this child, and waits for it.
bool supervision_state::in_stop_pass(child_id id) const {
  const bool passes =
      phase_ == phase::stopping || (phase_ == phase::running && stage_ == stage::group_stopping);
  return passes && cursor_ == id;
}

void supervision_state::stopped(child_id id, decisions& out) {
  child& c = children_[id];
  c.timer = 0;
  const bool passes_on = in_stop_pass(id);
  if (passes_on) cursor_ = c.previous;
  if (phase_ == phase::running && c.comes_back) {
    c.state = child_state::pending;
  } else {
    end_for_good(id, out);
  }
  if (passes_on) advance_stop(out);
}

void supervision_state::abandoned_exited(child_id id, decisions& out) {
  child& c = children_[id];
  if (phase_ != phase::running || !c.comes_back) return end_for_good(id, out);
  c.state = child_state::pending;
  if (stage_ == stage::starting && cursor_ == id) advance_start(out);
}

void supervision_state::end_for_good(child_id id, decisions& out) {
  children_[id].state = child_state::ended;
  --live_;
  if (phase_ != phase::running) return;
  decide(out, decision_kind::retire_child, id);
  if (!children_[id].declared) free_slot(id);
}

void supervision_state::decide_start(child_id id, decisions& out) {
  children_[id].state = child_state::starting;
  decide(out, decision_kind::start_child, id);
}

void supervision_state::decide_stop(child_id id, bool comes_back, decisions& out) {
  child& c = children_[id];
  c.state = child_state::stopping;
  c.comes_back = comes_back;
  c.timer = ++last_timer_;
  supervision_decision& stop = decide(out, decision_kind::stop_child, id);
  stop.timer = c.timer;
  stop.delay = c.shutdown_timeout;
}

void supervision_state::decide_timer(child_id id, nanoseconds delay, decisions& out) {
  children_[id].timer = ++last_timer_;
  supervision_decision& timer = decide(out, decision_kind::arm_restart_timer, id);
  timer.timer = last_timer_;
  timer.delay = delay;
}

void supervision_state::begin_life() {
  history_.clear();
  for (child_id id = head_; id != no_child;) {
    child& c = children_[id];
    const child_id next = c.next;
    c.comes_back = c.declared;
    c.is_to_go = false;
    if (c.state == child_state::ended) {
      if (c.declared) {
        c.state = child_state::pending;
        ++live_;
      } else {
        free_slot(id);
      }
    }
    c.restarts = 0;
    c.delays.clear();
    c.history.clear();
    id = next;
  }
}

child_id supervision_state::take_slot() {
  child_id id = free_;
  if (id == no_child) {
    id = static_cast<child_id>(children_.size());
    children_.emplace_back();
  } else {
    free_ = children_[id].next;
  }
  child& c = children_[id];
  c.order = ++last_order_;
  c.previous = tail_;
  c.next = no_child;
  (tail_ == no_child ? head_ : children_[tail_].next) = id;
  tail_ = id;
  return id;
}

void supervision_state::free_slot(child_id id) {
  child& c = children_[id];
  (c.previous == no_child ? head_ : children_[c.previous].next) = c.next;
  (c.next == no_child ? tail_ : children_[c.next].previous) = c.previous;
  c.state = child_state::unused;
  c.timer = 0;
  c.next = free_;
  free_ = id;
}

}  // namespace troupe

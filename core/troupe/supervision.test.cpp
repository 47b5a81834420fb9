// Supervision as decision tables: each row names what happens and, literally, what is decided.
#include <troupe/supervision.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace troupe {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::uint64_t no_jitter = std::uint64_t{1} << 63U;  // the middle of the spread

constexpr auto permanent = restart_policy::permanent;
constexpr auto transient = restart_policy::transient;
constexpr auto temporary = restart_policy::temporary;
constexpr auto one_for_one = restart_strategy::one_for_one;
constexpr auto one_for_all = restart_strategy::one_for_all;
constexpr auto rest_for_one = restart_strategy::rest_for_one;

std::string in_words(const supervision_decision& d) {
  const std::string id = d.child == no_child ? "" : " " + std::to_string(d.child);
  const std::string delay = " " + std::to_string(d.delay / 1ms) + "ms";
  switch (d.kind) {
    case decision_kind::start_child: return "start" + id;
    case decision_kind::stop_child: return "stop" + id;
    case decision_kind::abandon_child: return "abandon" + id;
    case decision_kind::arm_restart_timer: return "arm" + id + delay;
    case decision_kind::cancel_restart_timer: return "cancel" + id;
    case decision_kind::report_restarting:
      return "report" + id + " #" + std::to_string(d.restart_count);
    case decision_kind::retire_child: return "retire" + id;
    case decision_kind::finish:
      switch (d.reason) {
        case terminal_reason::canceled: return "finish canceled" + id;
        case terminal_reason::limit_exceeded: return "finish limit" + id;
        case terminal_reason::child_limit_exceeded: return "finish child limit" + id;
      }
  }
  return "?";
}

// An executor whose children start at once, unless told otherwise, and stop when told by the test
// (or at once with `obedient`). Every event gives back what was decided, in words.
class executor {
 public:
  explicit executor(const supervision_options& options) : state(options) {}
  executor(restart_strategy strategy, std::vector<restart_policy> policies, nanoseconds delay = 0ns)
      : state({.strategy = strategy, .restart_delay = delay}) {
    for (const auto policy : policies) add({.policy = policy});
    start();
  }

  std::string add(const child_options& options = {}) {
    last_added = state.add(options, out);
    return carry_out();
  }
  std::string start() { return state.start(out), carry_out(); }
  std::string started(child_id id) { return state.child_started(id, now, out), carry_out(); }
  std::string exit(child_id id, exit_kind how = exit_kind::error) {
    return state.child_exited(id, how, now, random, out), carry_out();
  }
  std::string fire(child_id id) { return fire(id, restart_timer[id]); }
  std::string fire(child_id id, timer_token timer) {
    return state.restart_timer_fired(id, timer, out), carry_out();
  }
  std::string time_out(child_id id) { return time_out(id, shutdown_timer[id]); }
  std::string time_out(child_id id, timer_token timer) {
    return state.shutdown_timer_fired(id, timer, out), carry_out();
  }
  std::string stop() { return state.stop_requested(out), carry_out(); }
  std::string stop_one(child_id id) { return state.stop_child_requested(id, out), carry_out(); }

  supervision_state state;
  supervision_state::time_point now{};
  std::uint64_t random = no_jitter;
  bool obedient = false;
  bool starts_at_once = true;
  std::set<child_id> cannot_start;  // each fails to start once
  child_id last_added = no_child;
  std::map<child_id, timer_token> restart_timer;
  std::map<child_id, timer_token> shutdown_timer;
  supervision_decision last;

 private:
  std::string carry_out() {
    std::string words;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const supervision_decision d = out[i];
      last = d;
      words += (i == 0 ? "" : ", ") + in_words(d);
      execute(d);
    }
    out.clear();
    return words;
  }

  void execute(const supervision_decision& d) {
    if (d.kind == decision_kind::arm_restart_timer) restart_timer[d.child] = d.timer;
    if (d.kind == decision_kind::stop_child) {
      shutdown_timer[d.child] = d.timer;
      if (obedient) state.child_exited(d.child, exit_kind::canceled, now, random, out);
    }
    if (d.kind != decision_kind::start_child) return;
    if (cannot_start.erase(d.child) > 0) {
      state.start_failed(d.child, now, random, out);
    } else if (starts_at_once) {
      state.child_started(d.child, now, out);
    }
  }

  supervision_state::decisions out;
};

// ---- policy x way of ending x strategy ---------------------------------------------------------

struct row {
  restart_strategy strategy;
  restart_policy policy;
  exit_kind how;
  const char* decided;
};

constexpr auto alone = "report 1 #1, start 1";
constexpr auto all = "report 1 #1, stop 2, stop 0, start 0, start 1, start 2";
constexpr auto rest = "report 1 #1, stop 2, start 1, start 2";
constexpr auto down = "retire 1";

constexpr row matrix[] = {
    {one_for_one, permanent, exit_kind::clean, alone},
    {one_for_one, permanent, exit_kind::canceled, alone},
    {one_for_one, permanent, exit_kind::error, alone},
    {one_for_one, permanent, exit_kind::exception, alone},
    {one_for_one, transient, exit_kind::clean, down},
    {one_for_one, transient, exit_kind::canceled, alone},
    {one_for_one, transient, exit_kind::error, alone},
    {one_for_one, transient, exit_kind::exception, alone},
    {one_for_one, temporary, exit_kind::clean, down},
    {one_for_one, temporary, exit_kind::canceled, down},
    {one_for_one, temporary, exit_kind::error, down},
    {one_for_one, temporary, exit_kind::exception, down},
    {one_for_all, permanent, exit_kind::clean, all},
    {one_for_all, permanent, exit_kind::canceled, all},
    {one_for_all, permanent, exit_kind::error, all},
    {one_for_all, permanent, exit_kind::exception, all},
    {one_for_all, transient, exit_kind::clean, down},
    {one_for_all, transient, exit_kind::canceled, all},
    {one_for_all, transient, exit_kind::error, all},
    {one_for_all, transient, exit_kind::exception, all},
    {one_for_all, temporary, exit_kind::clean, down},
    {one_for_all, temporary, exit_kind::canceled, down},
    {one_for_all, temporary, exit_kind::error, down},
    {one_for_all, temporary, exit_kind::exception, down},
    {rest_for_one, permanent, exit_kind::clean, rest},
    {rest_for_one, permanent, exit_kind::canceled, rest},
    {rest_for_one, permanent, exit_kind::error, rest},
    {rest_for_one, permanent, exit_kind::exception, rest},
    {rest_for_one, transient, exit_kind::clean, down},
    {rest_for_one, transient, exit_kind::canceled, rest},
    {rest_for_one, transient, exit_kind::error, rest},
    {rest_for_one, transient, exit_kind::exception, rest},
    {rest_for_one, temporary, exit_kind::clean, down},
    {rest_for_one, temporary, exit_kind::canceled, down},
    {rest_for_one, temporary, exit_kind::error, down},
    {rest_for_one, temporary, exit_kind::exception, down},
};

TEST(supervision, policy_by_way_of_ending_by_strategy) {
  for (const row& r : matrix) {
    executor e(r.strategy, {r.policy, r.policy, r.policy});
    e.obedient = true;
    EXPECT_EQ(e.exit(1, r.how), r.decided)
        << "strategy " << int(r.strategy) << " policy " << int(r.policy) << " how " << int(r.how);
    EXPECT_EQ(e.state.live_children(), r.decided == down ? 2U : 3U);
  }
}

TEST(supervision, siblings_in_a_group_restart_follow_their_own_policy) {
  const auto group = [](restart_strategy strategy, restart_policy sibling) {
    executor e(strategy, {sibling, permanent, sibling});
    e.obedient = true;
    return e.exit(1);
  };
  EXPECT_EQ(group(one_for_all, transient), all);
  EXPECT_EQ(group(rest_for_one, transient), rest);
  EXPECT_EQ(group(one_for_all, temporary),
            "report 1 #1, stop 2, retire 2, stop 0, retire 0, start 1");
  EXPECT_EQ(group(rest_for_one, temporary), "report 1 #1, stop 2, retire 2, start 1");
}

TEST(supervision, a_child_that_ended_for_good_does_not_come_back_with_its_group) {
  executor e(one_for_all, {permanent, transient, permanent});
  e.obedient = true;
  EXPECT_EQ(e.exit(1, exit_kind::clean), "retire 1");
  EXPECT_EQ(e.exit(0), "report 0 #1, stop 2, start 0, start 2");
}

// ---- order -------------------------------------------------------------------------------------

TEST(supervision, starts_left_to_right_one_after_the_other) {
  executor e(supervision_options{});
  e.starts_at_once = false;
  EXPECT_EQ(e.add(), "");
  EXPECT_EQ(e.add(), "");
  EXPECT_EQ(e.start(), "start 0");
  EXPECT_EQ(e.start(), "") << "a second start says nothing";
  EXPECT_EQ(e.add(), "") << "spawned during the sequence: its turn comes";
  EXPECT_EQ(e.started(0), "start 1");
  EXPECT_EQ(e.started(0), "") << "reported twice";
  EXPECT_EQ(e.started(1), "start 2");
  EXPECT_EQ(e.started(2), "");
  EXPECT_EQ(e.add(), "start 3");
}

TEST(supervision, stops_right_to_left_one_after_the_other) {
  executor e(one_for_one, {permanent, temporary, permanent, permanent});
  EXPECT_EQ(e.exit(1), "retire 1");
  EXPECT_EQ(e.stop(), "stop 3");
  EXPECT_EQ(e.last.delay, 5s) << "the shutdown timeout";
  EXPECT_EQ(e.stop(), "");
  EXPECT_EQ(e.exit(3, exit_kind::canceled), "stop 2") << "an ended child is passed over";
  EXPECT_EQ(e.exit(0), "") << "ends before its turn, and is not restarted any more";
  EXPECT_EQ(e.exit(2, exit_kind::error), "finish canceled");
  EXPECT_TRUE(e.state.finished());
  EXPECT_TRUE(e.state.idle());
}

TEST(supervision, a_supervisor_without_children_finishes_when_asked_and_not_before) {
  executor e(supervision_options{});
  EXPECT_EQ(e.start(), "");
  EXPECT_TRUE(e.state.idle());
  EXPECT_FALSE(e.state.finished());
  EXPECT_EQ(e.stop(), "finish canceled");
  executor never_started(supervision_options{});
  never_started.add();
  EXPECT_EQ(never_started.stop(), "finish canceled");
}

TEST(supervision, nothing_is_decided_after_finish) {
  executor e(one_for_all, {permanent, permanent}, 1s);
  e.stop();
  e.time_out(1);
  EXPECT_EQ(e.time_out(0), "abandon 0, finish canceled");
  EXPECT_EQ(e.exit(0) + e.exit(1) + e.fire(0) + e.time_out(0) + e.stop() + e.started(0), "");
  EXPECT_EQ(e.add(), "");
  EXPECT_EQ(e.last_added, no_child);
}

// ---- failing and stopping while something else is going on -------------------------------------

TEST(supervision, a_failed_start_is_a_failure_and_does_not_hold_up_the_siblings) {
  executor e(supervision_options{.restart_delay = 100ms});
  e.add();
  e.add();
  e.cannot_start = {0};
  EXPECT_EQ(e.start(), "start 0, report 0 #1, arm 0 100ms, start 1");
  EXPECT_EQ(e.fire(0), "start 0");

  executor at_once(supervision_options{});
  at_once.add();
  at_once.add({.policy = temporary});
  at_once.add();
  at_once.cannot_start = {0, 1};
  EXPECT_EQ(at_once.start(), "start 0, report 0 #1, start 0, start 1, retire 1, start 2");
}

TEST(supervision, a_failed_start_restarts_the_group) {
  executor e(supervision_options{.strategy = one_for_all});
  e.obedient = true;
  for (int i = 0; i < 3; ++i) e.add();
  e.cannot_start = {1};
  EXPECT_EQ(e.start(), "start 0, start 1, report 1 #1, stop 0, start 0, start 1, start 2");
}

TEST(supervision, group_waits_for_the_delay_of_the_failed_child) {
  executor e(supervision_options{.strategy = rest_for_one, .restart_delay = 1s});
  e.add();
  e.add({.restart_delay = 200ms});
  e.add();
  e.start();
  EXPECT_EQ(e.exit(1), "report 1 #1, stop 2");
  EXPECT_EQ(e.exit(2, exit_kind::canceled), "arm 1 200ms");
  EXPECT_EQ(e.fire(1), "start 1, start 2");
  EXPECT_EQ(e.fire(1), "") << "the same timer again";
}

TEST(supervision, a_member_that_ends_before_its_turn_to_be_stopped_is_not_counted) {
  executor e(supervision_options{.strategy = one_for_all,
                                 .restart_limit = {.max_restarts = 1, .window = 10s}});
  e.add();
  e.add({.policy = transient});
  for (int i = 0; i < 2; ++i) e.add();
  e.start();
  EXPECT_EQ(e.exit(2), "report 2 #1, stop 3");
  EXPECT_EQ(e.exit(0, exit_kind::exception), "");
  EXPECT_EQ(e.exit(1, exit_kind::clean), "retire 1") << "ended by itself: its policy holds";
  EXPECT_EQ(e.exit(3, exit_kind::clean), "start 0, start 2, start 3") << "was stopped: comes back";
}

TEST(supervision, a_member_that_fails_during_the_start_begins_the_restart_again) {
  executor e(one_for_all, {permanent, permanent, permanent});
  EXPECT_EQ(e.exit(0), "report 0 #1, stop 2");
  EXPECT_EQ(e.exit(2), "stop 1");
  e.starts_at_once = false;
  EXPECT_EQ(e.exit(1), "start 0");
  EXPECT_EQ(e.started(0), "start 1");
  EXPECT_EQ(e.exit(0), "report 0 #2, stop 1");
  EXPECT_EQ(e.started(1), "") << "was told to stop while it started";
  EXPECT_EQ(e.exit(1), "start 0");
  EXPECT_EQ(e.started(0), "start 1");
  EXPECT_EQ(e.started(1), "start 2");
}

TEST(supervision, a_failure_further_left_widens_the_group) {
  executor e(rest_for_one, {permanent, permanent, permanent, permanent}, 100ms);
  EXPECT_EQ(e.exit(2), "report 2 #1, stop 3");
  EXPECT_EQ(e.exit(0), "report 0 #1") << "while the group is being stopped";
  EXPECT_EQ(e.exit(3), "stop 1");
  EXPECT_EQ(e.exit(1), "arm 0 100ms");
  EXPECT_EQ(e.fire(0), "start 0, start 1, start 2, start 3");

  EXPECT_EQ(e.exit(3), "report 3 #1, arm 3 100ms");
  EXPECT_EQ(e.exit(1), "report 1 #1, cancel 3, stop 2") << "while the group waits";
  EXPECT_EQ(e.fire(3), "") << "it was cancelled, but fired";
  EXPECT_EQ(e.exit(2), "arm 1 100ms");

  e.starts_at_once = false;
  EXPECT_EQ(e.fire(1), "start 1");
  EXPECT_EQ(e.exit(0), "report 0 #2, stop 1") << "while the group is being started";
  EXPECT_EQ(e.exit(1), "arm 0 100ms");
}

TEST(supervision, a_child_left_of_the_group_may_end_for_good_meanwhile) {
  executor e(rest_for_one, {temporary, permanent, permanent});
  EXPECT_EQ(e.exit(1), "report 1 #1, stop 2");
  EXPECT_EQ(e.exit(0), "retire 0");
  EXPECT_EQ(e.exit(2), "start 1, start 2");
}

TEST(supervision, children_added_during_a_group_restart_start_at_its_end) {
  executor e(one_for_all, {permanent, permanent}, 100ms);
  EXPECT_EQ(e.exit(0), "report 0 #1, stop 1");
  EXPECT_EQ(e.add(), "");
  EXPECT_EQ(e.exit(1), "arm 0 100ms");
  EXPECT_EQ(e.add(), "");
  EXPECT_EQ(e.fire(0), "start 0, start 1, start 2, start 3");
}

TEST(supervision, a_stop_during_a_restart_drops_the_restart) {
  executor delayed(one_for_one, {permanent, permanent, permanent}, 100ms);
  EXPECT_EQ(delayed.exit(1), "report 1 #1, arm 1 100ms");
  EXPECT_EQ(delayed.stop(), "cancel 1, stop 2");
  EXPECT_EQ(delayed.fire(1), "");
  EXPECT_EQ(delayed.exit(2), "stop 0");
  EXPECT_EQ(delayed.exit(0), "finish canceled");

  executor stopping(one_for_all, {permanent, permanent, permanent});
  EXPECT_EQ(stopping.exit(1), "report 1 #1, stop 2");
  EXPECT_EQ(stopping.stop(), "") << "the stop under way goes on";
  EXPECT_EQ(stopping.exit(2), "stop 0");
  EXPECT_EQ(stopping.exit(0), "finish canceled");

  executor waiting(one_for_all, {permanent, permanent}, 100ms);
  EXPECT_EQ(waiting.exit(1), "report 1 #1, stop 0");
  EXPECT_EQ(waiting.exit(0), "arm 1 100ms");
  EXPECT_EQ(waiting.stop(), "cancel 1, finish canceled");

  executor starting(one_for_all, {permanent, permanent, permanent});
  EXPECT_EQ(starting.exit(2), "report 2 #1, stop 1");
  EXPECT_EQ(starting.exit(1), "stop 0");
  starting.starts_at_once = false;
  EXPECT_EQ(starting.exit(0), "start 0");
  EXPECT_EQ(starting.stop(), "stop 0");
  EXPECT_EQ(starting.started(0), "");
  EXPECT_EQ(starting.exit(0), "finish canceled");
}

TEST(supervision, an_abandoned_child_does_not_hold_up_the_stop) {
  executor e(one_for_one, {permanent, permanent});
  e.stop();
  const auto first = e.shutdown_timer[1];
  EXPECT_EQ(e.time_out(1), "abandon 1, stop 0");
  EXPECT_EQ(e.time_out(1, first), "");
  EXPECT_EQ(e.time_out(0, first), "") << "not the timer of this child";
  EXPECT_EQ(e.exit(1), "") << "late";
  EXPECT_EQ(e.exit(0), "finish canceled");
}

TEST(supervision, an_abandoned_child_is_not_started_beside_its_old_run) {
  executor e(one_for_all, {permanent, permanent, permanent});
  EXPECT_EQ(e.exit(0), "report 0 #1, stop 2");
  EXPECT_EQ(e.exit(2), "stop 1");
  EXPECT_EQ(e.time_out(1), "abandon 1, start 0");
  EXPECT_EQ(e.state.live_children(), 3U);
  EXPECT_EQ(e.exit(1), "start 1, start 2");
}

TEST(supervision, an_abandoned_child_that_exits_before_its_turn_delays_nothing) {
  executor e(one_for_all, {permanent, permanent, permanent}, 100ms);
  e.exit(0);
  EXPECT_EQ(e.time_out(2), "abandon 2, stop 1");
  EXPECT_EQ(e.exit(2), "");
  EXPECT_EQ(e.exit(1), "arm 0 100ms");
  EXPECT_EQ(e.fire(0), "start 0, start 1, start 2");
}

TEST(supervision, an_abandoned_temporary_child_is_retired_when_it_exits) {
  executor e(one_for_all, {permanent, temporary});
  EXPECT_EQ(e.exit(0), "report 0 #1, stop 1");
  EXPECT_EQ(e.time_out(1), "abandon 1, start 0");
  EXPECT_EQ(e.exit(1), "retire 1");
  EXPECT_EQ(e.state.live_children(), 1U);
}

TEST(supervision, events_that_do_not_fit_are_ignored) {
  executor e(one_for_one, {permanent, temporary}, 100ms);
  e.exit(1);
  EXPECT_EQ(e.exit(1) + e.started(1) + e.fire(1) + e.time_out(1), "");
  EXPECT_EQ(e.exit(7) + e.started(7) + e.fire(7) + e.time_out(7), "");
  EXPECT_EQ(e.exit(no_child) + e.fire(0, 0) + e.time_out(0, 0), "");
}

// ---- ids and lives -----------------------------------------------------------------------------

TEST(supervision, ids_of_spawned_children_are_reused_and_new_ones_are_last_in_order) {
  executor e(one_for_one, {permanent});
  e.add({.policy = temporary});
  e.add();
  EXPECT_EQ(e.exit(1), "retire 1");
  EXPECT_EQ(e.add(), "start 1");
  EXPECT_EQ(e.stop(), "stop 1");
  EXPECT_EQ(e.exit(1), "stop 2");
  EXPECT_EQ(e.exit(2), "stop 0");

  executor jobs(supervision_options{.policy = temporary});
  jobs.start();
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(jobs.add(), "start 0");
    EXPECT_EQ(jobs.exit(0, exit_kind::clean), "retire 0");
    EXPECT_TRUE(jobs.state.idle());
  }
}

TEST(supervision, a_new_life_has_the_declared_children_and_fresh_counts) {
  executor e(supervision_options{.restart_limit = {.max_restarts = 1, .window = 10s}});
  e.add();
  e.add({.policy = temporary});
  e.start();
  EXPECT_EQ(e.add(), "start 2");
  EXPECT_EQ(e.exit(1), "retire 1");
  EXPECT_EQ(e.exit(0), "report 0 #1, start 0");
  EXPECT_EQ(e.exit(0), "stop 2");
  EXPECT_EQ(e.exit(2), "finish limit 0");
  EXPECT_EQ(e.start(), "start 0, start 1");
  EXPECT_EQ(e.exit(0), "report 0 #1, start 0");
  EXPECT_EQ(e.add(), "start 2");
}

TEST(supervision, a_new_life_waits_for_what_the_last_one_abandoned) {
  executor e(one_for_one, {permanent, permanent});
  e.add();
  e.stop();
  EXPECT_EQ(e.time_out(2), "abandon 2, stop 1");
  EXPECT_EQ(e.time_out(1), "abandon 1, stop 0");
  EXPECT_EQ(e.exit(0), "finish canceled");
  EXPECT_EQ(e.start(), "start 0");
  EXPECT_EQ(e.add(), "");
  EXPECT_EQ(e.last_added, 3U) << "2 is still taken";
  EXPECT_EQ(e.exit(1), "start 1, start 3");
  EXPECT_EQ(e.exit(2), "retire 2") << "it was spawned: gone with its life";
}

// ---- limits ------------------------------------------------------------------------------------

TEST(supervision, without_a_limit_restarts_never_end) {
  executor e(one_for_one, {permanent});
  for (int i = 1; i <= 1000; ++i) {
    EXPECT_EQ(e.exit(0), "report 0 #" + std::to_string(i) + ", start 0");
  }
}

TEST(supervision, limit_zero_fails_at_the_first_restart) {
  executor e(supervision_options{.restart_limit = {.max_restarts = 0}});
  e.add();
  e.start();
  EXPECT_EQ(e.exit(0), "finish limit 0");
}

TEST(supervision, the_limit_counts_the_restarts_of_all_children_in_a_sliding_window) {
  executor e(supervision_options{.restart_limit = {.max_restarts = 2, .window = 10s}});
  e.add();
  e.add();
  e.add({.policy = temporary});
  e.start();
  e.exit(2);                                     // no restart: not counted
  EXPECT_EQ(e.exit(0), "report 0 #1, start 0");  // at 0 s
  e.now += 6s;
  EXPECT_EQ(e.exit(1), "report 1 #1, start 1");  // at 6 s
  e.now += 4s;
  EXPECT_EQ(e.exit(0), "report 0 #2, start 0");  // at 10 s: the first is just too old
  e.now += 6s - 1ns;
  EXPECT_EQ(e.exit(0), "stop 1");  // the one at 6 s still counts
  EXPECT_EQ(e.exit(1), "finish limit 0");
}

TEST(supervision, a_child_may_have_a_limit_of_its_own) {
  executor e(supervision_options{.restart_limit = {.max_restarts = 9, .window = 1s}});
  e.add();
  e.add({.restart_limit = {.max_restarts = 1, .window = 10s}});
  e.start();
  for (int i = 0; i < 3; ++i) e.exit(0);
  EXPECT_EQ(e.exit(1), "report 1 #1, start 1");
  e.now += 10s;
  EXPECT_EQ(e.exit(1), "report 1 #2, start 1");
  EXPECT_EQ(e.exit(1), "stop 0");
  EXPECT_EQ(e.stop(), "") << "the first cause stays";
  EXPECT_EQ(e.exit(0), "finish child limit 1");
}

TEST(supervision, a_limit_exceeded_during_a_group_restart_ends_it) {
  executor e(supervision_options{.strategy = rest_for_one,
                                 .restart_delay = 100ms,
                                 .restart_limit = {.max_restarts = 1, .window = 10s}});
  for (int i = 0; i < 3; ++i) e.add();
  e.start();
  EXPECT_EQ(e.exit(2), "report 2 #1, arm 2 100ms");
  EXPECT_EQ(e.exit(1), "cancel 2, stop 0");
  EXPECT_EQ(e.exit(0), "finish limit 1");
}

// ---- delays ------------------------------------------------------------------------------------

TEST(supervision, a_constant_delay_stays_constant_even_above_the_cap) {
  detail::restart_delays delays(60s, backoff{}, 0.1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(delays.next(0s, no_jitter), 60s);
}

TEST(supervision, backoff_grows_to_its_cap_and_resets_after_a_healthy_run) {
  detail::restart_delays delays(100ms, {.factor = 3, .max_delay = 1s, .reset_after = 5s}, 0.1);
  EXPECT_EQ(delays.next(0s, no_jitter), 100ms);
  EXPECT_EQ(delays.next(0s, no_jitter), 300ms);
  EXPECT_EQ(delays.next(5s - 1ns, no_jitter), 900ms);
  EXPECT_EQ(delays.next(0s, no_jitter), 1s);
  EXPECT_EQ(delays.next(0s, no_jitter), 1s);
  EXPECT_EQ(delays.next(5s, no_jitter), 100ms);
  EXPECT_EQ(delays.next(0s, no_jitter), 300ms);
  detail::restart_delays never(1s, {.factor = 2, .reset_after = 0s}, 0.1);
  EXPECT_EQ(never.next(0s, no_jitter), 1s);
  EXPECT_EQ(never.next(24h, no_jitter), 2s);
}

TEST(supervision, health_is_the_time_since_the_child_started) {
  executor e(
      supervision_options{.restart_delay = 100ms, .backoff = {.factor = 2, .reset_after = 10s}});
  e.add();
  e.start();
  EXPECT_EQ(e.exit(0), "report 0 #1, arm 0 100ms");
  e.now += 20s;  // waiting is not being healthy
  e.fire(0);
  EXPECT_EQ(e.exit(0), "report 0 #2, arm 0 200ms");
  e.now += 20s;
  e.cannot_start = {0};
  EXPECT_EQ(e.fire(0), "start 0, report 0 #3, arm 0 400ms") << "nor is a failed start";
  e.fire(0);
  e.now += 10s;
  EXPECT_EQ(e.exit(0), "report 0 #4, arm 0 100ms");
}

TEST(supervision, jitter_spreads_each_delay_by_its_part_both_ways) {
  constexpr auto highest = ~std::uint64_t{0};
  const auto delay = [](double jitter, std::uint64_t random) {
    return detail::restart_delays(1s, backoff{}, jitter).next(0s, random);
  };
  EXPECT_EQ(delay(0.1, 0), 900ms);
  EXPECT_NEAR(double(delay(0.1, highest).count()), 1.1e9, 1);
  EXPECT_EQ(delay(0.5, std::uint64_t{1} << 62U), 750ms);
  EXPECT_EQ(delay(0, 0), 1s);
  EXPECT_EQ(detail::restart_delays(0s, {.factor = 2}, 0.1).next(0s, highest), 0s);
  EXPECT_GT(detail::restart_delays(nanoseconds::max(), backoff{}, 0.1).next(0s, highest), 24h * 365)
      << "does not overflow";
}

TEST(supervision, what_a_child_does_not_set_comes_from_its_supervisor) {
  executor e(supervision_options{.policy = transient,
                                 .restart_delay = 1s,
                                 .backoff = {.factor = 2},
                                 .jitter = 0.5,
                                 .shutdown_timeout = 7s});
  e.add();
  e.add({.policy = permanent,
         .restart_delay = 2s,
         .backoff = backoff{.factor = 3},
         .jitter = 0,
         .shutdown_timeout = wait_for_ever});
  e.start();
  e.random = 0;
  EXPECT_EQ(e.exit(0), "report 0 #1, arm 0 500ms");
  e.fire(0);
  EXPECT_EQ(e.exit(0), "report 0 #2, arm 0 1000ms");
  e.fire(0);
  EXPECT_EQ(e.exit(1, exit_kind::clean), "report 1 #1, arm 1 2000ms");
  e.fire(1);
  EXPECT_EQ(e.exit(1), "report 1 #2, arm 1 6000ms");
  e.fire(1);
  EXPECT_EQ(e.stop(), "stop 1");
  EXPECT_EQ(e.last.delay, wait_for_ever);
  e.exit(1);
  EXPECT_EQ(e.last.delay, 7s);
}

// What never allocates: the restart of a known child, with a limit and a delay.
TEST(supervision, a_restart_cycle_reuses_the_buffer) {
  supervision_state state({.restart_limit = {.max_restarts = 3, .window = 1s}});
  supervision_state::decisions out;
  const child_id id = state.add({}, out);
  state.start(out);
  out.clear();
  out.reserve(4);
  const auto* const buffer = out.data();
  supervision_state::time_point now{};
  for (int i = 0; i < 100; ++i) {
    state.child_started(id, now, out);
    now += 1s;
    state.child_exited(id, exit_kind::error, now, 0, out);
    ASSERT_EQ(out.size(), 2U);
    ASSERT_EQ(out[1].kind, decision_kind::start_child);
    out.clear();
  }
  EXPECT_EQ(out.data(), buffer);
}

// ---- one child is to go ------------------------------------------------------------------------

TEST(supervision, one_child_is_stopped_without_its_siblings) {
  for (const auto strategy : {one_for_one, one_for_all, rest_for_one}) {
    executor e(strategy, {permanent, permanent, permanent});
    EXPECT_EQ(e.stop_one(1), "stop 1");
    EXPECT_EQ(e.stop_one(1), "");
    EXPECT_EQ(e.exit(1, exit_kind::error), "retire 1");
    EXPECT_EQ(e.state.live_children(), 2U);
    EXPECT_EQ(e.stop_one(1), "");
    EXPECT_EQ(e.stop_one(7), "");
  }
}

TEST(supervision, one_that_is_to_go_is_not_restarted_however_it_ends) {
  executor e(one_for_one, {permanent});
  e.cannot_start = {0};
  EXPECT_EQ(e.exit(0), "report 0 #1, start 0, report 0 #2, start 0");
  EXPECT_EQ(e.stop_one(0), "stop 0");
  EXPECT_EQ(e.exit(0, exit_kind::exception), "retire 0");
}

TEST(supervision, one_that_waits_for_its_restart_goes_at_once) {
  executor e(one_for_one, {permanent, permanent}, 100ms);
  EXPECT_EQ(e.exit(0), "report 0 #1, arm 0 100ms");
  EXPECT_EQ(e.stop_one(0), "cancel 0, retire 0");
  EXPECT_EQ(e.fire(0), "");
}

TEST(supervision, one_that_has_not_begun_goes_at_once) {
  executor e(supervision_options{});
  e.starts_at_once = false;
  for (int i = 0; i != 3; ++i) e.add();
  EXPECT_EQ(e.stop_one(1), "");  // there is no life yet
  EXPECT_EQ(e.start(), "start 0");
  EXPECT_EQ(e.stop_one(1), "retire 1");
  EXPECT_EQ(e.started(0), "start 2");
  EXPECT_EQ(e.stop_one(2), "");  // its start is under way
  EXPECT_EQ(e.started(2), "stop 2");
}

TEST(supervision, a_member_of_a_group_goes_when_its_turn_to_stop_comes) {
  executor e(one_for_all, {permanent, permanent, permanent});
  EXPECT_EQ(e.exit(1), "report 1 #1, stop 2");
  EXPECT_EQ(e.stop_one(0), "");
  EXPECT_EQ(e.stop_one(2), "");
  EXPECT_EQ(e.exit(2), "retire 2, stop 0");
  EXPECT_EQ(e.exit(0), "retire 0, start 1");
}

TEST(supervision, a_group_goes_on_without_the_child_that_failed) {
  executor waiting(one_for_all, {permanent, permanent, permanent}, 100ms);
  waiting.obedient = true;
  EXPECT_EQ(waiting.exit(1), "report 1 #1, stop 2, stop 0, arm 1 100ms");
  EXPECT_EQ(waiting.stop_one(1), "cancel 1, retire 1, start 0, start 2");
  executor stopping(rest_for_one, {permanent, permanent, temporary, permanent}, 100ms);
  EXPECT_EQ(stopping.exit(1), "report 1 #1, stop 3");
  EXPECT_EQ(stopping.stop_one(1), "retire 1");
  EXPECT_EQ(stopping.exit(3), "stop 2");
  EXPECT_EQ(stopping.exit(2), "retire 2, start 3");
}

TEST(supervision, one_that_does_not_stop_in_time_is_abandoned_and_retired_when_it_exits) {
  executor e(one_for_one, {permanent, permanent});
  EXPECT_EQ(e.stop_one(0), "stop 0");
  EXPECT_EQ(e.time_out(0), "abandon 0");
  EXPECT_EQ(e.exit(1), "report 1 #1, start 1");
  EXPECT_EQ(e.exit(0), "retire 0");
}

TEST(supervision, a_sequence_no_longer_waits_for_an_old_run_that_is_not_to_come_back) {
  executor e(one_for_all, {permanent, permanent, permanent});
  EXPECT_EQ(e.exit(0), "report 0 #1, stop 2");
  EXPECT_EQ(e.exit(2), "stop 1");
  EXPECT_EQ(e.time_out(1), "abandon 1, start 0");
  EXPECT_EQ(e.stop_one(1), "start 2");
  EXPECT_EQ(e.exit(1), "retire 1");
}

TEST(supervision, the_stop_of_all_waits_for_the_stop_of_one) {
  executor e(one_for_one, {permanent, permanent, permanent});
  EXPECT_EQ(e.stop_one(1), "stop 1");
  EXPECT_EQ(e.stop(), "stop 2");
  EXPECT_EQ(e.stop_one(0), "");
  EXPECT_EQ(e.exit(2), "");
  EXPECT_EQ(e.exit(1), "stop 0");
  EXPECT_EQ(e.exit(0), "finish canceled");
}

TEST(supervision, a_group_restart_waits_for_the_stop_of_one) {
  executor e(one_for_all, {permanent, permanent, permanent});
  EXPECT_EQ(e.stop_one(1), "stop 1");
  EXPECT_EQ(e.exit(0), "report 0 #1, stop 2");
  EXPECT_EQ(e.exit(1), "retire 1");
  EXPECT_EQ(e.exit(2), "start 0, start 2");
}

TEST(supervision, a_declared_child_that_was_to_go_comes_back_in_the_next_life) {
  executor e(one_for_one, {permanent, permanent});
  e.obedient = true;
  EXPECT_EQ(e.stop_one(0), "stop 0, retire 0");
  EXPECT_EQ(e.stop(), "stop 1, finish canceled");
  EXPECT_EQ(e.start(), "start 0, start 1");
  EXPECT_EQ(e.exit(0), "report 0 #1, start 0");
}

TEST(supervision, who_takes_the_place_of_one_that_has_gone_stays) {
  executor e(one_for_one, {permanent});
  e.obedient = true;
  EXPECT_EQ(e.add(), "start 1");
  EXPECT_EQ(e.stop_one(1), "stop 1, retire 1");
  EXPECT_EQ(e.add(), "start 1");
  EXPECT_EQ(e.exit(1), "report 1 #1, start 1");
}

}  // namespace
}  // namespace troupe

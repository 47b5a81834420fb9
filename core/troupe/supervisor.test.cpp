// A supervisor with real actors on the deterministic runtime: who is restarted, when, and what ends
// for good. What is decided is tested alone in supervision.test.cpp; here it is carried out.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace breaking {

[[gnu::noinline]] void break_down(int code) {
  if (code >= 0) throw std::runtime_error("asked to");
}

}  // namespace breaking

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

using journal = std::vector<std::string>;

/// Ends in the way it is told to; notes in the journal when a run begins ("+name") and ends.
class puppet : public actor {
 public:
  explicit puppet(std::string name, journal* notes = nullptr)
      : actor(std::move(name)), notes_(notes) {}

  cast_inbox<exit_kind> orders{4};
  call_inbox<int, int> questions{4};
  int runs = 0;
  duration takes_to_stop{0};

 protected:
  task<result<>> run(context ctx) override {
    note("+");
    ++runs;
    auto got = co_await select(orders, ctx.done());
    if (got.canceled() && takes_to_stop > duration(0)) {
      co_await sleep_for(context::background(), takes_to_stop);
    }
    note("-");
    auto* order = got.get<0>();
    if (order == nullptr || !*order) co_return fail(errc::canceled);
    switch (**order) {
      case exit_kind::clean: break;
      case exit_kind::canceled: co_return fail(errc::canceled);
      case exit_kind::error: co_return fail(errc::refused, "told to fail");
      case exit_kind::exception: breaking::break_down(runs);
    }
    co_return result<>();
  }

 private:
  void note(const char* what) const {
    if (notes_ != nullptr) notes_->push_back(what + name());
  }
  journal* notes_;
};

std::shared_ptr<puppet> make_puppet(std::string name, journal* notes = nullptr) {
  return std::make_shared<puppet>(std::move(name), notes);
}

void tell(puppet& one, exit_kind how) { ASSERT_TRUE(one.orders.try_cast(how)); }

constexpr std::uint64_t seeds = 24;

// --- the matrix ---

struct matrix_row {
  restart_policy policy;
  exit_kind how;
  bool restarts;
};

constexpr matrix_row matrix[] = {
    {restart_policy::permanent, exit_kind::clean, true},
    {restart_policy::permanent, exit_kind::canceled, true},
    {restart_policy::permanent, exit_kind::error, true},
    {restart_policy::permanent, exit_kind::exception, true},
    {restart_policy::transient, exit_kind::clean, false},
    {restart_policy::transient, exit_kind::canceled, true},
    {restart_policy::transient, exit_kind::error, true},
    {restart_policy::transient, exit_kind::exception, true},
    {restart_policy::temporary, exit_kind::clean, false},
    {restart_policy::temporary, exit_kind::canceled, false},
    {restart_policy::temporary, exit_kind::error, false},
    {restart_policy::temporary, exit_kind::exception, false},
};

struct strategy_row {
  restart_strategy strategy;
  const char* restarted;  // when b fails
  journal notes;
};

const strategy_row strategies[] = {
    {restart_strategy::one_for_one, "b", {"-b", "+b"}},
    {restart_strategy::one_for_all, "abc", {"-b", "-c", "-a", "+a", "+b", "+c"}},
    {restart_strategy::rest_for_one, "bc", {"-b", "-c", "+b", "+c"}},
};

void expect_row(const matrix_row& row, const strategy_row& group, std::uint64_t seed) {
  SCOPED_TRACE(std::string(to_string(row.how)) + ", policy " +
               std::to_string(static_cast<int>(row.policy)) + ", if restarted: " + group.restarted +
               ", seed " + std::to_string(seed));
  journal notes;
  deterministic_runtime rt(seed);
  std::vector<std::shared_ptr<puppet>> all;
  for (const char* name : {"a", "b", "c"}) all.push_back(make_puppet(name, &notes));
  rt.spawn(std::make_shared<supervisor>(
      "root",
      supervisor_options{
          .policy = row.policy, .strategy = group.strategy, .children = {all[0], all[1], all[2]}}));
  rt.run_until_idle();
  notes.clear();
  tell(*all[1], row.how);
  rt.run_until_idle();
  const std::string restarted = row.restarts ? group.restarted : "";
  for (const auto& one : all) {
    EXPECT_EQ(one->runs, restarted.contains(one->name()) ? 2 : 1) << one->name();
    const bool ended = one == all[1] && !row.restarts;
    const auto sent = one->orders.try_cast(exit_kind::clean);
    EXPECT_EQ(sent.has_value(), !ended) << one->name();
    if (ended && !sent) EXPECT_EQ(sent.error(), errc::inbox_closed);
  }
  std::ranges::sort(notes);
  journal expected = row.restarts ? group.notes : journal{"-b"};
  std::ranges::sort(expected);
  EXPECT_EQ(notes, expected);
}

TEST(supervisor_test, follows_policy_way_of_ending_and_strategy) {
  for (const matrix_row& row : matrix) {
    for (const strategy_row& group : strategies) {
      for (std::uint64_t seed = 1; seed <= 4; ++seed) expect_row(row, group, seed);
    }
  }
}

TEST(supervisor_test, a_group_stops_from_right_to_left_before_any_of_it_starts) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    journal notes;
    deterministic_runtime rt(seed);
    auto a = make_puppet("a", &notes);
    auto b = make_puppet("b", &notes);
    auto c = make_puppet("c", &notes);
    a->takes_to_stop = b->takes_to_stop = c->takes_to_stop = 10ms;
    rt.spawn(std::make_shared<supervisor>(
        "root",
        supervisor_options{.strategy = restart_strategy::one_for_all, .children = {a, b, c}}));
    rt.run_until_idle();
    notes.clear();
    tell(*a, exit_kind::error);
    rt.advance(1s);
    ASSERT_EQ(notes.size(), 6U) << "seed " << seed;
    EXPECT_EQ(journal(notes.begin(), notes.begin() + 3), (journal{"-a", "-c", "-b"}));
  }
}

TEST(supervisor_test, a_childs_own_options_go_before_the_supervisors) {
  deterministic_runtime rt;
  auto stays_down = make_puppet("stays down");
  auto comes_back = make_puppet("comes back");
  auto later_back = make_puppet("later back");
  rt.spawn(std::make_shared<supervisor>(
      "root",
      supervisor_options{
          .policy = restart_policy::temporary,
          .children = {stays_down,
                       {comes_back, {.policy = restart_policy::permanent}},
                       {later_back, {.policy = restart_policy::transient, .restart_delay = 1s}}}}));
  rt.run_until_idle();
  for (const auto& one : {stays_down, comes_back, later_back}) tell(*one, exit_kind::error);
  rt.run_until_idle();
  EXPECT_EQ(stays_down->runs, 1);
  EXPECT_EQ(comes_back->runs, 2);
  EXPECT_EQ(later_back->runs, 1);
  rt.advance(1100ms);
  EXPECT_EQ(later_back->runs, 2);
}

// --- delay, backoff, limit ---

duration until_next_timer(const deterministic_runtime& rt) {
  const auto next = rt.next_timer();
  return next ? *next - rt.now() : duration(-1);
}

TEST(supervisor_test, waits_the_delay_with_a_tenth_of_jitter) {
  duration shortest = 1h;
  duration longest{0};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    deterministic_runtime rt(seed);
    auto a = make_puppet("a");
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.restart_delay = 1s, .children = {a}}));
    rt.run_until_idle();
    tell(*a, exit_kind::exception);
    rt.run_until_idle();
    const duration delay = until_next_timer(rt);
    shortest = std::min(shortest, delay);
    longest = std::max(longest, delay);
    rt.advance(delay - 1ns);
    EXPECT_EQ(a->runs, 1);
    rt.advance(1ns);
    EXPECT_EQ(a->runs, 2);
  }
  EXPECT_GE(shortest, 900ms);
  EXPECT_LT(shortest, 930ms) << "the jitter does not use its range";
  EXPECT_LE(longest, 1100ms);
  EXPECT_GT(longest, 1070ms) << "the jitter does not use its range";
}

TEST(supervisor_test, the_delay_grows_to_its_cap_and_begins_anew_after_a_healthy_run) {
  deterministic_runtime rt;
  auto a = make_puppet("a");
  rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.restart_delay = 100ms,
                                 .backoff = {.factor = 2.0, .max_delay = 500ms, .reset_after = 10s},
                                 .jitter = 0,
                                 .children = {a}}));
  rt.run_until_idle();
  const auto fail_once = [&] {
    tell(*a, exit_kind::error);
    rt.run_until_idle();
    const duration delay = until_next_timer(rt);
    rt.advance(delay);
    return delay;
  };
  for (const duration expected : {100ms, 200ms, 400ms, 500ms, 500ms}) {
    EXPECT_EQ(fail_once(), expected);
  }
  rt.advance(10s - 1ns);
  EXPECT_EQ(fail_once(), 500ms);
  rt.advance(10s);
  EXPECT_EQ(fail_once(), 100ms);
}

TEST(supervisor_test, fails_upwards_beyond_its_limit_and_names_the_child) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto good = make_puppet("good");
    auto bad = make_puppet("bad");
    auto ended = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.restart_limit = {.max_restarts = 2, .window = 10s},
                                   .children = {good, bad}}));
    rt.run_until_idle();
    for (int i = 0; i != 3; ++i) {
      ASSERT_FALSE(ended.done()) << i;
      tell(*bad, exit_kind::exception);
      rt.run_until_idle();
    }
    const result<exit_reason> why = rt.block_on(ended);
    ASSERT_TRUE(why);
    ASSERT_EQ(why->kind(), exit_kind::error);
    EXPECT_EQ(*why->as_error(), errc::restart_limit);
    EXPECT_TRUE(why->text().contains("\"bad\"")) << why->text();
    EXPECT_TRUE(why->text().contains("asked to")) << why->text();
    EXPECT_EQ(bad->runs, 3);
    EXPECT_EQ(good->orders.try_cast(exit_kind::clean).error(), errc::inbox_closed);
  }
}

TEST(supervisor_test, the_limits_window_slides) {
  deterministic_runtime rt;
  auto a = make_puppet("a");
  auto ended = rt.spawn(std::make_shared<supervisor>(
      "root",
      supervisor_options{.restart_limit = {.max_restarts = 2, .window = 10s}, .children = {a}}));
  rt.run_until_idle();
  for (int i = 0; i != 10; ++i) {  // two in any ten seconds
    tell(*a, exit_kind::error);
    rt.advance(5s);
  }
  EXPECT_FALSE(ended.done());
  EXPECT_EQ(a->runs, 11);
  tell(*a, exit_kind::error);
  rt.advance(1s);
  tell(*a, exit_kind::error);
  rt.run_until_idle();
  EXPECT_TRUE(ended.done());
}

TEST(supervisor_test, a_childs_own_limit_counts_its_restarts_alone) {
  deterministic_runtime rt;
  auto a = make_puppet("a");
  auto b = make_puppet("b");
  auto ended = rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{
                  .children = {a, {b, {.restart_limit = {.max_restarts = 1, .window = 1h}}}}}));
  rt.run_until_idle();
  for (int i = 0; i != 5; ++i) {
    tell(*a, exit_kind::error);
    rt.run_until_idle();
  }
  tell(*b, exit_kind::error);
  rt.run_until_idle();
  EXPECT_FALSE(ended.done());
  tell(*b, exit_kind::error);
  rt.run_until_idle();
  const auto why = rt.block_on(ended);
  EXPECT_TRUE(why->text().contains("\"b\"")) << why->text();
}

// --- trees ---

TEST(supervisor_test, the_parent_restarts_a_supervisor_that_gave_up_with_all_its_children) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    journal errors;
    deterministic_runtime rt(seed);
    auto a = make_puppet("a");
    auto b = make_puppet("b");
    auto inner = std::make_shared<supervisor>(
        "inner", supervisor_options{.restart_limit = {.max_restarts = 1, .window = 1min},
                                    .children = {a, b}});
    auto root = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.on_error =
                                       [&](const actor& who, const exit_reason& why) {
                                         errors.push_back(who.name() + ": " +
                                                          std::string(why.text()));
                                       },
                                   .children = {inner}}));
    rt.run_until_idle();
    for (int i = 0; i != 2; ++i) {
      tell(*b, exit_kind::exception);
      rt.run_until_idle();
    }
    EXPECT_FALSE(root.done());
    EXPECT_EQ(a->runs, 2);
    EXPECT_EQ(b->runs, 3);
    EXPECT_EQ(inner->live_children(), 2U);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_TRUE(errors[0].starts_with("inner: ") && errors[0].contains("\"b\"")) << errors[0];
    tell(*a, exit_kind::clean);  // its inbox is open, and the limit counts from zero
    rt.run_until_idle();
    EXPECT_EQ(a->runs, 3);
    EXPECT_FALSE(root.done());
  }
}

TEST(supervisor_test, a_supervisor_that_ended_for_good_closes_the_inboxes_below_it) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto a = make_puppet("a");
    auto b = make_puppet("b");
    auto innermost = std::make_shared<supervisor>("innermost", supervisor_options{.children = {b}});
    auto inner = std::make_shared<supervisor>(
        "inner", supervisor_options{.restart_limit = {.max_restarts = 0, .window = 1s},
                                    .children = {a, innermost}});
    auto root = std::make_shared<supervisor>(
        "root", supervisor_options{.policy = restart_policy::temporary, .children = {inner}});
    rt.spawn(root);
    rt.run_until_idle();
    auto waiting = rt.spawn(
        [](puppet& one) -> task<result<int>> { co_return co_await one.questions.call(1); }(*b));
    rt.run_until_idle();
    EXPECT_FALSE(waiting.done());
    tell(*a, exit_kind::error);
    rt.run_until_idle();
    EXPECT_EQ(a->orders.try_cast(exit_kind::clean).error(), errc::inbox_closed);
    EXPECT_EQ(b->orders.try_cast(exit_kind::clean).error(), errc::inbox_closed);
    ASSERT_TRUE(waiting.done());
    EXPECT_EQ(rt.block_on(waiting)->error(), errc::inbox_closed);
    EXPECT_EQ(root->live_children(), 0U);
  }
}

TEST(supervisor_test, a_restart_of_the_supervisor_drops_what_was_spawned_and_closes_its_inboxes) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto declared = make_puppet("declared");
    auto spawned = make_puppet("spawned");
    auto inner = std::make_shared<supervisor>(
        "inner", supervisor_options{.restart_limit = {.max_restarts = 0, .window = 1s},
                                    .children = {declared}});
    rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = {inner}}));
    rt.run_until_idle();
    ASSERT_TRUE(inner->spawn(spawned));
    rt.run_until_idle();
    EXPECT_EQ(spawned->runs, 1);
    tell(*declared, exit_kind::error);
    rt.run_until_idle();
    EXPECT_EQ(declared->runs, 2);
    EXPECT_EQ(spawned->runs, 1);
    EXPECT_EQ(inner->live_children(), 1U);
    const auto sent = spawned->orders.try_cast(exit_kind::clean);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), errc::inbox_closed);
  }
}

// --- start and stop ---

TEST(supervisor_test, starts_left_to_right_and_stops_right_to_left) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    journal order;
    journal notes;
    deterministic_runtime rt(seed);
    std::vector<child_spec> children;
    std::vector<supervisor_observer> observers;
    observers.push_back({.on_actor_started = [&](const actor& a) { order.push_back(a.name()); }});
    for (const char* name : {"a", "b", "c", "d"}) {
      auto one = make_puppet(name, &notes);
      one->takes_to_stop = 5ms;
      children.push_back(one);
    }
    auto root = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.observers = observers, .children = children}));
    rt.run_until_idle();
    EXPECT_EQ(order, (journal{"a", "b", "c", "d"}));
    notes.clear();
    root.cancel();
    rt.advance(1s);
    EXPECT_EQ(notes, (journal{"-d", "-c", "-b", "-a"})) << "seed " << seed;
    ASSERT_TRUE(root.done());
    EXPECT_EQ(rt.block_on(root)->kind(), exit_kind::canceled);
  }
}

TEST(supervisor_test, shutdown_of_the_runtime_stops_whole_trees_from_right_to_left) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    journal notes;
    deterministic_runtime rt(seed);
    std::vector<std::shared_ptr<puppet>> all;
    for (const char* name : {"a", "b", "c", "d"}) {
      all.push_back(make_puppet(name, &notes));
      all.back()->takes_to_stop = 5ms;
    }
    auto inner =
        std::make_shared<supervisor>("inner", supervisor_options{.children = {all[1], all[2]}});
    rt.spawn(std::make_shared<supervisor>("root",
                                          supervisor_options{.children = {all[0], inner, all[3]}}));
    rt.run_until_idle();
    notes.clear();
    EXPECT_TRUE(rt.shutdown().empty());
    EXPECT_EQ(notes, (journal{"-d", "-c", "-b", "-a"})) << "seed " << seed;
  }
}

TEST(supervisor_test, cancellation_is_never_taken_for_a_failure_of_children) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    int restarts = 0;
    deterministic_runtime rt(seed);
    std::vector<std::shared_ptr<puppet>> all;
    std::vector<child_spec> children;
    for (const char* name : {"a", "b", "c", "d"}) {
      all.push_back(make_puppet(name));
      children.push_back(all.back());
    }
    std::vector<supervisor_observer> observers;
    observers.push_back({.on_actor_restarting = [&](const actor&, std::uint64_t,
                                                    const exit_reason&) { ++restarts; }});
    auto root = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.restart_limit = {.max_restarts = 1, .window = 1h},
                                   .observers = observers,
                                   .children = children}));
    rt.run_until_idle();
    tell(*all[2], exit_kind::error);
    for (std::uint64_t i = 0; i != seed % 7; ++i) rt.step();
    root.cancel();
    rt.run_until_idle();
    ASSERT_TRUE(root.done());
    EXPECT_EQ(rt.block_on(root)->kind(), exit_kind::canceled) << "seed " << seed;
    EXPECT_LE(restarts, 1) << "seed " << seed;
  }
}

TEST(supervisor_test, a_child_that_does_not_stop_in_time_is_left_behind_and_reported) {
  journal notes;
  std::vector<std::string> reported;
  deterministic_runtime rt;
  auto a = make_puppet("a", &notes);
  auto deaf = make_puppet("deaf", &notes);
  deaf->takes_to_stop = 1h;
  auto root = rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.shutdown_timeout = 2s,
                                 .on_error =
                                     [&](const actor& who, const exit_reason& why) {
                                       reported.push_back(who.name() + ": " +
                                                          std::string(why.to_string()));
                                     },
                                 .children = {a, deaf}}));
  rt.run_until_idle();
  notes.clear();
  root.cancel();
  rt.advance(2s - 1ns);
  EXPECT_TRUE(notes.empty());
  EXPECT_FALSE(root.done());
  rt.advance(1ns);
  EXPECT_TRUE(root.done());
  EXPECT_EQ(notes, journal{"-a"});
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_TRUE(reported[0].starts_with("deaf: ")) << reported[0];
  EXPECT_TRUE(reported[0].contains(make_error_code(errc::shutdown_timeout).message()));
  rt.advance(1h);
  EXPECT_EQ(notes, (journal{"-a", "-deaf"}));
}

// --- failures during a restart ---

TEST(supervisor_test, a_sibling_that_fails_while_its_group_stops_comes_back_once) {
  for (const auto strategy : {restart_strategy::one_for_all, restart_strategy::rest_for_one}) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      deterministic_runtime rt(seed);
      auto a = make_puppet("a");
      auto b = make_puppet("b");
      auto c = make_puppet("c");
      auto root = rt.spawn(std::make_shared<supervisor>(
          "root", supervisor_options{.strategy = strategy, .children = {a, b, c}}));
      rt.run_until_idle();
      c->takes_to_stop = 10ms;  // so that b can fail before its turn to stop
      tell(*a, exit_kind::error);
      rt.advance(5ms);
      tell(*b, exit_kind::exception);
      rt.advance(1s);
      for (const auto& one : {a, b, c}) EXPECT_EQ(one->runs, 2) << one->name();
      EXPECT_FALSE(root.done());
    }
  }
}

TEST(supervisor_test, a_child_left_of_the_group_that_fails_meanwhile_widens_it) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto a = make_puppet("a");
    auto b = make_puppet("b");
    auto c = make_puppet("c");
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.strategy = restart_strategy::rest_for_one,
                                   .restart_delay = 1s,
                                   .jitter = 0,
                                   .children = {a, b, c}}));
    rt.run_until_idle();
    tell(*b, exit_kind::error);
    rt.advance(500ms);
    tell(*a, exit_kind::error);
    rt.advance(999ms);
    EXPECT_EQ(b->runs, 1) << "the first delay was dropped";
    rt.advance(2ms);
    for (const auto& one : {a, b, c}) EXPECT_EQ(one->runs, 2) << one->name();
  }
}

// --- what a restart keeps ---

TEST(supervisor_test, messages_that_waited_are_there_after_the_restart) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto a = make_puppet("a");
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.restart_delay = 1s, .children = {a}}));
    rt.run_until_idle();
    for (int i = 0; i != 3; ++i) tell(*a, exit_kind::exception);
    rt.run_until_idle();
    EXPECT_EQ(a->runs, 1);
    EXPECT_EQ(a->orders.size(), 2U);
    rt.advance(10s);
    EXPECT_EQ(a->runs, 4);
    EXPECT_EQ(a->orders.size(), 0U);
  }
}

TEST(supervisor_test, whoever_waits_for_a_child_that_ends_for_good_is_told_at_once) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto a = make_puppet("a");
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.policy = restart_policy::temporary, .children = {a}}));
    rt.run_until_idle();
    auto caller = rt.spawn([](puppet& one) -> task<result<int>> {
      co_return co_await one.questions.call(context::background(), 1);
    }(*a));
    rt.run_until_idle();
    for (int i = 0; i != 4; ++i) tell(*a, exit_kind::clean);
    auto sender = rt.spawn([](puppet& one) -> task<result<>> {
      for (;;) {
        result<> sent = co_await one.orders.cast(context::background(), exit_kind::clean);
        if (!sent) co_return sent;
      }
    }(*a));
    rt.run_until_idle();
    ASSERT_TRUE(caller.done() && sender.done()) << "seed " << seed;
    EXPECT_EQ(rt.block_on(caller)->error(), errc::inbox_closed);
    EXPECT_EQ(rt.block_on(sender)->error(), errc::inbox_closed);
  }
}

/// Has an inbox that it never gets to receive from.
class stillborn : public actor {
 public:
  stillborn() : actor("stillborn") {}
  call_inbox<int, int> questions{0};

 protected:
  task<result<>> run(context) override { throw std::runtime_error("before the first suspension"); }
};

TEST(supervisor_test, callers_of_a_child_that_never_received_are_told_too) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<stillborn>();
    auto caller = rt.spawn([](stillborn& callee) -> task<result<int>> {
      co_return co_await callee.questions.call(1);
    }(*one));
    rt.run_until_idle();
    EXPECT_FALSE(caller.done());
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.policy = restart_policy::temporary, .children = {one}}));
    rt.run_until_idle();
    ASSERT_TRUE(caller.done());
    EXPECT_EQ(rt.block_on(caller)->error(), errc::inbox_closed);
  }
}

TEST(supervisor_test, one_that_crashes_at_once_without_a_delay_can_still_be_stopped) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    deterministic_runtime rt(seed);
    auto root = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.children = {std::make_shared<stillborn>()}}));
    for (int i = 0; i != 200; ++i) rt.step();
    EXPECT_FALSE(root.done());
    root.cancel();
    rt.run_until_idle(10'000);
    EXPECT_TRUE(root.done());
  }
}

}  // namespace

#include <troupe/signal/pushed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::pushed_signal;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::run_tree;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

TEST(pushed_signal, what_is_written_is_read_and_told) {
  taken_down<int> seen;
  auto one = std::make_shared<pushed_signal<int>>("one");
  deterministic_runtime rt;
  take_down(rt, one->subscribe(), seen);
  rt.spawn(one);
  EXPECT_EQ(one->read().error(), errc::no_value);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_TRUE(rt.block_on(one->write(i)));
    EXPECT_EQ(one->read(), i);
  }
  rt.run_until_idle();
  EXPECT_EQ(seen.values, (std::vector{1, 2, 3}));
}

TEST(pushed_signal, an_equal_value_is_written_but_told_to_nobody) {
  taken_down<int> seen;
  int updates = 0;
  auto one = std::make_shared<pushed_signal<int>>("one", [&](int) { ++updates; });
  deterministic_runtime rt;
  take_down(rt, one->subscribe(), seen);
  auto watch = one->watch();
  rt.spawn(one);
  for (int i : {1, 1, 2, 2, 1}) EXPECT_TRUE(rt.block_on(one->write(i)));
  rt.run_until_idle();
  EXPECT_EQ(seen.values, (std::vector{1, 2, 1}));
  EXPECT_EQ(updates, 5) << "the update sees each value";
}

TEST(pushed_signal, the_update_may_be_of_any_shape_and_may_refuse) {
  std::vector<int> told;
  const auto plain = [&](int n) { told.push_back(n); };
  const auto checked = [&](int n) -> result<> {
    told.push_back(n);
    if (n < 0) return troupe::fail(errc::invalid_argument, "negative");
    return {};
  };
  const auto later = [&](int n) -> task<> {
    static_cast<void>(co_await troupe::sleep_for(0s));
    told.push_back(n);
  };
  const auto checked_later = [&](int n) -> task<result<>> {
    static_cast<void>(co_await troupe::sleep_for(0s));
    told.push_back(n);
    if (n < 0) co_return troupe::fail(errc::invalid_argument, "negative");
    co_return result<>();
  };
  const auto with_context = [&](const context& ctx, int n) -> result<> {
    told.push_back(n);
    EXPECT_FALSE(ctx.err());
    return {};
  };
  const auto later_with_context = [&](context ctx, int n) -> task<result<>> {
    told.push_back(n);
    EXPECT_FALSE(ctx.err());
    co_return result<>();
  };
  const auto check = [&](auto update, bool refuses) {
    told.clear();
    taken_down<int> seen;
    auto one = std::make_shared<pushed_signal<int>>("one", update);
    deterministic_runtime rt;
    take_down(rt, one->subscribe(), seen);
    rt.spawn(one);
    EXPECT_TRUE(rt.block_on(one->write(1)));
    if (refuses) {
      const result<> outcome = rt.block_on(one->write(-1));
      ASSERT_FALSE(outcome);
      EXPECT_EQ(outcome.error(), errc::invalid_argument);
      EXPECT_EQ(outcome.error().text(), "negative");
      EXPECT_EQ(one->read(), 1);
    }
    EXPECT_TRUE(rt.block_on(one->write(2)));
    rt.run_until_idle();
    EXPECT_EQ(one->read(), 2);
    EXPECT_EQ(seen.values, (std::vector{1, 2})) << "what was refused is told to nobody";
    EXPECT_EQ(told, refuses ? (std::vector{1, -1, 2}) : (std::vector{1, 2}));
  };
  check(plain, false);
  check(checked, true);
  check(later, false);
  check(checked_later, true);
  check(with_context, false);
  check(later_with_context, false);
}

TEST(pushed_signal, the_update_runs_before_anything_is_told) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto one = std::make_shared<pushed_signal<int>>(
        "one", [](int) -> task<> { static_cast<void>(co_await troupe::sleep_for(1s)); });
    deterministic_runtime rt(seed);
    take_down(rt, one->subscribe(), seen);
    rt.spawn(one);
    std::optional<result<>> outcome;
    start(rt, [&]() -> task<> { outcome = co_await one->write(5); });
    rt.advance(999ms);
    EXPECT_FALSE(outcome);
    EXPECT_TRUE(seen.values.empty());
    EXPECT_FALSE(one->read());
    rt.advance(1ms);
    EXPECT_TRUE(outcome && *outcome);
    EXPECT_EQ(seen.values, std::vector{5});
  });
}

TEST(pushed_signal, a_write_before_the_start_waits_for_it) {
  for_seeds(20, [](std::uint64_t seed) {
    auto one = std::make_shared<pushed_signal<int>>("one");
    std::vector<int> order;
    deterministic_runtime rt(seed);
    for (int i = 0; i < 3; ++i) {
      start(rt, [&order, one, i]() -> task<> {
        EXPECT_TRUE(co_await one->write(i));
        order.push_back(i);
      });
      rt.run_until_idle();
    }
    EXPECT_TRUE(order.empty());
    EXPECT_FALSE(one->read());
    rt.spawn(one);
    rt.run_until_idle();
    EXPECT_EQ(one->read(), 2) << "first come, first served";
    EXPECT_EQ(order.size(), 3U);
  });
}

TEST(pushed_signal, a_write_after_the_end_is_told_so) {
  auto one = std::make_shared<pushed_signal<int>>("one");
  deterministic_runtime rt;
  std::vector<result<>> outcomes;
  rt.spawn(std::make_shared<troupe::supervisor>(
      "root",
      troupe::supervisor_options{.policy = troupe::restart_policy::temporary, .children = {one}}));
  EXPECT_TRUE(rt.block_on(one->write(1)));
  rt.shutdown();
  deterministic_runtime other;
  EXPECT_EQ(other.block_on(one->write(2)).error(), errc::actor_stopped);
  EXPECT_EQ(one->read(), 1) << "the last value stays";
  EXPECT_TRUE(one->has_ended());
}

TEST(pushed_signal, writes_that_wait_when_it_ends_for_good_are_told_so) {
  for_seeds(20, [](std::uint64_t seed) {
    auto one = std::make_shared<pushed_signal<int>>("one", [](int n) {
      if (n == 13) throw std::runtime_error("thirteen");
    });
    std::vector<result<>> outcomes;
    deterministic_runtime rt(seed);
    run_tree(rt, {.restart_delay = 1s, .restart_limit = {.max_restarts = 1, .window = 1h}}, one);
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(one->write(13)).error(), errc::no_reply);
    const auto write = [&](int n) {
      start(rt, [&outcomes, one, n]() -> task<> { outcomes.push_back(co_await one->write(n)); });
      rt.run_until_idle();
    };
    for (int n : {13, 1, 2}) write(n);
    EXPECT_TRUE(outcomes.empty()) << "they wait for the restart";
    rt.advance(2s);
    ASSERT_EQ(outcomes.size(), 3U);
    EXPECT_EQ(outcomes[0].error(), errc::no_reply);
    EXPECT_EQ(outcomes[1].error(), errc::actor_stopped);
    EXPECT_EQ(outcomes[2].error(), errc::actor_stopped);
  });
}

TEST(pushed_signal, an_update_that_throws_crashes_the_signal_and_not_the_writer) {
  for (const bool coroutine : {false, true}) {
    for_seeds(30, [&](std::uint64_t seed) {
      const auto plain = [](int n) {
        if (n == 13) throw std::runtime_error("thirteen");
      };
      const auto later = [](int n) -> task<> {
        static_cast<void>(co_await troupe::sleep_for(0s));
        if (n == 13) throw std::runtime_error("thirteen");
      };
      auto one = coroutine ? std::make_shared<pushed_signal<int>>("one", later)
                           : std::make_shared<pushed_signal<int>>("one", plain);
      taken_down<int> seen;
      std::vector<std::string> crashes;
      std::vector<result<>> waited;
      deterministic_runtime rt(seed);
      take_down(rt, one->subscribe(), seen);
      run_tree(
          rt,
          {.restart_delay = 1s,
           .jitter = 0,
           .on_error = [&](const troupe::actor&,
                           const troupe::exit_reason& why) { crashes.push_back(why.to_string()); }},
          one);
      EXPECT_TRUE(rt.block_on(one->write(1)));
      start(rt, [&waited, one]() -> task<> {
        EXPECT_EQ((co_await one->write(13)).error(), errc::no_reply);
        waited.push_back(co_await one->write(2));
      });
      rt.advance(500ms);
      ASSERT_EQ(crashes.size(), 1U);
      EXPECT_NE(crashes[0].find("thirteen"), std::string::npos) << crashes[0];
      EXPECT_TRUE(waited.empty()) << "writes go on after the restart";
      EXPECT_EQ(one->read(), 1);
      rt.advance(1s);
      ASSERT_EQ(waited.size(), 1U);
      EXPECT_TRUE(waited[0]);
      EXPECT_EQ(seen.values, (std::vector{1, 2}));
      EXPECT_FALSE(seen.end) << "the subscription has come through";
    });
  }
}

TEST(pushed_signal, what_throws_in_comparing_crashes_the_signal_and_not_the_writer) {
  auto one = std::make_shared<pushed_signal<int>>(
      "one", troupe::signal_options<int>{.initial = 0, .equal = [](int, int) -> bool {
                                           throw std::runtime_error("incomparable");
                                         }});
  int crashes = 0;
  deterministic_runtime rt;
  run_tree(rt, {.on_error = [&](const troupe::actor&, const troupe::exit_reason&) { ++crashes; }},
           one);
  const auto outcome = run(rt, [&]() -> task<result<>> {
    try {
      co_return co_await one->write(1);
    } catch (const std::runtime_error&) {
      co_return troupe::fail(errc::internal);
    }
  });
  rt.run_until_idle();
  EXPECT_EQ(outcome.error(), errc::no_reply);
  EXPECT_EQ(crashes, 1);
}

TEST(pushed_signal, a_writer_whose_context_has_ended_writes_nothing) {
  auto one = std::make_shared<pushed_signal<int>>("one");
  deterministic_runtime rt;
  rt.spawn(one);
  const troupe::cancelable_context over = context::background().with_cancel();
  over.cancel();
  EXPECT_EQ(rt.block_on(one->write(over, 1)).error(), errc::canceled);
  EXPECT_FALSE(one->read());
}

TEST(pushed_signal, writing_outside_of_a_runtime_is_refused) {
  pushed_signal<int> one("one");
  EXPECT_THROW(troupe::internal::await_outside([&] { return one.write(1); }), troupe::usage_error);
}

// The update of one signal writes another, in the same turn.
TEST(pushed_signal, an_update_may_write_another_signal) {
  for_seeds(20, [](std::uint64_t seed) {
    auto second = std::make_shared<pushed_signal<int>>("second");
    auto first = std::make_shared<pushed_signal<int>>(
        "first", [&](int n) -> task<result<>> { co_return co_await second->write(n + 1); });
    deterministic_runtime rt(seed);
    rt.spawn(first);
    rt.spawn(second);
    EXPECT_TRUE(rt.block_on(first->write(1)));
    EXPECT_EQ(first->read(), 1);
    EXPECT_EQ(second->read(), 2);
  });
}

// Stopped in the middle of somebody's update.
TEST(pushed_signal, its_value_does_not_change_any_more_once_it_has_ended) {
  for_seeds(20, [](std::uint64_t seed) {
    std::optional<result<>> outcome;
    auto one = std::make_shared<pushed_signal<int>>(
        "one", [](int) -> task<> { static_cast<void>(co_await troupe::sleep_for(1s)); });
    auto bomb = troupe::make_actor("bomb", [](context, troupe::logger&) -> task<result<>> {
      static_cast<void>(co_await troupe::sleep_for(500ms));
      co_return troupe::fail(errc::internal);
    });
    deterministic_runtime rt(seed);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.restart_limit = {.max_restarts = 0, .window = 1h},
                                           .children = {one, bomb}}));
    start(rt, [&, one]() -> task<> { outcome = co_await one->write(1); });
    rt.advance(600ms);
    EXPECT_TRUE(one->has_ended());
    EXPECT_FALSE(one->read());
    rt.advance(1s);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->has_value(), one->read().has_value()) << "a write that is done can be read";
    EXPECT_FALSE(one->read()) << "and it has ended without a value";
    EXPECT_EQ(outcome->error(), errc::actor_stopped);
  });
}

}  // namespace

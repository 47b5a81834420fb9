#include <troupe/signal/periodic_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::error;
using troupe::keep_latest;
using troupe::periodic_signal;
using troupe::result;
using troupe::signal_options;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

TEST(periodic_signal, updates_when_it_starts_and_then_at_its_interval) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    int count = 0;
    auto one = std::make_shared<periodic_signal<int>>("one", [&] { return ++count; }, 100ms);
    deterministic_runtime rt(seed);
    take_down(rt, one->subscribe(), seen);
    EXPECT_EQ(one->read().error(), errc::no_value);
    rt.advance(1s);
    EXPECT_EQ(count, 0) << "not before it is started";
    rt.spawn(one);
    rt.run_until_idle();
    EXPECT_EQ(one->read(), 1);
    rt.advance(99ms);
    EXPECT_EQ(one->read(), 1);
    rt.advance(1ms);
    EXPECT_EQ(one->read(), 2);
    rt.advance(800ms);
    EXPECT_EQ(seen.values.size(), 10U);
    EXPECT_EQ(one->interval(), 100ms);
  });
}

TEST(periodic_signal, the_update_may_be_of_any_shape) {
  const auto check = [](auto update) {
    auto one = std::make_shared<periodic_signal<int>>("one", std::move(update), 1s);
    deterministic_runtime rt;
    rt.spawn(one);
    rt.advance(500ms);
    EXPECT_EQ(one->read(), 7);
  };
  check([] { return 7; });
  check([] { return static_cast<short>(7); });
  check([]() -> result<int> { return 7; });
  check([]() -> task<int> { co_return 7; });
  check([]() -> task<result<int>> {
    static_cast<void>(co_await troupe::sleep_for(100ms));
    co_return 7;
  });
  check([](const context& ctx) { return ctx.err() ? 0 : 7; });
  check([](context ctx) -> task<result<int>> {
    if (ctx.err()) co_return troupe::fail(*ctx.err());
    co_return 7;
  });
  check([kept = std::make_unique<int>(7)]() mutable { return *kept; });
}

TEST(periodic_signal, an_optional_may_be_its_value_also_an_empty_one) {
  const auto check = [](auto make) {
    taken_down<std::optional<int>> seen;
    int count = 0;
    auto one = std::make_shared<periodic_signal<std::optional<int>>>("one", make(count), 1s);
    deterministic_runtime rt;
    take_down(rt, one->subscribe(), seen);
    rt.spawn(one);
    rt.advance(2500ms);
    EXPECT_EQ(seen.values, (std::vector<std::optional<int>>{1, std::nullopt, 3}));
  };
  const auto odd = [](int n) { return n % 2 != 0 ? std::optional<int>(n) : std::nullopt; };
  check([odd](int& n) { return [&n, odd] { return odd(++n); }; });
  check([odd](int& n) { return [&n, odd]() -> result<std::optional<int>> { return odd(++n); }; });
  check([odd](int& n) { return [&n, odd]() -> task<std::optional<int>> { co_return odd(++n); }; });
}

TEST(periodic_signal, an_update_that_is_slow_skips_the_beats_it_has_missed) {
  for_seeds(20, [](std::uint64_t seed) {
    std::vector<troupe::duration> begun;
    deterministic_runtime rt(seed);
    const auto start = rt.now();
    auto one = std::make_shared<periodic_signal<int>>(
        "one",
        [&]() -> task<int> {
          begun.push_back(rt.now() - start);
          static_cast<void>(co_await troupe::sleep_for(begun.size() == 2 ? 350ms : 10ms));
          co_return static_cast<int>(begun.size());
        },
        100ms);
    rt.spawn(one);
    rt.advance(750ms);
    EXPECT_EQ(begun, (std::vector<troupe::duration>{0ms, 100ms, 500ms, 600ms, 700ms}))
        << "no pile, and the beat is kept";
  });
}

TEST(periodic_signal, an_update_that_always_takes_longer_runs_one_at_a_time) {
  int inside = 0;
  int most = 0;
  int count = 0;
  auto one = std::make_shared<periodic_signal<int>>(
      "one",
      [&]() -> task<int> {
        most = std::max(most, ++inside);
        static_cast<void>(co_await troupe::sleep_for(250ms));
        --inside;
        co_return ++count;
      },
      100ms);
  deterministic_runtime rt;
  rt.spawn(one);
  rt.advance(2999ms);
  EXPECT_EQ(most, 1);
  EXPECT_EQ(count, 10) << "begun at 0, 300, 600 ms, …";
}

TEST(periodic_signal, a_run_whose_first_update_fails_ends_with_that_error) {
  for (const bool coroutine : {false, true}) {
    int count = 0;
    std::vector<error> told;
    const auto plain = [&]() -> result<int> {
      if (++count <= 2) return troupe::fail(errc::disconnected, "no sensor");
      return count;
    };
    const auto later = [plain]() -> task<result<int>> { co_return plain(); };
    const signal_options<int> options{.on_error = [&](const error& why) { told.push_back(why); }};
    auto one = coroutine ? std::make_shared<periodic_signal<int>>("one", later, 100ms, options)
                         : std::make_shared<periodic_signal<int>>("one", plain, 100ms, options);
    std::vector<std::string> ends;
    deterministic_runtime rt;
    troupe::internal::run_tree(
        rt,
        {.restart_delay = 1s,
         .jitter = 0,
         .on_error = [&](const troupe::actor&,
                         const troupe::exit_reason& why) { ends.push_back(why.to_string()); }},
        one);
    rt.advance(999ms);
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_NE(ends[0].find("no sensor"), std::string::npos) << ends[0];
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0], errc::disconnected);
    EXPECT_EQ(one->last_error(), errc::disconnected);
    EXPECT_EQ(count, 1);
    EXPECT_FALSE(one->read());
    rt.advance(2s);
    EXPECT_EQ(told.size(), 2U);
    EXPECT_FALSE(one->last_error()) << "it has succeeded since";
    EXPECT_TRUE(one->read());
  }
}

TEST(periodic_signal, a_later_failure_keeps_the_last_value) {
  for (const bool coroutine : {false, true}) {
    taken_down<int> seen;
    int count = 0;
    std::vector<error> told;
    const auto plain = [&]() -> result<int> {
      if (++count % 3 == 0) return troupe::fail(errc::malformed, "noise");
      return count;
    };
    const auto later = [plain]() -> task<result<int>> {
      static_cast<void>(co_await troupe::sleep_for(0s));
      co_return plain();
    };
    const signal_options<int> options{.on_error = [&](const error& why) { told.push_back(why); }};
    auto one = coroutine ? std::make_shared<periodic_signal<int>>("one", later, 100ms, options)
                         : std::make_shared<periodic_signal<int>>("one", plain, 100ms, options);
    deterministic_runtime rt;
    take_down(rt, one->subscribe(), seen);
    auto runs = rt.spawn(one);
    rt.advance(250ms);
    EXPECT_EQ(one->read(), 2);
    ASSERT_TRUE(one->last_error());
    EXPECT_EQ(one->last_error()->text(), "noise");
    rt.advance(100ms);
    EXPECT_EQ(one->read(), 4);
    EXPECT_FALSE(one->last_error());
    rt.advance(200ms);
    EXPECT_EQ(told.size(), 2U);
    EXPECT_EQ(seen.values, (std::vector{1, 2, 4, 5}));
    EXPECT_FALSE(runs.done());
  }
}

TEST(periodic_signal, an_update_that_throws_is_a_crash_and_the_value_stays) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    int count = 0;
    int crashes = 0;
    auto one = std::make_shared<periodic_signal<int>>(
        "one",
        [&] {
          if (++count == 3) throw std::runtime_error("three");
          return count;
        },
        100ms);
    deterministic_runtime rt(seed);
    take_down(rt, one->subscribe(), seen);
    troupe::internal::run_tree(
        rt,
        {.restart_delay = 1s,
         .jitter = 0,
         .on_error = [&](const troupe::actor&, const troupe::exit_reason&) { ++crashes; }},
        one);
    rt.advance(1s);
    EXPECT_EQ(crashes, 1);
    EXPECT_EQ(one->read(), 2);
    rt.advance(350ms);
    EXPECT_EQ(seen.values, (std::vector{1, 2, 4, 5}));
  });
}

TEST(periodic_signal, one_that_is_stopped_in_its_first_update_has_not_failed) {
  for_seeds(20, [](std::uint64_t seed) {
    std::vector<error> told;
    auto one = std::make_shared<periodic_signal<int>>(
        "one",
        []() -> task<result<int>> {
          if (auto slept = co_await troupe::sleep_for(1h); !slept) {
            co_return troupe::fail(slept.error());
          }
          co_return 1;
        },
        100ms, signal_options<int>{.on_error = [&](const error& why) { told.push_back(why); }});
    deterministic_runtime rt(seed);
    auto runs = rt.spawn(one);
    rt.run_until_idle();
    runs.cancel();
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(runs)->kind(), troupe::exit_kind::canceled);
    EXPECT_TRUE(told.empty());
    EXPECT_FALSE(one->last_error());
  });
}

TEST(periodic_signal, an_interval_as_good_as_for_ever_is_one) {
  int count = 0;
  auto one = std::make_shared<periodic_signal<int>>(
      "one", [&] { return ++count; }, std::chrono::nanoseconds::max());
  deterministic_runtime rt;
  rt.spawn(one);
  rt.advance(24h);
  EXPECT_EQ(count, 1);
}

TEST(periodic_signal, an_interval_that_is_not_positive_is_refused) {
  const auto make = [](troupe::duration interval) {
    return std::make_shared<periodic_signal<int>>("one", [] { return 1; }, interval);
  };
  EXPECT_THROW(make(0s), troupe::usage_error);
  EXPECT_THROW(make(-1ns), troupe::usage_error);
}

TEST(periodic_signal, equal_measurements_are_told_once) {
  taken_down<int> seen;
  int count = 0;
  auto one = std::make_shared<periodic_signal<int>>("one", [&] { return ++count / 4; }, 100ms);
  deterministic_runtime rt;
  take_down(rt, one->subscribe(), seen);
  rt.spawn(one);
  rt.advance(1s);
  EXPECT_EQ(seen.values, (std::vector{0, 1, 2}));
}

}  // namespace

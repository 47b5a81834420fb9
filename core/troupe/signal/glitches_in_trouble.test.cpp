// No glitches while branches crash, restart, are stopped in the middle, or are gone for good. See
// glitches.test.cpp for the others.

#include <troupe/signal/compose.hpp>
#include <troupe/signal/computed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

namespace {

using namespace std::chrono_literals;
using troupe::combine;
using troupe::errc;
using troupe::keep_latest;
using troupe::pushed_signal;
using troupe::restart_policy;
using troupe::restart_strategy;
using troupe::supervisor_options;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run_tree;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

using pair = std::pair<int, int>;
constexpr auto together = [](int a, int b) { return pair(a, b); };

void write_each(troupe::runtime& rt, std::shared_ptr<pushed_signal<int>> to, int last,
                troupe::duration pause) {
  start(rt, [to = std::move(to), last, pause]() -> task<> {
    for (int i = 1; i <= last; ++i) {
      static_cast<void>(co_await to->write(i));
      static_cast<void>(co_await troupe::sleep_for(pause));
    }
  });
}

// While it is down the others wait for it; the change that crashed it is not tried again, so that
// its value of before is the right one beside that change.
TEST(glitches, none_where_a_branch_crashes_and_is_restarted) {
  for_seeds(100, [](std::uint64_t seed) {
    for (const auto delay : {0ms, 25ms}) {
      taken_down<pair> seen;
      auto s = std::make_shared<pushed_signal<int>>("s");
      auto brittle = troupe::map(s, [](int n) {
        if (n % 5 == 0) throw std::runtime_error("five");
        return n;
      });
      auto both = combine(together, s, brittle);
      deterministic_runtime rt(seed);
      take_down(rt, both->subscribe(keep_latest(1000)), seen);
      run_tree(rt, {.restart_delay = delay}, both);
      write_each(rt, s, 32, 1ms * (seed % 12));
      rt.advance(10s);
      for (const pair& one : seen.values) {
        // Changes that were lost in the buffers while it was down are none that it crashed at.
        const bool crashed = one.first % 5 == 0;
        EXPECT_TRUE(crashed ? one.second < one.first : one.second == one.first)
            << "a glitch: " << one.first << " beside " << one.second;
      }
      ASSERT_FALSE(seen.values.empty());
      EXPECT_EQ(seen.values.back(), pair(32, 32));
    }
  });
}

TEST(glitches, none_where_a_branch_crashes_at_the_last_change) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = std::make_shared<pushed_signal<int>>("s");
    auto brittle = troupe::map(s, [](int n) {
      if (n == 10) throw std::runtime_error("ten");
      return n;
    });
    auto both = combine(together, s, brittle);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {.restart_delay = 1s}, both);
    write_each(rt, s, 10, 1ms);
    rt.advance(500ms);
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(9, 9)) << "a branch that will be back is waited for";
    rt.advance(1s);
    EXPECT_EQ(seen.values.back(), pair(10, 9)) << "nobody waits for what will not come";
  });
}

TEST(glitches, a_branch_that_is_gone_for_good_holds_up_nobody) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = std::make_shared<pushed_signal<int>>("s");
    auto brittle = troupe::map(s, [](int n) {
      if (n == 4) throw std::runtime_error("four");
      return n;
    });
    auto both = combine(together, s, brittle);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {.policy = restart_policy::temporary}, both);
    write_each(rt, s, 8, 1ms);
    rt.advance(1s);
    EXPECT_TRUE(brittle->has_ended());
    for (const pair& one : seen.values) EXPECT_EQ(one.second, std::min(one.first, 3));
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(8, 3));
    EXPECT_FALSE(both->has_ended()) << "one of its sources lives";
  });
}

// The branch is stopped while it has taken one of its sources' changes but not yet the other's, or
// in the middle of its update: what it shows then is not the change that it was about to show.
TEST(glitches, none_where_a_branch_is_restarted_in_the_middle) {
  for_seeds(300, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = std::make_shared<pushed_signal<int>>("s");
    auto slow = troupe::map(s, [](int n) -> task<int> {
      static_cast<void>(co_await troupe::sleep_for(4ms));
      co_return n;
    });
    auto branch = combine(
        [](int a, int b) -> task<troupe::result<int>> {
          if (a != b) co_return -1;
          if (auto slept = co_await troupe::sleep_for(2ms); !slept) {
            co_return troupe::fail(slept.error());
          }
          co_return a;
        },
        s, slow);
    auto both = combine(together, s, branch);
    // Whenever the saboteur ends, those who come after it are restarted.
    auto saboteur = troupe::make_actor(
        "saboteur", [seed](troupe::context, troupe::logger&) -> task<troupe::result<>> {
          static_cast<void>(co_await troupe::sleep_for(1ms * (5 + seed % 9)));
          co_return troupe::fail(errc::internal);
        });
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    rt.spawn(s);
    rt.spawn(slow);
    rt.spawn(both);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", supervisor_options{.strategy = restart_strategy::rest_for_one,
                                   .restart_delay = 1ms * (seed % 3),
                                   .children = {saboteur, branch}}));
    write_each(rt, s, 30, 1ms * (seed % 8));
    rt.advance(10s);
    for (const pair& one : seen.values) {
      EXPECT_EQ(one.first, one.second) << "a glitch: " << one.first << " beside " << one.second;
    }
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(30, 30));
  });
}

TEST(glitches, none_where_the_computed_signal_itself_is_restarted) {
  for_seeds(200, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = std::make_shared<pushed_signal<int>>("s");
    auto slow = troupe::map(s, [](int n) -> task<int> {
      static_cast<void>(co_await troupe::sleep_for(2ms));
      co_return n;
    });
    auto both = combine(
        [](int a, int b) {
          if (a == 7 || a == 13) throw std::runtime_error("unlucky");
          return pair(a, b);
        },
        s, slow);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {.restart_delay = 3ms}, both);
    write_each(rt, s, 30, 1ms * (seed % 5));
    rt.advance(10s);
    for (const pair& one : seen.values) EXPECT_EQ(one.first, one.second);
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(30, 30));
  });
}

// A fresh object for each run: it links itself to the sources anew, and shows the same as the old.
TEST(glitches, none_where_a_branch_comes_from_a_factory) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = std::make_shared<pushed_signal<int>>("s");
    int crashes = 0;
    const auto make = [s, &crashes] {
      return std::make_shared<troupe::computed_signal<int>>(
          "branch",
          [&crashes](int n) {
            if (n % 6 == 0 && crashes < n / 6) {
              ++crashes;
              throw std::runtime_error("six");
            }
            return n;
          },
          s);
    };
    troupe::fresh_child<troupe::computed_signal<int>> branch(make);
    auto both = combine(together, s, branch.handle());
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    rt.spawn(s);
    rt.spawn(both);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root",
        supervisor_options{.restart_delay = 1ms * (seed % 4), .children = {branch.spec()}}));
    write_each(rt, s, 20, 1ms * (seed % 3));
    rt.advance(10s);
    for (const pair& one : seen.values) EXPECT_EQ(one.first, one.second);
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(20, 20)) << crashes << " crashes";
    EXPECT_GT(crashes, 0);
  });
}

}  // namespace

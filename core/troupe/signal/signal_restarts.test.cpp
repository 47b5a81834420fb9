// Restarts of signals, of their supervisors and of their subscribers: nobody is left waiting, and
// nothing that can still be told is lost. See lifetime.test.cpp for ends of other kinds.

#include <troupe/signal/compose.hpp>
#include <troupe/signal/pushed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::keep_latest;
using troupe::pushed_signal;
using troupe::restart_policy;
using troupe::result;
using troupe::subscription;
using troupe::supervisor_options;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

/// A signal whose update throws for 13.
std::shared_ptr<pushed_signal<int>> brittle() {
  return std::make_shared<pushed_signal<int>>("brittle", [](int n) {
    if (n == 13) throw std::runtime_error("thirteen");
  });
}

std::shared_ptr<troupe::supervisor> run_children(troupe::runtime& rt, supervisor_options options) {
  auto root = std::make_shared<troupe::supervisor>("root", std::move(options));
  rt.spawn(root);
  return root;
}

TEST(signal_restarts, subscribers_and_watchers_are_still_there_after_a_restart) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto one = brittle();
    auto slow = one->subscribe(keep_latest(2));
    deterministic_runtime rt(seed);
    take_down(rt, one->subscribe(), seen);
    run_children(rt, {.restart_delay = 1s, .children = {one}});
    EXPECT_TRUE(rt.block_on(one->write(1)));
    EXPECT_EQ(rt.block_on(one->write(13)).error(), errc::no_reply);
    rt.run_until_idle();
    EXPECT_EQ(one->read(), 1) << "it can be read while it is down";
    EXPECT_FALSE(one->has_ended());
    auto meanwhile = one->subscribe();
    rt.advance(2s);
    EXPECT_TRUE(rt.block_on(one->write(2)));
    rt.run_until_idle();
    EXPECT_EQ(seen.values, (std::vector{1, 2}));
    EXPECT_EQ(slow.size(), 2U);
    EXPECT_EQ(meanwhile.size(), 1U);
  });
}

TEST(signal_restarts, subscribers_outlast_a_restart_of_the_supervisor_by_its_parent) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    taken_down<int> seen_twice;
    auto one = brittle();
    auto twice = troupe::map(one, [](int n) { return 2 * n; });
    auto inner = std::make_shared<troupe::supervisor>(
        "inner",
        supervisor_options{.restart_limit = {.max_restarts = 0, .window = 1h}, .children = {one}});
    deterministic_runtime rt(seed);
    take_down(rt, one->subscribe(), seen);
    take_down(rt, twice->subscribe(), seen_twice);
    run_children(rt, {.restart_delay = 1s, .children = {inner, twice}});
    for (int n = 1; n <= 3; ++n) {
      EXPECT_TRUE(rt.block_on(one->write(n)));
      EXPECT_EQ(rt.block_on(one->write(13)).error(), errc::no_reply);
      rt.advance(2s);
    }
    EXPECT_TRUE(rt.block_on(one->write(4)));
    rt.run_until_idle();
    EXPECT_EQ(seen.values, (std::vector{1, 2, 3, 4}));
    EXPECT_EQ(seen_twice.values, (std::vector{2, 4, 6, 8}));
    EXPECT_FALSE(seen.end);
    EXPECT_FALSE(twice->has_ended());
  });
}

TEST(signal_restarts, a_signal_that_gives_up_for_good_leaves_nobody_waiting) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    taken_down<int> seen_twice;
    taken_down<troupe::changed> noticed;
    auto one = brittle();
    auto twice = troupe::map(one, [](int n) { return 2 * n; });
    deterministic_runtime rt(seed);
    take_down(rt, one->subscribe(), seen);
    take_down(rt, twice->subscribe(), seen_twice);
    take_down(rt, one->watch(), noticed);
    auto root =
        run_children(rt, {.restart_limit = {.max_restarts = 2, .window = 1h}, .children = {one}});
    rt.spawn(twice);
    EXPECT_TRUE(rt.block_on(one->write(1)));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(rt.block_on(one->write(13)).error(), errc::no_reply);
      rt.run_until_idle();
    }
    ASSERT_TRUE(seen.end && seen_twice.end && noticed.end);
    EXPECT_EQ(*seen.end, errc::actor_stopped);
    EXPECT_EQ(*seen_twice.end, errc::actor_stopped);
    EXPECT_EQ(*noticed.end, errc::actor_stopped);
    EXPECT_EQ(seen.values, std::vector{1});
    EXPECT_EQ(seen_twice.values, std::vector{2});
  });
}

TEST(signal_restarts, who_waits_is_told_of_the_end_also_where_the_next_run_begins_at_once) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto one = brittle();
    deterministic_runtime rt(seed);
    auto handle = rt.spawn(one);
    take_down(rt, one->subscribe(), seen);
    rt.run_until_idle();
    handle.cancel();
    while (!handle.done()) rt.step();
    ASSERT_FALSE(seen.end) << "it has not run since";
    rt.spawn(one);
    rt.run_until_idle();
    EXPECT_FALSE(one->has_ended());
    ASSERT_TRUE(seen.end);
    EXPECT_EQ(*seen.end, errc::actor_stopped);
  });
}

/// Keeps its subscription over its own runs, and crashes at each fifth value.
class loyal : public troupe::actor {
 public:
  explicit loyal(const std::shared_ptr<pushed_signal<int>>& to)
      : actor("loyal"), values_(to->subscribe(keep_latest(100))) {}
  std::vector<int> seen;

 protected:
  task<result<>> run(context) override {
    for (;;) {
      auto got = co_await values_.receive();
      if (!got) co_return troupe::fail(got.error());
      seen.push_back(*got);
      if (*got % 5 == 0) throw std::runtime_error("five");
    }
  }

 private:
  subscription<int> values_;
};

TEST(signal_restarts, a_subscriber_that_crashes_finds_what_came_meanwhile) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    rt.spawn(one);
    auto subscriber = std::make_shared<loyal>(one);
    run_children(rt, {.restart_delay = 1s, .children = {subscriber}});
    for (int n = 1; n <= 12; ++n) EXPECT_TRUE(rt.block_on(one->write(n)));
    rt.advance(10s);
    EXPECT_EQ(subscriber->seen, (std::vector{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  });
}

TEST(signal_restarts, a_subscriber_that_ended_for_good_and_starts_again_is_told_of_new_values) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    rt.spawn(one);
    auto subscriber = std::make_shared<loyal>(one);
    // `inner` gives up at the first crash, with `subscriber` ended for good; `outer` starts it
    // anew.
    auto inner = std::make_shared<troupe::supervisor>(
        "inner", supervisor_options{.policy = restart_policy::temporary, .children = {subscriber}});
    auto bomb = troupe::make_actor("bomb", [](context, troupe::logger&) -> task<result<>> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      co_return troupe::fail(errc::internal);
    });
    run_children(rt,
                 {.strategy = troupe::restart_strategy::one_for_all, .children = {inner, bomb}});
    for (int n = 1; n <= 4; ++n) EXPECT_TRUE(rt.block_on(one->write(n)));
    EXPECT_TRUE(rt.block_on(one->write(5)));
    rt.run_until_idle();
    EXPECT_EQ(subscriber->seen.size(), 5U);
    EXPECT_TRUE(rt.block_on(one->write(6)));
    rt.advance(1s);
    EXPECT_TRUE(rt.block_on(one->write(7)));
    rt.run_until_idle();
    ASSERT_FALSE(subscriber->seen.empty());
    EXPECT_EQ(subscriber->seen.back(), 7);
  });
}

// A signal whose end was for good, until its supervisor was started again.
TEST(signal_restarts, a_signal_that_comes_back_after_its_end_is_heard_again) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = brittle();
    auto other = std::make_shared<pushed_signal<int>>("other");
    auto sum = troupe::combine([](int a, int b) { return a + b; }, one, other);
    rt.spawn(other);
    rt.spawn(sum);
    auto values = one->subscribe();
    auto inner = std::make_shared<troupe::supervisor>(
        "inner", supervisor_options{.policy = restart_policy::temporary, .children = {one}});
    auto bomb = troupe::make_actor("bomb", [](context, troupe::logger&) -> task<result<>> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      co_return troupe::fail(errc::internal);
    });
    run_children(rt,
                 {.strategy = troupe::restart_strategy::one_for_all, .children = {inner, bomb}});
    EXPECT_TRUE(rt.block_on(one->write(1)));
    EXPECT_TRUE(rt.block_on(other->write(10)));
    EXPECT_EQ(rt.block_on(one->write(13)).error(), errc::no_reply);
    rt.run_until_idle();
    EXPECT_TRUE(one->has_ended());
    EXPECT_EQ(rt.block_on(values.receive()), 1);
    EXPECT_EQ(rt.block_on(values.receive()).error(), errc::actor_stopped);
    rt.advance(1s);
    EXPECT_FALSE(one->has_ended());
    EXPECT_TRUE(rt.block_on(one->write(2)));
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(values.receive()), 2);
    EXPECT_EQ(sum->read(), 12);
  });
}

}  // namespace

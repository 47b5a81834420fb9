// Cases in which signals once went wrong: each was found by a program that failed.
#include <troupe/internal/test_fiber.hpp>
#include <troupe/signal/compose.hpp>
#include <troupe/signal/pushed_signal.hpp>
#include <troupe/signal/throttled_signal.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::combine;
using troupe::computed_options;
using troupe::computed_signal;
using troupe::context;
using troupe::errc;
using troupe::filter;
using troupe::map;
using troupe::pushed_signal;
using troupe::restart_policy;
using troupe::result;
using troupe::signal_options;
using troupe::signal_tree;
using troupe::supervisor;
using troupe::supervisor_options;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

using pair = std::pair<int, int>;

std::shared_ptr<pushed_signal<int>> make_source() {
  return std::make_shared<pushed_signal<int>>("source");
}
void put(deterministic_runtime& rt, const std::shared_ptr<pushed_signal<int>>& to, int value) {
  start(rt, [to, value]() -> task<> { static_cast<void>(co_await to->write(value)); });
  rt.advance(1ms);
}
std::shared_ptr<supervisor> under(supervisor_options options) {
  return std::make_shared<supervisor>("root", std::move(options));
}
const auto pair_of = [](int a, int b) { return pair(a, b); };

// left dies; middle lives on through other, and goes on to tell of changes of the source that it
// knows only from left.
TEST(hard_cases, a_dead_branch_below_a_live_one_is_no_promise) {
  for_seeds(50, [](std::uint64_t seed) {
    auto source = make_source();
    auto other = make_source();
    auto left = map(source, [](int n) {
      if (n == 4) throw std::runtime_error("left");
      return n;
    });
    auto middle = combine([](int l, int o) { return 100 * l + o; }, left, other);
    auto both = combine(pair_of, source, middle);
    deterministic_runtime rt(seed);
    for (const auto& one : {source, other}) rt.spawn(one);
    rt.spawn(middle);
    rt.spawn(both);
    rt.spawn(under({.policy = restart_policy::temporary, .children = {left}}));
    put(rt, other, 1);
    for (int i = 1; i != 6; ++i) put(rt, source, i);
    for (int i = 6; i != 10; ++i) {
      put(rt, source, i);
      put(rt, other, i);
    }
    EXPECT_TRUE(left->has_ended());
    EXPECT_EQ(both->read(), pair(9, 309));
    rt.shutdown();
  });
}

TEST(hard_cases, one_that_is_started_again_without_a_live_source_rests_until_that_is_back) {
  for_seeds(50, [](std::uint64_t seed) {
    auto source = make_source();
    auto twice = map(source, [](int n) { return 2 * n; });
    auto slow = std::make_shared<troupe::throttled_signal<int>>("slow", source, 1ms);
    auto now_and_then = troupe::sample(source, 1ms);
    deterministic_runtime rt(seed);
    auto sources = rt.spawn(source);
    rt.spawn(under(
        {.policy = restart_policy::permanent, .children = signal_tree(twice, slow, now_and_then)}));
    put(rt, source, 1);
    auto values = twice->subscribe();
    sources.cancel();
    rt.advance(10ms);  // would not come to its end if they were restarted again and again
    for (const auto& one :
         {source->has_ended(), twice->has_ended(), slow->has_ended(), now_and_then->has_ended()}) {
      EXPECT_TRUE(one);
    }
    const auto told = rt.block_on(values.receive());
    ASSERT_FALSE(told);
    EXPECT_EQ(told.error(), errc::actor_stopped);
    rt.spawn(source);
    put(rt, source, 3);
    rt.advance(10ms);
    EXPECT_EQ(twice->read(), 6);
    EXPECT_EQ(slow->read(), 3);
    EXPECT_EQ(now_and_then->read(), 3);
    EXPECT_FALSE(twice->has_ended());
    rt.shutdown();
  });
}

TEST(hard_cases, an_equality_that_throws_leaves_nobody_waiting_for_the_change) {
  for_seeds(50, [](std::uint64_t seed) {
    auto source = make_source();
    auto fragile = std::make_shared<computed_signal<int>>(
        "fragile",
        computed_options<int>{.signal = {.equal =
                                             [](int, int b) {
                                               if (b == 3) throw std::runtime_error("equal");
                                               return false;
                                             }}},
        [](int n) { return n; }, source);
    auto both = combine(pair_of, source, fragile);
    deterministic_runtime rt(seed);
    rt.spawn(under({.children = signal_tree(both)}));
    for (int i = 1; i != 4; ++i) put(rt, source, i);
    EXPECT_EQ(both->read(), pair(3, 2));
    rt.shutdown();
  });
}

TEST(hard_cases, an_update_that_crashed_is_not_tried_again_by_a_change_that_is_none) {
  for_seeds(50, [](std::uint64_t seed) {
    auto source = make_source();
    auto ones = filter(source, [](int n) { return n == 1; });
    int calls = 0;
    auto fragile = map(ones, [&calls](int) -> int {
      ++calls;
      throw std::runtime_error("update");
    });
    deterministic_runtime rt(seed);
    rt.spawn(under({.children = signal_tree(fragile)}));
    for (int i = 1; i != 7; ++i) put(rt, source, i);
    EXPECT_EQ(calls, 1);
    rt.shutdown();
  });
}

// The message that tells of the change is driven out while the one before it is handed over.
TEST(hard_cases, a_change_is_seen_also_where_its_message_was_driven_out) {
  for_seeds(500, [](std::uint64_t seed) {
    auto source = make_source();
    auto hundreds = filter(source, [](int n) { return n % 100 == 0; });
    auto same = map(hundreds, [](int n) { return n; });
    deterministic_runtime rt(seed);
    rt.spawn(source);
    rt.spawn(hundreds);
    rt.spawn(same);
    put(rt, source, 100);
    start(rt, [source, seed]() -> task<> {
      for (std::uint64_t i = 0; i != 60; ++i) {
        const auto value = i == 10 + seed % 10 ? 200 : 1001 + 100 * static_cast<int>(i);
        static_cast<void>(co_await source->write(value));
        if (seed % 3 != 0) co_await troupe::sleep_for(0s);
      }
    });
    rt.advance(1s);
    EXPECT_EQ(same->read(), hundreds->read());
    rt.shutdown();
  });
}

TEST(hard_cases, one_whose_initial_value_is_used_takes_no_more_sources) {
  auto source = make_source();
  auto late = std::make_shared<computed_signal<int>>(
      "late", computed_options<int>{.signal = {.initial = 0}},
      [source] { return *source->read(); });
  auto both = combine(pair_of, source, late);
  try {
    late->add_source(source);
    FAIL() << "it was taken";
  } catch (const troupe::usage_error& refused) {
    EXPECT_NE(std::string(refused.what()).find("\"late\""), std::string::npos) << refused.what();
  }
}

TEST(hard_cases, an_update_left_behind_that_throws_crashes_the_next_run_before_it_takes_anybody) {
  for_seeds(50, [](std::uint64_t seed) {
    int updates = 0;
    auto one = std::make_shared<pushed_signal<int>>("one", [&updates](int n) -> task<> {
      ++updates;
      co_await troupe::sleep_for(context::background(), 10ms);
      if (n == 1) throw std::runtime_error("late");
    });
    deterministic_runtime rt(seed);
    auto first_run = rt.spawn(one);
    rt.run_until_idle();
    put(rt, one, 1);
    first_run.cancel();
    rt.advance(1s);
    auto second_run = rt.spawn(one);
    start(rt, [one]() -> task<> { static_cast<void>(co_await one->write(2)); });
    rt.advance(1s);
    ASSERT_TRUE(second_run.done());
    EXPECT_EQ(updates, 1);
    rt.shutdown();
  });
}

// The context of a write without one is made for the update, and must be there when it starts.
TEST(hard_cases, a_coroutine_update_may_refer_to_its_context) {
  deterministic_runtime rt;
  bool ended = true;
  auto one = std::make_shared<pushed_signal<int>>(
      "one", [&ended](const context& ctx, const int&) -> task<> {  // NOLINT: refers on purpose
        co_await troupe::sleep_for(1ms);
        ended = ctx.err().has_value();
      });
  rt.spawn(one);
  put(rt, one, 1);
  rt.advance(1s);
  EXPECT_EQ(one->read(), 1);
  EXPECT_FALSE(ended);
  rt.shutdown();
}

struct reading {  // without ==
  int value;
};

TEST(hard_cases, containers_of_what_cannot_be_compared_are_values) {
  deterministic_runtime rt;
  auto all = std::make_shared<pushed_signal<std::vector<reading>>>("all");
  auto values = all->subscribe();
  rt.spawn(all);
  start(rt, [all]() -> task<> {
    for (int i = 0; i != 2; ++i) static_cast<void>(co_await all->write({{1}}));
  });
  rt.run_until_idle();
  EXPECT_EQ(values.size(), 2U) << "each is news";
  rt.shutdown();
}

TEST(hard_cases, a_member_is_a_function_of_the_value) {
  deterministic_runtime rt;
  auto all = std::make_shared<pushed_signal<reading>>(
      "all", signal_options<reading>{.initial = reading{7}});
  auto value = map(all, &reading::value);
  rt.spawn(value);
  rt.run_until_idle();
  EXPECT_EQ(value->read(), 7);
  rt.shutdown();
}

}  // namespace

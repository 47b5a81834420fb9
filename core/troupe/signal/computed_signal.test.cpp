// For old and new mixed, see glitches.test.cpp.

#include <troupe/signal/computed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::computed_options;
using troupe::computed_signal;
using troupe::errc;
using troupe::error;
using troupe::keep_latest;
using troupe::pushed_signal;
using troupe::result;
using troupe::signal_base;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run_tree;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

std::shared_ptr<pushed_signal<int>> make_source(const char* name = "source") {
  return std::make_shared<pushed_signal<int>>(name);
}

void write(deterministic_runtime& rt, pushed_signal<int>& to, int n) {
  EXPECT_TRUE(rt.block_on(to.write(n)));
  rt.run_until_idle();
}

TEST(computed_signal, the_update_may_be_of_any_shape) {
  auto a = make_source("a");
  auto b = make_source("b");
  const auto check = [&](auto update) {
    auto sum = std::make_shared<computed_signal<int>>("sum", std::move(update), a, b);
    deterministic_runtime rt;
    auto a_runs = rt.spawn(a);
    auto b_runs = rt.spawn(b);
    rt.spawn(sum);
    write(rt, *a, 1);
    write(rt, *a, 2);
    EXPECT_FALSE(sum->read()) << "not before all sources have a value";
    write(rt, *b, 10);
    rt.advance(1s);
    EXPECT_EQ(sum->read(), 12);
    a = make_source("a");
    b = make_source("b");
  };
  check([](int x, int y) { return x + y; });
  check([](const int& x, const int& y) { return static_cast<long>(x + y); });
  check([](int x, int y) -> result<int> { return x + y; });
  check([](int x, int y) -> task<int> { co_return x + y; });
  check([](int x, int y) -> task<result<int>> {
    static_cast<void>(co_await troupe::sleep_for(1ms));
    co_return x + y;
  });
  check([kept = std::make_unique<int>(0)](int x, int y) mutable { return *kept + x + y; });
  check([](auto... values) { return (values + ...); });
  check([](int x = 1000, int y = 1000) { return x + y; });
}

TEST(computed_signal, an_update_that_takes_nothing_reads_what_it_wants) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto a = make_source("a");
    auto b = make_source("b");
    auto sum = std::make_shared<computed_signal<int>>(
        "sum", [&a, &b] { return *a->read() + *b->read(); }, a);
    sum->add_source(b);
    EXPECT_EQ(sum->sources(), (std::vector<std::shared_ptr<signal_base>>{a, b}));
    deterministic_runtime rt(seed);
    take_down(rt, sum->subscribe(), seen);
    run_tree(rt, {}, sum);
    write(rt, *a, 1);
    write(rt, *b, 10);
    write(rt, *a, 2);
    EXPECT_EQ(seen.values, (std::vector{11, 12}));
  });
}

TEST(computed_signal, sources_whose_values_are_unknown_will_do_for_an_update_that_takes_nothing) {
  auto a = make_source("a");
  const std::shared_ptr<signal_base> unknown = a;
  int updates = 0;
  auto count =
      std::make_shared<computed_signal<int>>("count", [&updates] { return ++updates; }, unknown);
  deterministic_runtime rt;
  rt.spawn(a);
  rt.spawn(count);
  for (int n = 1; n <= 3; ++n) write(rt, *a, n);
  EXPECT_EQ(count->read(), 3);
}

TEST(computed_signal, a_source_may_be_given_twice) {
  auto a = make_source("a");
  auto sum =
      std::make_shared<computed_signal<int>>("sum", [](int x, int y) { return x + y; }, a, a);
  deterministic_runtime rt;
  run_tree(rt, {}, sum);
  for (int n = 1; n <= 5; ++n) {
    write(rt, *a, n);
    EXPECT_EQ(sum->read(), 2 * n);
  }
}

TEST(computed_signal, a_hundred_sources_are_none_too_many) {
  for_seeds(5, [](std::uint64_t seed) {
    std::vector<std::shared_ptr<pushed_signal<int>>> sources;
    auto sum = std::make_shared<computed_signal<int>>("sum", [&sources] {
      int total = 0;
      for (const auto& one : sources) total += *one->read();
      return total;
    });
    for (int i = 0; i < 100; ++i) {
      sources.push_back(std::make_shared<pushed_signal<int>>(
          "s" + std::to_string(i), troupe::signal_options<int>{.initial = 0}));
      sum->add_source(sources.back());
    }
    deterministic_runtime rt(seed);
    run_tree(rt, {}, sum);
    rt.run_until_idle();
    for (const auto& one : sources) write(rt, *one, 1);
    EXPECT_EQ(sum->read(), 100);
  });
}

TEST(computed_signal, a_run_without_sources_fails_and_says_so) {
  for (const std::chrono::nanoseconds window : {0ms, 1ms}) {
    auto sum = std::make_shared<computed_signal<int>>(
        "sum", computed_options<int>{.coalesce_window = window}, [] { return 1; });
    deterministic_runtime rt;
    auto runs = rt.spawn(sum);
    rt.advance(1s);
    ASSERT_TRUE(runs.done());
    const auto why = rt.block_on(runs);
    EXPECT_EQ(why->kind(), troupe::exit_kind::exception);
    EXPECT_NE(why->text().find("\"sum\": it has no sources"), std::string_view::npos)
        << why->to_string();
    EXPECT_TRUE(sum->has_ended());
  }
}

TEST(computed_signal, is_made_from_what_the_sources_had_before_it_started) {
  auto a = std::make_shared<pushed_signal<int>>("a", troupe::signal_options<int>{.initial = 3});
  auto twice = std::make_shared<computed_signal<int>>("twice", [](int n) { return 2 * n; }, a);
  deterministic_runtime rt;
  rt.spawn(twice);
  rt.run_until_idle();
  EXPECT_EQ(twice->read(), 6);
}

TEST(computed_signal, each_change_is_an_update_and_no_change_is_none) {
  taken_down<int> seen;
  int updates = 0;
  auto a = make_source("a");
  auto b = make_source("b");
  auto tens = std::make_shared<computed_signal<int>>(
      "tens",
      [&updates](int n, int m) {
        ++updates;
        return (n + m) / 10;
      },
      a, b);
  deterministic_runtime rt;
  take_down(rt, tens->subscribe(), seen);
  run_tree(rt, {}, tens);
  write(rt, *a, 0);
  for (int n = 0; n < 30; ++n) write(rt, *b, n);
  for (int n = 0; n < 5; ++n) write(rt, *b, 29);
  EXPECT_EQ(updates, 30);
  EXPECT_EQ(seen.values, (std::vector{0, 1, 2})) << "equal values are told once";
}

TEST(computed_signal, a_chain_hands_on_each_value_in_order) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto a = make_source("a");
    std::shared_ptr<troupe::signal<int>> last = a;
    for (int i = 0; i < 10; ++i) last = troupe::map(last, [](int n) { return n + 1; });
    deterministic_runtime rt(seed);
    take_down(rt, last->subscribe(keep_latest(100)), seen);
    run_tree(rt, {}, last);
    for (int n = 1; n <= 20; ++n) write(rt, *a, n);
    ASSERT_EQ(seen.values.size(), 20U);
    for (int n = 0; n < 20; ++n) EXPECT_EQ(seen.values[static_cast<std::size_t>(n)], n + 11);
  });
}

TEST(computed_signal, an_update_that_fails_keeps_the_value_and_says_why) {
  for (const bool coroutine : {false, true}) {
    taken_down<int> seen;
    std::vector<error> told;
    auto a = make_source("a");
    const auto plain = [](int n) -> result<int> {
      if (n % 2 != 0) return troupe::fail(errc::invalid_argument, "odd");
      return n;
    };
    const auto later = [plain](int n) -> task<result<int>> { co_return plain(n); };
    const computed_options<int> options{
        .signal = {.on_error = [&](const error& why) { told.push_back(why); }}};
    auto even = coroutine ? std::make_shared<computed_signal<int>>("even", options, later, a)
                          : std::make_shared<computed_signal<int>>("even", options, plain, a);
    deterministic_runtime rt;
    take_down(rt, even->subscribe(), seen);
    run_tree(rt, {}, even);
    write(rt, *a, 1);
    EXPECT_EQ(even->read().error(), errc::no_value);
    write(rt, *a, 2);
    EXPECT_FALSE(even->last_error());
    write(rt, *a, 3);
    ASSERT_TRUE(even->last_error());
    EXPECT_EQ(even->last_error()->text(), "odd");
    EXPECT_EQ(even->read(), 2);
    write(rt, *a, 4);
    EXPECT_FALSE(even->last_error());
    EXPECT_EQ(told.size(), 2U);
    EXPECT_EQ(seen.values, (std::vector{2, 4}));
  }
}

TEST(computed_signal, an_update_that_throws_is_a_crash_and_the_next_change_tries_again) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    int crashes = 0;
    auto a = make_source("a");
    auto brittle = std::make_shared<computed_signal<int>>(
        "brittle",
        [](int n) {
          if (n == 13) throw std::runtime_error("thirteen");
          return n;
        },
        a);
    deterministic_runtime rt(seed);
    take_down(rt, brittle->subscribe(), seen);
    run_tree(rt,
             {.restart_delay = 1s,
              .on_error = [&](const troupe::actor&, const troupe::exit_reason&) { ++crashes; }},
             brittle);
    write(rt, *a, 1);
    write(rt, *a, 13);
    rt.advance(2s);
    EXPECT_EQ(crashes, 1);
    EXPECT_EQ(brittle->read(), 1);
    write(rt, *a, 2);
    EXPECT_EQ(seen.values, (std::vector{1, 2}));
  });
}

TEST(computed_signal, an_update_that_is_cut_short_is_made_again_after_the_restart) {
  for_seeds(20, [](std::uint64_t seed) {
    std::vector<error> told;
    auto a = make_source("a");
    auto slow = std::make_shared<computed_signal<int>>(
        "slow",
        computed_options<int>{.signal = {.on_error = [&](const error& e) { told.push_back(e); }}},
        [](int n) -> task<result<int>> {
          if (auto slept = co_await troupe::sleep_for(1s); !slept) {
            co_return troupe::fail(slept.error());
          }
          co_return n;
        },
        a);
    bool bombed = false;
    auto bomb =
        troupe::make_actor("bomb", [&bombed](troupe::context, troupe::logger&) -> task<result<>> {
          static_cast<void>(co_await troupe::sleep_for(std::exchange(bombed, true) ? 1h : 500ms));
          co_return troupe::fail(errc::internal);
        });
    deterministic_runtime rt(seed);
    rt.spawn(a);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.strategy = troupe::restart_strategy::one_for_all,
                                           .children = {slow, bomb}}));
    write(rt, *a, 7);
    rt.advance(2s);
    EXPECT_EQ(slow->read(), 7);
    EXPECT_TRUE(told.empty()) << "that is no failure of its own";
  });
}

TEST(computed_signal, a_window_makes_one_update_of_all_that_changes_within_it) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    int updates = 0;
    auto a = make_source("a");
    auto b = make_source("b");
    auto sum = std::make_shared<computed_signal<int>>(
        "sum", computed_options<int>{.coalesce_window = 100ms},
        [&updates](int x, int y) {
          ++updates;
          return x + y;
        },
        a, b);
    deterministic_runtime rt(seed);
    take_down(rt, sum->subscribe(), seen);
    run_tree(rt, {}, sum);
    for (int n = 1; n <= 5; ++n) {
      write(rt, *a, n);
      write(rt, *b, 10 * n);
      rt.advance(10ms);
    }
    EXPECT_EQ(updates, 0);
    rt.advance(50ms);
    EXPECT_EQ(seen.values, std::vector{55});
    write(rt, *a, 6);
    rt.advance(99ms);
    EXPECT_EQ(updates, 1);
    rt.advance(1ms);
    EXPECT_EQ(seen.values, (std::vector{55, 56}));
    rt.advance(1h);
    EXPECT_EQ(updates, 2);
  });
}

TEST(computed_signal, what_came_in_a_window_is_not_lost_when_the_sources_end) {
  auto a = make_source("a");
  auto same = std::make_shared<computed_signal<int>>(
      "same", computed_options<int>{.coalesce_window = 1h}, [](int n) { return n; }, a);
  deterministic_runtime rt;
  auto a_runs = rt.spawn(a);
  auto same_runs = rt.spawn(same);
  write(rt, *a, 5);
  a_runs.cancel();
  rt.run_until_idle();
  EXPECT_TRUE(same_runs.done());
  EXPECT_EQ(same->read(), 5);
}

TEST(computed_signal, changes_that_came_too_fast_are_counted) {
  auto a = make_source("a");
  auto slow = std::make_shared<computed_signal<int>>(
      "slow",
      [](int n) -> task<int> {
        static_cast<void>(co_await troupe::sleep_for(1s));
        co_return n;
      },
      a);
  deterministic_runtime rt;
  run_tree(rt, {}, slow);
  for (int n = 1; n <= 50; ++n) write(rt, *a, n);
  EXPECT_EQ(slow->missed(), 50U - 1 - 16) << "one is being computed with, the buffer holds 16";
  rt.advance(1h);
  EXPECT_EQ(slow->read(), 50);
}

TEST(computed_signal, a_slow_one_holds_up_nobody) {
  taken_down<int> seen;
  auto a = make_source("a");
  auto stuck = std::make_shared<computed_signal<int>>(
      "stuck",
      [](int n) -> task<int> {
        static_cast<void>(co_await troupe::sleep_for(1000h));
        co_return n;
      },
      a);
  auto quick = std::make_shared<computed_signal<int>>("quick", [](int n) { return n; }, a);
  deterministic_runtime rt;
  take_down(rt, quick->subscribe(keep_latest(100)), seen);
  run_tree(rt, {}, stuck, quick);
  for (int n = 1; n <= 50; ++n) write(rt, *a, n);
  EXPECT_EQ(seen.values.size(), 50U);
}

struct report {
  int code = 0;
  [[nodiscard]] int error() const { return code; }
  bool operator==(const report&) const = default;
};

TEST(computed_signal, a_value_may_look_like_a_result) {
  auto a = make_source("a");
  auto reports =
      std::make_shared<computed_signal<report>>("reports", [](int n) { return report{n}; }, a);
  deterministic_runtime rt;
  run_tree(rt, {}, reports);
  write(rt, *a, 4);
  EXPECT_EQ(reports->read()->error(), 4);
}

}  // namespace

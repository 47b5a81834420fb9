// The gate by itself; writers of signals are in signal/pushed_writers.test.cpp.
#include <troupe/detail/gate.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::cancelable_context;
using troupe::errc;
using troupe::result;
using troupe::task;
using troupe::detail::gate;
using troupe::detail::gate_pass;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

/// Goes in, stays for `stay`, and notes when it was in and how it came out.
struct log {
  std::vector<int> entered;
  std::vector<std::pair<int, result<>>> done;
  int inside = 0;
  int most = 0;
};
troupe::join_handle<void> visit(troupe::runtime& rt, gate& to, log& into, int who,
                                troupe::duration stay, const troupe::context* ctx = nullptr) {
  return start(rt, [&to, &into, who, stay, ctx]() -> task<> {
    result<> in = co_await to.enter(ctx);
    if (in) {
      const gate_pass pass(to);
      into.entered.push_back(who);
      into.most = std::max(into.most, ++into.inside);
      if (stay > 0s) static_cast<void>(co_await troupe::sleep_for(stay));
      --into.inside;
    }
    into.done.emplace_back(who, in);
  });
}

TEST(gate, lets_nobody_in_until_it_is_open_and_then_one_at_a_time_in_order) {
  for_seeds(50, [](std::uint64_t seed) {
    gate one;
    log seen;
    deterministic_runtime rt(seed);
    EXPECT_FALSE(one.try_enter());
    for (int i = 0; i < 5; ++i) {
      visit(rt, one, seen, i, 1s);
      rt.run_until_idle();
    }
    EXPECT_TRUE(seen.entered.empty());
    one.open();
    rt.run_until_idle();
    EXPECT_EQ(seen.entered, std::vector{0});
    EXPECT_FALSE(one.try_enter());
    rt.advance(10s);
    EXPECT_EQ(seen.entered, (std::vector{0, 1, 2, 3, 4}));
    EXPECT_EQ(seen.most, 1);
    EXPECT_TRUE(one.try_enter());
    one.leave();
  });
}

TEST(gate, shut_it_keeps_those_who_wait_and_lets_out_who_is_inside) {
  for_seeds(50, [](std::uint64_t seed) {
    gate one;
    log seen;
    deterministic_runtime rt(seed);
    one.open();
    visit(rt, one, seen, 0, 1s);
    rt.run_until_idle();
    visit(rt, one, seen, 1, 1s);
    rt.run_until_idle();
    one.shut();
    rt.advance(5s);
    EXPECT_EQ(seen.done.size(), 1U);
    EXPECT_EQ(seen.entered, std::vector{0});
    one.open();
    one.open();
    rt.advance(5s);
    EXPECT_EQ(seen.entered, (std::vector{0, 1}));
  });
}

TEST(gate, opened_while_somebody_is_inside_it_lets_nobody_in_beside) {
  for_seeds(50, [](std::uint64_t seed) {
    gate one;
    log seen;
    deterministic_runtime rt(seed);
    one.open();
    visit(rt, one, seen, 0, 1s);
    rt.run_until_idle();
    visit(rt, one, seen, 1, 1s);
    rt.run_until_idle();
    one.shut();
    one.open();
    rt.advance(5s);
    EXPECT_EQ(seen.most, 1);
    EXPECT_EQ(seen.done.size(), 2U);
  });
}

TEST(gate, ended_it_refuses_all_until_it_is_opened_again) {
  for_seeds(50, [](std::uint64_t seed) {
    gate one;
    log seen;
    deterministic_runtime rt(seed);
    one.open();
    visit(rt, one, seen, 0, 1s);
    rt.run_until_idle();
    visit(rt, one, seen, 1, 1s);
    visit(rt, one, seen, 2, 1s);
    rt.run_until_idle();
    one.end();
    rt.run_until_idle();
    ASSERT_EQ(seen.done.size(), 2U);
    for (const auto& [who, outcome] : seen.done) EXPECT_EQ(outcome.error(), errc::actor_stopped);
    visit(rt, one, seen, 3, 1s);
    rt.run_until_idle();
    EXPECT_EQ(seen.done.back().second.error(), errc::actor_stopped);
    rt.advance(5s);
    EXPECT_FALSE(one.try_enter());
    one.open();
    visit(rt, one, seen, 4, 0s);
    rt.run_until_idle();
    EXPECT_EQ(seen.entered, (std::vector{0, 4}));
  });
}

// Whatever ends a wait at the same moment, the gate is free for the next one in the end.
TEST(gate, is_never_lost_where_admission_meets_cancellation_and_the_end) {
  for_seeds(500, [](std::uint64_t seed) {
    gate one;
    log seen;
    deterministic_runtime rt(seed);
    const cancelable_context ctx = rt.root_context().with_cancel();
    one.open();
    visit(rt, one, seen, 0, 1s);
    rt.run_until_idle();
    std::vector<troupe::join_handle<void>> waiting;
    for (int i = 1; i <= 3; ++i) {
      waiting.push_back(visit(rt, one, seen, i, 0s, &ctx));
      rt.run_until_idle();
    }
    start(rt, [&]() -> task<> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      if (seed % 3 == 0) ctx.cancel();
      if (seed % 3 == 1) waiting[seed % 2].cancel();
      if (seed % 3 == 2) one.end();
    });
    rt.advance(2s);
    EXPECT_EQ(seen.done.size(), 4U) << "somebody waits for ever";
    EXPECT_EQ(seen.inside, 0);
    EXPECT_EQ(seen.most, 1);
    one.open();
    EXPECT_TRUE(one.try_enter()) << "it is lost";
    one.leave();
  });
}

TEST(gate, a_visitor_that_is_destroyed_while_it_waits_leaves_the_list) {
  for_seeds(30, [](std::uint64_t seed) {
    gate one;
    log seen;
    {
      deterministic_runtime rt(seed);
      one.open();
      visit(rt, one, seen, 0, 1h);
      rt.run_until_idle();
      for (int i = 1; i <= 3; ++i) visit(rt, one, seen, i, 1h);
      for (std::uint64_t i = 0; i != seed % 7; ++i) rt.step();
    }
    one.shut();
    one.open();
    EXPECT_TRUE(one.try_enter());
    one.leave();
  });
}

TEST(gate, two_gates_that_are_entered_crosswise_are_a_cycle) {
  for_seeds(100, [](std::uint64_t seed) {
    gate a;
    gate b;
    int refused = 0;
    int done = 0;
    deterministic_runtime rt(seed);
    a.open();
    b.open();
    const auto cross = [&](gate& first, gate& second) {
      start(rt, [&]() -> task<> {
        EXPECT_TRUE(co_await first.enter(nullptr));
        const gate_pass in(first);
        static_cast<void>(co_await troupe::sleep_for(1ms));
        if (auto entered = co_await second.enter(nullptr); !entered) {
          EXPECT_EQ(entered.error(), errc::call_cycle);
          ++refused;
        } else {
          second.leave();
        }
        ++done;
      });
    };
    cross(a, b);
    cross(b, a);
    rt.advance(1s);
    EXPECT_EQ(done, 2) << "they wait for each other";
    EXPECT_EQ(refused, 1);
  });
}

// Those who wait for a gate wait for whoever is inside now, not for who was when they came.
TEST(gate, who_has_gone_out_is_waited_for_no_longer) {
  for_seeds(100, [](std::uint64_t seed) {
    gate a;
    gate b;
    std::vector<std::string> errors;
    int done = 0;
    deterministic_runtime rt(seed);
    a.open();
    b.open();
    // `first` is in a, then wants b. `second` is in b, and waits for a behind `first` and `next`.
    start(rt, [&]() -> task<> {
      EXPECT_TRUE(co_await a.enter(nullptr));
      static_cast<void>(co_await troupe::sleep_for(10ms));
      a.leave();
      const auto entered = co_await b.enter(nullptr);
      if (entered) b.leave();
      if (!entered) errors.push_back(entered.error().message());
      ++done;
    });
    rt.advance(1ms);
    start(rt, [&]() -> task<> {
      EXPECT_TRUE(co_await a.enter(nullptr));
      static_cast<void>(co_await troupe::sleep_for(10ms));
      a.leave();
      ++done;
    });
    rt.advance(1ms);
    start(rt, [&]() -> task<> {
      EXPECT_TRUE(co_await b.enter(nullptr));
      const auto entered = co_await a.enter(nullptr);
      if (entered) a.leave();
      if (!entered) errors.push_back(entered.error().message());
      b.leave();
      ++done;
    });
    rt.advance(1s);
    EXPECT_EQ(done, 3);
    EXPECT_TRUE(errors.empty()) << errors.front();
  });
}

}  // namespace

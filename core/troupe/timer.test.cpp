#include <troupe/timer.hpp>

#include <troupe/cast_inbox.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/runtime.hpp>
#include <troupe/select.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::every;
using troupe::result;
using troupe::select;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

// Tests end with rt.shutdown() where fibers may still wait on what is destroyed before the runtime.

TEST(sleep, ends_in_the_order_of_time) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<int> order;
    const auto begin = rt.now();
    for (const int n : {3, 1, 2}) {
      start(rt, [&, n]() -> task<> {
        EXPECT_TRUE(co_await troupe::sleep_for(std::chrono::seconds(n)));
        EXPECT_EQ(rt.now(), begin + std::chrono::seconds(n));
        order.push_back(n);
      });
    }
    start(rt, [&]() -> task<> {
      EXPECT_TRUE(co_await troupe::sleep_until(begin + 2500ms));
      EXPECT_EQ(rt.now(), begin + 2500ms);
      order.push_back(25);
    });
    rt.run_until_idle();
    EXPECT_TRUE(order.empty());
    rt.advance(3s);
    EXPECT_EQ(order, (std::vector{1, 2, 25, 3}));
    rt.shutdown();
  });
}

TEST(sleep, not_positive_only_lets_others_run) {
  deterministic_runtime rt;
  const auto begin = rt.now();
  run(rt, [&]() -> task<> {
    EXPECT_TRUE(co_await troupe::sleep_for(0s));
    EXPECT_TRUE(co_await troupe::sleep_for(-1s));
    EXPECT_TRUE(co_await troupe::sleep_for(context::background(), 0s));
    EXPECT_TRUE(co_await troupe::sleep_until(begin));
    EXPECT_TRUE(co_await troupe::sleep_until(begin - 1s));
  });
  EXPECT_EQ(rt.now(), begin);
  rt.shutdown();
}

TEST(sleep, of_the_least_duration_there_is_does_not_last_for_ever) {
  deterministic_runtime rt;
  auto sleeper = start(
      rt, []() -> task<> { EXPECT_TRUE(co_await troupe::sleep_for(troupe::duration::min())); });
  rt.run_until_idle();
  EXPECT_TRUE(sleeper.done());
  rt.shutdown();
}

TEST(sleep, ends_with_its_context_or_its_actor) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const auto scope = rt.root_context().with_cancel();
    const context timed = rt.root_context().with_timeout(1s);
    std::vector<std::optional<result<>>> got(4);
    auto own = start(rt, [&]() -> task<> { got[0] = co_await troupe::sleep_for(1h); });
    start(rt, [&]() -> task<> { got[1] = co_await troupe::sleep_for(scope, 1h); });
    start(rt, [&]() -> task<> { got[2] = co_await troupe::sleep_for(timed, 1h); });
    auto deaf = start(
        rt, [&]() -> task<> { got[3] = co_await troupe::sleep_for(context::background(), 1h); });
    rt.run_until_idle();
    own.cancel();
    deaf.cancel();
    scope.cancel();
    rt.advance(1s);
    ASSERT_TRUE(got[0] && got[1] && got[2]);
    EXPECT_EQ(got[0]->error(), errc::canceled);
    EXPECT_EQ(got[1]->error(), errc::canceled);
    EXPECT_EQ(got[2]->error(), errc::deadline_exceeded);
    EXPECT_FALSE(got[3]);
    rt.advance(1h);
    EXPECT_TRUE(got[3] && *got[3]);
    EXPECT_FALSE(rt.next_timer());
    rt.shutdown();
  });
}

TEST(sleep, cannot_be_awaited_outside_of_a_runtime) {
  EXPECT_THROW(troupe::internal::await_outside([] { return troupe::sleep_for(1s); }),
               troupe::usage_error);
}

TEST(every, wants_a_positive_period) {
  EXPECT_THROW(every{0s}, troupe::usage_error);
  EXPECT_THROW(every{-1s}, troupe::usage_error);
  every good(1s);
  EXPECT_EQ(good.period(), 1s);
  EXPECT_THROW(good.reset(0s), troupe::usage_error);
  good.reset(2s);
  EXPECT_EQ(good.period(), 2s);
}

TEST(every, keeps_its_beat_and_does_not_pile_up) {
  deterministic_runtime rt;
  std::vector<troupe::duration> ticks;
  const auto begin = rt.now();
  auto fiber = start(rt, [&]() -> task<> {
    every beat(1s);
    for (int i = 0; i < 5; ++i) {
      static_cast<void>(co_await select(beat));
      ticks.push_back(rt.now() - begin);
      if (i == 1) static_cast<void>(co_await troupe::sleep_for(2700ms));
    }
  });
  rt.advance(10s);
  EXPECT_TRUE(fiber.done());
  EXPECT_EQ(ticks, (std::vector<troupe::duration>{1s, 2s, 4700ms, 5s, 6s}));
  EXPECT_FALSE(rt.next_timer()) << "its timer goes with it";
  rt.shutdown();
}

TEST(every, is_silent_when_stopped_and_begins_anew_when_reset) {
  troupe::cast_inbox<int> in(4);  // outlives the runtime, whose end cancels the wait
  std::vector<troupe::duration> ticks;
  deterministic_runtime rt;
  const auto begin = rt.now();
  start(rt, [&]() -> task<> {
    every beat(1s);
    for (;;) {
      auto got = co_await select(in, beat);
      if (got.canceled()) co_return;
      if (auto* said = got.get<0>()) {
        if (said->value() == 0) beat.stop();
        if (said->value() > 0) beat.reset(std::chrono::seconds(said->value()));
      } else {
        ticks.push_back(rt.now() - begin);
      }
    }
  });
  rt.advance(1500ms);
  EXPECT_TRUE(in.try_cast(0));
  rt.advance(10s);
  EXPECT_EQ(ticks, (std::vector<troupe::duration>{1s}));
  EXPECT_TRUE(in.try_cast(3));  // at 11.5 s
  rt.advance(7s);
  EXPECT_EQ(ticks, (std::vector<troupe::duration>{1s, 14500ms, 17500ms}));
  rt.shutdown();
}

TEST(every, may_change_its_place_among_the_sources) {
  deterministic_runtime rt;
  troupe::cast_inbox<int> in(4);
  std::vector<std::size_t> chosen;
  start(rt, [&]() -> task<> {
    every beat(1s);
    chosen.push_back((co_await select(in, beat)).index());
    chosen.push_back((co_await select(beat, in)).index());
    chosen.push_back((co_await select(in, troupe::after(1h), beat)).index());
  });
  rt.advance(5s);
  EXPECT_EQ(chosen, (std::vector<std::size_t>{1, 0, 2}));
  rt.shutdown();
}

TEST(every, may_be_reset_before_its_first_wait) {
  deterministic_runtime rt;
  troupe::cast_inbox<int> in(4);
  std::optional<std::size_t> chosen;
  start(rt, [&]() -> task<> {
    every beat(1s);
    beat.reset(2s);
    chosen = (co_await select(in, beat)).index();
  });
  rt.advance(1s);
  EXPECT_FALSE(chosen);
  rt.advance(1s);
  EXPECT_EQ(chosen, 1U);
  rt.shutdown();
}

// As that of an actor that is spawned in one after the other. The clocks are not the same.
TEST(every, goes_on_in_another_runtime) {
  for (const bool is_due : {false, true}) {
    every tick(1s);
    const auto wait = [&tick]() -> task<> { static_cast<void>(co_await select(tick)); };
    {
      deterministic_runtime first;
      first.advance(1h);
      const auto waiting = start(first, wait);
      first.advance(1s);
      EXPECT_TRUE(waiting.done());
      if (is_due) first.advance(1s);
    }
    deterministic_runtime second;
    const auto waiting = start(second, wait);
    second.run_until_idle();
    EXPECT_EQ(waiting.done(), is_due);
    second.advance(1s);
    EXPECT_TRUE(waiting.done());
    const auto again = start(second, wait);
    second.advance(1s);
    EXPECT_TRUE(again.done());
    second.shutdown();
  }
}

// It must not be given back to a runtime that has gone.
TEST(every, outlives_a_runtime_that_it_was_reset_in) {
  every tick(1s);
  const auto wait = [&tick]() -> task<> { static_cast<void>(co_await select(tick)); };
  {
    deterministic_runtime first;
    const auto waiting = start(first, wait);
    first.advance(1s);
    EXPECT_TRUE(waiting.done());
  }
  {
    deterministic_runtime second;
    run(second, [&tick]() -> task<> {
      tick.reset(2s);
      co_return;
    });
    const auto waiting = start(second, wait);
    second.advance(2s);
    EXPECT_TRUE(waiting.done());
  }
}

// A fiber whose inbox never empties lets the others run.
TEST(budget, an_inbox_that_never_empties_does_not_hold_up_the_worker) {
  troupe::runtime rt({.workers = 1});
  troupe::cast_inbox<int> in(2);
  EXPECT_TRUE(in.try_cast(1));
  std::atomic<bool> other_ran{false};
  std::atomic<bool> gave_up{false};
  auto busy = start(rt, [&]() -> task<> {
    for (long i = 0; !other_ran; ++i) {
      static_cast<void>(co_await in.receive());
      static_cast<void>(co_await in.cast(1));
      if (i == 10'000'000) {
        gave_up = true;
        break;
      }
    }
  });
  auto other = start(rt, [&]() -> task<> {
    other_ran = true;
    co_return;
  });
  rt.block_on(busy);
  rt.block_on(other);
  EXPECT_FALSE(gave_up);
}

}  // namespace

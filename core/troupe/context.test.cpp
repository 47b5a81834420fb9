#include <troupe/context.hpp>

#include <troupe/call_inbox.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/event.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

TEST(context, background_never_ends) {
  const context ctx;
  EXPECT_EQ(ctx, context::background());
  EXPECT_FALSE(ctx.err());
  EXPECT_EQ(ctx.deadline(), troupe::never);
  EXPECT_FALSE(ctx.stop_token().stop_possible());
  EXPECT_EQ(context::current(), context::background()) << "outside of an actor";
}

TEST(context, cancel_reaches_all_below_and_nothing_above) {
  const auto top = context::background().with_cancel();
  const auto middle = context::with_cancel(top);
  const auto side = top.with_cancel();
  const context leaf = middle.with_timeout(1h).with_cancel();
  middle.cancel();
  middle.cancel();
  EXPECT_FALSE(top.err());
  EXPECT_FALSE(side.err());
  EXPECT_EQ(middle.err(), errc::canceled);
  EXPECT_EQ(leaf.err(), errc::canceled);
  EXPECT_EQ(middle.with_cancel().err(), errc::canceled) << "born canceled";
  top.cancel();
  EXPECT_EQ(side.err(), errc::canceled);
}

TEST(context, dropping_one_cancels_nothing) {
  auto top = std::make_unique<troupe::cancelable_context>(context::background().with_cancel());
  const context leaf = top->with_cancel();
  const troupe::cancelable_context copy = *top;
  top.reset();
  EXPECT_FALSE(leaf.err());
  copy.cancel();
  EXPECT_EQ(leaf.err(), errc::canceled);
}

TEST(context, a_chain_may_be_very_deep) {
  const auto top = context::background().with_cancel();
  context leaf = top;
  for (int i = 0; i < 100'000; ++i) leaf = leaf.with_cancel();
  EXPECT_FALSE(leaf.err());
  top.cancel();
  EXPECT_EQ(leaf.err(), errc::canceled);
  leaf = context();  // the whole chain goes
}

TEST(context, may_have_many_children_that_come_and_go) {
  const auto top = context::background().with_cancel();
  std::vector<context> kept;
  for (int i = 0; i < 10'000; ++i) {
    const context child = top.with_cancel();
    if (i % 3 == 0) kept.push_back(child);
  }
  for (std::size_t i = 0; i < kept.size(); i += 2) kept[i] = context();
  top.cancel();
  for (std::size_t i = 1; i < kept.size(); i += 2) EXPECT_EQ(kept[i].err(), errc::canceled);
}

TEST(context, the_nearest_deadline_of_all_holds) {
  deterministic_runtime rt;
  const context outer = rt.root_context().with_timeout(5s);
  const context longer = outer.with_timeout(10s);
  const context shorter = outer.with_deadline(rt.now() + 2s);
  EXPECT_EQ(longer.deadline(), rt.now() + 5s);
  EXPECT_EQ(shorter.deadline(), rt.now() + 2s);
  EXPECT_EQ(longer.with_cancel().deadline(), rt.now() + 5s);
  EXPECT_FALSE(rt.next_timer()) << "nobody waits: no timer";
  rt.advance(2s);
  EXPECT_EQ(shorter.err(), errc::deadline_exceeded);
  EXPECT_FALSE(longer.err());
  rt.advance(3s);
  EXPECT_EQ(longer.err(), errc::deadline_exceeded);
  EXPECT_EQ(outer.err(), errc::deadline_exceeded);
  EXPECT_FALSE(rt.root_context().err());
}

TEST(context, the_first_reason_stays) {
  deterministic_runtime rt;
  const auto first = rt.root_context().with_timeout(1s).with_cancel();
  first.cancel();
  const context second = rt.root_context().with_timeout(1s);
  const auto below = second.with_cancel();
  rt.advance(1s);
  EXPECT_EQ(first.err(), errc::canceled);
  EXPECT_EQ(below.err(), errc::deadline_exceeded);
  below.cancel();
  EXPECT_EQ(below.err(), errc::deadline_exceeded);
}

TEST(context, a_deadline_may_be_past_or_out_of_reach) {
  deterministic_runtime rt;
  EXPECT_EQ(rt.root_context().with_timeout(0s).err(), errc::deadline_exceeded);
  EXPECT_EQ(rt.root_context().with_timeout(-1s).err(), errc::deadline_exceeded);
  EXPECT_EQ(rt.root_context().with_timeout(troupe::duration::max()).deadline(), troupe::never);
  EXPECT_EQ(context::background().with_timeout(-1s).err(), errc::deadline_exceeded);
  EXPECT_FALSE(context::background().with_timeout(1h).err());
}

TEST(context, its_end_wakes_those_who_wait_for_it) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const auto scope = rt.root_context().with_cancel();
    const context timed = scope.with_timeout(2s);
    std::vector<std::optional<troupe::error>> why(4);
    start(rt, [&]() -> task<> { why[0] = co_await scope.done(); });
    start(rt, [&]() -> task<> { why[1] = co_await timed.done(); });
    start(rt, [&]() -> task<> { why[2] = co_await timed.with_timeout(1s).done(); });
    auto own = start(rt, [&]() -> task<> { why[3] = co_await context::current().done(); });
    rt.run_until_idle();
    rt.advance(1s);
    EXPECT_EQ(why[2], errc::deadline_exceeded);
    EXPECT_FALSE(why[1]);
    rt.advance(1s);
    EXPECT_EQ(why[1], errc::deadline_exceeded);
    EXPECT_FALSE(why[0] || why[3]);
    own.cancel();
    scope.cancel();
    EXPECT_FALSE(why[0]) << "a wake-up goes through the run queue";
    rt.run_until_idle();
    EXPECT_EQ(why[0], errc::canceled);
    EXPECT_EQ(why[3], errc::canceled);
    EXPECT_EQ(rt.alive(), 0U);
  });
}

TEST(context, a_fiber_ends_what_it_left_behind) {
  deterministic_runtime rt;
  context left;
  run(rt, [&]() -> task<> {
    left = context::current().with_timeout(1h);
    EXPECT_NE(context::current(), context::background());
    EXPECT_FALSE(left.err());
    co_return;
  });
  EXPECT_EQ(left.err(), errc::canceled);
}

TEST(context, gives_a_stop_token) {
  deterministic_runtime rt;
  const auto scope = rt.root_context().with_cancel();
  const std::stop_token token = scope.with_cancel().stop_token();
  const context kept = scope.with_cancel();
  const std::stop_token mine = kept.stop_token();
  int calls = 0;
  const std::stop_callback told(mine, [&] { ++calls; });
  EXPECT_TRUE(mine.stop_possible());
  EXPECT_FALSE(mine.stop_requested());
  scope.cancel();
  EXPECT_TRUE(mine.stop_requested());
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(kept.stop_token().stop_requested());
  EXPECT_TRUE(scope.with_cancel().stop_token().stop_requested()) << "born canceled";
}

TEST(context, a_stop_token_tells_of_a_deadline_within_a_runtime) {
  deterministic_runtime rt;
  std::stop_token token;
  const context timed = rt.root_context().with_timeout(1s);
  run(rt, [&]() -> task<> {
    token = timed.stop_token();
    co_return;
  });
  EXPECT_FALSE(token.stop_requested());
  rt.advance(1s);
  EXPECT_TRUE(token.stop_requested());
}

TEST(context, is_made_from_a_stop_token) {
  std::stop_source source;
  const context ctx = context::from(context::background(), source.get_token());
  const auto above = context::background().with_cancel();
  const context below = context::from(above, source.get_token()).with_cancel();
  EXPECT_FALSE(ctx.err());
  source.request_stop();
  EXPECT_EQ(ctx.err(), errc::canceled);
  EXPECT_EQ(below.err(), errc::canceled);
  EXPECT_FALSE(above.err());
  EXPECT_EQ(context::from(above, source.get_token()).err(), errc::canceled);

  std::stop_source other;
  const context second = context::from(above, other.get_token());
  above.cancel();
  EXPECT_EQ(second.err(), errc::canceled);
  EXPECT_FALSE(other.stop_requested());
  {
    const context gone = context::from(context::background(), other.get_token());
  }
  other.request_stop();  // there is nobody left to be told
}

TEST(context, survives_its_runtime) {
  context root;
  context left;
  context timed;
  {
    deterministic_runtime rt;
    root = rt.root_context();
    timed = rt.root_context().with_timeout(1h);
    run(rt, [&]() -> task<> {
      left = context::current().with_timeout(1h);
      co_return;
    });
  }
  EXPECT_EQ(root.err(), errc::canceled);
  EXPECT_EQ(timed.err(), errc::canceled);
  EXPECT_EQ(left.err(), errc::canceled);
  EXPECT_EQ(root.with_timeout(1s).err(), errc::canceled);
  EXPECT_EQ(left.with_timeout(1s).err(), errc::canceled);
  EXPECT_TRUE(left.stop_token().stop_requested());
  EXPECT_TRUE(timed.with_cancel().stop_token().stop_requested());
}

TEST(context, may_be_ended_and_left_by_many_threads_at_once) {
  for (int round = 0; round < 50; ++round) {
    const auto top = context::background().with_cancel();
    std::atomic<int> told{0};
    {
      std::vector<std::jthread> all;
      for (int t = 0; t < 4; ++t) {
        all.emplace_back([&top, &told, t] {
          std::vector<context> mine;
          for (int i = 0; i < 50; ++i) {
            mine.push_back((i % 3 == 0 ? context(top) : mine.back()).with_cancel());
            const std::stop_callback call(mine.back().stop_token(), [&] { ++told; });
            if (i == 25 && t == 0) top.cancel();
            if (i % 5 == 0 && i != 0) mine[mine.size() / 2] = top;
          }
          if (t == 1) top.cancel();
          for (const context& one : mine) static_cast<void>(one.err());
        });
      }
    }
    EXPECT_EQ(top.err(), errc::canceled);
    EXPECT_GE(told, 1);
  }
}

// One thread asks for the time that is left while a worker sets the timer.
TEST(context, a_deadline_may_be_read_while_its_timer_is_set) {
  troupe::runtime rt({.workers = 2});
  for (int round = 0; round < 100; ++round) {
    const context timed = rt.root_context().with_timeout(200us);
    auto waiting =
        start(rt, [&]() -> task<> { EXPECT_EQ(co_await timed.done(), errc::deadline_exceeded); });
    while (!timed.err()) {
    }
    rt.block_on(waiting);
  }
}

// What an actor that is canceled has to do all the same, in a time that is bounded.
TEST(context, a_shielded_one_ends_by_its_time_and_not_with_the_actor) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    troupe::cast_inbox<int> in(1);
    troupe::call_inbox<int, int> asked(1);
    troupe::event never_set;
    ASSERT_TRUE(in.try_cast(0));
    auto server = start(rt, [&]() -> task<> {
      for (;;) {
        static_cast<void>(co_await troupe::sleep_for(1s));
        static_cast<void>(co_await in.receive());
        auto one = co_await asked.receive();
        if (!one) co_return;
        static_cast<void>(one->reply(one->payload() + 1));
      }
    });
    bool done = false;
    auto canceled = start(rt, [&]() -> task<> {
      EXPECT_EQ(co_await troupe::sleep_for(1h), std::unexpected(errc::canceled));
      const auto time = context::shielded(10s);
      EXPECT_FALSE(time.err());
      EXPECT_EQ(time.deadline(), rt.now() + 10s);
      EXPECT_TRUE(co_await in.cast(time, 1));  // which has to wait for room
      EXPECT_EQ(co_await asked.call(time, 1), 2);
      EXPECT_TRUE(co_await troupe::sleep_for(time, 1s));
      EXPECT_TRUE(co_await troupe::sleep_for(time.with_cancel(), 1s));
      EXPECT_EQ((co_await never_set.wait(time.with_timeout(1s))).error(), errc::deadline_exceeded);
      EXPECT_EQ((co_await never_set.wait(time)).error(), errc::deadline_exceeded);
      EXPECT_EQ(co_await context::shielded(1s).done(), errc::deadline_exceeded);
      EXPECT_EQ((co_await never_set.wait(context::current().with_timeout(1s))).error(),
                errc::canceled);
      done = true;
    });
    rt.run_until_idle();
    canceled.cancel();
    const auto begin = rt.now();
    while (!done && rt.now() - begin < 20s) rt.advance(1s);
    EXPECT_TRUE(done);
    EXPECT_LE(rt.now() - begin, 12s);
    server.cancel();
    rt.shutdown();
  });
}

TEST(context, done_cannot_be_awaited_outside_of_a_runtime) {
  const auto scope = context::background().with_cancel();
  EXPECT_THROW(troupe::internal::await_outside([&] { return scope.done(); }), troupe::usage_error);
}

}  // namespace

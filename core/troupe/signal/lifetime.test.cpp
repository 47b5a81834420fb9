// Who ends whom: subscriptions by their context, by themselves and by destruction, and what the end
// of a signal means to others. Nobody is left waiting, and nothing is left behind. For restarts see
// signal_restarts.test.cpp.

#include <troupe/signal/compose.hpp>
#include <troupe/signal/periodic_signal.hpp>
#include <troupe/signal/pushed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/runtime.hpp>
#include <troupe/select.hpp>
#include <troupe/serve.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::cancelable_context;
using troupe::context;
using troupe::errc;
using troupe::error;
using troupe::pushed_signal;
using troupe::result;
using troupe::subscription;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

// --- the subscription's end ---

TEST(lifetime, a_subscription_ends_with_its_context_once_what_waits_is_received) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    rt.spawn(one);
    const cancelable_context ctx = rt.root_context().with_cancel();
    auto values = one->subscribe(ctx);
    auto notices = one->watch(ctx);
    auto timed = one->subscribe(rt.root_context().with_timeout(1s));
    EXPECT_TRUE(rt.block_on(one->write(1)));
    ctx.cancel();
    rt.advance(1s);
    EXPECT_EQ(one->subscribers(), 0U);
    EXPECT_TRUE(rt.block_on(one->write(2)));
    EXPECT_EQ(rt.block_on(values.receive()), 1);
    EXPECT_EQ(rt.block_on(values.receive()).error(), errc::canceled);
    EXPECT_TRUE(rt.block_on(notices.receive()));
    EXPECT_EQ(rt.block_on(notices.receive()).error(), errc::canceled);
    EXPECT_EQ(rt.block_on(timed.receive()), 1);
    EXPECT_EQ(rt.block_on(timed.receive()).error(), errc::deadline_exceeded);
  });
}

TEST(lifetime, whoever_waits_is_woken_by_each_kind_of_end) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> by_context;
    taken_down<int> by_deadline;
    taken_down<int> by_signal;
    taken_down<troupe::changed> by_signal_too;
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    auto handle = rt.spawn(one);
    const cancelable_context ctx = rt.root_context().with_cancel();
    take_down(rt, one->subscribe(ctx), by_context);
    take_down(rt, one->subscribe(rt.root_context().with_timeout(1s)), by_deadline);
    take_down(rt, one->subscribe(), by_signal);
    take_down(rt, one->watch(), by_signal_too);
    rt.run_until_idle();
    ctx.cancel();
    rt.run_until_idle();
    ASSERT_TRUE(by_context.end);
    EXPECT_EQ(*by_context.end, errc::canceled);
    EXPECT_FALSE(by_deadline.end);
    rt.advance(1s);
    ASSERT_TRUE(by_deadline.end);
    EXPECT_EQ(*by_deadline.end, errc::deadline_exceeded);
    EXPECT_FALSE(by_signal.end);
    handle.cancel();
    rt.run_until_idle();
    ASSERT_TRUE(by_signal.end && by_signal_too.end);
    EXPECT_EQ(*by_signal.end, errc::actor_stopped);
    EXPECT_NE(by_signal.end->text().find("one"), std::string::npos) << "it names the signal";
    EXPECT_EQ(*by_signal_too.end, errc::actor_stopped);
    EXPECT_EQ(one->subscribers(), 0U);
  });
}

TEST(lifetime, unsubscribing_leaves_what_waits_and_can_be_repeated) {
  deterministic_runtime rt;
  auto one = std::make_shared<pushed_signal<int>>("one");
  rt.spawn(one);
  auto values = one->subscribe();
  EXPECT_TRUE(rt.block_on(one->write(1)));
  values.unsubscribe();
  values.unsubscribe();
  EXPECT_EQ(one->subscribers(), 0U);
  EXPECT_TRUE(rt.block_on(one->write(2)));
  EXPECT_EQ(rt.block_on(values.receive()), 1);
  EXPECT_EQ(rt.block_on(values.receive()).error(), errc::inbox_closed);
}

TEST(lifetime, a_subscription_made_with_an_ended_context_has_ended) {
  deterministic_runtime rt;
  auto one = std::make_shared<pushed_signal<int>>("one");
  rt.spawn(one);
  const cancelable_context ctx = rt.root_context().with_cancel();
  ctx.cancel();
  auto values = one->subscribe(ctx);
  EXPECT_EQ(one->subscribers(), 0U);
  EXPECT_EQ(rt.block_on(values.receive()).error(), errc::canceled);
}

TEST(lifetime, a_subscription_whose_context_ends_while_it_is_destroyed_is_gone) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    rt.spawn(one);
    {
      const cancelable_context ctx = rt.root_context().with_cancel();
      auto values = std::make_unique<subscription<int>>(one->subscribe(ctx));
      EXPECT_TRUE(rt.block_on(one->write(1)));
      if (seed % 2 == 0) values.reset();
      ctx.cancel();
    }
    EXPECT_EQ(one->subscribers(), 0U);
    EXPECT_TRUE(rt.block_on(one->write(2)));
  });
}

// The context is that of the fiber that subscribes, and so nothing seems to be left to do when it
// ends; but another fiber is the one that waits.
TEST(lifetime, a_subscription_with_a_fibers_own_context_ends_with_it_wherever_it_has_gone) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    rt.spawn(one);
    rt.spawn(troupe::make_actor("subscriber", [&](context ctx, troupe::logger&) -> task<result<>> {
      take_down(rt, one->subscribe(ctx), seen);
      static_cast<void>(co_await troupe::sleep_for(1s));
      co_return result<>();
    }));
    rt.run_until_idle();
    EXPECT_EQ(one->subscribers(), 1U);
    rt.advance(1s);
    EXPECT_EQ(one->subscribers(), 0U);
    ASSERT_TRUE(seen.end) << "it waits for ever";
    EXPECT_EQ(*seen.end, errc::canceled);
  });
}

// Where they are made nobody has a timer; whoever receives in a runtime has.
TEST(lifetime, a_deadline_from_outside_of_a_runtime_ends_a_subscription_that_is_received_from) {
  auto one = std::make_shared<pushed_signal<int>>("one");
  const auto soon = [] { return context::background().with_timeout(20ms); };
  subscription<int> received = one->subscribe(soon());
  subscription<int> selected = one->subscribe(soon());
  subscription<int> served = one->subscribe(soon());
  auto watched = one->watch(soon());
  std::vector<std::optional<error>> ends(2);
  std::optional<result<>> loop_end;
  troupe::runtime rt({.workers = 1});
  rt.spawn(one);
  const context limit = rt.root_context().with_timeout(5s);
  const auto ended = [&](auto receive) {
    return rt.block_on(start(rt, std::move(receive)).wait(limit)).has_value();
  };
  EXPECT_TRUE(ended([&]() -> task<> { ends[0] = (co_await received.receive()).error(); }));
  EXPECT_TRUE(ended([&]() -> task<> {
    auto got = co_await troupe::select(selected);
    if (auto* value = got.get<0>()) ends[1] = value->error();
  }));
  EXPECT_TRUE(ended([&]() -> task<> {
    loop_end = co_await troupe::serve(context::background(), troupe::on(served, [](int) {}));
  }));
  auto got = rt.block_on(troupe::select(watched, troupe::after(5s)));
  ASSERT_NE(got.get<0>(), nullptr) << "it waits for ever";
  EXPECT_EQ(got.get<0>()->error(), errc::deadline_exceeded);
  for (const auto& end : ends) {
    ASSERT_TRUE(end);
    EXPECT_EQ(*end, errc::deadline_exceeded);
  }
  ASSERT_TRUE(loop_end);
  EXPECT_TRUE(*loop_end) << "all that it serves has ended";
  EXPECT_EQ(one->subscribers(), 0U);
}

TEST(lifetime, a_fiber_that_is_canceled_while_it_receives_is_told_so) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    rt.spawn(one);
    auto handle = take_down(rt, one->subscribe(), seen);
    rt.run_until_idle();
    handle.cancel();
    rt.run_until_idle();
    ASSERT_TRUE(seen.end);
    EXPECT_EQ(*seen.end, errc::canceled);
    EXPECT_EQ(one->subscribers(), 0U);
  });
}

// --- the signal's end ---

TEST(lifetime, a_subscription_may_outlive_its_signal) {
  std::optional<subscription<std::string>> values;
  {
    deterministic_runtime rt;
    auto one = std::make_shared<pushed_signal<std::string>>("one");
    rt.spawn(one);
    values.emplace(one->subscribe());
    EXPECT_TRUE(rt.block_on(one->write("the last words, too long to be held in place")));
  }
  deterministic_runtime rt;
  EXPECT_TRUE(rt.block_on(values->receive()));
  const auto end = rt.block_on(values->receive());
  EXPECT_EQ(end.error(), errc::actor_stopped);
  EXPECT_NE(end.error().message().find("one"), std::string::npos);
}

TEST(lifetime, a_signal_that_is_never_started_ends_its_subscriptions_when_it_is_destroyed) {
  auto one = std::make_shared<pushed_signal<int>>("one");
  auto values = one->subscribe();
  auto notices = one->watch();
  one.reset();
  deterministic_runtime rt;
  EXPECT_EQ(rt.block_on(values.receive()).error(), errc::actor_stopped);
  EXPECT_EQ(rt.block_on(notices.receive()).error(), errc::actor_stopped);
}

TEST(lifetime, who_subscribes_to_a_signal_that_has_ended_is_given_its_last_value_and_the_end) {
  deterministic_runtime rt;
  auto one = std::make_shared<pushed_signal<int>>(
      "one", troupe::signal_options<int>{.notify_on_subscribe = true});
  auto handle = rt.spawn(one);
  EXPECT_TRUE(rt.block_on(one->write(5)));
  handle.cancel();
  rt.run_until_idle();
  auto values = one->subscribe();
  EXPECT_EQ(rt.block_on(values.receive()), 5);
  EXPECT_EQ(rt.block_on(values.receive()).error(), errc::actor_stopped);
  EXPECT_EQ(one->read(), 5);
}

TEST(lifetime, a_computed_signal_over_one_that_has_ended_takes_its_last_value) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto gone = std::make_shared<pushed_signal<int>>("gone");
    auto handle = rt.spawn(gone);
    EXPECT_TRUE(rt.block_on(gone->write(5)));
    handle.cancel();
    rt.run_until_idle();
    auto alive = std::make_shared<pushed_signal<int>>("alive");
    auto sum = troupe::combine([](int a, int b) { return a + b; }, gone, alive);
    rt.spawn(alive);
    rt.spawn(sum);
    EXPECT_TRUE(rt.block_on(alive->write(1)));
    rt.run_until_idle();
    EXPECT_EQ(sum->read(), 6);
    EXPECT_FALSE(sum->has_ended());
  });
}

TEST(lifetime, computed_signals_end_when_all_that_they_are_made_from_has) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    deterministic_runtime rt(seed);
    auto a = std::make_shared<pushed_signal<int>>("a");
    auto b = std::make_shared<pushed_signal<int>>("b");
    auto sum = troupe::combine([](int x, int y) { return x + y; }, a, b);
    auto twice = troupe::map(sum, [](int n) { return 2 * n; });
    auto a_runs = rt.spawn(a);
    auto b_runs = rt.spawn(b);
    rt.spawn(sum);
    auto twice_runs = rt.spawn(twice);
    take_down(rt, twice->subscribe(), seen);
    EXPECT_TRUE(rt.block_on(a->write(1)));
    EXPECT_TRUE(rt.block_on(b->write(2)));
    rt.run_until_idle();
    a_runs.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(b->write(3)));
    rt.run_until_idle();
    EXPECT_EQ(twice->read(), 8);
    EXPECT_FALSE(sum->has_ended());
    EXPECT_TRUE(rt.block_on(b->write(4)));
    b_runs.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(sum->has_ended());
    EXPECT_TRUE(twice->has_ended());
    EXPECT_EQ(seen.values, (std::vector{6, 8, 10})) << "what was published before still comes";
    ASSERT_TRUE(seen.end);
    EXPECT_EQ(*seen.end, errc::actor_stopped);
    EXPECT_EQ(rt.block_on(twice_runs)->kind(), troupe::exit_kind::clean);
  });
}

// --- the runtime's end ---

TEST(lifetime, a_runtime_that_is_destroyed_in_the_middle_of_everything_leaks_nothing) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<std::string> seen;
    auto one = std::make_shared<pushed_signal<std::string>>("one");
    auto loud = troupe::map(one, [](std::string s) -> task<std::string> {
      static_cast<void>(co_await troupe::sleep_for(1ms));
      co_return s + "!";
    });
    auto both = troupe::combine([](const std::string& a, const std::string& b) { return a + b; },
                                one, loud);
    auto idle = both->subscribe();
    deterministic_runtime rt(seed);
    troupe::internal::run_tree(rt, {}, both);
    take_down(rt, both->subscribe(), seen);
    start(rt, [one]() -> task<> {
      for (int n = 0;; ++n) {
        if (!co_await one->write(std::to_string(n) + std::string(50, '.'))) co_return;
        if (!co_await troupe::sleep_for(100us)) co_return;
      }
    });
    for (std::uint64_t i = 0; i != 3 * seed; ++i) rt.step();
    rt.advance(1ms * (seed % 5));
  });
}

}  // namespace

#include <troupe/select.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::call_inbox;
using troupe::cast_inbox;
using troupe::context;
using troupe::errc;
using troupe::select;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

// Tests end with rt.shutdown() where fibers may still wait on what is destroyed before the runtime.

TEST(select, says_which_source_was_ready_and_gives_its_value) {
  deterministic_runtime rt;
  cast_inbox<std::unique_ptr<int>> casts(2);
  call_inbox<int, int> calls(2);
  run(rt, [&]() -> task<> {
    EXPECT_TRUE(casts.try_cast(std::make_unique<int>(5)));
    auto first = co_await select(calls, casts, context::current().done(), troupe::after(1s));
    EXPECT_EQ(first.index(), 1U);
    EXPECT_FALSE(first.canceled());
    EXPECT_EQ(first.get<0>(), nullptr);
    EXPECT_EQ(first.get<2>(), nullptr);
    EXPECT_EQ(first.get<3>(), nullptr);
    EXPECT_TRUE(first.get<1>() && **first.get<1>() && ***first.get<1>() == 5);
  });
  start(rt, [&]() -> task<> { EXPECT_EQ(co_await calls.call(3), 4); });
  run(rt, [&]() -> task<> {
    auto second = co_await select(calls, casts);
    EXPECT_EQ(second.index(), 0U);
    if (auto* asked = second.get<0>()) EXPECT_TRUE((*asked)->reply((*asked)->payload() + 1));
  });
  rt.run_until_idle();
  EXPECT_EQ(rt.alive(), 0U);
  rt.shutdown();
}

TEST(select, wakes_for_whatever_comes_first) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> a(1);
    cast_inbox<int> b(1);
    const auto scope = context::background().with_cancel();
    std::vector<std::size_t> chosen;
    start(rt, [&]() -> task<> {
      for (int i = 0; i < 4; ++i) {
        auto got = co_await select(a, b, scope.done(), troupe::after(10s));
        chosen.push_back(got.index());
        if (got.index() == 2) EXPECT_EQ(*got.get<2>(), errc::canceled);
      }
    });
    rt.run_until_idle();
    EXPECT_TRUE(b.try_cast(1));
    rt.advance(9s);
    EXPECT_TRUE(a.try_cast(1));
    rt.advance(9s);
    EXPECT_EQ(chosen, (std::vector<std::size_t>{1, 0}));
    rt.advance(1s);
    EXPECT_EQ(chosen, (std::vector<std::size_t>{1, 0, 3}));
    scope.cancel();
    rt.run_until_idle();
    EXPECT_EQ(chosen, (std::vector<std::size_t>{1, 0, 3, 2}));
    EXPECT_FALSE(rt.next_timer()) << "a timer that was not chosen is still set";
    rt.shutdown();
  });
}

TEST(select, leaves_alone_what_it_did_not_choose) {
  for_seeds(100, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> a(4);
    cast_inbox<int> b(4);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(a.try_cast(i) && b.try_cast(i));
    std::array<int, 2> seen{0, 0};
    run(rt, [&]() -> task<> {
      for (int i = 0; i < 8; ++i) {
        auto got = co_await select(a, b);
        EXPECT_EQ(a.size() + b.size(), static_cast<std::size_t>(7 - i));
        const int value = got.index() == 0 ? **got.get<0>() : **got.get<1>();
        EXPECT_EQ(value, seen[got.index()]++);
      }
    });
    rt.shutdown();
  });
}

TEST(select, a_closed_inbox_is_ready) {
  deterministic_runtime rt;
  cast_inbox<int> a(1);
  cast_inbox<int> b(1);
  EXPECT_TRUE(a.try_cast(1));
  a.close();
  run(rt, [&]() -> task<> {
    auto first = co_await select(a, b);
    EXPECT_TRUE(first.index() == 0 && *first.get<0>() == 1);
    auto second = co_await select(b, a, troupe::after(1s));
    EXPECT_TRUE(second.index() == 1 && second.get<1>()->error() == errc::inbox_closed);
  });
  start(rt, [&]() -> task<> {
    auto got = co_await select(b, troupe::after(1s));
    EXPECT_TRUE(got.index() == 0 && got.get<0>()->error() == errc::inbox_closed);
  });
  rt.run_until_idle();
  b.close();
  rt.run_until_idle();
  EXPECT_EQ(rt.alive(), 0U);
  rt.shutdown();
}

TEST(select, is_canceled_with_its_actor) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> a(1);
    bool canceled = false;
    auto fiber = start(rt, [&]() -> task<> {
      auto got = co_await select(a, troupe::after(1h));
      canceled = got.canceled();
      EXPECT_EQ(got.index(), 2U);
      EXPECT_EQ(got.get<0>(), nullptr);
    });
    if (seed % 2 == 0) rt.run_until_idle();
    fiber.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(canceled);
    EXPECT_TRUE(a.try_cast(1));
    EXPECT_EQ(a.size(), 1U);
    EXPECT_FALSE(rt.next_timer());
    rt.shutdown();
  });
}

TEST(select, done_gives_the_reason) {
  deterministic_runtime rt;
  const context timed = rt.root_context().with_timeout(3s);
  std::optional<troupe::error> why;
  start(rt, [&]() -> task<> {
    auto got = co_await select(timed.done());
    why = *got.get<0>();
  });
  rt.advance(2s);
  EXPECT_FALSE(why);
  rt.advance(1s);
  EXPECT_EQ(why, errc::deadline_exceeded);
  run(rt, [&]() -> task<> {
    auto got = co_await select(timed.done(), troupe::after(1h));
    EXPECT_TRUE(got.get<0>() && *got.get<0>() == errc::deadline_exceeded);
  });
  rt.shutdown();
}

TEST(select, after_nothing_is_ready_at_once_and_after_for_ever_never) {
  deterministic_runtime rt;
  cast_inbox<int> a(1);
  EXPECT_EQ(run(rt,
                [&]() -> task<std::size_t> {
                  co_return (co_await select(a, troupe::after(0s))).index();
                }),
            1U);
  start(rt, [&]() -> task<> {
    EXPECT_EQ((co_await select(a, troupe::after(troupe::duration::max()))).index(), 0U);
  });
  rt.advance(std::chrono::hours(24 * 365));
  EXPECT_TRUE(a.try_cast(1));
  rt.run_until_idle();
  EXPECT_EQ(rt.alive(), 0U);
  rt.shutdown();
}

task<> fill(cast_inbox<int>* inbox) {
  static_cast<void>(inbox->try_cast(0));
  co_return;
}

/// How often each of two inboxes that are never empty is chosen.
template <class... More>
std::array<int, 2> share(deterministic_runtime& rt, bool parked_before, cast_inbox<int>& a,
                         cast_inbox<int>& b, More&... more) {
  return run(rt, [&]() -> task<std::array<int, 2>> {
    std::array<int, 2> times{0, 0};
    if (parked_before) {
      troupe::spawn(fill(&a));
      static_cast<void>(co_await select(a, b));
    }
    for (int i = 0; i < 100; ++i) {
      static_cast<void>(a.try_cast(0));
      static_cast<void>(b.try_cast(0));
      auto got = co_await select(a, b, more...);
      if (got.index() < 2) ++times[got.index()];
    }
    co_return times;
  });
}

TEST(select, a_busy_inbox_does_not_starve_another) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> a(1);
    cast_inbox<int> b(1);
    const auto times = share(rt, seed % 2 == 0, a, b);
    EXPECT_GE(times[0], 20);
    EXPECT_GE(times[1], 20);
    rt.shutdown();
  });
}

TEST(select, a_busy_inbox_does_not_starve_another_beside_a_timer_and_a_context) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> a(1);
    cast_inbox<int> b(1);
    troupe::after timer(1h);
    const auto scope = rt.root_context().with_cancel();
    auto done = scope.done();
    const auto times = share(rt, seed % 2 == 0, a, b, timer, done);
    EXPECT_GE(times[0], 20);
    EXPECT_GE(times[1], 20);
    rt.shutdown();
  });
}

// Who sends there waits, so that nothing is in the inbox.
TEST(select, a_busy_inbox_does_not_starve_a_rendezvous_beside_a_timer) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> busy(1);
    cast_inbox<int> hand(0);
    const auto over = rt.root_context().with_cancel();
    over.cancel();
    int sent = 0;
    start(rt, [&]() -> task<> {
      for (++sent; co_await hand.cast(sent); ++sent) {
      }
    });
    rt.run_until_idle();
    run(rt, [&]() -> task<> {
      const auto sends = [&](int times) -> task<> {
        while (sent != times) co_await rt.spawn([]() -> task<> { co_return; }());
      };
      int handed = 0;
      for (int i = 0; i != 64; ++i) {
        co_await sends(handed + 1);
        static_cast<void>(busy.try_cast(0));
        if ((co_await select(busy, hand, troupe::after(1h))).index() == 1) ++handed;
      }
      EXPECT_GE(handed, 20);
      const int before = handed;
      for (int i = 0; i != 64; ++i) {
        co_await sends(handed + 1);
        if ((co_await select(over.done(), hand)).index() == 1) ++handed;
      }
      EXPECT_EQ(handed - before, 60) << "in one of 16 the others come first";
    });
    rt.shutdown();
  });
}

TEST(select, inboxes_go_before_timers_and_contexts) {
  deterministic_runtime rt;
  cast_inbox<int> inbox(10);
  const auto over = rt.root_context().with_cancel();
  over.cancel();
  for (int i = 0; i != 10; ++i) ASSERT_TRUE(inbox.try_cast(i));
  run(rt, [&]() -> task<> {
    for (int i = 0; i != 10; ++i) {
      auto got = co_await select(over.done(), troupe::after(0s), inbox);
      EXPECT_EQ(got.index(), 2U) << "the others are ready, and wait";
    }
    auto got = co_await select(over.done(), troupe::after(0s), inbox);
    EXPECT_EQ(got.index(), 0U) << "of those in the order given";
  });
}

TEST(select, a_busy_inbox_does_not_starve_a_timer_or_a_context) {
  deterministic_runtime rt;
  cast_inbox<int> inbox(100);
  for (int i = 0; i != 100; ++i) ASSERT_TRUE(inbox.try_cast(i));
  const auto over = rt.root_context().with_cancel();
  over.cancel();
  troupe::every tick(1s);
  int ticks = 0;
  std::vector<int> ends;
  auto waiting = start(rt, [&]() -> task<> {
    for (int i = 0; i != 64; ++i) {
      if ((co_await select(over.done(), inbox)).index() == 0) ends.push_back(i);
    }
    static_cast<void>(co_await select(tick));
    static_cast<void>(co_await troupe::sleep_for(1s));
    for (int i = 0; i != 16; ++i) {
      if ((co_await select(tick, inbox)).index() == 0) ++ticks;
    }
  });
  rt.advance(2s);
  EXPECT_TRUE(waiting.done());
  EXPECT_EQ(ends, (std::vector{15, 31, 47, 63}));
  EXPECT_EQ(ticks, 1);
}

TEST(select, a_busy_shared_inbox_does_not_starve_one_of_its_own) {
  for (const bool first : {false, true}) {
    deterministic_runtime rt;
    cast_inbox<int> a(1);
    cast_inbox<int> b(1);
    auto guest =
        start(rt, [&]() -> task<> { static_cast<void>(co_await (first ? a : b).receive()); });
    rt.run_until_idle();
    auto other =
        start(rt, [&]() -> task<> { static_cast<void>(co_await (first ? a : b).receive()); });
    rt.run_until_idle();
    guest.cancel();
    other.cancel();
    rt.run_until_idle();
    const auto times = share(rt, true, a, b);
    EXPECT_GE(times[0], 20) << first;
    EXPECT_GE(times[1], 20) << first;
    rt.shutdown();
  }
}

TEST(select, cannot_be_awaited_outside_of_a_runtime) {
  cast_inbox<int> a(1);
  EXPECT_THROW(troupe::internal::await_outside([&] { return select(a); }), troupe::usage_error);
}

}  // namespace

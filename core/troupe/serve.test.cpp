#include <troupe/serve.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::call_inbox;
using troupe::cast_inbox;
using troupe::context;
using troupe::errc;
using troupe::on;
using troupe::result;
using troupe::serve;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

// Tests end with rt.shutdown() where fibers may still wait on what is destroyed before the runtime.

using box = std::unique_ptr<int>;

/// What serve came to, once it has.
struct served {
  std::optional<result<>> outcome;
  troupe::join_handle<void> fiber;
};

template <class... Bindings>
void start_serving(troupe::runtime& rt, served& into, Bindings... bindings) {
  into.fiber = start(
      rt, [&into, loop = serve(context::background(), std::move(bindings)...)]() mutable -> task<> {
        into.outcome = co_await std::move(loop);
      });
}

TEST(serve, hands_casts_to_plain_functions_and_to_coroutines) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> a(2);
    cast_inbox<box> b(2);
    cast_inbox<int> c(2);
    cast_inbox<int> d(2);
    std::vector<int> seen;
    served one;
    start_serving(rt, one, on(a, [&](int n) { seen.push_back(n); }),
                  on(b,
                     [&](box n) -> result<> {
                       seen.push_back(*n);
                       return {};
                     }),
                  on(c,
                     [&](int n) -> task<> {
                       static_cast<void>(co_await troupe::sleep_for(1s));
                       seen.push_back(n);
                     }),
                  on(d, [&](int n) -> task<result<>> {
                    static_cast<void>(co_await troupe::sleep_for(1s));
                    seen.push_back(n);
                    co_return result<>();
                  }));
    rt.run_until_idle();
    EXPECT_TRUE(a.try_cast(1));
    rt.run_until_idle();
    EXPECT_TRUE(b.try_cast(std::make_unique<int>(2)));
    rt.run_until_idle();
    EXPECT_TRUE(c.try_cast(3));
    rt.run_until_idle();
    EXPECT_TRUE(d.try_cast(4));
    EXPECT_TRUE(a.try_cast(5));
    rt.run_until_idle();
    EXPECT_EQ(seen, (std::vector{1, 2})) << "one message at a time: the third is being handled";
    rt.advance(5s);
    ASSERT_EQ(seen.size(), 5U);
    EXPECT_EQ(seen[2], 3);
    a.close();
    b.close();
    c.close();
    rt.run_until_idle();
    EXPECT_FALSE(one.outcome);
    d.close();
    rt.run_until_idle();
    ASSERT_TRUE(one.outcome);
    EXPECT_TRUE(*one.outcome);
    rt.shutdown();
  });
}

TEST(serve, replies_with_what_the_handler_gives) {
  deterministic_runtime rt;
  call_inbox<int, int> value(1);
  call_inbox<int, int> maybe(1);
  call_inbox<int, box> later(1);
  call_inbox<int, int> later_maybe(1);
  call_inbox<int, void> nothing(1);
  call_inbox<int, void> later_nothing(1);
  call_inbox<int, int> asked(1);
  int told = 0;
  served one;
  start_serving(
      rt, one, on(value, [](int n) { return n + 1; }),
      on(maybe,
         [](int n) -> result<int> {
           if (n < 0) return troupe::fail(errc::refused);
           return n + 2;
         }),
      on(later,
         [](int n) -> task<box> {
           static_cast<void>(co_await troupe::sleep_for(0s));
           co_return std::make_unique<int>(n + 3);
         }),
      on(later_maybe,
         [](int n) -> task<result<int>> {
           if (n < 0) co_return troupe::fail(errc::refused);
           co_return n + 4;
         }),
      on(nothing, [&](int n) { told += n; }),
      on(later_nothing,
         [&](int n) -> task<> {
           told += n;
           co_return;
         }),
      on(asked, [](troupe::request<int, int> r) { EXPECT_TRUE(r.reply(r.payload() + 5)); }));
  EXPECT_EQ(rt.block_on(value.call(1)), 2);
  EXPECT_EQ(rt.block_on(maybe.call(1)), 3);
  EXPECT_EQ(rt.block_on(maybe.call(-1)).error(), errc::refused);
  EXPECT_EQ(**rt.block_on(later.call(1)), 4);
  EXPECT_EQ(rt.block_on(later_maybe.call(1)), 5);
  EXPECT_EQ(rt.block_on(later_maybe.call(-1)).error(), errc::refused);
  EXPECT_TRUE(rt.block_on(nothing.call(10)));
  EXPECT_TRUE(rt.block_on(later_nothing.call(10)));
  EXPECT_EQ(told, 20);
  EXPECT_EQ(rt.block_on(asked.call(1)), 6);
  EXPECT_FALSE(one.outcome) << "an error that was a reply is no error of the actor's";
  rt.shutdown();
}

TEST(serve, ends_with_the_error_of_a_handler) {
  deterministic_runtime rt;
  for (const bool coroutine : {false, true}) {
    cast_inbox<int> in(4);
    served one;
    if (coroutine) {
      start_serving(rt, one, on(in, [](int n) -> task<result<>> {
                      if (n == 2) co_return troupe::fail(errc::refused, "two");
                      co_return result<>();
                    }));
    } else {
      start_serving(rt, one, on(in, [](int n) -> result<> {
                      if (n == 2) return troupe::fail(errc::refused, "two");
                      return {};
                    }));
    }
    for (int i = 1; i < 4; ++i) EXPECT_TRUE(in.try_cast(i));
    rt.run_until_idle();
    ASSERT_TRUE(one.outcome && !*one.outcome);
    EXPECT_EQ(one.outcome->error(), errc::refused);
    EXPECT_EQ(one.outcome->error().text(), "two");
    EXPECT_EQ(in.size(), 1U);
  }
  rt.shutdown();
}

TEST(serve, a_handler_that_throws_fails_its_caller_and_leaves) {
  for (const bool coroutine : {false, true}) {
    deterministic_runtime rt;
    call_inbox<int, int> in(4);
    auto fiber = start(rt, [&]() -> task<result<>> {
      if (coroutine) {
        co_return co_await serve(context::current(), on(in, [](int) -> task<int> {
                                   throw std::runtime_error("no");
                                   co_return 1;
                                 }));
      }
      co_return co_await serve(context::current(),
                               on(in, [](int) -> int { throw std::runtime_error("no"); }));
    });
    EXPECT_EQ(rt.block_on(in.call(1)).error(), errc::no_reply);
    EXPECT_THROW(static_cast<void>(rt.block_on(fiber)), std::runtime_error);
    rt.shutdown();
  }
}

// After it has waited, with a handler that owns something: all of the loop is destroyed once.
TEST(serve, what_threw_can_be_caught_and_the_inbox_served_again) {
  deterministic_runtime rt;
  cast_inbox<int> in(4);
  std::vector<std::string> seen;
  auto fiber = start(rt, [&]() -> task<> {
    for (int round = 0; round != 3; ++round) {
      std::string owned(64, static_cast<char>('a' + round));
      try {
        static_cast<void>(co_await serve(context::current(), on(in, [&seen, owned](int n) {
                                           if (n < 0) throw std::runtime_error("no");
                                           seen.push_back(owned);
                                         })));
      } catch (const std::runtime_error&) {
        seen.emplace_back("caught");
      }
      static_cast<void>(co_await troupe::sleep_for(1ms));
    }
  });
  for (int round = 0; round != 3; ++round) {
    rt.run_until_idle();
    EXPECT_TRUE(in.try_cast(1));
    EXPECT_TRUE(in.try_cast(-1));
    rt.advance(1ms);
  }
  rt.block_on(fiber);
  ASSERT_EQ(seen.size(), 6U);
  for (std::size_t round = 0; round != 3; ++round) {
    EXPECT_EQ(seen[2 * round], std::string(64, static_cast<char>('a' + round)));
    EXPECT_EQ(seen[2 * round + 1], "caught");
  }
}

TEST(serve, ends_with_its_context_or_its_actor) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> in(4);
    const auto scope = context::background().with_cancel();
    const context timed = rt.root_context().with_timeout(1s);
    std::vector<errc> why(4, errc::internal);
    std::vector<troupe::join_handle<void>> all;
    for (std::size_t i = 0; i < 4; ++i) {
      all.push_back(start(rt, [&, i]() -> task<> {
        context mine = context::current();
        if (i == 1) mine = scope;
        if (i == 2) mine = timed;
        if (i == 3) mine = context::background();
        const auto got = co_await serve(mine, on(in, [](int) {}));
        if (!got) why[i] = static_cast<errc>(got.error().code().value());
      }));
    }
    rt.run_until_idle();
    all[0].cancel();
    scope.cancel();
    rt.run_until_idle();
    EXPECT_EQ(why, (std::vector{errc::canceled, errc::canceled, errc::internal, errc::internal}));
    rt.advance(1s);
    all[3].cancel();
    rt.run_until_idle();
    EXPECT_EQ(why, (std::vector{errc::canceled, errc::canceled, errc::deadline_exceeded,
                                errc::canceled}));
    rt.shutdown();
  });
}

TEST(serve, handles_what_waits_in_a_closed_inbox_first) {
  deterministic_runtime rt;
  cast_inbox<int> in(4);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(in.try_cast(i));
  in.close();
  int seen = 0;
  served one;
  start_serving(rt, one, on(in, [&](int) { ++seen; }));
  rt.run_until_idle();
  EXPECT_EQ(seen, 3);
  EXPECT_TRUE(one.outcome && *one.outcome);
  rt.shutdown();
}

TEST(serve, ticks_without_drift_and_without_piling_up) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> in(4);
    std::vector<troupe::duration> ticks;
    const auto begin = rt.now();
    served one;
    start_serving(rt, one,
                  on(in,
                     [](int n) -> task<> {
                       static_cast<void>(co_await troupe::sleep_for(std::chrono::milliseconds(n)));
                     }),
                  on(troupe::every(1s), [&] { ticks.push_back(rt.now() - begin); }));
    rt.advance(2500ms);
    EXPECT_EQ(ticks, (std::vector<troupe::duration>{1s, 2s}));
    EXPECT_TRUE(in.try_cast(3200));  // busy until 5.7 s: the ticks at 3, 4 and 5 s become one
    rt.advance(3500ms);
    EXPECT_EQ(ticks, (std::vector<troupe::duration>{1s, 2s, 5700ms, 6s}));
    in.close();
    rt.run_until_idle();
    EXPECT_TRUE(one.outcome && *one.outcome) << "a timer alone does not keep it going";
    EXPECT_FALSE(rt.next_timer());
    rt.shutdown();
  });
}

// It belongs to the actor, whose handlers may change its beat, and who may serve again.
TEST(serve, ticks_of_a_ticker_that_a_handler_resets) {
  deterministic_runtime rt;
  cast_inbox<troupe::duration> beats(4);
  troupe::every beat(1s);
  const auto begin = rt.now();
  std::vector<troupe::duration> ticks;
  auto serving = start(rt, [&]() -> task<> {
    for (;;) {
      const auto served =
          co_await serve(context::current(), on(beat, [&] { ticks.push_back(rt.now() - begin); }),
                         on(beats, [&](troupe::duration wanted) -> result<> {
                           if (wanted == 0s) return troupe::fail(errc::refused);
                           beat.reset(wanted);
                           return {};
                         }));
      if (served.error() != errc::refused) co_return;
    }
  });
  rt.advance(2s);
  ASSERT_TRUE(beats.try_cast(3s));
  rt.advance(7s);
  ASSERT_TRUE(beats.try_cast(0s));  // another loop goes on with the same beat
  rt.advance(2s);
  EXPECT_EQ(ticks, (std::vector<troupe::duration>{1s, 2s, 5s, 8s, 11s}));
  rt.shutdown();
}

TEST(serve, with_nothing_but_a_timer_goes_on_until_it_is_canceled) {
  deterministic_runtime rt;
  int ticks = 0;
  served one;
  start_serving(rt, one, on(troupe::every(1s), [&]() -> task<> {
                  ++ticks;
                  co_return;
                }));
  rt.advance(10s);
  EXPECT_EQ(ticks, 10);
  EXPECT_FALSE(one.outcome);
  one.fiber.cancel();
  rt.run_until_idle();
  EXPECT_EQ(one.outcome->error(), errc::canceled);
  rt.shutdown();
}

TEST(serve, a_ticker_that_was_reset_before_still_only_ticks) {
  deterministic_runtime rt;
  cast_inbox<int> in(4);
  int ticks = 0;
  std::vector<int> seen;
  auto fiber = start(rt, [&]() -> task<result<>> {
    troupe::every beat(1s);
    beat.reset(2s);
    co_return co_await serve(context::current(), on(in, [&](int n) { seen.push_back(n); }),
                             on(std::move(beat), [&] { ++ticks; }));
  });
  rt.advance(4s);
  EXPECT_EQ(ticks, 2);
  EXPECT_TRUE(in.try_cast(1));
  rt.run_until_idle();
  EXPECT_EQ(seen, (std::vector{1}));
  rt.shutdown();
}

TEST(serve, a_busy_inbox_does_not_starve_another) {
  for (const bool with_timer : {false, true}) {
    deterministic_runtime rt;
    cast_inbox<int> busy(1);
    cast_inbox<int> quiet(1);
    int until_quiet = 0;
    bool heard = false;
    EXPECT_TRUE(busy.try_cast(1) && quiet.try_cast(1));
    start(rt, [&]() -> task<> {
      const auto again = [&](int) {
        if (until_quiet < 1000 && !heard) {
          ++until_quiet;
          EXPECT_TRUE(busy.try_cast(1));
        }
      };
      const auto hear = [&](int) { heard = true; };
      if (with_timer) {
        static_cast<void>(co_await serve(context::current(), on(busy, again), on(quiet, hear),
                                         on(troupe::every(1h), [] {})));
      } else {
        static_cast<void>(co_await serve(context::current(), on(busy, again), on(quiet, hear)));
      }
    });
    rt.run_until_idle();
    EXPECT_TRUE(heard);
    EXPECT_LT(until_quiet, 10) << (with_timer ? "with" : "without") << " a timer";
    rt.shutdown();
  }
}

}  // namespace

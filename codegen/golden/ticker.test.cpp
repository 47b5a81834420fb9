// Tickers, made from golden/accepted/ticker.yml: one that waits to be told, one with an interval
// from an imported specification, one with its own.
#include <codegen/golden/accepted/ticker.gen.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

struct tick_counts {
  int tkr = 0;
  int quarter = 0;
  int blink = 0;
  troupe::time_point last{};
};

struct timer : timer_base {
  tick_counts* seen = nullptr;
  int most = 1'000'000;
  bool crashes = false;

  void handle_tkr(troupe::time_point now) {
    seen->last = now;
    if (++seen->tkr == most) rx->tkr.stop();
    if (std::exchange(crashes, false)) throw std::runtime_error("crash");
  }
  void handle_quarter(troupe::time_point) {
    ++seen->quarter;
    rx->tkr.reset(10min);
  }
  troupe::task<> handle_blink(troupe::time_point) {
    ++seen->blink;
    co_return;
  }
};

namespace {

TEST(generated_ticker, ticks_as_specified_and_once_it_is_told) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    tick_counts seen;
    const timer_tx tx = timer_builder{.data = {.seen = &seen, .most = 2}}.spawn(rt);
    rt.run_until_idle();
    const auto start = rt.now();
    rt.advance(15min);
    EXPECT_EQ(seen.tkr, 0);
    EXPECT_EQ(seen.quarter, 1);
    EXPECT_EQ(seen.blink, 600);
    rt.advance(10min);
    EXPECT_EQ(seen.tkr, 1);
    EXPECT_EQ(seen.last, start + 25min);
    rt.advance(5min);  // the second quarter: the beat of tkr begins anew
    EXPECT_EQ(seen.quarter, 2);
    rt.advance(9min);
    EXPECT_EQ(seen.tkr, 1);
    rt.advance(1min);
    EXPECT_EQ(seen.tkr, 2);
    rt.advance(4min);
    EXPECT_EQ(seen.tkr, 2) << "it has stopped itself";
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(rt.alive(), 0U);
    EXPECT_FALSE(rt.next_timer());
  });
}

TEST(generated_ticker, the_builder_says_when) {
  deterministic_runtime rt;
  tick_counts seen;
  const auto tx =
      timer_builder{.data = {.seen = &seen}, .tkr = {.interval = 1s}, .blink = {.interval = 3s}}
          .spawn(rt);
  rt.run_until_idle();
  rt.advance(6s);
  EXPECT_EQ(seen.tkr, 6);
  EXPECT_EQ(seen.blink, 2);
  tx.stop();
  rt.run_until_idle();
}

TEST(generated_ticker, goes_on_after_a_restart) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    tick_counts seen;
    auto [actor, tx] =
        timer_builder{.data = {.seen = &seen, .crashes = true}, .tkr = {.interval = 1s}}.build(rt);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root",
        troupe::supervisor_options{.restart_delay = 500ms, .jitter = 0, .children = {actor}}));
    rt.run_until_idle();
    rt.advance(1s);
    EXPECT_EQ(seen.tkr, 1);
    rt.advance(1s);
    EXPECT_EQ(seen.tkr, 1) << "the beat begins with the run";
    rt.advance(500ms);
    EXPECT_EQ(seen.tkr, 2);
    rt.shutdown();
  });
}

}  // namespace

#include <troupe/signal/throttled_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::errc;
using troupe::pushed_signal;
using troupe::throttled_signal;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

struct stage {
  stage(std::uint64_t seed, troupe::duration interval)
      : out(std::make_shared<throttled_signal<int>>("out", in, interval)), rt(seed) {
    start(rt,
          [this, values = out->subscribe(troupe::keep_latest(1000))]() mutable -> troupe::task<> {
            while (auto got = co_await values.receive()) {
              seen.push_back(*got);
              times.push_back(rt.now());
            }
            ended = true;
          });
    in_runs = rt.spawn(in);
    out_runs = rt.spawn(out);
    rt.run_until_idle();
  }
  void write(int n) {
    EXPECT_TRUE(rt.block_on(in->write(n)));
    rt.run_until_idle();
  }

  std::vector<int> seen;
  std::vector<troupe::time_point> times;
  bool ended = false;
  std::shared_ptr<pushed_signal<int>> in = std::make_shared<pushed_signal<int>>("in");
  std::shared_ptr<throttled_signal<int>> out;
  deterministic_runtime rt;
  troupe::join_handle<troupe::exit_reason> in_runs;
  troupe::join_handle<troupe::exit_reason> out_runs;
};

TEST(throttled_signal, shows_the_latest_value_at_the_end_of_the_interval) {
  for_seeds(20, [](std::uint64_t seed) {
    stage on(seed, 100ms);
    on.write(1);
    on.rt.advance(60ms);
    on.write(2);
    EXPECT_TRUE(on.seen.empty()) << "the trailing edge";
    on.rt.advance(39ms);
    EXPECT_TRUE(on.seen.empty());
    on.rt.advance(1ms);
    EXPECT_EQ(on.seen, std::vector{2});
    on.rt.advance(1h);
    EXPECT_EQ(on.seen.size(), 1U) << "nothing has changed";
    on.write(3);
    on.rt.advance(100ms);
    EXPECT_EQ(on.seen, (std::vector{2, 3}));
  });
}

TEST(throttled_signal, never_shows_more_than_one_value_an_interval_nor_loses_the_last) {
  for_seeds(100, [](std::uint64_t seed) {
    stage on(seed, 100ms);
    std::minstd_rand random(static_cast<std::uint32_t>(seed));
    for (int n = 1; n <= 60; ++n) {
      on.write(n);
      on.rt.advance(1ms * (random() % (seed % 2 == 0 ? 30 : 150)));
    }
    on.rt.advance(100ms);
    ASSERT_FALSE(on.seen.empty());
    EXPECT_EQ(on.seen.back(), 60);
    for (std::size_t i = 1; i < on.seen.size(); ++i) {
      EXPECT_LT(on.seen[i - 1], on.seen[i]);
      EXPECT_GE(on.times[i] - on.times[i - 1], 100ms);
    }
  });
}

TEST(throttled_signal, begins_with_the_value_that_the_source_has) {
  taken_down<int> seen;
  auto in = std::make_shared<pushed_signal<int>>("in", troupe::signal_options<int>{.initial = 5});
  auto out = std::make_shared<throttled_signal<int>>("out", in, 1s);
  deterministic_runtime rt;
  take_down(rt, out->subscribe(), seen);
  rt.spawn(in);
  rt.spawn(out);
  rt.run_until_idle();
  EXPECT_EQ(seen.values, std::vector{5});
}

TEST(throttled_signal, what_is_held_back_when_the_source_ends_is_published) {
  for_seeds(20, [](std::uint64_t seed) {
    stage on(seed, 100ms);
    on.write(1);
    on.write(2);
    on.in_runs.cancel();
    on.rt.run_until_idle();
    EXPECT_EQ(on.seen, std::vector{2});
    EXPECT_TRUE(on.ended);
    EXPECT_EQ(on.rt.block_on(on.out_runs)->kind(), troupe::exit_kind::clean);
  });
}

TEST(throttled_signal, one_that_is_stopped_ends_canceled_and_keeps_its_value) {
  stage on(1, 100ms);
  on.write(1);
  on.rt.advance(1s);
  on.write(2);
  on.out_runs.cancel();
  on.rt.run_until_idle();
  EXPECT_EQ(on.rt.block_on(on.out_runs)->kind(), troupe::exit_kind::canceled);
  EXPECT_EQ(on.out->read(), 1);
}

TEST(throttled_signal, an_interval_that_is_not_positive_is_refused) {
  auto in = std::make_shared<pushed_signal<int>>("in");
  EXPECT_THROW(throttled_signal<int>("out", in, 0s), troupe::usage_error);
  EXPECT_THROW(throttled_signal<int>("out", nullptr, 1s), troupe::usage_error);
}

}  // namespace

#include <troupe/signal/debounced_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/signal/throttled_signal.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::debounced_options;
using troupe::debounced_signal;
using troupe::errc;
using troupe::pushed_signal;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

/// A source that can be written from the test, and what is debounced of it.
struct stage {
  explicit stage(std::uint64_t seed, troupe::duration wait, debounced_options<int> options = {})
      : out(std::make_shared<debounced_signal<int>>("out", in, wait, options)), rt(seed) {
    take_down(rt, out->subscribe(troupe::keep_latest(1000)), seen);
    in_runs = rt.spawn(in);
    out_runs = rt.spawn(out);
    rt.run_until_idle();
  }
  void write(int n) {
    EXPECT_TRUE(rt.block_on(in->write(n)));
    rt.run_until_idle();
  }

  taken_down<int> seen;
  std::shared_ptr<pushed_signal<int>> in = std::make_shared<pushed_signal<int>>("in");
  std::shared_ptr<debounced_signal<int>> out;
  deterministic_runtime rt;
  troupe::join_handle<troupe::exit_reason> in_runs;
  troupe::join_handle<troupe::exit_reason> out_runs;
};

TEST(debounced_signal, changes_once_the_source_has_come_to_rest) {
  for_seeds(20, [](std::uint64_t seed) {
    stage on(seed, 100ms);
    for (int n = 1; n <= 5; ++n) {
      on.write(n);
      on.rt.advance(99ms);
      EXPECT_TRUE(on.seen.values.empty());
    }
    on.rt.advance(1ms);
    EXPECT_EQ(on.seen.values, std::vector{5});
    EXPECT_EQ(on.out->read(), 5);
    on.rt.advance(1h);
    on.write(6);
    on.rt.advance(100ms);
    EXPECT_EQ(on.seen.values, (std::vector{5, 6}));
  });
}

TEST(debounced_signal, a_longest_wait_is_kept_though_the_source_goes_on_and_on) {
  for_seeds(20, [](std::uint64_t seed) {
    stage on(seed, 100ms, {.max_wait = 250ms});
    for (int n = 0; n < 20; ++n) {  // every 50 ms
      on.write(n + 1);
      on.rt.advance(50ms);
    }
    on.rt.advance(1s);
    // The first is written at 0 and shown at 250 ms, when the last is that of 200 or 250 ms.
    ASSERT_GE(on.seen.values.size(), 4U);
    EXPECT_TRUE(on.seen.values[0] == 5 || on.seen.values[0] == 6) << on.seen.values[0];
    EXPECT_EQ(on.seen.values.back(), 20);
  });
}

TEST(debounced_signal, a_change_and_back_again_is_none) {
  stage on(1, 100ms);
  on.write(1);
  on.rt.advance(1s);
  on.write(2);
  on.write(1);
  on.rt.advance(1s);
  EXPECT_EQ(on.seen.values, std::vector{1});
}

TEST(debounced_signal, begins_with_the_value_that_the_source_has) {
  taken_down<int> seen;
  auto in = std::make_shared<pushed_signal<int>>("in", troupe::signal_options<int>{.initial = 5});
  auto out = std::make_shared<debounced_signal<int>>("out", in, 1s);
  deterministic_runtime rt;
  take_down(rt, out->subscribe(), seen);
  rt.spawn(out);
  rt.run_until_idle();
  EXPECT_EQ(seen.values, std::vector{5});
}

TEST(debounced_signal, what_is_held_back_when_the_source_ends_is_published) {
  for_seeds(20, [](std::uint64_t seed) {
    stage on(seed, 100ms);
    on.write(1);
    on.write(2);
    on.in_runs.cancel();
    on.rt.run_until_idle();
    EXPECT_EQ(on.seen.values, std::vector{2});
    ASSERT_TRUE(on.out_runs.done());
    EXPECT_EQ(on.rt.block_on(on.out_runs)->kind(), troupe::exit_kind::clean);
    ASSERT_TRUE(on.seen.end);
    EXPECT_EQ(*on.seen.end, errc::actor_stopped);
  });
}

TEST(debounced_signal, ends_clean_when_the_source_ends_and_nothing_is_held_back) {
  stage on(1, 100ms);
  on.write(1);
  on.rt.advance(1s);
  on.in_runs.cancel();
  on.rt.run_until_idle();
  EXPECT_EQ(on.rt.block_on(on.out_runs)->kind(), troupe::exit_kind::clean);
  EXPECT_EQ(on.seen.values, std::vector{1});
}

TEST(debounced_signal, what_is_held_back_outlives_a_restart) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto in = std::make_shared<pushed_signal<int>>("in");
    auto out = std::make_shared<debounced_signal<int>>("out", in, 1s);
    auto bomb = troupe::make_actor("bomb", [](troupe::context, troupe::logger&) -> task<result<>> {
      static_cast<void>(co_await troupe::sleep_for(500ms));
      co_return troupe::fail(errc::internal);
    });
    deterministic_runtime rt(seed);
    take_down(rt, out->subscribe(), seen);
    rt.spawn(in);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.strategy = troupe::restart_strategy::one_for_all,
                                           .restart_delay = 1ms,
                                           .children = {out, bomb}}));
    EXPECT_TRUE(rt.block_on(in->write(7)));
    rt.advance(1100ms);
    EXPECT_EQ(seen.values, std::vector{7});
  });
}

TEST(debounced_signal, without_a_wait_every_change_is_shown_sooner_or_later) {
  for_seeds(20, [](std::uint64_t seed) {
    stage on(seed, 0s);
    for (int n = 1; n <= 5; ++n) on.write(n);
    EXPECT_EQ(on.seen.values, (std::vector{1, 2, 3, 4, 5}));
  });
}

TEST(debounced_signal, a_wait_as_good_as_for_ever_ends_with_the_source) {
  stage on(1, troupe::duration::max());
  on.write(1);
  on.rt.advance(1000h);
  EXPECT_TRUE(on.seen.values.empty());
  on.in_runs.cancel();
  on.rt.run_until_idle();
  EXPECT_EQ(on.seen.values, std::vector{1});
}

TEST(debounced_signal, waits_that_contradict_each_other_are_refused) {
  auto in = std::make_shared<pushed_signal<int>>("in");
  const auto make = [](auto from, troupe::duration wait, troupe::duration most) {
    return std::make_shared<debounced_signal<int>>("out", from, wait,
                                                   debounced_options<int>{.max_wait = most});
  };
  EXPECT_THROW(make(in, -1ns, 1s), troupe::usage_error);
  EXPECT_THROW(make(in, 2s, 1s), troupe::usage_error);
  EXPECT_THROW(make(std::shared_ptr<troupe::signal<int>>(), 1s, 1s), troupe::usage_error);
  EXPECT_NO_THROW(make(in, 1s, 1s));
}

// Whatever the source does: the last value comes through, and none is older than max_wait when it
// does.
TEST(debounced_signal, the_last_value_of_a_random_source_is_never_lost_nor_late) {
  for_seeds(100, [](std::uint64_t seed) {
    stage on(seed, 100ms, {.max_wait = 300ms});
    std::minstd_rand random(static_cast<std::uint32_t>(seed));
    std::vector<troupe::time_point> written{on.rt.now()};
    for (int n = 1; n <= 60; ++n) {
      on.write(n);
      written.push_back(on.rt.now());
      on.rt.advance(1ms * (random() % 150));
      // The oldest change that is not shown yet.
      const auto shown = static_cast<std::size_t>(on.out->read().value_or(0));
      if (shown < static_cast<std::size_t>(n)) {
        EXPECT_LE(on.rt.now() - written[shown + 1], 300ms) << "of " << shown + 1;
      }
    }
    on.rt.advance(100ms);
    EXPECT_EQ(on.out->read(), 60);
  });
}

TEST(debounced_signal, the_type_is_deduced_from_the_source) {
  auto in = std::make_shared<pushed_signal<int>>("in");
  const troupe::debounced_signal settled("settled", in, 1s);
  const troupe::throttled_signal shown("shown", in, 1s);
  EXPECT_EQ(settled.sources(), (std::vector<std::shared_ptr<troupe::signal_base>>{in}));
  EXPECT_EQ(shown.sources(), (std::vector<std::shared_ptr<troupe::signal_base>>{in}));
}

}  // namespace

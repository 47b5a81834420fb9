#include <troupe/signal/sampled_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::errc;
using troupe::pushed_signal;
using troupe::sampled_signal;
using troupe::internal::for_seeds;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

TEST(sampled_signal, shows_what_the_source_has_at_each_interval) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto in = std::make_shared<pushed_signal<int>>("in");
    auto out = std::make_shared<sampled_signal<int>>("out", in, 100ms);
    deterministic_runtime rt(seed);
    take_down(rt, out->subscribe(), seen);
    rt.spawn(in);
    rt.spawn(out);
    for (int n = 1; n <= 10; ++n) {  // every 40 ms
      EXPECT_TRUE(rt.block_on(in->write(n)));
      rt.advance(40ms);
    }
    // Looked at 0 (nothing, or 1), 100, 200, 300 and 400 ms.
    if (!seen.values.empty() && seen.values.front() == 1) seen.values.erase(seen.values.begin());
    EXPECT_EQ(seen.values, (std::vector{3, 5, 8, 10}));
  });
}

TEST(sampled_signal, shows_what_the_source_has_when_the_trigger_changes) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto in = std::make_shared<pushed_signal<int>>("in");
    auto trigger = std::make_shared<pushed_signal<std::string>>("trigger");
    auto out = std::make_shared<sampled_signal<int>>("out", in, trigger);
    deterministic_runtime rt(seed);
    take_down(rt, out->subscribe(), seen);
    rt.spawn(in);
    rt.spawn(trigger);
    rt.spawn(out);
    rt.run_until_idle();
    for (int n = 1; n <= 10; ++n) {
      EXPECT_TRUE(rt.block_on(in->write(n)));
      if (n % 4 == 0) EXPECT_TRUE(rt.block_on(trigger->write(std::to_string(n))));
      rt.run_until_idle();
    }
    EXPECT_EQ(seen.values, (std::vector{4, 8}));
  });
}

TEST(sampled_signal, ends_clean_when_the_source_or_the_trigger_has_ended) {
  for (const int which : {0, 1, 2}) {
    taken_down<int> seen;
    auto in = std::make_shared<pushed_signal<int>>("in");
    auto trigger = std::make_shared<pushed_signal<int>>("trigger");
    auto out = which == 0 ? std::make_shared<sampled_signal<int>>("out", in, 100ms)
                          : std::make_shared<sampled_signal<int>>("out", in, trigger);
    deterministic_runtime rt;
    take_down(rt, out->subscribe(), seen);
    auto in_runs = rt.spawn(in);
    auto trigger_runs = rt.spawn(trigger);
    auto out_runs = rt.spawn(out);
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(in->write(1)));
    EXPECT_TRUE(rt.block_on(trigger->write(1)));
    rt.advance(200ms);
    (which == 2 ? trigger_runs : in_runs).cancel();
    rt.advance(200ms);
    if (which == 1) {
      EXPECT_FALSE(out_runs.done()) << "it looks when the trigger changes";
      EXPECT_TRUE(rt.block_on(trigger->write(2)));
      rt.run_until_idle();
    }
    ASSERT_TRUE(out_runs.done()) << which;
    EXPECT_EQ(rt.block_on(out_runs)->kind(), troupe::exit_kind::clean);
    EXPECT_EQ(seen.values, std::vector{1});
    ASSERT_TRUE(seen.end);
    EXPECT_EQ(*seen.end, errc::actor_stopped);
  }
}

TEST(sampled_signal, the_last_value_of_a_source_that_ends_is_shown) {
  taken_down<int> seen;
  auto in = std::make_shared<pushed_signal<int>>("in");
  auto out = std::make_shared<sampled_signal<int>>("out", in, 100ms);
  deterministic_runtime rt;
  take_down(rt, out->subscribe(), seen);
  auto in_runs = rt.spawn(in);
  rt.spawn(out);
  rt.run_until_idle();
  EXPECT_TRUE(rt.block_on(in->write(1)));
  in_runs.cancel();
  rt.advance(100ms);
  EXPECT_EQ(seen.values, std::vector{1});
}

TEST(sampled_signal, what_it_cannot_be_made_from_is_refused) {
  auto in = std::make_shared<pushed_signal<int>>("in");
  const std::shared_ptr<troupe::signal<int>> none;
  EXPECT_THROW(sampled_signal<int>("out", none, 1s), troupe::usage_error);
  EXPECT_THROW(sampled_signal<int>("out", in, 0s), troupe::usage_error);
  EXPECT_THROW(sampled_signal<int>("out", none, in), troupe::usage_error);
  EXPECT_THROW(sampled_signal<int>("out", in, std::shared_ptr<troupe::signal_base>()),
               troupe::usage_error);
}

}  // namespace

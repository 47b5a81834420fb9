// Subscribers that keep one plain value, and watchers: they are told once, and what they take then
// is the present value (see "Told once" in detail/signal_hub.hpp).

#include <troupe/signal/pushed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/runtime.hpp>
#include <troupe/select.hpp>
#include <troupe/serve.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::cancelable_context;
using troupe::changed;
using troupe::context;
using troupe::errc;
using troupe::keep_latest;
using troupe::pushed_signal;
using troupe::result;
using troupe::subscription;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

std::shared_ptr<pushed_signal<int>> running_signal(troupe::runtime& rt) {
  auto one = std::make_shared<pushed_signal<int>>("one");
  rt.spawn(one);
  return one;
}

void write(troupe::runtime& rt, pushed_signal<int>& to, int first, int last) {
  for (int n = first; n <= last; ++n) EXPECT_TRUE(rt.block_on(to.write(n)));
}

TEST(told_once, who_takes_late_takes_the_present_value) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe(keep_latest(1));
  write(rt, *one, 1, 10);
  EXPECT_EQ(values.size(), 1U);
  EXPECT_EQ(values.dropped(), 9U);
  EXPECT_EQ(*rt.block_on(values.receive()), 10);
  EXPECT_EQ(values.size(), 0U);
  EXPECT_EQ(values.dropped(), 9U);
  write(rt, *one, 11, 12);
  EXPECT_EQ(values.dropped(), 10U);
  EXPECT_EQ(*rt.block_on(values.receive()), 12);
  EXPECT_EQ(one->subscribers(), 1U);
}

TEST(told_once, a_watcher_has_one_notice_for_any_number_of_changes) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto notices = one->watch();
  for (int round = 0; round != 3; ++round) {
    write(rt, *one, 10 * round, 10 * round + 4);
    EXPECT_EQ(notices.size(), 1U);
    EXPECT_TRUE(rt.block_on(notices.receive()));
    EXPECT_EQ(notices.size(), 0U);
  }
  EXPECT_EQ(notices.dropped(), 12U);
}

TEST(told_once, what_waits_when_it_unsubscribes_is_the_value_of_that_moment) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe(keep_latest(1));
  const cancelable_context ctx = context::background().with_cancel();
  auto until = one->subscribe(ctx, keep_latest(1));
  write(rt, *one, 1, 5);
  values.unsubscribe();
  ctx.cancel();
  EXPECT_EQ(one->subscribers(), 0U);
  write(rt, *one, 6, 7);
  for (auto* each : {&values, &until}) {
    EXPECT_EQ(each->dropped(), 4U);
    EXPECT_EQ(*rt.block_on(each->receive()), 5);
  }
  EXPECT_EQ(rt.block_on(values.receive()).error(), errc::inbox_closed);
  EXPECT_EQ(rt.block_on(until.receive()).error(), errc::canceled);
}

TEST(told_once, the_last_value_of_a_signal_that_has_ended_can_be_taken) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe(keep_latest(1));
  write(rt, *one, 1, 3);
  one.reset();
  rt.shutdown();
  deterministic_runtime other;
  EXPECT_EQ(*other.block_on(values.receive()), 3);
  EXPECT_EQ(other.block_on(values.receive()).error(), errc::actor_stopped);
}

TEST(told_once, who_leaves_a_signal_that_has_ended_finds_its_last_value_too) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe(keep_latest(1));
  auto up_to_date = one->subscribe(keep_latest(1));
  auto notices = one->watch();
  write(rt, *one, 1, 2);
  EXPECT_EQ(*rt.block_on(up_to_date.receive()), 2);
  write(rt, *one, 3, 3);
  one.reset();
  rt.shutdown();
  deterministic_runtime other;
  for (auto* each : {&values, &up_to_date}) {
    each->unsubscribe();
    EXPECT_EQ(*other.block_on(each->receive()), 3);
    EXPECT_FALSE(other.block_on(each->receive()));
  }
  EXPECT_EQ(values.dropped(), 2U);
  EXPECT_EQ(up_to_date.dropped(), 1U) << "1, which 2 drove out";
  EXPECT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices.dropped(), 2U);
}

TEST(told_once, a_value_lost_with_who_took_it_does_not_keep_the_next_one_away) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe(keep_latest(1));
  write(rt, *one, 1, 1);
  run(rt, [&]() -> task<> {
    {
      auto taken = values.receive();
      EXPECT_TRUE(taken.await_ready());  // and goes, as the frame of a canceled fiber would
    }
    EXPECT_TRUE(co_await one->write(2));
    EXPECT_EQ(*co_await values.receive(), 2);
    EXPECT_TRUE(co_await one->write(3));
    {
      auto taken = values.receive();
      EXPECT_TRUE(taken.await_ready());
      EXPECT_TRUE(co_await one->write(4));
      EXPECT_TRUE(co_await one->write(5));
    }
    EXPECT_EQ(values.size(), 1U) << "it has been told what came meanwhile";
    EXPECT_EQ(*co_await values.receive(), 5);
    EXPECT_EQ(values.dropped(), 1U);
  });
}

TEST(told_once, in_select_and_serve_too) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe(keep_latest(1));
  auto notices = one->watch();
  write(rt, *one, 1, 3);
  std::vector<int> seen;
  auto loop = start(rt, [&]() -> task<> {
    auto got = co_await troupe::select(values, troupe::after(1s));
    seen.push_back(**got.get<0>());
    static_cast<void>(co_await troupe::serve(
        context::current(), troupe::on(values, [&](int value) { seen.push_back(value); }),
        troupe::on(notices, [&](changed) { seen.push_back(-1); })));
  });
  rt.run_until_idle();
  EXPECT_EQ(seen, (std::vector{3, -1}));
  write(rt, *one, 4, 4);
  rt.run_until_idle();
  EXPECT_EQ(seen.size(), 4U) << "one who waits is told each time";
  loop.cancel();
  rt.run_until_idle();
}

TEST(told_once, one_who_waits_is_given_each_value_and_one_who_is_late_the_last) {
  for_seeds(200, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = running_signal(rt);
    auto values = one->subscribe(keep_latest(1));
    std::vector<int> seen;
    start(rt, [&]() -> task<> {
      while (auto got = co_await values.receive()) {
        seen.push_back(*got);
        if (*got % 3 == 0) static_cast<void>(co_await troupe::sleep_for(2ms));
      }
    });
    start(rt, [one]() -> task<> {
      for (int n = 1; n <= 40; ++n) {
        static_cast<void>(co_await one->write(n));
        if (n % 5 == 0) static_cast<void>(co_await troupe::sleep_for(1ms));
      }
    });
    rt.advance(1s);
    ASSERT_FALSE(seen.empty());
    for (std::size_t i = 1; i < seen.size(); ++i) ASSERT_LT(seen[i - 1], seen[i]);
    EXPECT_EQ(seen.back(), 40);
    EXPECT_EQ(seen.size() + values.dropped(), 40U) << "each was given or counted";
    rt.shutdown();
  });
}

// The same on threads: subscribers, in a runtime of their own, take while the writer tells.
TEST(told_once, on_threads_every_value_is_given_or_counted_and_the_last_one_given) {
  constexpr int last = 100'000;
  constexpr std::size_t each = 4;
  troupe::runtime rt({.workers = 1});
  troupe::runtime readers({.workers = 1});
  auto one = running_signal(rt);
  std::array<std::uint64_t, 2 * each> taken{};
  std::vector<subscription<int>> values;
  std::vector<subscription<changed>> notices;
  std::vector<troupe::join_handle<void>> fibers;
  int wrong = 0;
  for (std::size_t i = 0; i != each; ++i) {
    values.push_back(one->subscribe(keep_latest(1)));
    notices.push_back(one->watch());
  }
  std::array<int, each> disorder{};
  for (std::size_t i = 0; i != each; ++i) {
    fibers.push_back(start(readers, [&, i]() -> task<> {
      for (int before = 0; before != last;) {
        const int got = (co_await values[i].receive()).value();
        if (got <= before) ++disorder[i];
        before = got;
        if (++taken[i] % (16 << i) == 0) static_cast<void>(co_await troupe::sleep_for(1us));
      }
    }));
    fibers.push_back(start(readers, [&, i]() -> task<> {
      while (one->read().value_or(0) != last || notices[i].size() != 0) {
        static_cast<void>(co_await notices[i].receive());
        if (++taken[each + i] % (16 << i) == 0) static_cast<void>(co_await troupe::sleep_for(1us));
      }
    }));
  }
  auto writer = start(rt, [&]() -> task<> {
    for (int n = 1; n <= last; ++n) {
      EXPECT_TRUE(co_await one->write(n));
      if (n % 64 == 0) static_cast<void>(co_await troupe::sleep_for(0s));
    }
  });
  for (const auto& fiber : fibers) static_cast<void>(readers.block_on(fiber));
  static_cast<void>(rt.block_on(writer));
  for (std::size_t i = 0; i != each; ++i) {
    wrong += disorder[i];
    EXPECT_EQ(taken[i] + values[i].dropped(), static_cast<std::uint64_t>(last));
    EXPECT_EQ(taken[each + i] + notices[i].dropped() + notices[i].size(),
              static_cast<std::uint64_t>(last));
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace

// A fiber's waits: each ends exactly once, by whichever source is first; late sources do nothing.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

TEST(fiber_test, is_needed_to_wait) {
  cast_inbox<int> in(1);
  EXPECT_THROW(static_cast<void>(detail::running_fiber("receive")), usage_error);
  EXPECT_THROW(spawn([]() -> task<> { co_return; }()), usage_error);
  EXPECT_EQ(context::current(), context::background());
}

TEST(fiber_test, a_wait_that_several_sources_end_ends_once) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    int message = 0;
    int timer = 0;
    int canceled = 0;
    deterministic_runtime rt(seed);
    cast_inbox<int> in(1);
    const auto ctx = context::background().with_cancel();
    auto waits =
        rt.spawn([](cast_inbox<int>* from, context until, int* a, int* b, int* c) -> task<> {
          auto got = co_await select(*from, until.done(), after(1ms));
          *a += got.get<0>() != nullptr ? 1 : 0;
          *c += got.get<1>() != nullptr ? 1 : 0;
          *b += got.get<2>() != nullptr ? 1 : 0;
          // A second wait is not ended by what is left of the first.
          co_await sleep_for(1h);
          *a += 100;
        }(&in, ctx, &message, &timer, &canceled));
    rt.spawn([](cast_inbox<int>* to) -> task<> {
      co_await sleep_for(1ms);
      co_await to->cast(1);
    }(&in));
    rt.spawn([](cancelable_context which) -> task<> {
      co_await sleep_for(1ms);
      which.cancel();
    }(ctx));
    rt.advance(1s);
    EXPECT_EQ(message + timer + canceled, 1) << "seed " << seed;
    EXPECT_FALSE(waits.done());
  }
}

TEST(fiber_test, fibers_are_used_again_and_late_handles_do_no_harm) {
  int woken = 0;
  deterministic_runtime rt;
  std::vector<join_handle<void>> old;
  for (int i = 0; i != 300; ++i) old.push_back(rt.spawn([]() -> task<> { co_return; }()));
  rt.run_until_idle();
  for (int i = 0; i != 300; ++i) {
    rt.spawn([](int* count) -> task<> {
      if (!co_await sleep_for(1s)) ++*count;
    }(&woken));
  }
  rt.run_until_idle();
  for (const auto& one : old) one.cancel();
  rt.run_until_idle();
  EXPECT_EQ(woken, 0) << "a handle canceled a fiber that was not its own";
  EXPECT_EQ(rt.alive(), 300U);
}

// What may have ended a wait before it was parked is noted with the lower half of the wait's id.
TEST(fiber_test, what_was_noted_of_a_wait_is_forgotten_when_halves_of_ids_begin_anew) {
  deterministic_runtime rt;
  const bool parked = rt.block_on([]() -> task<bool> {
    detail::fiber& self = *detail::current.running;
    constexpr std::uint64_t round = std::uint64_t{1} << 32U;
    self.wait.store(round);
    const std::uint64_t early = self.open_wait(detail::wait_kind::event, false);
    self.fire(early, 7);  // before it is parked, which it never is
    EXPECT_FALSE(self.park(early));
    EXPECT_EQ(self.fired, 7);
    self.wait.store(2 * round - 1);
    std::uint64_t late = self.open_wait(detail::wait_kind::event, false);
    EXPECT_EQ(late, 2 * round + 1) << "a half that is 0 stands for no wait";
    EXPECT_EQ(static_cast<std::uint32_t>(late), static_cast<std::uint32_t>(early));
    self.fire(early, 8);
    const bool yes = self.park(late);
    self.lock.lock();
    if (yes) self.unpark_locked(0);
    self.lock.unlock();
    co_return yes;
  }());
  EXPECT_TRUE(parked) << "ended by what was noted of another wait";
}

TEST(fiber_test, cancellation_races_messages_without_losing_one) {
  for (int round = 0; round != 200; ++round) {
    std::atomic<int> received{0};
    runtime rt({.workers = 2});
    cast_inbox<int> in(4);
    auto receiver = rt.spawn([](cast_inbox<int>* from, std::atomic<int>* count) -> task<> {
      while (co_await from->receive()) ++*count;
    }(&in, &received));
    int sent = 0;
    for (int i = 0; i != 20; ++i) {
      if (i == round % 20) receiver.cancel();
      sent += in.try_cast(i) ? 1 : 0;
    }
    rt.shutdown();
    EXPECT_EQ(sent, received + static_cast<int>(in.size()));
  }
}

}  // namespace

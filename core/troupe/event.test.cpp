#include <troupe/event.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::event;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

TEST(event, ends_all_waits_present_and_future) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    event happened;
    int ended = 0;
    for (int i = 0; i < 5; ++i) {
      start(rt, [&]() -> task<> {
        EXPECT_TRUE(co_await happened.wait());
        ++ended;
      });
    }
    rt.run_until_idle();
    EXPECT_EQ(ended, 0);
    EXPECT_FALSE(happened.is_set());
    happened.set();
    happened.set();
    EXPECT_TRUE(happened.is_set());
    EXPECT_EQ(ended, 0) << "a wake-up goes through the run queue";
    rt.run_until_idle();
    EXPECT_EQ(ended, 5);
    EXPECT_TRUE(rt.block_on(happened.wait()));
  });
}

TEST(event, may_be_reset) {
  deterministic_runtime rt;
  event happened;
  happened.set();
  happened.reset();
  EXPECT_FALSE(happened.is_set());
  auto waiting = start(rt, [&]() -> task<> { EXPECT_TRUE(co_await happened.wait()); });
  rt.run_until_idle();
  EXPECT_FALSE(waiting.done());
  happened.set();
  happened.reset();
  rt.run_until_idle();
  EXPECT_TRUE(waiting.done()) << "a wait that has ended stays so";
}

TEST(event, a_wait_ends_with_its_context_or_its_actor) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    event happened;
    const auto scope = rt.root_context().with_cancel();
    const context timed = rt.root_context().with_timeout(1s);
    std::vector<std::optional<result<>>> got(4);
    auto own = start(rt, [&]() -> task<> { got[0] = co_await happened.wait(); });
    start(rt, [&]() -> task<> { got[1] = co_await happened.wait(scope); });
    start(rt, [&]() -> task<> { got[2] = co_await happened.wait(timed); });
    auto deaf =
        start(rt, [&]() -> task<> { got[3] = co_await happened.wait(context::background()); });
    if (seed % 2 == 0) rt.run_until_idle();
    own.cancel();
    deaf.cancel();
    scope.cancel();
    rt.advance(1s);
    ASSERT_TRUE(got[0] && got[1] && got[2]);
    EXPECT_EQ(got[0]->error(), errc::canceled);
    EXPECT_EQ(got[1]->error(), errc::canceled);
    EXPECT_EQ(got[2]->error(), errc::deadline_exceeded);
    EXPECT_FALSE(got[3]);
    happened.set();
    rt.run_until_idle();
    EXPECT_TRUE(got[3] && *got[3]);
  });
}

TEST(event, outlives_a_runtime_in_which_somebody_waits) {
  event happened;
  {
    deterministic_runtime rt;
    start(rt,
          [&]() -> task<> { static_cast<void>(co_await happened.wait(context::background())); });
    rt.run_until_idle();
  }
  happened.set();
  EXPECT_TRUE(happened.is_set());
}

TEST(event, may_be_set_by_another_thread) {
  troupe::runtime rt({.workers = 2});
  for (int i = 0; i < 200; ++i) {
    event happened;
    const std::jthread setter([&] { happened.set(); });
    EXPECT_TRUE(rt.block_on(happened.wait()));
  }
}

TEST(event, cannot_be_awaited_outside_of_a_runtime) {
  event happened;
  EXPECT_THROW(troupe::internal::await_outside([&] { return happened.wait(); }),
               troupe::usage_error);
}

}  // namespace

#include <troupe/join_handle.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using troupe::errc;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

task<int> number(int n) {
  static_cast<void>(co_await troupe::sleep_for(0s));
  co_return n;
}
task<std::unique_ptr<int>> owned(int n) { co_return std::make_unique<int>(n); }
task<> fails() {
  static_cast<void>(co_await troupe::sleep_for(0s));
  throw std::runtime_error("no");
}
task<> sleeps(bool* canceled) {
  const auto slept = co_await troupe::sleep_for(1h);
  *canceled = !slept && slept.error() == errc::canceled;
}

TEST(join_handle, gives_what_the_fiber_gave) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const auto handle = rt.spawn(number(5));
    const auto copy = handle;
    EXPECT_FALSE(handle.done());
    EXPECT_EQ(rt.block_on(handle), 5);
    EXPECT_TRUE(handle.done());
    EXPECT_EQ(rt.block_on(copy), 5);
    EXPECT_EQ(rt.block_on(handle), 5);
    auto box = rt.block_on(rt.spawn(owned(6)));
    EXPECT_EQ(**box, 6);
    run(rt, []() -> task<> { EXPECT_EQ(co_await troupe::spawn(number(7)), 7); });
  });
}

TEST(join_handle, throws_what_the_fiber_threw) {
  deterministic_runtime rt;
  const auto handle = rt.spawn(fails());
  EXPECT_THROW(static_cast<void>(rt.block_on(handle)), std::runtime_error);
  EXPECT_THROW(static_cast<void>(rt.block_on(handle)), std::runtime_error);
}

TEST(join_handle, may_be_dropped_and_the_fiber_goes_on) {
  deterministic_runtime rt;
  int seen = 0;
  {
    const auto dropped = start(rt, [&]() -> task<> { seen = co_await number(3); });
  }
  rt.run_until_idle();
  EXPECT_EQ(seen, 3);
}

TEST(join_handle, cancels_the_fiber) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    bool canceled = false;
    const auto handle = rt.spawn(sleeps(&canceled));
    if (seed % 2 == 0) rt.run_until_idle();
    handle.cancel();
    handle.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(handle.done());
    EXPECT_TRUE(canceled);
    handle.cancel();
  });
}

TEST(join_handle, canceling_who_waits_leaves_the_fiber_alone) {
  bool canceled = false;
  std::optional<result<>> got;
  deterministic_runtime rt;
  const auto handle = rt.spawn(sleeps(&canceled));
  auto waiting = start(rt, [&]() -> task<> { got = co_await handle; });
  rt.run_until_idle();
  waiting.cancel();
  rt.run_until_idle();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error(), errc::canceled);
  EXPECT_FALSE(handle.done());
}

TEST(join_handle, a_wait_for_it_may_have_a_context_of_its_own) {
  bool canceled = false;
  std::optional<result<>> got;
  deterministic_runtime rt;
  const auto handle = rt.spawn(sleeps(&canceled));
  const auto soon = troupe::context::background().with_cancel();
  const auto waiting = start(rt, [&]() -> task<> { got = co_await handle.wait(soon); });
  rt.run_until_idle();
  EXPECT_FALSE(got);
  soon.cancel();
  rt.run_until_idle();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error(), errc::canceled);
  EXPECT_FALSE(handle.done());
  EXPECT_EQ(rt.block_on(rt.spawn(number(4)).wait(troupe::context::background())), 4);
}

TEST(join_handle, a_fiber_beside_another_ends_with_it) {
  deterministic_runtime rt;
  bool canceled = false;
  std::optional<troupe::join_handle<void>> inner;
  run(rt, [&]() -> task<> {
    inner = troupe::spawn(sleeps(&canceled));
    static_cast<void>(co_await troupe::sleep_for(0s));
  });
  rt.run_until_idle();
  EXPECT_TRUE(inner->done());
  EXPECT_TRUE(canceled) << "it ran under the context of the one that spawned it";
}

TEST(join_handle, spawn_wants_a_runtime) {
  EXPECT_THROW(troupe::spawn(number(1)), troupe::usage_error);
}

}  // namespace

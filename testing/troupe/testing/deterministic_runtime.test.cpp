// The deterministic runtime itself: equal seeds, equal runs; time moves only when told to.

#include <troupe/testing/deterministic_runtime.hpp>

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

struct played {
  std::string order;
  std::uint64_t trace;
  bool operator==(const played&) const = default;
};

played play(std::uint64_t seed) {
  played out{};
  deterministic_runtime rt(seed);
  cast_inbox<char> letters(2);
  for (char name = 'a'; name != 'e'; ++name) {
    rt.spawn([](cast_inbox<char>* to, char what) -> task<> {
      for (int i = 0; i != 3; ++i) co_await to->cast(what);
    }(&letters, name));
  }
  rt.spawn([](cast_inbox<char>* from, std::string* into) -> task<> {
    while (into->size() != 12) into->push_back(*co_await from->receive());
  }(&letters, &out.order));
  rt.run_until_idle();
  out.trace = rt.trace();
  return out;
}

TEST(deterministic_runtime_test, equal_seeds_give_equal_runs) {
  rc::check([](std::uint64_t seed) { RC_ASSERT(play(seed) == play(seed)); });
}

TEST(deterministic_runtime_test, seeds_differ_in_what_they_try) {
  std::set<std::string> orders;
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed = 0; seed != 100; ++seed) {
    const played one = play(seed);
    ASSERT_EQ(one.order.size(), 12U);
    orders.insert(one.order);
    traces.insert(one.trace);
  }
  EXPECT_GT(orders.size(), 50U);
  EXPECT_GT(traces.size(), 90U);
}

TEST(deterministic_runtime_test, advance_stops_at_each_timer) {
  std::vector<duration> woken;
  deterministic_runtime rt;
  const time_point start = rt.now();
  rt.spawn([](deterministic_runtime* in, std::vector<duration>* at, time_point from) -> task<> {
    for (int i = 0; i != 3; ++i) {
      co_await sleep_for(10ms);  // the second is only set when the first has fired
      at->push_back(in->now() - from);
    }
  }(&rt, &woken, start));
  rt.advance(25ms);
  EXPECT_EQ(woken, (std::vector<duration>{10ms, 20ms}));
  EXPECT_EQ(rt.now() - start, 25ms);
  ASSERT_TRUE(rt.next_timer());
  EXPECT_EQ(*rt.next_timer() - start, 30ms);
  rt.advance(5ms);
  EXPECT_EQ(woken.size(), 3U);
  EXPECT_FALSE(rt.next_timer());
}

TEST(deterministic_runtime_test, time_stands_still_until_told) {
  deterministic_runtime rt;
  bool done = false;
  rt.spawn([](bool* told) -> task<> {
    co_await sleep_for(1ns);
    *told = true;
  }(&done));
  rt.run_until_idle();
  EXPECT_FALSE(done);
  rt.advance(1ns);
  EXPECT_TRUE(done);
}

TEST(deterministic_runtime_test, block_on_says_so_where_it_would_wait_for_ever) {
  deterministic_runtime rt;
  cast_inbox<int> empty(1);
  EXPECT_THROW(static_cast<void>(rt.block_on(empty.receive())), usage_error);
  EXPECT_THROW(static_cast<void>(rt.block_on(rt.sleep_for(1s))), usage_error);
  EXPECT_EQ(rt.alive(), 0U);
  EXPECT_EQ(rt.block_on([]() -> task<int> { co_return 4; }()), 4) << "and goes on";
}

TEST(deterministic_runtime_test, run_until_idle_has_a_bound) {
  deterministic_runtime rt(77);
  auto busy = rt.spawn([]() -> task<> {
    while (co_await sleep_for(0ns)) {
    }
  }());
  try {
    rt.run_until_idle(100);
    FAIL() << "it is never idle";
  } catch (const std::runtime_error& what) {
    EXPECT_TRUE(std::string(what.what()).contains("seed 77")) << what.what();
  }
  EXPECT_TRUE(rt.step());
  busy.cancel();
  rt.run_until_idle(100);
  EXPECT_FALSE(rt.step());
}

TEST(deterministic_runtime_test, a_shutdown_gives_up_on_who_is_never_idle) {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ten million turns take too long";
#endif
  deterministic_runtime rt(1);
  rt.spawn([]() -> task<> {
    for (;;) static_cast<void>(co_await sleep_for(0ns));
  }());
  const auto left = rt.shutdown();
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left.front().doing, "running");
}  // and the destructor does not throw either

TEST(deterministic_runtime_test, runs_blocking_work_as_a_turn_of_its_own) {
  deterministic_runtime rt;
  EXPECT_EQ(rt.block_on(rt.blocking([] { return 3; })), 3);
  EXPECT_EQ(rt.workers(), 1U);
  EXPECT_EQ(deterministic_runtime(9).seed(), 9U);
}

TEST(deterministic_runtime_test, a_block_on_that_cannot_be_canceled_is_destroyed) {
  auto kept = std::make_shared<int>(0);
  deterministic_runtime rt;
  const auto waits = [](std::shared_ptr<int>) -> task<> {
    static_cast<void>(co_await sleep_for(context::background(), std::chrono::hours(1)));
  };
  EXPECT_THROW(rt.block_on(waits(kept)), usage_error);
  EXPECT_EQ(rt.alive(), 0U);
  EXPECT_EQ(kept.use_count(), 1) << "its frame is gone";
  rt.advance(std::chrono::hours(2));  // and its timer
}

}  // namespace

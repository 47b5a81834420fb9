// The multi-threaded runtime: starting, waiting and refusing. What it does when it goes is in
// tests/integration/shutdown.test.cpp.

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;

class adder : public actor {
 public:
  adder() : actor("adder") {}
  cast_inbox<int> casts{8};
  call_inbox<int, int> calls{8};

 protected:
  task<result<>> run(context ctx) override {
    int sum = 0;
    co_return co_await serve(ctx, on(casts, [&sum](int more) { sum += more; }),
                             on(calls, [&sum](int more) { return sum += more; }));
  }
};

template <class Call>
std::string refused(Call&& call) {
  try {
    call();
  } catch (const usage_error& wrong) {
    return wrong.what();
  }
  return "nothing was thrown";
}

class runtime_test : public ::testing::TestWithParam<std::size_t> {
 protected:
  [[nodiscard]] static runtime_options options() { return {.workers = GetParam()}; }
};
INSTANTIATE_TEST_SUITE_P(workers, runtime_test, ::testing::Values(1, 2, 4));

TEST_P(runtime_test, runs_actors_and_tasks) {
  runtime rt(options());
  EXPECT_EQ(rt.workers(), GetParam());
  auto one = std::make_shared<adder>();
  rt.spawn(one);
  ASSERT_TRUE(rt.block_on(one->casts.cast(32)).has_value());
  EXPECT_EQ(rt.block_on(one->calls.call(10)), 42);
  auto handle = rt.spawn([]() -> task<std::string> { co_return "done"; }());
  EXPECT_EQ(*rt.block_on(handle), "done");
  auto throws = rt.spawn([]() -> task<> {
    throw std::runtime_error("out");
    co_return;
  }());
  EXPECT_THROW(static_cast<void>(rt.block_on(throws)), std::runtime_error);
}

TEST_P(runtime_test, block_on_gives_values_nothing_and_exceptions) {
  runtime rt(options());
  EXPECT_EQ(rt.block_on([]() -> task<int> { co_return 7; }()), 7);
  rt.block_on([]() -> task<> { co_return; }());
  EXPECT_EQ(
      *rt.block_on([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); }()),
      3);
  EXPECT_THROW(rt.block_on([]() -> task<> {
    throw std::out_of_range("x");
    co_return;
  }()),
               std::out_of_range);
}

TEST_P(runtime_test, foreign_threads_send_and_call) {
  constexpr int senders = 4;
  constexpr int each = 2000;
  runtime rt(options());
  auto one = std::make_shared<adder>();
  rt.spawn(one);
  std::vector<std::thread> threads;
  for (int i = 0; i != senders; ++i) {
    threads.emplace_back([&] {
      for (int sent = 0; sent != each;) {
        if (one->casts.try_cast(1)) {
          ++sent;
        } else if (!rt.block_on(one->calls.call(0))) {
          ADD_FAILURE();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // Between inboxes there is no order: the casts may still be on their way.
  while (*rt.block_on(one->calls.call(0)) != senders * each) {
  }
}

TEST_P(runtime_test, what_blocks_a_worker_is_refused_to_actors) {
  runtime rt(options());
  const auto inside = [](runtime* in) -> task<std::string> {
    std::string first = refused([&] { in->block_on(sleep_for(1s)); });
    co_return first + "|" + refused([&] { in->shutdown(); });
  };
  const std::string why = rt.block_on(inside(&rt));
  EXPECT_TRUE(why.contains("block_on was called by an actor")) << why;
  EXPECT_TRUE(why.contains("shutdown was called by an actor")) << why;
  runtime other(options());
  EXPECT_TRUE(rt.block_on(inside(&other)).contains("by an actor")) << "nor those of another";
}

TEST_P(runtime_test, nothing_starts_after_shutdown) {
  runtime rt(options());
  EXPECT_TRUE(rt.shutdown().empty());
  EXPECT_TRUE(rt.root_context().err());
  EXPECT_THROW(rt.spawn(std::make_shared<adder>()), usage_error);
  EXPECT_THROW(rt.spawn([]() -> task<> { co_return; }()), usage_error);
  EXPECT_THROW(rt.block_on(sleep_for(1ms)), usage_error);
  EXPECT_TRUE(rt.shutdown().empty()) << "repeating it is fine";
}

TEST_P(runtime_test, an_actor_that_ended_takes_nothing_more) {
  runtime rt(options());
  auto one = std::make_shared<adder>();
  auto handle = rt.spawn(one);
  handle.cancel();
  EXPECT_EQ(rt.block_on(handle)->kind(), exit_kind::canceled);
  EXPECT_EQ(one->casts.try_cast(1).error(), errc::inbox_closed);
  EXPECT_EQ(rt.block_on(one->calls.call(1)).error(), errc::inbox_closed);
}

TEST_P(runtime_test, two_side_by_side_call_each_others_actors) {
  runtime left(options());
  runtime right(options());
  auto there = std::make_shared<adder>();
  auto here = std::make_shared<adder>();
  right.spawn(there);
  left.spawn(here);
  const auto rounds = [](adder* callee) -> task<int> {
    int last = 0;
    for (int i = 0; i != 2000; ++i) last = *co_await callee->calls.call(1);
    co_return last;
  };
  auto from_left = left.spawn(rounds(there.get()));
  auto from_right = right.spawn(rounds(here.get()));
  EXPECT_EQ(left.block_on(from_left), 2000);
  EXPECT_EQ(right.block_on(from_right), 2000);
}

TEST(runtime_options_test, are_checked) {
  EXPECT_TRUE(refused([] { runtime rt({.workers = 100'000}); }).contains("workers"));
  EXPECT_TRUE(refused([] { runtime rt({.blocking_threads = 0}); }).contains("blocking_threads"));
  EXPECT_GE(runtime().workers(), 1U);
}

TEST(runtime_throws_test, a_crash_knows_where_it_was_thrown) {
  runtime rt({.workers = 2});
  auto handle = rt.spawn(make_actor("crasher", [](context, logger&) -> task<result<>> {
    static_cast<void>(std::vector<int>().at(3));
    co_return {};
  }));
  const exit_reason why = *rt.block_on(handle);
  EXPECT_EQ(why.type(), "std::out_of_range");
  EXPECT_FALSE(why.stack().empty());
}

}  // namespace

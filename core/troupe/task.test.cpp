#include <troupe/task.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/runtime.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using troupe::task;
using troupe::internal::run;
using troupe::testing::deterministic_runtime;

static_assert(!std::is_copy_constructible_v<task<int>>);
static_assert(std::is_nothrow_move_constructible_v<task<int>>);

task<int> number(int n) { co_return n; }
task<std::unique_ptr<int>> owned(int n) { co_return std::make_unique<int>(n); }
task<> fails(int depth) {
  if (depth == 0) throw std::runtime_error("at the bottom");
  co_await fails(depth - 1);
}
task<int> number_fails(int n) {
  if (n > 0) throw std::out_of_range("too big");
  co_return n;
}

TEST(task, gives_its_value) {
  deterministic_runtime rt;
  EXPECT_EQ(rt.block_on(number(5)), 5);
  EXPECT_EQ(*rt.block_on(owned(6)), 6);
  run(rt, []() -> task<> {
    task<int> later = number(7);
    EXPECT_TRUE(later);
    task<int> moved = std::move(later);
    EXPECT_FALSE(later);
    EXPECT_EQ(co_await std::move(moved), 7);
    EXPECT_EQ(*co_await owned(8), 8);
  });
}

TEST(task, does_nothing_until_it_is_awaited) {
  deterministic_runtime rt;
  bool ran = false;
  const auto mark = [&ran]() -> task<> {
    ran = true;
    co_return;
  };
  {
    const task<> never = mark();
  }
  EXPECT_FALSE(ran);
  task<> one = mark();
  one = task<>();
  EXPECT_FALSE(ran);
  EXPECT_FALSE(one);
  rt.block_on(mark());
  EXPECT_TRUE(ran);
}

task<> keeps(std::shared_ptr<int> held) {
  EXPECT_TRUE(held);
  co_return;
}

TEST(task, destroys_its_arguments_awaited_or_not) {
  deterministic_runtime rt;
  const auto held = std::make_shared<int>(1);
  {
    const task<> never = keeps(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  rt.block_on(keeps(held));
  EXPECT_EQ(held.use_count(), 1);
}

TEST(task, lets_exceptions_through_every_level) {
  deterministic_runtime rt;
  EXPECT_THROW(rt.block_on(fails(0)), std::runtime_error);
  EXPECT_THROW(rt.block_on(fails(5)), std::runtime_error);
  EXPECT_THROW(static_cast<void>(rt.block_on(number_fails(1))), std::out_of_range);
  EXPECT_EQ(run(rt,
                []() -> task<std::string> {
                  std::string text;
                  try {
                    co_await fails(3);
                  } catch (const std::runtime_error& thrown) {
                    text = thrown.what();
                  }
                  co_return text + "!";
                }),
            "at the bottom!");
}

/// How far apart stack addresses have been.
struct stack_extent {
  std::uintptr_t low = UINTPTR_MAX;
  std::uintptr_t high = 0;
  void note() {
    const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    low = std::min(low, here);
    high = std::max(high, here);
  }
};

task<int> noted(stack_extent* stack) {
  stack->note();
  co_return 1;
}

TEST(task, a_loop_of_awaits_that_complete_at_once_does_not_grow_the_stack) {
  deterministic_runtime rt;
  stack_extent stack;
  const int sum = run(rt, [&]() -> task<int> {
    int total = 0;
    for (int i = 0; i < 1'000'000; ++i) total += co_await noted(&stack);
    co_return total;
  });
  EXPECT_EQ(sum, 1'000'000);
  EXPECT_LT(stack.high - stack.low, 16'384U);
}

task<int> descend(stack_extent* stack, int depth) {
  stack->note();
  if (depth == 0) co_return 0;
  const int below = co_await descend(stack, depth - 1);
  stack->note();
  co_return below + 1;
}

TEST(task, a_deep_recursion_of_awaits_does_not_grow_the_stack) {
  deterministic_runtime rt;
  stack_extent stack;
  EXPECT_EQ(rt.block_on(descend(&stack, 100'000)), 100'000);
  EXPECT_LT(stack.high - stack.low, 16'384U);
}

struct throws_at_the_end {
  ~throws_at_the_end() noexcept(false) { throw std::runtime_error("too late"); }
};

// The value is gone, and the exception is what the task came to.
TEST(task_test, a_destructor_that_throws_after_the_value_is_given) {
  deterministic_runtime rt;
  const auto broken = []() -> task<std::string> {
    const throws_at_the_end late;
    co_return std::string(100, 'x');
  };
  EXPECT_THROW(rt.block_on(broken()), std::runtime_error);
}

}  // namespace

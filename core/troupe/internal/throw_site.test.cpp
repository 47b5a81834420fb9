#include <troupe/internal/throw_site.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace throwing {

[[gnu::noinline]] void throw_by_hand(int value) {
  if (value >= 0) throw std::runtime_error("by hand");
}

[[gnu::noinline]] static void throw_from_static_function(int value) {
  if (value >= 0) throw value;
}

[[gnu::noinline]] int throw_in_the_standard_library(const std::vector<int>& values) {
  return values.at(values.size()) + 1;
}

template <class F>
std::exception_ptr caught(F&& f) {
  try {
    f();
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

}  // namespace throwing

namespace {

using namespace throwing;
using troupe::internal::find_throw_stack;
using troupe::internal::symbolize;
using troupe::internal::throw_recording_scope;

// Without libbacktrace only exported functions have names, and a test program exports none.
class throw_site_test : public testing::Test {
 protected:
  void SetUp() override {
    if (!troupe::internal::names_all_functions()) GTEST_SKIP() << "built without libbacktrace";
  }
};

std::vector<std::string> lines_of(const std::exception_ptr& exception) {
  return symbolize(find_throw_stack(exception).view());
}

bool names(std::string_view line, std::string_view function) {
  return line.find(function) != std::string_view::npos;
}

TEST_F(throw_site_test, starts_with_the_function_that_threw) {
  const throw_recording_scope recording;
  const auto lines = lines_of(caught([] { throw_by_hand(1); }));
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(names(lines.front(), "throwing::throw_by_hand")) << lines.front();
  if (names(lines.front(), ".cpp:")) {  // there is debug information
    EXPECT_TRUE(names(lines.front(), "(throw_site.test.cpp:15)")) << lines.front();
  }
  EXPECT_TRUE(std::ranges::any_of(lines, [](auto& line) { return names(line, "main"); }));
}

TEST_F(throw_site_test, names_functions_that_are_not_exported) {
  const throw_recording_scope recording;
  const auto lines = lines_of(caught([] { throw_from_static_function(1); }));
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(names(lines.front(), "throw_from_static_function")) << lines.front();
}

TEST_F(throw_site_test, sees_a_throw_inside_the_standard_library) {
  const throw_recording_scope recording;
  const auto lines = lines_of(caught([] { throw_in_the_standard_library({1, 2}); }));
  EXPECT_TRUE(std::ranges::any_of(
      lines, [](auto& line) { return names(line, "throw_in_the_standard_library"); }));
}

TEST_F(throw_site_test, survives_a_rethrow_on_another_thread) {
  std::exception_ptr first;
  {
    const throw_recording_scope recording;
    first = caught([] { throw_by_hand(1); });
  }
  std::exception_ptr second;
  std::thread([&] {
    const throw_recording_scope recording;
    second = caught([&] { std::rethrow_exception(first); });
    first = nullptr;
  }).join();
  const auto lines = lines_of(second);
  ASSERT_FALSE(lines.empty());
  EXPECT_TRUE(names(lines.front(), "throw_by_hand")) << lines.front();
}

TEST_F(throw_site_test, records_nothing_outside_the_scope) {
  EXPECT_EQ(find_throw_stack(caught([] { throw_by_hand(1); })).size, 0U);
  {
    const throw_recording_scope recording;
    std::thread([] {
      EXPECT_EQ(find_throw_stack(caught([] { throw_by_hand(1); })).size, 0U);
    }).join();
  }
  EXPECT_EQ(find_throw_stack(caught([] { throw_by_hand(1); })).size, 0U);
}

TEST_F(throw_site_test, scopes_nest) {
  const throw_recording_scope outer;
  {
    const throw_recording_scope inner;
  }
  EXPECT_NE(find_throw_stack(caught([] { throw_by_hand(1); })).size, 0U);
}

// The allocator hands the address of a dead exception to the next one of its size.
TEST_F(throw_site_test, an_exception_that_was_never_thrown_does_not_inherit_a_stack) {
  for (int i = 0; i < 1000; ++i) {
    const throw_recording_scope recording;
    ASSERT_NE(find_throw_stack(caught([] { throw_from_static_function(1); })).size, 0U);
    ASSERT_EQ(find_throw_stack(std::make_exception_ptr(7)).size, 0U);
  }
}

TEST_F(throw_site_test, an_unrecorded_exception_does_not_inherit_a_stack) {
  for (int i = 0; i < 1000; ++i) {
    {
      const throw_recording_scope recording;
      ASSERT_NE(find_throw_stack(caught([] { throw_by_hand(1); })).size, 0U);
    }
    ASSERT_EQ(find_throw_stack(caught([] { throw_by_hand(1); })).size, 0U);
  }
}

TEST_F(throw_site_test, no_exception_has_no_stack) {
  EXPECT_EQ(find_throw_stack(nullptr).size, 0U);
  EXPECT_TRUE(symbolize({}).empty());
}

[[gnu::noinline]] void throw_from_below(int depth) {
  if (depth == 0) throw depth;
  throw_from_below(depth - 1);
  asm volatile("" ::: "memory");  // no tail call: every level is a frame
}

TEST_F(throw_site_test, a_deep_stack_is_cut_at_its_outer_end) {
  const throw_recording_scope recording;
  const auto stack = find_throw_stack(caught([] { throw_from_below(200); }));
  EXPECT_EQ(stack.size, stack.capacity);
  EXPECT_TRUE(names(symbolize(stack.view()).front(), "throw_from_below"));
}

TEST_F(throw_site_test, an_address_without_a_name_is_still_a_line) {
  void* const nowhere = nullptr;
  EXPECT_EQ(symbolize({&nowhere, 1}).size(), 1U);
}

TEST_F(throw_site_test, threads_throw_at_once_and_each_finds_its_own) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      const throw_recording_scope recording;
      for (int i = 0; i < 500; ++i) {
        const bool odd = (t + i) % 2 != 0;
        const auto thrown =
            odd ? caught([] { throw_by_hand(1); }) : caught([] { throw_from_below(3); });
        const auto stack = find_throw_stack(thrown);
        // Another thread's exception may have taken the slot; what is found is never another's.
        if (stack.size == 0) continue;
        const bool nested = stack.frames[1] == stack.frames[2];
        ASSERT_EQ(nested, !odd);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace

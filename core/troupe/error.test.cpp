#include <troupe/error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using troupe::errc;
using troupe::error;
using troupe::fail;
using troupe::result;

static_assert(sizeof(error) <= 24);
static_assert(std::is_nothrow_copy_constructible_v<error>);
static_assert(std::is_nothrow_move_constructible_v<error>);
static_assert(std::is_nothrow_constructible_v<error, errc>);
static_assert(std::is_base_of_v<std::logic_error, troupe::usage_error>);

constexpr int last_code = static_cast<int>(errc::internal);

TEST(error_test, every_code_has_its_own_message) {
  std::set<std::string> seen;
  for (int value = 1; value <= last_code; ++value) {
    const std::string message = make_error_code(static_cast<errc>(value)).message();
    EXPECT_EQ(message.find("unknown"), std::string::npos) << value;
    EXPECT_TRUE(seen.insert(message).second) << message;
  }
  EXPECT_EQ(make_error_code(static_cast<errc>(last_code + 1)).message(),
            "unknown troupe error " + std::to_string(last_code + 1));
}

TEST(error_test, belongs_to_the_category_troupe) {
  const std::error_code code = errc::canceled;
  EXPECT_STREQ(code.category().name(), "troupe");
  EXPECT_EQ(&code.category(), &troupe::error_category());
}

TEST(error_test, equals_the_portable_condition) {
  EXPECT_EQ(error(errc::canceled), std::errc::operation_canceled);
  EXPECT_EQ(error(errc::deadline_exceeded), std::errc::timed_out);
  EXPECT_EQ(error(errc::inbox_full), std::errc::resource_unavailable_try_again);
  EXPECT_EQ(error(errc::inbox_closed), std::errc::broken_pipe);
  EXPECT_NE(error(errc::restart_limit), std::errc::timed_out);
}

TEST(error_test, compares_by_code_and_not_by_text) {
  const error plain = errc::inbox_full;
  const error told(errc::inbox_full, "orders");
  EXPECT_EQ(plain, told);
  EXPECT_EQ(told, errc::inbox_full);
  EXPECT_NE(told, errc::inbox_closed);
  EXPECT_EQ(told, make_error_code(errc::inbox_full));
}

TEST(error_test, message_is_the_codes_then_the_text) {
  const error plain = errc::inbox_full;
  EXPECT_EQ(plain.text(), "");
  EXPECT_EQ(plain.message(), "inbox is full");
  EXPECT_EQ(error(errc::inbox_full, "orders (capacity 16)").message(),
            "inbox is full: orders (capacity 16)");
  EXPECT_EQ(error(errc::inbox_full, "").message(), "inbox is full");
}

TEST(error_test, carries_codes_of_other_categories) {
  const error why(std::make_error_code(std::errc::permission_denied), "/dev/ttyS0");
  EXPECT_EQ(why, std::errc::permission_denied);
  EXPECT_NE(why, errc::refused);
  EXPECT_EQ(why.text(), "/dev/ttyS0");
}

TEST(error_test, copies_share_the_text_and_outlive_the_original) {
  auto original = std::make_unique<error>(errc::refused, std::string(100, 'x'));
  const error copy = *original;
  EXPECT_EQ(copy.text().data(), original->text().data());
  error assigned = errc::canceled;
  assigned = copy;
  original.reset();
  EXPECT_EQ(copy.text(), std::string(100, 'x'));
  const error moved = std::move(assigned);
  EXPECT_EQ(moved.text().data(), copy.text().data());
}

TEST(error_test, assigning_to_itself_keeps_the_text) {
  error why(errc::refused, "kept");
  const error& alias = why;
  why = alias;
  EXPECT_EQ(why.text(), "kept");
}

TEST(error_test, copies_may_be_dropped_on_any_thread) {
  const error why(errc::refused, "shared");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([why] {
      for (int i = 0; i < 1000; ++i) {
        const error copy = why;
        ASSERT_EQ(copy.text(), "shared");
      }
    });
  }
}

TEST(error_test, fail_converts_to_any_result) {
  const auto nothing = []() -> result<> { return fail(errc::no_reply); };
  const auto number = []() -> result<int> { return fail(errc::not_found, "no key 7"); };
  const auto standard = []() -> result<std::string> { return std::unexpected(errc::canceled); };
  const auto passed_on = [&]() -> result<> { return fail(number().error()); };
  EXPECT_EQ(nothing().error(), errc::no_reply);
  EXPECT_EQ(number().error().text(), "no key 7");
  EXPECT_EQ(standard().error(), errc::canceled);
  EXPECT_EQ(passed_on().error().message(), "not found: no key 7");
}

}  // namespace

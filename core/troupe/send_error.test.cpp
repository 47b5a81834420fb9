#include <troupe/send_error.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace {

using troupe::errc;
using troupe::error;
using troupe::result;
using troupe::send_error;
using troupe::send_result;

template <class T>
send_result<T> refuse(T message) {
  return std::unexpected(send_error<T>(errc::inbox_full, std::move(message)));
}

TEST(send_error_test, compares_like_the_error_it_is) {
  const send_result<int> sent = refuse(7);
  ASSERT_FALSE(sent.has_value());
  EXPECT_TRUE(sent.error() == errc::inbox_full);
  EXPECT_TRUE(sent.error() == std::errc::resource_unavailable_try_again);
  EXPECT_FALSE(sent.error() == errc::inbox_closed);
  EXPECT_EQ(sent.error().unsent, 7);
  EXPECT_EQ(sent.error().why().message(), "inbox is full");
}

TEST(send_error_test, gives_a_move_only_message_back) {
  auto sent = refuse(std::make_unique<int>(7));
  const std::unique_ptr<int> back = std::move(sent.error().unsent);
  EXPECT_EQ(*back, 7);
}

TEST(send_error_test, converts_to_a_result) {
  const send_result<std::string> refused = refuse<std::string>("m");
  const result<> copied = refused;
  EXPECT_TRUE(copied.error() == errc::inbox_full);
  const result<> moved = refuse(std::make_unique<int>(7));
  EXPECT_TRUE(moved.error() == errc::inbox_full);
  const result<> good = send_result<std::string>();
  EXPECT_TRUE(good.has_value());
}

TEST(send_error_test, is_passed_on_from_a_function_returning_a_result) {
  const auto whole = []() -> result<> { return refuse(std::make_unique<int>(7)); };
  const auto part = []() -> result<int> {
    auto sent = refuse(std::make_unique<int>(7));
    if (!sent) return troupe::fail(sent.error());
    return 1;
  };
  EXPECT_TRUE(whole().error() == errc::inbox_full);
  EXPECT_TRUE(part().error() == errc::inbox_full);
}

TEST(send_error_test, keeps_the_text) {
  const send_error<int> why(error(errc::inbox_closed, "orders"), 1);
  const error alone = why;
  EXPECT_EQ(alone.message(), "inbox is closed: orders");
}

}  // namespace

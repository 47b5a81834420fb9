#include <troupe/exit_reason.hpp>
#include <troupe/internal/throw_site.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace crashing {

[[gnu::noinline]] void read_sensor(int value) {
  if (value >= 0) throw std::runtime_error("sensor gone");
}

[[gnu::noinline]] int read_register(const std::vector<int>& registers) {
  return registers.at(registers.size()) + 1;
}

struct plain_failure {};

template <class F>
troupe::exit_reason crash_of(F&& f) {
  const troupe::internal::throw_recording_scope recording;
  try {
    f();
  } catch (...) {
    return troupe::exit_reason::from_exception(std::current_exception());
  }
  return troupe::exit_reason::clean();
}

}  // namespace crashing

namespace {

using namespace crashing;
using troupe::errc;
using troupe::error;
using troupe::exit_kind;
using troupe::exit_reason;
using troupe::fail;
using troupe::result;

static_assert(std::is_nothrow_copy_constructible_v<exit_reason>);
static_assert(noexcept(exit_reason::clean()) && noexcept(exit_reason::canceled()));

TEST(exit_kind_test, has_names) {
  EXPECT_EQ(to_string(exit_kind::clean), "clean");
  EXPECT_EQ(to_string(exit_kind::canceled), "canceled");
  EXPECT_EQ(to_string(exit_kind::error), "error");
  EXPECT_EQ(to_string(exit_kind::exception), "exception");
}

TEST(exit_reason_test, clean_has_nothing_to_tell) {
  for (const exit_reason& why : {exit_reason::clean(), exit_reason::from_result(result<>())}) {
    EXPECT_EQ(why.kind(), exit_kind::clean);
    EXPECT_EQ(why.as_error(), nullptr);
    EXPECT_EQ(why.exception(), nullptr);
    EXPECT_TRUE(why.type().empty() && why.text().empty() && why.stack().empty());
    EXPECT_EQ(why.to_string(), "clean");
  }
}

TEST(exit_reason_test, cancellation_is_no_error) {
  for (const exit_reason& why :
       {exit_reason::canceled(), exit_reason::from_result(fail(errc::canceled))}) {
    EXPECT_EQ(why.kind(), exit_kind::canceled);
    ASSERT_NE(why.as_error(), nullptr);
    EXPECT_EQ(*why.as_error(), errc::canceled);
    EXPECT_EQ(why.to_string(), "canceled");
  }
  const auto told = exit_reason::from_result(fail(errc::canceled, "by the operator"));
  EXPECT_EQ(told.kind(), exit_kind::canceled);
  EXPECT_EQ(told.to_string(), "canceled: by the operator");
}

TEST(exit_reason_test, an_error_keeps_its_code_and_text) {
  const auto why = exit_reason::from_result(fail(errc::deadline_exceeded, "connecting"));
  EXPECT_EQ(why.kind(), exit_kind::error);
  ASSERT_NE(why.as_error(), nullptr);
  EXPECT_EQ(*why.as_error(), errc::deadline_exceeded);
  EXPECT_EQ(why.text(), "connecting");
  EXPECT_EQ(why.to_string(), "error: deadline exceeded: connecting");
}

TEST(exit_reason_test, an_exception_keeps_type_text_and_place) {
  const auto why = crash_of([] { read_sensor(1); });
  EXPECT_EQ(why.kind(), exit_kind::exception);
  EXPECT_EQ(why.as_error(), nullptr);
  EXPECT_EQ(why.type(), "std::runtime_error");
  EXPECT_EQ(why.text(), "sensor gone");
  EXPECT_THROW(std::rethrow_exception(why.exception()), std::runtime_error);
  EXPECT_FALSE(why.stack().empty());
  const std::string line = why.to_string();
  EXPECT_TRUE(line.starts_with("exception std::runtime_error: sensor gone, thrown in ")) << line;
  if (troupe::internal::names_all_functions()) {
    EXPECT_NE(line.find("thrown in crashing::read_sensor"), std::string::npos) << line;
  }
}

TEST(exit_reason_test, a_throw_of_the_standard_library_is_reported_at_its_caller) {
  if (!troupe::internal::names_all_functions()) GTEST_SKIP() << "built without libbacktrace";
  const auto why = crash_of([] { read_register({1, 2}); });
  EXPECT_EQ(why.type(), "std::out_of_range");
  EXPECT_NE(why.to_string().find("thrown in crashing::read_register"), std::string::npos)
      << why.to_string();
}

TEST(exit_reason_test, anything_can_be_thrown) {
  EXPECT_EQ(crash_of([] { throw 7; }).type(), "int");
  EXPECT_EQ(crash_of([] { throw 7; }).text(), "");
  EXPECT_EQ(crash_of([] { throw plain_failure{}; }).type(), "crashing::plain_failure");
  EXPECT_EQ(crash_of([] { throw "text"; }).text(), "text");
  EXPECT_EQ(crash_of([] { throw std::string("text"); }).text(), "text");
  const auto thrown_error = crash_of([] { throw error(errc::refused, "by valve 3"); });
  EXPECT_EQ(thrown_error.type(), "troupe::error");
  EXPECT_EQ(thrown_error.text(), "refused by the peer: by valve 3");
  EXPECT_EQ(crash_of([] { throw std::ios_base::failure("x"); }).type(), "std::ios_base::failure");
}

TEST(exit_reason_test, an_exception_that_was_not_recorded_has_no_stack) {
  const auto why = exit_reason::from_exception(std::make_exception_ptr(std::logic_error("made")));
  EXPECT_TRUE(why.stack().empty());
  EXPECT_EQ(why.to_string(), "exception std::logic_error: made");
}

TEST(exit_reason_test, no_exception_is_a_misuse) {
  EXPECT_THROW((void)exit_reason::from_exception(nullptr), troupe::usage_error);
}

TEST(exit_reason_test, copies_share_one_stack_on_all_threads) {
  const auto why = crash_of([] { read_sensor(1); });
  std::vector<const std::string*> seen(4);
  std::vector<std::thread> threads;
  for (auto& place : seen) {
    threads.emplace_back([&place, why] { place = why.stack().data(); });
  }
  for (auto& thread : threads) thread.join();
  for (const std::string* place : seen) EXPECT_EQ(place, why.stack().data());
}

}  // namespace

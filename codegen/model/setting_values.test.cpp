#include <codegen/model/setting_values.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace troupe::gen {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr mailbox_key count{.id = setting::capacity,
                            .name = "capacity",
                            .form = value_form::count,
                            .description = "",
                            .least = 1,
                            .most = 100};
constexpr mailbox_key flag{
    .id = setting::disabled, .name = "disabled", .form = value_form::flag, .description = ""};
constexpr mailbox_key duration{
    .id = setting::interval, .name = "interval", .form = value_form::duration, .description = ""};
constexpr mailbox_key address{
    .id = setting::address, .name = "address", .form = value_form::address, .description = ""};

// The value as a `Value`; a test that asks for what is not there fails by the exception.
template <class Value>
Value value(const mailbox_key& key, std::string_view text) {
  return std::get<Value>(read_value(key, text, false).value());
}

void expect_error(const mailbox_key& key, std::string_view text, std::string_view part) {
  const auto read = read_value(key, text, false);
  ASSERT_FALSE(read) << text;
  EXPECT_TRUE(read.error().contains(part)) << read.error();
}

TEST(read_value, counts_have_bounds_and_nothing_but_digits) {
  EXPECT_EQ(value<std::int64_t>(count, "1"), 1);
  EXPECT_EQ(value<std::int64_t>(count, "100"), 100);
  EXPECT_EQ(value<std::int64_t>(count, "007"), 7);
  for (const char* text : {"", "0", "101", "-1", "+1", "1.0", "1e1", "0x1", "1_0", "ten", " 1",
                           "99999999999999999999"}) {
    expect_error(count, text, "expected a whole number from 1 to 100");
  }
  EXPECT_FALSE(read_value(count, "1", true)) << "text in quotes is no number";
}

TEST(read_value, flags_are_true_or_false) {
  EXPECT_TRUE(value<bool>(flag, "true"));
  EXPECT_FALSE(value<bool>(flag, "false"));
  expect_error(flag, "yes", "did you mean 'true'?");
  expect_error(flag, "off", "did you mean 'false'?");
  expect_error(flag, "True", "did you mean 'true'?");
  expect_error(flag, "1", "expected true or false");
  EXPECT_FALSE(read_value(flag, "true", true));
}

TEST(read_value, durations_have_a_unit) {
  EXPECT_EQ(value<nanoseconds>(duration, "15s"), 15s);
  EXPECT_EQ(value<nanoseconds>(duration, "250ms"), 250ms);
  EXPECT_EQ(value<nanoseconds>(duration, "2min"), 2min);
  EXPECT_EQ(value<nanoseconds>(duration, "3us"), 3us);
  EXPECT_EQ(value<nanoseconds>(duration, "2562047h"), 2562047h);
  expect_error(duration, "15", "did you mean '15s' or '15ms'?");
  expect_error(duration, "5m", "did you mean '5min' or '5ms'?");
  expect_error(duration, "2562048h", "longer than 292 years");
  for (const char* text :
       {"", "s", "0s", "-1s", "1.5s", "1 s", "1S", "1d", "1s2ms", "99999999999999999999s"}) {
    expect_error(duration, text, "expected a duration");
  }
}

TEST(duration_text, is_read_as_the_same_duration) {
  EXPECT_EQ(duration_text(90s), "90s");
  EXPECT_EQ(duration_text(120s), "2min");
  EXPECT_EQ(duration_text(1500us), "1500us");
  rc::check([] {
    const nanoseconds any(*rc::gen::suchThat<std::int64_t>([](auto n) { return n > 0; }));
    RC_ASSERT(value<nanoseconds>(duration, duration_text(any)) == any);
  });
}

TEST(read_value, addresses_have_a_host_and_a_port) {
  for (const char* text : {"localhost:80", "0.0.0.0:0", "[::1]:65535", "[fe80::1%eth0]:1"}) {
    EXPECT_EQ(value<std::string>(address, text), text);
  }
  for (const char* text :
       {"", "80", ":80", "a:", "a:65536", "a:b", "a b:1", "::1:80", "[]:1", "a:-1", "a\":1"}) {
    expect_error(address, text, "expected host:port");
  }
}

}  // namespace
}  // namespace troupe::gen

#include <troupe/io/address.hpp>

#include <troupe/io/endpoint.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <cstdint>
#include <string>

namespace troupe::io {
namespace {

using testing::HasSubstr;

TEST(address, is_read_and_written) {
  for (const char* const text : {"localhost:80", "192.0.2.1:65535", "[::1]:0", "a-b.example_c:7"}) {
    const auto read = address::parse(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->to_string(), text);
  }
  EXPECT_EQ(address::parse("[fe80::1%lo]:1")->host(), "fe80::1%lo");
  EXPECT_EQ(address("::1", 80).to_string(), "[::1]:80");
}

TEST(address, says_what_is_wrong_with_it) {
  const auto why = [](const char* text) {
    const auto read = address::parse(text);
    EXPECT_FALSE(read) << text;
    if (read) return std::string();
    EXPECT_EQ(read.error(), errc::malformed);
    EXPECT_THAT(std::string(read.error().text()), HasSubstr('"' + std::string(text) + '"'));
    return std::string(read.error().text());
  };
  EXPECT_THAT(why(""), HasSubstr("has no port: write host:port"));
  EXPECT_THAT(why("localhost"), HasSubstr("has no port: write host:port"));
  EXPECT_THAT(why("[::1]"), HasSubstr("has no port"));
  EXPECT_THAT(why(":80"), HasSubstr("has no host: write 0.0.0.0"));
  EXPECT_THAT(why("::1:80"), HasSubstr("needs brackets"));
  EXPECT_THAT(why("[::1:80"), HasSubstr("a [ without a ]"));
  EXPECT_THAT(why("[]:80"), HasSubstr("no IPv6 address between"));
  EXPECT_THAT(why("[localhost]:80"), HasSubstr("no IPv6 address between"));
  EXPECT_THAT(why("local host:80"), HasSubstr("a character in its host"));
  for (const char* const text : {"a:", "a:x", "a:80x", "a:-1", "a:+1", "a: 1", "a:65536"}) {
    EXPECT_THAT(why(text), HasSubstr("no port from 0 to 65535"));
  }
}

TEST(endpoint, is_read_and_written) {
  for (const char* const text :
       {"127.0.0.1:80", "0.0.0.0:0", "[::]:1", "[2001:db8::5]:443", "[fe80::1%7]:9"}) {
    const auto read = endpoint::parse(text);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->to_string(), text);
  }
  EXPECT_EQ(endpoint::parse("127.0.0.1:80"), endpoint::loopback(80));
  EXPECT_EQ(endpoint::any(5),
            endpoint::loopback(5).is_v6() ? endpoint() : *endpoint::parse("0.0.0.0:5"));
  EXPECT_TRUE(endpoint::parse("[::1]:2")->is_v6());
  EXPECT_EQ(endpoint::parse("[::1]:2")->with_port(3).port(), 3);
  EXPECT_LT(*endpoint::parse("10.0.0.1:9"), *endpoint::parse("10.0.0.2:1"));
}

TEST(endpoint, says_what_is_wrong_with_it) {
  for (const char* const text :
       {"localhost:80", "1.2.3:80", "[::1%no-such-interface]:1", "[1:2]:3"}) {
    const auto read = endpoint::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error(), errc::malformed);
    EXPECT_THAT(std::string(read.error().text()), HasSubstr("no IP address")) << text;
  }
  EXPECT_THAT(std::string(endpoint::parse("1.2.3.4").error().text()), HasSubstr("has no port"));
}

TEST(endpoint, property_reads_what_it_has_written) {
  EXPECT_TRUE(rc::check([](const std::array<std::uint8_t, 16>& bytes, std::uint16_t port, bool v6,
                           std::uint32_t scope) {
    const endpoint made = v6 ? endpoint::v6(bytes, port, scope)
                             : endpoint::v4({bytes[0], bytes[1], bytes[2], bytes[3]}, port);
    RC_ASSERT((endpoint::parse(made.to_string()) == made));
  }));
}

TEST(address, property_any_text_is_read_or_refused) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    const auto read = address::parse(text);
    if (read) {
      RC_ASSERT((address::parse(read->to_string()) == *read));
    } else {
      RC_ASSERT((read.error() == errc::malformed));
    }
  }));
}

}  // namespace
}  // namespace troupe::io

// JSON that any reader takes, whatever the texts.

#include <troupe/internal/json.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using troupe::internal::json_writer;

std::string quoted(std::string_view text) {
  json_writer out;
  out.text(text);
  return std::move(out).text();
}

TEST(json_writer, nests_and_separates) {
  json_writer out;
  const std::array<int, 3> numbers{1, 2, -3};
  out.object([&] {
    out.key("a").number(1U);
    out.key("b").array(numbers, [&](int n) { out.number(n); });
    out.key("c").object([] {});
    out.key("d").array(std::array<int, 0>{}, [&](int n) { out.number(n); });
    out.key("e").object([&] {
      out.key("f").boolean(true);
      out.key("g").text("x");
    });
    out.key("h").number(18446744073709551615U);
  });
  EXPECT_EQ(
      std::move(out).text(),
      R"({"a":1,"b":[1,2,-3],"c":{},"d":[],"e":{"f":true,"g":"x"},"h":18446744073709551615})");
}

TEST(json_writer, escapes_what_has_to_be) {
  EXPECT_EQ(quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(quoted(std::string_view("\n\t\0\x1f", 4)), R"("\u000a\u0009\u0000\u001f")");
  EXPECT_EQ(quoted("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST(json_writer, replaces_what_is_no_utf8) {
  EXPECT_EQ(quoted("\xff"), R"("\ufffd")");
  EXPECT_EQ(quoted("a\xc3"), R"("a\ufffd")");                    // cut off
  EXPECT_EQ(quoted("\xc0\xaf"), R"("\ufffd\ufffd")");            // longer than need be
  EXPECT_EQ(quoted("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // half of a pair of UTF-16
  EXPECT_EQ(quoted("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");  // beyond the last
}

}  // namespace

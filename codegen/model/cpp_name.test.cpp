#include <codegen/model/cpp_name.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace troupe::gen {
namespace {

TEST(cpp_name, puts_underscores_where_words_begin) {
  EXPECT_EQ(cpp_name("OrderTracker"), "order_tracker");
  EXPECT_EQ(cpp_name("newOrder"), "new_order");
  EXPECT_EQ(cpp_name("new_order"), "new_order");
  EXPECT_EQ(cpp_name("HTTPServer"), "http_server");
  EXPECT_EQ(cpp_name("StringRPC"), "string_rpc");
  EXPECT_EQ(cpp_name("Order2Tracker"), "order2_tracker");
  EXPECT_EQ(cpp_name("New_Order"), "new_order");
  EXPECT_EQ(cpp_name("A"), "a");
  EXPECT_EQ(cpp_name("aB"), "a_b");
  EXPECT_EQ(cpp_name("x1"), "x1");
}

TEST(cpp_name, refuses_what_is_no_name) {
  for (const char* text :
       {"", "1a", "_a", "a-b", "a b", "é", "a.b", "a::b", "a__b", "a_", "a\nb"}) {
    EXPECT_FALSE(cpp_name(text)) << text;
  }
  EXPECT_FALSE(cpp_name(std::string(101, 'a')));
  EXPECT_TRUE(cpp_name(std::string(100, 'a')));
}

TEST(cpp_name, refuses_words_that_cpp_has_a_meaning_for) {
  for (const char* text :
       {"New", "class", "CoAwait", "errno", "Linux", "xorEq", "std", "Troupe", "main"}) {
    const auto name = cpp_name(text);
    ASSERT_FALSE(name) << text;
    EXPECT_TRUE(name.error().contains("has a meaning of its own")) << name.error();
  }
}

TEST(cpp_name, what_comes_out_is_a_name_and_stays_the_same) {
  rc::check([] {
    const auto letter = rc::gen::elementOf(std::string("abcABC12_xYZ"));
    const auto written = *rc::gen::container<std::string>(letter);
    const auto name = cpp_name(written);
    RC_PRE(name && name->size() <= 100);  // it may be longer than what it is made from
    for (const char c : *name)
      RC_ASSERT((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
    RC_ASSERT(!name->contains("__"));
    RC_ASSERT(cpp_name(*name).value() == *name);
  });
}

TEST(why_no_namespace, knows_what_can_be_a_namespace) {
  EXPECT_EQ(why_no_namespace("shop"), "");
  EXPECT_EQ(why_no_namespace("shop::Orders::v2"), "");
  EXPECT_EQ(why_no_namespace("my::posix"), "");
  EXPECT_EQ(why_no_namespace("my::log"), "");
  EXPECT_EQ(why_no_namespace("logs"), "");
  for (const char* text :
       {"",       "::shop", "shop::", "a:b",  "a::::b", "std",       "std::x", "troupe::x",
        "a::std", "posix",  "log",    "time", "clock",  "signal::x", "system", "a::class",
        "a b",    "1a",     "_x",     "a__b", "é",      "a;b"}) {
    EXPECT_NE(why_no_namespace(text), "") << text;
  }
}

}  // namespace
}  // namespace troupe::gen

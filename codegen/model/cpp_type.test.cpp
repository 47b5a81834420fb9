#include <codegen/model/cpp_type.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace troupe::gen {
namespace {

TEST(cpp_type, takes_types_and_puts_their_spaces_right) {
  EXPECT_EQ(cpp_type("Order"), "Order");
  EXPECT_EQ(cpp_type("::shop::order"), "::shop::order");
  EXPECT_EQ(cpp_type(" std :: vector < int > "), "std::vector<int>");
  EXPECT_EQ(cpp_type("std::map<std::string,std::vector<int>>"),
            "std::map<std::string, std::vector<int>>");
  EXPECT_EQ(cpp_type("unsigned   long"), "unsigned long");
  EXPECT_EQ(cpp_type("order const *"), "order const*");
  EXPECT_EQ(cpp_type("const char*"), "const char*");
  EXPECT_EQ(cpp_type("volatile const :: shop::order *"), "volatile const ::shop::order*");
  EXPECT_EQ(cpp_type("const order* const*"), "const order* const*");
  EXPECT_EQ(cpp_type("struct order"), "struct order");
  EXPECT_EQ(cpp_type("std::function<void(int const&)>"), "std::function<void(int const&)>");
  EXPECT_EQ(cpp_type("std::unique_ptr<int[]>"), "std::unique_ptr<int[]>");
  EXPECT_EQ(cpp_type("std::array<int, 3>"), "std::array<int, 3>");
  EXPECT_EQ(cpp_type("std::vector<int const*>"), "std::vector<int const*>");
}

TEST(cpp_type, refuses_what_is_not_one_type_of_objects) {
  for (const char* text : {"",
                           " ",
                           "Order&",
                           "Order&&",
                           "const Order",
                           "Order const",
                           "volatile int",
                           "const std::vector<int*>",
                           "const char* const",
                           "const char*&",
                           "const*",
                           "const decltype(x)*",
                           "void",
                           "auto",
                           "std::vector<auto>",
                           "decltype(x)",
                           "a, b",
                           "a<b",
                           "a>b",
                           "a<b(>)",
                           "a)",
                           "[]string",
                           "chan<- string",
                           "a;b",
                           "a{}",
                           "a\"b",
                           "a//b",
                           "a#b",
                           "a\\b",
                           "Order Invoice",
                           "3",
                           "int[3]",
                           "int(int)",
                           "a::",
                           "<a>",
                           "a=b",
                           "é",
                           "a\nb",
                           "a-b",
                           "a+b",
                           "a.b",
                           "a:b"}) {
    EXPECT_FALSE(cpp_type(text)) << text;
  }
  EXPECT_FALSE(cpp_type(std::string(501, 'a')));
  EXPECT_TRUE(cpp_type("[]string").error().contains("std::vector"));
}

TEST(cpp_reply_type, may_be_void) {
  EXPECT_EQ(cpp_reply_type("void"), "void");
  EXPECT_EQ(cpp_reply_type("int"), "int");
  EXPECT_FALSE(cpp_reply_type("int&"));
}

// The tokens of a random type, each a string of its own where spaces may stand between.
void add_type(std::vector<std::string>& tokens, int depth) {
  switch (*rc::gen::inRange(0, depth > 3 ? 2 : 6)) {
    case 0: tokens.insert(tokens.end(), {"shop", "::", "order"}); break;
    case 1: tokens.emplace_back(*rc::gen::element("int", "x1", "Order")); break;
    case 2:
      add_type(tokens, depth + 1);
      tokens.emplace_back("*");
      break;
    case 3:
      tokens.insert(tokens.end(), {"map", "<"});
      add_type(tokens, depth + 1);
      tokens.emplace_back(",");
      add_type(tokens, depth + 1);
      tokens.emplace_back(">");
      break;
    default:
      tokens.insert(tokens.end(), {"function", "<"});
      add_type(tokens, depth + 1);
      tokens.emplace_back("(");
      add_type(tokens, depth + 1);
      tokens.insert(tokens.end(), {"&", ")", ">"});
      break;
  }
}

TEST(cpp_type, spaces_make_no_difference_and_what_comes_out_stays_the_same) {
  rc::check([] {
    std::vector<std::string> tokens;
    add_type(tokens, 0);
    std::string dense;
    std::string loose;
    for (const std::string& token : tokens) {
      dense += token;
      loose += token + std::string(*rc::gen::inRange<std::size_t>(0, 3), ' ');
    }
    RC_PRE(loose.size() < 400U);
    const auto type = cpp_type(dense);
    RC_ASSERT(type.has_value());
    RC_ASSERT(cpp_type(loose).value() == *type);
    RC_ASSERT(cpp_type(*type).value() == *type);
  });
}

}  // namespace
}  // namespace troupe::gen

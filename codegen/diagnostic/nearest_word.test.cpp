#include <codegen/diagnostic/nearest_word.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>

namespace troupe::gen {
namespace {

using namespace std::string_view_literals;

constexpr std::array known{"message-type"sv, "capacity"sv, "kind"sv, "rpc"sv};

TEST(nearest_word, finds_what_was_mistyped) {
  EXPECT_EQ(nearest_word("mesage-type", known), "message-type");
  EXPECT_EQ(nearest_word("message_type", known), "message-type");
  EXPECT_EQ(nearest_word("MessageType", known), "message-type");
  EXPECT_EQ(nearest_word("knid", known), "kind");
  EXPECT_EQ(nearest_word("RPC", known), "rpc");
  EXPECT_EQ(nearest_word("capcity", known), "capacity");
}

TEST(nearest_word, is_silent_when_nothing_is_near) {
  EXPECT_EQ(nearest_word("frequency", known), std::nullopt);
  EXPECT_EQ(nearest_word("", known), std::nullopt);
  EXPECT_EQ(nearest_word("x", std::array{"y"sv}), std::nullopt);
  EXPECT_EQ(nearest_word(std::string(64, 'a'), known), std::nullopt);
  EXPECT_EQ(did_you_mean("frequency", known), "");
}

TEST(nearest_word, prefers_the_nearer_then_the_first) {
  EXPECT_EQ(nearest_word("batches", std::array{"catch"sv, "batch"sv}), "batch");
  EXPECT_EQ(nearest_word("cat", std::array{"bat"sv, "hat"sv}), "bat");
}

TEST(nearest_word, any_one_mistake_in_a_long_word_is_forgiven) {
  rc::check([] {
    std::string word(*rc::gen::elementOf(std::vector{"message-type"sv, "capacity"sv}));
    const std::string meant = word;
    const auto at = *rc::gen::inRange<std::size_t>(0, word.size());
    switch (*rc::gen::inRange(0, 3)) {
      case 0: word.erase(at, 1); break;
      case 1: word.insert(at, 1, *rc::gen::inRange('a', 'z')); break;
      default: word[at] = 'q'; break;
    }
    RC_ASSERT(nearest_word(word, known) == meant);
  });
}

TEST(one_of, reads_as_a_sentence) {
  EXPECT_EQ(one_of({}), "");
  EXPECT_EQ(one_of(std::array{"a"sv}), "a");
  EXPECT_EQ(one_of(std::array{"a"sv, "b"sv, "c"sv}), "a, b or c");
}

}  // namespace
}  // namespace troupe::gen

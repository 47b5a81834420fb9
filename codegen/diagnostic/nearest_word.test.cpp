#include <codegen/diagnostic/nearest_word.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

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

// The same distance, by its definition and without any bounds.
std::size_t plain_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      d[i][j] = i == 0 ? j : i;
      if (i == 0 || j == 0) continue;
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

TEST(nearest_word, is_near_by_the_plain_distance) {
  rc::check([] {
    const auto word = rc::gen::container<std::string>(rc::gen::elementOf(std::string("abc")));
    const std::string a = *word;
    // Another word, or the same with a few mistakes.
    std::string b = *rc::gen::inRange(0, 5) == 0 ? *word : a;
    for (int mistakes = *rc::gen::inRange(0, 6); mistakes > 0; --mistakes) {
      const auto at = *rc::gen::inRange<std::size_t>(0, b.size() + 1);
      switch (*rc::gen::inRange(0, 3)) {
        case 0: b.insert(at, 1, *rc::gen::elementOf(std::string("abc"))); break;
        case 1: b.erase(at, 1); break;
        default:
          if (at + 1 < b.size()) std::swap(b[at], b[at + 1]);
          break;
      }
    }
    RC_PRE(a.size() <= 63U && b.size() <= 63U);
    const std::size_t most = std::clamp<std::size_t>(a.size() / 3, 1, 3);
    const std::size_t edits = plain_distance(a, b);
    const bool near = edits <= most && edits < std::max(a.size(), b.size());
    RC_CLASSIFY(near, "near");
    RC_ASSERT(nearest_word(a, std::array{std::string_view(b)}).has_value() == near);
  });
}

TEST(one_of, reads_as_a_sentence) {
  EXPECT_EQ(one_of({}), "");
  EXPECT_EQ(one_of(std::array{"a"sv}), "a");
  EXPECT_EQ(one_of(std::array{"a"sv, "b"sv, "c"sv}), "a, b or c");
}

}  // namespace
}  // namespace troupe::gen

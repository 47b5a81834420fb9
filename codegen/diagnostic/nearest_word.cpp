#include <codegen/diagnostic/nearest_word.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace troupe::gen {
namespace {

// Longer ones are nobody's typing mistake, and the table below is on the stack.
constexpr std::size_t longest = 63;

char folded(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '_' ? '-' : c;
}

// Edits from one word to the other, where no part is edited twice (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, longest + 1>, longest + 1> edits;
  for (std::size_t i = 0; i <= a.size(); ++i) edits[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) edits[0][j] = j;
  const auto same = [&](std::size_t i, std::size_t j) { return folded(a[i]) == folded(b[j]); };
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = edits[i - 1][j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
      }
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest_word(std::string_view written,
                                             std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  if (written.size() > longest) return best;
  std::size_t fewest = std::max<std::size_t>(1, written.size() / 3) + 1;
  for (const std::string_view word : known) {
    if (word.size() > longest) continue;
    const std::size_t edits = distance(written, word);
    // A word of one or two letters is not near to one that shares none of them.
    if (edits < fewest && edits < std::max(written.size(), word.size())) {
      fewest = edits;
      best = word;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view written, std::span<const std::string_view> known) {
  const auto nearest = nearest_word(written, known);
  return nearest ? fmt::format("; did you mean '{}'?", *nearest) : "";
}

std::string one_of(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace troupe::gen

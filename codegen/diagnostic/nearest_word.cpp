#include <codegen/diagnostic/nearest_word.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace troupe::gen {
namespace {

// Longer ones are nobody's typing mistake, and the table below is on the stack.
constexpr std::size_t longest = 63;
constexpr std::size_t most_mistakes = 3;

char folded(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '_' ? '-' : c;
}

// Edits from one word to the other, where no part is edited twice (optimal string alignment); or
// `enough`, if there are that many or more. Only the cells that fewer edits can lead to are filled,
// so that comparing with thousands of words stays cheap.
std::size_t distance(std::string_view a, std::string_view b, std::size_t enough) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= enough) return enough;
  std::array<std::array<std::size_t, longest + 2>, longest + 1> edits;
  const auto last_column = [&](std::size_t i) { return std::min(b.size(), i + enough); };
  const auto same = [&](std::size_t i, std::size_t j) { return folded(a[i]) == folded(b[j]); };
  for (std::size_t j = 0; j <= last_column(0) + 1; ++j) edits[0][j] = j;
  std::size_t fewest_above = 0;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const std::size_t first = i > enough ? i - enough : 1;
    edits[i][first - 1] = first == 1 ? i : enough;
    std::size_t fewest = edits[i][first - 1];
    for (std::size_t j = first; j <= last_column(i); ++j) {
      const std::size_t replaced = edits[i - 1][j - 1] + (same(i - 1, j - 1) ? 0 : 1);
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
      }
      fewest = std::min(fewest, edits[i][j]);
    }
    edits[i][last_column(i) + 1] = enough;
    // What follows comes from this row or, by a swap, from the one above.
    if (std::min(fewest, fewest_above + 1) >= enough) return enough;
    fewest_above = fewest;
  }
  return std::min(edits[a.size()][b.size()], enough);
}

}  // namespace

std::optional<std::string_view> nearest_word(std::string_view written,
                                             std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  if (written.size() > longest) return best;
  std::size_t fewest = std::clamp<std::size_t>(written.size() / 3, 1, most_mistakes) + 1;
  for (const std::string_view word : known) {
    if (word.size() > longest) continue;
    // A word of one or two letters is not near to one that shares none of them.
    const std::size_t enough = std::min(fewest, std::max(written.size(), word.size()));
    const std::size_t edits = distance(written, word, enough);
    if (edits < enough) {
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

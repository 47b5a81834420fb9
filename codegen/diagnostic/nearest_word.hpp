#pragma once

// What somebody may have meant who wrote a word that is not known.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::gen {

/// The word of `known` that is nearest to `written`, if one is near: about one mistake for every
/// three letters, and three at most. A swap of neighbours is one mistake; case, '-' and '_' make no
/// difference.
[[nodiscard]] std::optional<std::string_view> nearest_word(std::string_view written,
                                                           std::span<const std::string_view> known);

/// "; did you mean 'message-type'?", or nothing if no known word is near.
[[nodiscard]] std::string did_you_mean(std::string_view written,
                                       std::span<const std::string_view> known);

/// "simple, ticker or rpc".
[[nodiscard]] std::string one_of(std::span<const std::string_view> words);

}  // namespace troupe::gen

#pragma once

// The name of a type as the compiler writes it, for people: in snapshots, reports and logs.

#include <string_view>

namespace troupe::detail {

/// Static storage; "order", "std::vector<int>". Costs nothing at run time.
template <class T>
[[nodiscard]] constexpr std::string_view type_name() noexcept {
  // Clang: "... type_name() [T = order]". GCC: "... [with T = order; std::string_view = ...]".
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::string_view mark = "T = ";
  constexpr std::size_t from = text.find(mark) + mark.size();
  constexpr std::size_t semicolon = text.find(';', from);
  constexpr std::size_t to = semicolon == std::string_view::npos ? text.size() - 1 : semicolon;
  return text.substr(from, to - from);
}

}  // namespace troupe::detail

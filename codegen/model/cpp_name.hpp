#pragma once

// Names in a specification, and what they are called in C++.

#include <expected>
#include <string>
#include <string_view>

namespace troupe::gen {

/// OrderTracker and orderTracker become order_tracker, HTTPServer http_server. The error says why
/// `written` cannot become the name of something in C++: it is no word of letters and digits, or a
/// keyword, or a name that the standard keeps for itself.
[[nodiscard]] std::expected<std::string, std::string> cpp_name(std::string_view written);

/// Whether C++ has another meaning for `word`, as a keyword or as a macro that headers define.
[[nodiscard]] bool is_cpp_keyword(std::string_view word);

/// Why `text` is no namespace such as `shop::orders` for generated code; empty if it is one.
[[nodiscard]] std::string why_no_namespace(std::string_view text);

}  // namespace troupe::gen

#pragma once

// C++ types as they are written in a specification. Whether a type exists only the compiler
// knows; what is checked here is that the text is a type by its form and nothing else, since it is
// put into generated code as it stands.

#include <expected>
#include <string>
#include <string_view>

namespace troupe::gen {

/// The type with its spaces put right, so that equal types are equal texts; the error says what is
/// wrong with it. Types of objects only: no references, nothing const (a pointer may point to what
/// is), and not void.
[[nodiscard]] std::expected<std::string, std::string> cpp_type(std::string_view written);

/// The same, and void is a type too.
[[nodiscard]] std::expected<std::string, std::string> cpp_reply_type(std::string_view written);

}  // namespace troupe::gen

#pragma once

// Writes C++ as the project's clang-format would lay it out, so that the generator needs none. It
// knows the few forms that generated code consists of; a line that no form can make shorter is
// written as it is.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace troupe::gen {

class cpp_writer {
 public:
  void blank() { out_ += '\n'; }
  void line(std::string_view text);
  /// Deeper and back, by one level of two spaces.
  void indent() noexcept { depth_ += 2; }
  void outdent() noexcept { depth_ -= 2; }

  /// `comment` before each line of text, broken between words.
  void comment(std::string_view text, std::string_view comment = "//");

  /// `head(arguments)tail` on one line, or with the arguments on the next one.
  void call(std::string_view head, std::string_view arguments, std::string_view tail);

  /// `head({fields})tail` like call(), or with the fields below each other.
  void braced_call(std::string_view head, std::span<const std::string> fields,
                   std::string_view tail);

  /// `head(parameters)tail` of a function: on one line, or with the parameters below each other, or
  /// with them on the next line.
  void signature(std::string_view head, std::span<const std::string> parameters,
                 std::string_view tail);

  /// A function whose body is one statement of the form of call().
  void function(std::string_view head, std::span<const std::string> parameters,
                std::string_view tail, std::string_view body_head, std::string_view body_arguments,
                std::string_view body_tail);

  /// static_assert(condition, "message");
  void static_assertion(std::string_view condition, std::string_view message);

  /// `if constexpr (condition) statement`
  void if_constexpr(std::string_view condition, std::string_view statement);

  /// `head = value` on one line, or the value on the next one.
  void assignment(std::string_view head, std::string_view value);

  /// `using name = target<arguments>;`
  void alias(std::string_view name, std::string_view target, std::string_view arguments);

  /// `signature : initialisers {}`
  void constructor(std::string_view signature, std::span<const std::string> initialisers);

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  [[nodiscard]] bool fits(std::size_t length) const noexcept { return depth_ + length <= 100; }
  void raw(std::size_t depth, std::string_view text);

  std::string out_;
  std::size_t depth_ = 0;
};

/// `text` as a string literal.
[[nodiscard]] std::string string_literal(std::string_view text);

}  // namespace troupe::gen

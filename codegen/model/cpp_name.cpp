#include <codegen/model/cpp_name.hpp>

#include <codegen/diagnostic/diagnostics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace troupe::gen {
namespace {

// Longer ones make error messages and symbols that nobody reads.
constexpr std::size_t longest_name = 100;

// Sorted. Besides the keywords: what begins a directive, macros of headers and compilers, and names
// that generated code or every program uses.
constexpr std::string_view keywords[] = {"alignas",
                                         "alignof",
                                         "alloca",
                                         "and",
                                         "and_eq",
                                         "asm",
                                         "assert",
                                         "auto",
                                         "bitand",
                                         "bitor",
                                         "bool",
                                         "break",
                                         "case",
                                         "catch",
                                         "char",
                                         "char16_t",
                                         "char32_t",
                                         "char8_t",
                                         "class",
                                         "co_await",
                                         "co_return",
                                         "co_yield",
                                         "compl",
                                         "concept",
                                         "const",
                                         "const_cast",
                                         "consteval",
                                         "constexpr",
                                         "constinit",
                                         "continue",
                                         "decltype",
                                         "default",
                                         "delete",
                                         "do",
                                         "double",
                                         "dynamic_cast",
                                         "else",
                                         "enum",
                                         "errno",
                                         "explicit",
                                         "export",
                                         "extern",
                                         "false",
                                         "float",
                                         "for",
                                         "friend",
                                         "goto",
                                         "if",
                                         "import",
                                         "inline",
                                         "int",
                                         "linux",
                                         "long",
                                         "main",
                                         "module",
                                         "mutable",
                                         "namespace",
                                         "new",
                                         "noexcept",
                                         "not",
                                         "not_eq",
                                         "nullptr",
                                         "offsetof",
                                         "operator",
                                         "or",
                                         "or_eq",
                                         "private",
                                         "protected",
                                         "public",
                                         "register",
                                         "reinterpret_cast",
                                         "requires",
                                         "return",
                                         "setjmp",
                                         "short",
                                         "signed",
                                         "sizeof",
                                         "static",
                                         "static_assert",
                                         "static_cast",
                                         "std",
                                         "stderr",
                                         "stdin",
                                         "stdout",
                                         "struct",
                                         "switch",
                                         "template",
                                         "this",
                                         "thread_local",
                                         "throw",
                                         "troupe",
                                         "true",
                                         "try",
                                         "typedef",
                                         "typeid",
                                         "typename",
                                         "union",
                                         "unix",
                                         "unsigned",
                                         "using",
                                         "va_arg",
                                         "va_copy",
                                         "va_end",
                                         "va_start",
                                         "virtual",
                                         "void",
                                         "volatile",
                                         "wchar_t",
                                         "while",
                                         "xor",
                                         "xor_eq"};
static_assert(std::ranges::is_sorted(keywords));

// Sorted. What the global namespace has already: posix is kept for systems, the others are
// names of C, mostly functions, that headers of the library bring along; log comes with <cmath>.
constexpr std::string_view taken_globally[] = {
    "abort",  "access", "alarm",  "clock", "close", "daemon", "div",   "exit",     "fork", "free",
    "index",  "kill",   "link",   "log",   "pause", "pipe",   "posix", "random",   "read", "remove",
    "rename", "select", "signal", "sleep", "sync",  "system", "time",  "timezone", "write"};
static_assert(std::ranges::is_sorted(taken_globally));

constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return is_upper(c) || is_lower(c); }
constexpr bool is_word_part(char c) noexcept { return is_letter(c) || is_digit(c) || c == '_'; }

}  // namespace

bool is_cpp_keyword(std::string_view word) { return std::ranges::binary_search(keywords, word); }

std::expected<std::string, std::string> cpp_name(std::string_view written) {
  if (written.empty()) return std::unexpected("an empty name; expected a word");
  const auto wrong = std::ranges::find_if_not(written, is_word_part);
  if (wrong != written.end() || !is_letter(written[0])) {
    return std::unexpected(fmt::format(
        "{} is no name; expected a letter, then letters, digits and '_'", shown(written)));
  }
  if (written.size() > longest_name) {
    return std::unexpected(
        fmt::format("a name of {} letters; expected at most {}", written.size(), longest_name));
  }
  if (written.contains("__") || written.ends_with('_')) {
    return std::unexpected(fmt::format(
        "{} is no name; expected '_' only between letters, one at a time", shown(written)));
  }
  std::string name;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const char c = written[i];
    if (!is_upper(c)) {
      name += c;
      continue;
    }
    // A capital begins a word behind a small letter or digit, and at the end of an abbreviation.
    const bool inside = i > 0 && written[i - 1] != '_';
    const bool after_small = inside && !is_upper(written[i - 1]);
    const bool before_small = i + 1 < written.size() && is_lower(written[i + 1]);
    if (after_small || (inside && before_small)) name += '_';
    name += static_cast<char>(c - 'A' + 'a');
  }
  if (is_cpp_keyword(name)) {
    return std::unexpected(fmt::format(
        "{} would be called '{}' in C++, which has a meaning of its own there; choose another name",
        shown(written), name));
  }
  return name;
}

std::string why_no_namespace(std::string_view text) {
  if (text.size() > longest_name) {
    return fmt::format("a namespace of {} letters; expected at most {}", text.size(), longest_name);
  }
  std::string_view rest = text;
  for (bool first = true;; first = false) {
    const std::size_t end = rest.find("::");
    const std::string_view part = rest.substr(0, end);
    if (part.empty() || !(is_letter(part[0])) || !std::ranges::all_of(part, is_word_part) ||
        part.contains("__")) {
      return fmt::format("{} is no namespace; expected names joined by '::', such as shop::orders",
                         shown(text));
    }
    if (is_cpp_keyword(part) || (first && std::ranges::binary_search(taken_globally, part))) {
      return fmt::format("namespace '{}' has another meaning in C++; choose one of your own", part);
    }
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 2);
  }
}

}  // namespace troupe::gen

#include <codegen/model/cpp_type.hpp>

#include <codegen/diagnostic/diagnostics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

namespace troupe::gen {
namespace {

constexpr std::size_t longest_type = 500;

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::unexpected<std::string> refused(std::string_view written, std::string_view why) {
  return std::unexpected(fmt::format("{} is no C++ type for a mailbox: {}", shown(written), why));
}

// Words, "::", "..." and single characters; no tokens: there is a character that no type has.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\t') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    if (is_word(text[i])) {
      while (i < text.size() && is_word(text[i])) ++i;
    } else if (text.substr(i).starts_with("::")) {
      i += 2;
    } else if (text.substr(i).starts_with("...")) {
      i += 3;
    } else if (std::string_view("<>()[]*&,").contains(text[i])) {
      ++i;
    } else {
      return {};
    }
    tokens.push_back(text.substr(begin, i - begin));
  }
  return tokens;
}

// Empty: each bracket is closed by its own kind, and no comma stands outside of all.
std::string_view why_unbalanced(const std::vector<std::string_view>& tokens) {
  std::string open;
  for (const std::string_view token : tokens) {
    const char c = token[0];
    if (c == '<' || c == '(' || c == '[') open += c;
    if (c == '>' || c == ')' || c == ']') {
      const char opener = c == '>' ? '<' : c == ')' ? '(' : '[';
      if (!open.ends_with(opener)) return "a closing bracket without its opening one";
      open.pop_back();
    }
    if (c == ',' && open.empty()) return "',' outside of '<...>'; expected one type";
  }
  return open.empty() ? "" : "a bracket is not closed";
}

// Words that may stand beside another word in a type.
constexpr std::string_view combining[] = {"char",     "class",    "const",   "double", "enum",
                                          "int",      "long",     "short",   "signed", "struct",
                                          "typename", "unsigned", "volatile"};

// Empty: no two words stand together that C++ does not put together.
std::string why_no_type(const std::vector<std::string_view>& tokens) {
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const std::string_view a = tokens[i - 1];
    const std::string_view b = tokens[i];
    if (!is_word(a[0]) || !is_word(b[0])) continue;
    const auto combines = [](std::string_view word) {
      return std::ranges::find(combining, word) != std::end(combining);
    };
    if (!combines(a) && !combines(b)) return fmt::format("'{}' beside '{}'", b, a);
  }
  return {};
}

bool is_qualifier(std::string_view token) noexcept {
  return token == "const" || token == "volatile";
}

std::string join(const std::vector<std::string_view>& tokens) {
  std::string text;
  std::string_view before;
  for (const std::string_view token : tokens) {
    const char last = text.empty() ? '\0' : text.back();
    const bool words_meet = is_word(last) && is_word(token[0]);
    // As in std::vector<int> const, and int* const.
    const bool word_follows = (last == '>' || last == '*' || last == '&') && is_word(token[0]);
    const bool name_follows = is_qualifier(before) && token == "::";
    if (words_meet || word_follows || name_follows || last == ',') text += ' ';
    text += token;
    before = token;
  }
  return text;
}

}  // namespace

std::expected<std::string, std::string> cpp_reply_type(std::string_view written) {
  if (written.size() > longest_type) {
    return refused(written, fmt::format("more than {} letters", longest_type));
  }
  if (written.starts_with("[]")) {
    return refused(written, "Go's slice; in C++ that is std::vector<...>");
  }
  const std::vector<std::string_view> tokens = split(written);
  if (tokens.empty()) {
    return refused(written, written.empty() ? "it is empty" : "it has a character no type has");
  }
  if (const std::string_view why = why_unbalanced(tokens); !why.empty()) {
    return refused(written, why);
  }
  if (const std::string why = why_no_type(tokens); !why.empty()) return refused(written, why);
  const std::string_view last = tokens.back();
  if (last == "&") return refused(written, "a reference; expected a type that is held by value");
  // In front, and with a '*' last, it is what the pointer points to that is const.
  if (is_qualifier(last) || (is_qualifier(tokens.front()) && last != "*")) {
    return refused(written, "const or volatile; what it holds is moved out of it");
  }
  const std::string_view first = *std::ranges::find_if_not(tokens, is_qualifier);
  if (std::ranges::find(tokens, "auto") != tokens.end() || first == "decltype") {
    return refused(written, "expected the type itself, by name");
  }
  const bool begins_well =
      first == "::" || (is_word(first[0]) && (first[0] < '0' || first[0] > '9'));
  if (!begins_well) return refused(written, "expected a name first");
  if (!is_word(last[0]) && last != ">" && last != "*") {
    return refused(written, "expected a name, '>' or '*' last");
  }
  return join(tokens);
}

std::expected<std::string, std::string> cpp_type(std::string_view written) {
  auto type = cpp_reply_type(written);
  if (type == "void") return refused(written, "void is nothing that can be sent");
  return type;
}

}  // namespace troupe::gen

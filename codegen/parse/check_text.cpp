#include <codegen/parse/check_text.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace troupe::gen {
namespace {

// Of a file in another encoding each byte may be an error; a few are enough to see it.
constexpr std::size_t most_errors = 10;

// The bytes of the valid UTF-8 sequence that `text` begins with, 0 if it begins with none.
std::size_t valid_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
  if (first < 0xE0) return 2;
  if (!continues(2)) return 0;
  if (first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  const bool overlong = first == 0xF0 && byte(1) < 0x90;
  const bool too_large = first == 0xF4 && byte(1) > 0x8F;
  return !continues(3) || overlong || too_large ? 0 : 4;
}

bool is_utf16(std::string_view text) noexcept {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
         (text.size() > 1 && (text[0] == '\0') != (text[1] == '\0'));
}

// The first thing wrong with the bytes of a line: its place among them, and a text; or no text.
struct flaw {
  std::size_t at = 0;
  std::string text;
};

flaw first_flaw(std::string_view line) {
  if (line.size() > longest_line) {
    return {0, fmt::format("the line has more than {} bytes", longest_line)};
  }
  for (std::size_t i = 0; i < line.size();) {
    const std::size_t length = valid_length(line.substr(i));
    const auto byte = static_cast<unsigned char>(line[i]);
    if (length == 0) {
      return {i, fmt::format("byte 0x{:02x} is not UTF-8; save the file as UTF-8", byte)};
    }
    const bool c1 = byte == 0xC2 && static_cast<unsigned char>(line[i + 1]) < 0xA0;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F || c1) {
      const unsigned code = c1 ? static_cast<unsigned char>(line[i + 1]) : byte;
      if (code == '\r') return {i, "a carriage return that does not end a line"};
      return {i, fmt::format("control character U+{:04X}; expected text", code)};
    }
    i += length;
  }
  const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
  const bool has_content = line.find_first_not_of(" \t") != std::string_view::npos;
  if (has_content && tab != std::string_view::npos) {
    return {tab, "a tab indents this line; expected spaces"};
  }
  return {};
}

}  // namespace

bool check_text(const source_file& file, diagnostics& found) {
  if (file.text().size() > largest_file) {
    found.error({.file = &file}, fmt::format("the file has more than {} bytes, which is the most a "
                                             "specification may have",
                                             largest_file));
    return false;
  }
  if (is_utf16(file.text())) {
    found.error({.file = &file}, "the file is UTF-16 or UTF-32; expected UTF-8");
    return false;
  }
  std::size_t errors = 0;
  for (std::size_t number = 1; number <= file.line_count() && errors < most_errors; ++number) {
    const std::string_view line = file.line(number);
    flaw wrong = first_flaw(line);
    if (wrong.text.empty()) continue;
    ++errors;
    const std::size_t before = code_points(line.substr(0, wrong.at));
    found.error({.file = &file,
                 .line = static_cast<std::uint32_t>(number),
                 .column = static_cast<std::uint32_t>(before + 1)},
                std::move(wrong.text));
  }
  return errors == 0;
}

}  // namespace troupe::gen

#include <codegen/diagnostic/source_file.hpp>

#include <utility>

namespace troupe::gen {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The bytes of the code point at the beginning of `text`, which is not empty.
std::size_t first_length(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t wanted = first < 0xC0 || first > 0xF4 ? 1
                             : first < 0xE0               ? 2
                             : first < 0xF0               ? 3
                                                          : 4;
  std::size_t length = 1;
  while (length < wanted && length < text.size() && continues(text[length])) ++length;
  // One that is cut off counts byte by byte.
  return length == wanted ? wanted : 1;
}

}  // namespace

source_file::source_file(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)) {
  if (text_.starts_with(byte_order_mark)) text_.erase(0, byte_order_mark.size());
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

std::string_view source_file::line(std::size_t number) const noexcept {
  if (number == 0 || number > line_starts_.size()) return {};
  const std::size_t start = line_starts_[number - 1];
  std::string_view rest = std::string_view(text_).substr(start);
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

std::size_t code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_length(text));
  return count;
}

std::string_view skip_code_points(std::string_view text, std::size_t count) noexcept {
  for (; count > 0 && !text.empty(); --count) text.remove_prefix(first_length(text));
  return text;
}

}  // namespace troupe::gen

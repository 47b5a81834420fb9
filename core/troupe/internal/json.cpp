#include <troupe/internal/json.hpp>

#include <array>
#include <cstddef>

namespace troupe::internal {

namespace {

/// The length of the UTF-8 sequence that begins `text`; 0 if it is none.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i != length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool beyond = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

void json_writer::quote(std::string_view value) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr unsigned first_printable = 0x20;
  out_ += '"';
  while (!value.empty()) {
    const std::size_t length = sequence_length(value);
    const auto code = static_cast<unsigned char>(value.front());
    if (length == 0) {
      out_ += "\\ufffd";
    } else if (code == '"' || code == '\\') {
      out_ += '\\';
      out_ += value.front();
    } else if (code < first_printable) {
      out_ += "\\u00";
      out_ += hex[code >> 4U];
      out_ += hex[code & 0xFU];
    } else {
      out_ += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
}

}  // namespace troupe::internal

#pragma once

// The text of a specification and its lines, kept for as long as anything points into it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gen {

/// A file as it was read. Lines end with '\n'; a '\r' before it and a byte order mark at the
/// beginning of the file are not part of any line.
class source_file {
 public:
  source_file(std::string path, std::string text);
  source_file(const source_file&) = delete;  // positions hold its address
  source_file& operator=(const source_file&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t line_count() const noexcept { return line_starts_.size(); }
  /// Line `number`, counted from 1; empty if there is no such line.
  [[nodiscard]] std::string_view line(std::size_t number) const noexcept;

 private:
  std::string path_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
};

/// Where something stands. Line and column count from 1, columns in code points; `length` is how
/// many columns it takes on its line. The file outlives all positions in it.
struct position {
  const source_file* file = nullptr;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t length = 1;

  friend bool operator==(const position&, const position&) = default;
};

/// How many code points `text` has; a byte that is no UTF-8 counts as one.
[[nodiscard]] std::size_t code_points(std::string_view text) noexcept;

/// What follows the first `count` code points of `text`.
[[nodiscard]] std::string_view skip_code_points(std::string_view text, std::size_t count) noexcept;

}  // namespace troupe::gen

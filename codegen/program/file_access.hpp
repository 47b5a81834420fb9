#pragma once

// The files that the generator reads; a test brings its own.

#include <expected>
#include <functional>
#include <string>

namespace troupe::gen {

struct file_access {
  /// The bytes of a file, or why they are not to be had. No more than a little over what a
  /// specification may have are read.
  std::function<std::expected<std::string, std::string>(const std::string& path)> read;
  /// The same text for two paths of one file.
  std::function<std::string(const std::string& path)> identity;
};

[[nodiscard]] file_access real_files();

/// Where `import` in the specification `from` leads to.
[[nodiscard]] std::string imported_path(const std::string& from, const std::string& import);

}  // namespace troupe::gen

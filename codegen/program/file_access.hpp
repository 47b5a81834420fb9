#pragma once

// The files that the generator reads and writes; a test brings its own.

#include <expected>
#include <functional>
#include <string>
#include <vector>

namespace troupe::gen {

/// A file to write.
struct output_file {
  std::string path;
  std::string text;
};

struct file_access {
  /// The bytes of a file, or why they are not to be had. No more than a little over what a
  /// specification may have are read.
  std::function<std::expected<std::string, std::string>(const std::string& path)> read;
  /// The same text for two paths of one file.
  std::function<std::string(const std::string& path)> identity;
  /// Whether the file is there, with that text.
  std::function<bool(const output_file& file)> has;
  /// Writes all of them, or none; the error says which could not be written, and why.
  std::function<std::expected<void, std::string>(const std::vector<output_file>& files)> write;
};

[[nodiscard]] file_access real_files();

/// Where `import` in the specification `from` leads to.
[[nodiscard]] std::string imported_path(const std::string& from, const std::string& import);

}  // namespace troupe::gen

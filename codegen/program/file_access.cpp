#include <codegen/parse/check_text.hpp>
#include <codegen/program/file_access.hpp>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace troupe::gen {
namespace {

std::unexpected<std::string> reason(int error) {
  return std::unexpected(std::generic_category().message(error));
}

// std::FILE, since a stream does not say why it fails.
std::expected<std::string, std::string> read_file(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return reason(EISDIR);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) return reason(errno);
  std::string bytes(largest_file + 4, '\0');  // a byte order mark, and one byte too many
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get()) != 0) return reason(errno);
  return bytes;
}

std::string canonical(const std::string& path) {
  std::error_code failed;
  const auto found = std::filesystem::weakly_canonical(path, failed);
  return failed ? std::filesystem::path(path).lexically_normal().string() : found.string();
}

}  // namespace

file_access real_files() { return {.read = read_file, .identity = canonical}; }

std::string imported_path(const std::string& from, const std::string& import) {
  return (std::filesystem::path(from).parent_path() / import).lexically_normal().string();
}

}  // namespace troupe::gen

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/parse/check_text.hpp>
#include <codegen/program/file_access.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
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

bool has_text(const output_file& file) {
  std::ifstream in(file.path, std::ios::binary);
  return in && std::string(std::istreambuf_iterator<char>(in), {}) == file.text;
}

std::expected<void, std::string> write_text(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return reason(errno);
  int error = 0;
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) error = errno;
  if (std::fclose(file) != 0 && error == 0) error = errno;
  if (error != 0) return reason(error);
  return {};
}

// Each beside its place first, so that a full disk or a missing folder leaves everything as it was,
// and nobody ever reads half a file.
std::expected<void, std::string> write_files(const std::vector<output_file>& files) {
  const std::string suffix = "." + std::to_string(::getpid()) + ".tmp";
  std::expected<void, std::string> outcome;
  std::size_t written = 0;
  for (; written != files.size() && outcome; ++written) {
    outcome = write_text(files[written].path + suffix, files[written].text);
    if (!outcome) outcome = std::unexpected(shown(files[written].path) + ": " + outcome.error());
  }
  for (std::size_t i = 0; i != written; ++i) {
    const std::string& path = files[i].path;
    std::error_code failed;
    if (outcome) {
      std::filesystem::rename(path + suffix, path, failed);
      if (failed) outcome = std::unexpected(shown(path) + ": " + failed.message());
    }
    if (!outcome) std::filesystem::remove(path + suffix, failed);
  }
  return outcome;
}

}  // namespace

file_access real_files() {
  return {.read = read_file, .identity = canonical, .has = has_text, .write = write_files};
}

std::string imported_path(const std::string& from, const std::string& import) {
  return (std::filesystem::path(from).parent_path() / import).lexically_normal().string();
}

}  // namespace troupe::gen

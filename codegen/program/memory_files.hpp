#pragma once

// Files that are only in memory, for tests and for the fuzzer.

#include <codegen/program/file_access.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace troupe::gen {

inline file_access memory_files(std::map<std::string, std::string> files) {
  return {.read = [files = std::move(files)](
                      const std::string& path) -> std::expected<std::string, std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return std::unexpected("No such file");
            return found->second;
          },
          .identity =
              [](const std::string& path) {
                return std::filesystem::path(path).lexically_normal().string();
              },
          .has = [](const output_file&) { return false; },
          .write = [](const std::vector<output_file>&) -> std::expected<void, std::string> {
            return std::unexpected("Read-only file system");
          }};
}

}  // namespace troupe::gen

#pragma once

// Files to linked specifications: read, parse, make the model, follow the imports.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/model/specification.hpp>
#include <codegen/parse/node.hpp>
#include <codegen/program/file_access.hpp>

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::gen {

/// How long a chain of imports may be, and how many files may be read for one.
inline constexpr std::size_t longest_import_chain = 64;
inline constexpr std::size_t most_files = 1000;

/// Each file is read once. The loader keeps the texts that positions point to: it outlives the
/// specifications and the errors.
class specification_loader {
 public:
  specification_loader(file_access files, diagnostics& found);

  /// The specification in the file, linked; nullptr if there is something wrong with it or with
  /// one it imports that leaves nothing of it, which has been reported. The error says why the file
  /// cannot be read. The pointer is good for as long as the loader.
  [[nodiscard]] std::expected<const specification*, std::string> load(const std::string& path);

  /// The paths of all files that were read, in the order of the alphabet.
  [[nodiscard]] std::vector<std::string> files() const;

 private:
  struct loaded {
    std::unique_ptr<source_file> source;
    std::unique_ptr<specification> result;
    bool is_open = false;  // its imports are being loaded
  };

  std::expected<const specification*, std::string> load(const std::string& path,
                                                        const std::string& identity);
  void load_imports(const specification& of);
  const specification* imported(const specification& by, const located& import);
  void load_import(const specification& by, const located& import);

  file_access files_;
  diagnostics& found_;
  std::unordered_map<std::string, loaded> files_by_identity_;
  std::vector<loaded*> chain_;  // the file being loaded last
};

}  // namespace troupe::gen

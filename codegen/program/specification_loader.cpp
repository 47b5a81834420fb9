#include <codegen/model/link_specification.hpp>
#include <codegen/model/read_specification.hpp>
#include <codegen/parse/parse_yaml.hpp>
#include <codegen/program/specification_loader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace troupe::gen {

specification_loader::specification_loader(file_access files, diagnostics& found)
    : files_(std::move(files)), found_(found) {}

std::expected<const specification*, std::string> specification_loader::load(
    const std::string& path) {
  return load(path, files_.identity(path));
}

std::expected<const specification*, std::string> specification_loader::load(
    const std::string& path, const std::string& identity) {
  if (const auto known = files_by_identity_.find(identity); known != files_by_identity_.end()) {
    return known->second.result.get();
  }
  auto text = files_.read(path);
  if (!text) return std::unexpected(std::move(text.error()));

  loaded& file = files_by_identity_[identity];
  file.source = std::make_unique<source_file>(path, std::move(*text));
  const node_ptr root = parse_yaml(*file.source, found_);
  if (!root) return nullptr;
  auto result = std::make_unique<specification>(read_specification(*file.source, *root, found_));
  file.is_open = true;
  chain_.push_back(&file);
  load_imports(*result);
  chain_.pop_back();
  file.is_open = false;
  link_specification(
      *result, [&](const located& import) { return imported(*result, import); }, found_);
  file.result = std::move(result);
  return file.result.get();
}

std::vector<std::string> specification_loader::files() const {
  std::vector<std::string> paths;
  paths.reserve(files_by_identity_.size());
  for (const auto& [identity, file] : files_by_identity_) paths.push_back(file.source->path());
  std::ranges::sort(paths);
  return paths;
}

void specification_loader::load_imports(const specification& of) {
  std::vector<std::string> seen;
  for (const actor& a : of.actors) {
    for (const actor_mailbox& m : a.mailboxes) {
      if (!m.import || std::ranges::find(seen, m.import->text) != seen.end()) continue;
      seen.push_back(m.import->text);
      load_import(of, *m.import);
    }
  }
}

const specification* specification_loader::imported(const specification& by,
                                                    const located& import) {
  const auto known = files_by_identity_.find(files_.identity(imported_path(by.path, import.text)));
  return known == files_by_identity_.end() ? nullptr : known->second.result.get();
}

void specification_loader::load_import(const specification& by, const located& import) {
  if (import.text.empty() || std::filesystem::path(import.text).is_absolute()) {
    found_.error(import.where, fmt::format("{} for 'import'; expected a path relative to this file",
                                           shown(import.text)));
    return;
  }
  const std::string path = imported_path(by.path, import.text);
  const std::string identity = files_.identity(path);
  if (const auto known = files_by_identity_.find(identity);
      known != files_by_identity_.end() && known->second.is_open) {
    std::string circle;
    auto file = std::ranges::find(chain_, &known->second);
    for (; file != chain_.end(); ++file) circle += (*file)->source->path() + " -> ";
    found_.error(import.where, fmt::format("imports go round in a circle: {}{}", circle,
                                           known->second.source->path()));
    return;
  }
  if (chain_.size() >= longest_import_chain || files_by_identity_.size() >= most_files) {
    found_.error(import.where,
                 fmt::format("too many imports: more than {} files, or {} of them in a chain",
                             most_files, longest_import_chain));
    return;
  }
  const auto result = load(path, identity);
  if (!result) {
    found_.error(import.where, fmt::format("cannot read {}: {}", shown(path), result.error()));
  }
}

}  // namespace troupe::gen

#include <codegen/emit/model_json.hpp>
#include <codegen/emit/spec_schema.hpp>
#include <codegen/program/command_line.hpp>
#include <codegen/program/program.hpp>
#include <codegen/program/specification_loader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace troupe::gen {
namespace {

outcome write(std::string_view text, std::ostream& out, std::ostream& err) {
  out << text << std::flush;
  if (out) return outcome::done;
  err << "troupe-gen: error: cannot write to standard output\n";
  return outcome::wrong_use;
}

outcome read_specifications(const command_line& asked, const file_access& files, std::ostream& out,
                            std::ostream& err) {
  diagnostics found;
  specification_loader loader(files, found);
  std::vector<const specification*> specifications;
  bool all_read = true;
  for (const std::string& path : asked.files) {
    const auto loaded = loader.load(path);
    if (!loaded) {
      err << fmt::format("troupe-gen: error: cannot read {}: {}\n", shown(path), loaded.error());
      all_read = false;
    } else if (*loaded != nullptr && std::ranges::find(specifications, *loaded) ==
                                         specifications.end()) {  // a file may be named twice
      specifications.push_back(*loaded);
    }
  }
  err << found.to_string();
  if (!all_read) return outcome::wrong_use;
  if (!found.empty()) return outcome::wrong_specification;
  if (asked.task == task::lint) return outcome::done;
  return write(model_json(specifications), out, err);
}

}  // namespace

outcome run_program(std::span<const std::string_view> arguments, const file_access& files,
                    std::ostream& out, std::ostream& err) {
  const auto asked = read_command_line(arguments);
  if (!asked) {
    err << fmt::format("troupe-gen: error: {}\nTry troupe-gen --help.\n", asked.error());
    return outcome::wrong_use;
  }
  switch (asked->task) {
    case task::help: return write(help_text(), out, err);
    case task::version: return write("troupe-gen " TROUPE_VERSION "\n", out, err);
    case task::schema: return write(spec_schema(), out, err);
    case task::lint:
    case task::dump_model: break;
  }
  return read_specifications(*asked, files, out, err);
}

}  // namespace troupe::gen

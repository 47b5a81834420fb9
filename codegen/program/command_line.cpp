#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/diagnostic/nearest_word.hpp>
#include <codegen/program/command_line.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace troupe::gen {
namespace {

struct option {
  std::string_view name;
  gen::task task;
  bool takes_files;
};

constexpr std::array options{
    option{"--check", task::check, true},
    option{"--lint", task::lint, true},
    option{"--dump-model", task::dump_model, true},
    option{"--schema", task::schema, false},
    option{"--help", task::help, false},
    option{"--version", task::version, false},
};

}  // namespace

std::expected<command_line, std::string> read_command_line(
    std::span<const std::string_view> arguments) {
  command_line read;
  const option* asked = nullptr;
  bool only_files = false;
  bool expects_depfile = false;
  for (const std::string_view argument : arguments) {
    if (std::exchange(expects_depfile, false)) {
      read.depfile = argument;
      continue;
    }
    if (only_files || !argument.starts_with('-') || argument == "-") {
      read.files.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      only_files = true;
      continue;
    }
    if (argument == "--depfile") {
      expects_depfile = true;
      continue;
    }
    const auto* const known =
        std::ranges::find(options, argument == "-h" ? "--help" : argument, &option::name);
    if (known == options.end()) {
      std::vector<std::string_view> names;
      names.reserve(options.size() + 1);
      for (const option& o : options) names.push_back(o.name);
      names.emplace_back("--depfile");
      return std::unexpected(
          fmt::format("unknown option {}{}", shown(argument), did_you_mean(argument, names)));
    }
    if (asked != nullptr && asked != known) {
      return std::unexpected(
          fmt::format("{} and {} together; expected one of them", asked->name, known->name));
    }
    asked = known;
  }
  if (expects_depfile) return std::unexpected("--depfile without the file to write");
  if (!read.depfile.empty() && (asked != nullptr || read.files.size() != 1)) {
    return std::unexpected("--depfile goes with one specification to generate from");
  }
  if (asked == nullptr) {
    if (read.files.empty()) return std::unexpected("nothing to do; expected specifications");
    read.task = task::generate;
    return read;
  }
  if (asked->takes_files && read.files.empty()) {
    return std::unexpected(fmt::format("{} without a file; expected specifications", asked->name));
  }
  if (!asked->takes_files && !read.files.empty()) {
    return std::unexpected(
        fmt::format("{} takes no file, but there is {}", asked->name, shown(read.files.front())));
  }
  read.task = asked->task;
  return read;
}

std::string_view help_text() noexcept {
  return R"(troupe-gen: typed C++ actors from a specification in YAML

  troupe-gen FILE...                write orders.gen.hpp beside orders.yml, if it changes
    --depfile DEPFILE               and what it was made from, for make and ninja
  troupe-gen --check FILE...        fail if that would change anything
  troupe-gen --lint FILE...         check specifications; say nothing if they are right
  troupe-gen --dump-model FILE...   check them, and print what was understood, as JSON
  troupe-gen --schema               print the JSON Schema of specifications, for editors
  troupe-gen --help                 print this text
  troupe-gen --version              print the version

Errors go to standard error as FILE:LINE:COLUMN: error: ... and nothing is written if there are any.
What a specification may say is in the schema, each key with its description.

Exit status:
  0  all is well
  1  something is wrong with a specification, such as an import that cannot be read, or what was
     generated from it is stale
  2  wrong arguments, or a file named there that cannot be read, or one that cannot be written
)";
}

}  // namespace troupe::gen

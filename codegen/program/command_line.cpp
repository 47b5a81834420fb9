#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/diagnostic/nearest_word.hpp>
#include <codegen/program/command_line.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace troupe::gen {
namespace {

struct option {
  std::string_view name;
  gen::task task;
  bool takes_files;
};

constexpr std::array options{
    option{"--lint", task::lint, true},        option{"--dump-model", task::dump_model, true},
    option{"--schema", task::schema, false},   option{"--help", task::help, false},
    option{"--version", task::version, false},
};

}  // namespace

std::expected<command_line, std::string> read_command_line(
    std::span<const std::string_view> arguments) {
  command_line read;
  const option* asked = nullptr;
  bool only_files = false;
  for (const std::string_view argument : arguments) {
    if (only_files || !argument.starts_with('-') || argument == "-") {
      read.files.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      only_files = true;
      continue;
    }
    const auto* const known =
        std::ranges::find(options, argument == "-h" ? "--help" : argument, &option::name);
    if (known == options.end()) {
      std::vector<std::string_view> names;
      names.reserve(options.size());
      for (const option& o : options) names.push_back(o.name);
      return std::unexpected(
          fmt::format("unknown option {}{}", shown(argument), did_you_mean(argument, names)));
    }
    if (asked != nullptr && asked != known) {
      return std::unexpected(
          fmt::format("{} and {} together; expected one of them", asked->name, known->name));
    }
    asked = known;
  }
  if (asked == nullptr) {
    return std::unexpected("nothing to do; expected --lint, --dump-model or --schema");
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

  troupe-gen --lint FILE...         check specifications; say nothing if they are right
  troupe-gen --dump-model FILE...   check them, and print what was understood, as JSON
  troupe-gen --schema               print the JSON Schema of specifications, for editors
  troupe-gen --help                 print this text
  troupe-gen --version              print the version

Errors go to standard error as FILE:LINE:COLUMN: error: ... and nothing is written if there are any.
What a specification may say is in the schema, each key with its description.

Exit status:
  0  all is well
  1  something is wrong with a specification
  2  wrong arguments, or a file that cannot be read or written
)";
}

}  // namespace troupe::gen

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/emit/cpp_header.hpp>
#include <codegen/emit/model_json.hpp>
#include <codegen/fuzz/one_input.hpp>
#include <codegen/model/cpp_name.hpp>
#include <codegen/program/memory_files.hpp>
#include <codegen/program/specification_loader.hpp>

#include <fmt/format.h>

#include <array>
#include <memory>
#include <vector>

namespace troupe::gen {
namespace {

constexpr std::string_view library =
    "namespace: library\n"
    "mailboxes:\n"
    "  Ticker: {kind: ticker}\n"
    "  Order: {kind: simple, message-type: order}\n";

struct loaded {
  explicit loaded(std::string_view input)
      : loader(
            memory_files({{"self.yml", std::string(input)}, {"library.yml", std::string(library)}}),
            found),
        result(loader.load("self.yml").value_or(nullptr)) {}

  diagnostics found;
  specification_loader loader;
  const specification* result;
};

std::string why_outside(const position& where) {
  if (where.file == nullptr) return "an error without a file";
  if (where.line < 1 || where.line > where.file->line_count()) return "an error in no line";
  if (where.column < 1 || where.column > code_points(where.file->line(where.line)) + 1) {
    return fmt::format("an error in no column: {}:{}", where.line, where.column);
  }
  return {};
}

std::string why_incomplete(const specification& s) {
  for (const actor& a : s.actors) {
    if (a.name.cpp.empty() || is_cpp_keyword(a.name.cpp)) return "an actor without a name";
    for (const actor_mailbox& m : a.mailboxes) {
      if (m.name.cpp.empty() || is_cpp_keyword(m.name.cpp)) return "a mailbox without a name";
      if (m.type && !m.definition) return "a mailbox that was not linked";
      for (const mailbox_key& key : info(m.kind).keys) {
        const bool needed = key.is_type() || !key.fallback.empty();
        if (needed && m.settings.find(key.id) == nullptr) {
          return fmt::format("a mailbox without '{}'", key.name);
        }
      }
    }
  }
  return {};
}

}  // namespace

std::string why_wrong(std::string_view input) {
  const loaded once(input);
  const loaded again(input);
  if (once.found.to_string() != again.found.to_string()) return "other errors the second time";
  for (const diagnostic& d : once.found.list()) {
    if (std::string why = why_outside(d.where); !why.empty()) return why + ": " + d.text;
    for (const note& n : d.notes) {
      if (std::string why = why_outside(n.where); !why.empty()) return why + ": " + n.text;
    }
  }
  if (!once.found.empty()) return {};
  if (once.result == nullptr) return "neither a model nor an error";
  if (std::string why = why_incomplete(*once.result); !why.empty()) return why;
  diagnostics refused;
  if (cpp_header(*once.result, refused) != cpp_header(*again.result, refused)) {
    return "other C++ the second time";
  }
  const std::array first{once.result};
  const std::array second{again.result};
  return model_json(first) == model_json(second) ? "" : "another model the second time";
}

}  // namespace troupe::gen

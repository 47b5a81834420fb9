#include <codegen/parse/check_text.hpp>
#include <codegen/parse/parse_yaml.hpp>
#include <codegen/parse/tree_builder.hpp>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <string_view>

namespace troupe::gen {
namespace {

// yaml-cpp's words for its most frequent complaints are its parser's, not the reader's.
std::string_view in_plain_words(std::string_view message) {
  struct translation {
    std::string_view from;
    std::string_view to;
  };
  static constexpr translation translations[] = {
      {"illegal map value", "a ':' where no value can begin; expected one 'key: value' on a line"},
      {"end of map not found", "this does not fit the keys above; is its indentation right?"},
      {"end of sequence not found", "this does not fit the list above; is its indentation right?"},
      {"end of map flow not found", "a '{' above is not closed; expected ',' or '}'"},
      {"end of sequence flow not found", "a '[' above is not closed; expected ',' or ']'"},
      {"illegal flow end", "a closing bracket that was not opened"},
      {"illegal block entry", "a '-' where no list can begin; expected it on a line of its own"},
      {"the referenced anchor is not defined", "this alias names nothing; expected an '&' before"},
      {"unknown token", "a character that no YAML text can begin with; put the text in quotes"},
  };
  for (const translation& t : translations) {
    if (message == t.from) return t.to;
  }
  return message;
}

}  // namespace

node_ptr parse_yaml(const source_file& file, diagnostics& found) {
  if (!check_text(file, found)) return nullptr;
  tree_builder tree(file, found);
  try {
    std::istringstream text(file.text());
    YAML::Parser parser(text);
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const stop_reading&) {
    return nullptr;
  } catch (const YAML::Exception& e) {
    if (tree.lost_track()) return nullptr;
    found.error(tree.place(e.mark), fmt::format("not YAML: {}", in_plain_words(e.msg)));
    return nullptr;
  }
  if (!tree.root()) found.error({.file = &file}, "the file is empty; expected a specification");
  return tree.root();
}

}  // namespace troupe::gen

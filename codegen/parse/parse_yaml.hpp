#pragma once

// YAML text to a tree of nodes. yaml-cpp finds the tokens; what it lets pass is found here: equal
// keys (it keeps the first of them silently), merge keys (it takes `<<` for a name), text in quotes
// that nobody closed, aliases that multiply.
//
// A specification is one document of maps, lists and one-line texts. Aliases are allowed, and
// stand for the whole value they name. Refused, since nothing here needs them: tags, merge keys,
// keys that are not text, texts of several lines.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/parse/node.hpp>

#include <cstddef>

namespace troupe::gen {

/// How deep values may stand in each other, and how many there may be, with each alias counted as
/// the whole value it stands for.
inline constexpr std::size_t deepest_node = 32;
inline constexpr std::size_t most_nodes = 20'000;

/// The document in `file`. What is wrong with it is added to `found`; where a tree could be made in
/// spite of that it is returned, so that more errors can be found in it; else nullptr. The
/// positions in the tree point to `file`.
[[nodiscard]] node_ptr parse_yaml(const source_file& file, diagnostics& found);

}  // namespace troupe::gen

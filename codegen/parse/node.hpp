#pragma once

// What YAML text comes to: a tree in which everything knows where it stands. Aliases are resolved:
// a node may occur more than once in the tree.

#include <codegen/diagnostic/source_file.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::gen {

enum class node_type : std::uint8_t {
  nothing,  ///< `key:` with nothing behind it, `~` or `null`
  scalar,
  list,
  map,
};

struct node;
using node_ptr = std::shared_ptr<const node>;

/// One `key: value` of a map. Keys are text, and no two keys of a map are equal.
struct entry {
  std::string key;
  position where;
  node_ptr value;
};

struct node {
  node_type type = node_type::nothing;
  position where;                    ///< of `nothing` in a map: its key's
  std::string text = {};             ///< of a scalar: one line, no control characters, UTF-8
  bool in_quotes = false;            ///< of a scalar: then it is text, and never a number
  std::vector<node_ptr> items = {};  ///< of a list
  std::vector<entry> entries = {};   ///< of a map, in the order of the file

  /// Of a map: a key was wrong, and is left out. That others are missing may come from that.
  bool lacks_entries = false;

  /// The value of `key`, or nullptr.
  [[nodiscard]] const node* find(std::string_view key) const noexcept {
    for (const entry& e : entries) {
      if (e.key == key) return e.value.get();
    }
    return nullptr;
  }
};

}  // namespace troupe::gen

#include <codegen/parse/parse_yaml.hpp>
#include <codegen/parse/tree_builder.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::gen {
namespace {

// yaml-cpp's marks of a value with an anchor or a tag point to these, not to the value.
std::string_view skip_properties(std::string_view line) {
  while (line.starts_with('&') || line.starts_with('!')) {
    line.remove_prefix(std::min(line.find_first_of(" \t"), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  }
  return line;
}

// The bytes up to behind the quote that ends what begins with a quote, 0 if none does on this line.
std::size_t quoted_length(std::string_view line) {
  const char quote = line[0];
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote) {
      if (quote == '"' || !line.substr(i + 1).starts_with('\'')) return i + 1;
      ++i;
    }
  }
  return 0;
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

}  // namespace

position tree_builder::place(const YAML::Mark& mark) const noexcept {
  position where{.file = &file_};
  if (mark.is_null()) return where;
  const auto line = static_cast<std::size_t>(std::max(mark.line, 0)) + 1;
  where.line = static_cast<std::uint32_t>(std::min(line, file_.line_count()));
  // yaml-cpp's columns are bytes.
  const auto bytes = static_cast<std::size_t>(std::max(mark.column, 0));
  where.column =
      static_cast<std::uint32_t>(code_points(file_.line(where.line).substr(0, bytes)) + 1);
  return where;
}

void tree_builder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ == 1) return;
  found_.error(place(mark), "a second document begins here; expected one document in a file");
  throw stop_reading();
}

bool tree_builder::expects_key() const noexcept {
  return !open_.empty() && open_.back().value->type == node_type::map && !open_.back().key;
}

void tree_builder::refuse_tag(const position& where, std::string_view tag) {
  // "?" is no tag, and "!" what yaml-cpp gives to text in quotes.
  if (tag.empty() || tag == "?" || tag == "!") return;
  found_.error(where, fmt::format("tag {}; expected a value without a tag, what it is follows from "
                                  "its key",
                                  shown(tag)));
}

void tree_builder::check_writing(node& scalar) {
  position& where = scalar.where;
  const std::string& value = scalar.text;
  const std::string_view whole = file_.line(where.line);
  const std::string_view line = skip_properties(skip_code_points(whole, where.column - 1));
  where.column = static_cast<std::uint32_t>(code_points(whole) - code_points(line) + 1);
  where.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, code_points(value)));
  scalar.in_quotes = line.starts_with('"') || line.starts_with('\'');
  if (line.starts_with('|') || line.starts_with('>')) {
    where.length = 1;
    found_.error(where, "a block of text; expected text on one line");
  } else if (scalar.in_quotes) {
    const std::size_t length = quoted_length(line);
    where.length = static_cast<std::uint32_t>(code_points(line.substr(0, length)));
    if (length == 0) {
      where.length = 1;
      lost_track_ = true;
      found_.error(where, "this quote is not closed on its line; expected text on one line");
    } else if (has_control_character(value)) {
      found_.error(where, "the text has a control character in it; expected one line of text");
    }
  } else if (!line.starts_with(value)) {
    where.length = static_cast<std::uint32_t>(std::max<std::size_t>(1, code_points(line)));
    found_.error(where, fmt::format("this text goes on on the next line, as {}; expected text on "
                                    "one line (is a ':' or a closing bracket missing?)",
                                    shown(value)));
  }
}

void tree_builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  auto value = std::make_shared<node>(node{.type = node_type::nothing, .where = place(mark)});
  if (!open_.empty()) {
    if (const auto& key = open_.back().key) value->where = key->where;
  }
  const position where = value->where;
  finish({.value = std::move(value)}, anchor, where);
}

void tree_builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const position where = place(mark);
  const auto known = anchors_.find(anchor);
  if (expects_key()) {
    found_.error(where, "an alias as a key; expected the key itself");
    open_.back().drop_value = true;
    open_.back().value->lacks_entries = true;
    open_.back().key.emplace();
  } else if (known == anchors_.end()) {
    // yaml-cpp knows the anchor, so the value that it names has begun and not ended.
    found_.error(where, "this alias stands inside of the value that it names");
    throw stop_reading();
  } else {
    finish(known->second, 0, where);
  }
}

void tree_builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                            const std::string& value) {
  auto scalar =
      std::make_shared<node>(node{.type = node_type::scalar, .where = place(mark), .text = value});
  check_writing(*scalar);
  refuse_tag(scalar->where, tag);
  const position where = scalar->where;
  finish({.value = std::move(scalar)}, anchor, where);
}

void tree_builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                   YAML::anchor_t anchor, YAML::EmitterStyle::value /*style*/) {
  begin(node_type::list, mark, tag, anchor);
}

void tree_builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                              YAML::EmitterStyle::value /*style*/) {
  begin(node_type::map, mark, tag, anchor);
}

void tree_builder::begin(node_type type, const YAML::Mark& mark, const std::string& tag,
                         YAML::anchor_t anchor) {
  const position where = place(mark);
  refuse_tag(where, tag);
  if (open_.size() >= deepest_node) {
    found_.error(where, fmt::format("values stand more than {} deep in each other", deepest_node));
    throw stop_reading();
  }
  open_.push_back(
      {.value = std::make_shared<node>(node{.type = type, .where = where}), .anchor = anchor});
}

void tree_builder::end() {
  open_node done = std::move(open_.back());
  open_.pop_back();
  const position where = done.value->where;
  finish({.value = std::move(done.value), .nodes = done.nodes, .height = done.height}, done.anchor,
         where);
}

void tree_builder::add_key(const node& key) {
  open_node& map = open_.back();
  map.key.emplace(entry{.key = key.text, .where = key.where, .value = nullptr});
  map.drop_value = true;
  if (key.type != node_type::scalar) {
    found_.error(key.where, fmt::format("{} as a key; expected text",
                                        key.type == node_type::nothing ? "nothing"
                                        : key.type == node_type::list  ? "a list"
                                                                       : "a map"));
  } else if (key.text == "<<" && !key.in_quotes) {
    found_.error(key.where,
                 "merge key '<<'; it is not part of YAML 1.2: write the keys out, or let an alias "
                 "stand for the whole value");
  } else {
    // Of two equal keys the first is there.
    const auto [first, is_new] = map.keys.emplace(key.text, key.where);
    map.drop_value = !is_new;
    if (!is_new) {
      found_.error(key.where, fmt::format("key {} is given twice", shown(key.text)),
                   {{first->second, "it is first given here"}});
    }
    return;
  }
  map.value->lacks_entries = true;
}

void tree_builder::finish(measured complete, YAML::anchor_t anchor, const position& where) {
  if (anchor != 0) anchors_[anchor] = complete;
  if (open_.empty()) {
    root_ = std::move(complete.value);
    return;
  }
  if (expects_key()) {
    add_key(*complete.value);
    return;
  }
  open_node& in = open_.back();
  in.nodes += complete.nodes;
  in.height = std::max(in.height, complete.height + 1);
  if (in.nodes > most_nodes || open_.size() + complete.height > deepest_node + 1) {
    found_.error(where,
                 in.nodes > most_nodes
                     ? fmt::format("more than {} values, where each alias counts as the whole "
                                   "value that it names",
                                   most_nodes)
                     : fmt::format("values stand more than {} deep in each other", deepest_node));
    throw stop_reading();
  }
  if (in.value->type == node_type::list) {
    in.value->items.push_back(std::move(complete.value));
  } else {
    if (!in.drop_value) {
      in.key->value = std::move(complete.value);
      in.value->entries.push_back(std::move(*in.key));
    }
    in.key.reset();
  }
}

}  // namespace troupe::gen

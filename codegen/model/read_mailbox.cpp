#include <codegen/model/read_mailbox.hpp>

#include <codegen/diagnostic/nearest_word.hpp>
#include <codegen/model/cpp_name.hpp>
#include <codegen/model/setting_values.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace troupe::gen {
namespace {

std::string description(const node& value) {
  switch (value.type) {
    case node_type::nothing: return "nothing";
    case node_type::scalar: return shown(value.text);
    case node_type::list: return "a list";
    case node_type::map: return "a map";
  }
  return {};
}

// As it stands behind #include, or nothing: the text is no name of a header.
std::string header(std::string_view text) {
  const bool angled = text.starts_with('<') && text.ends_with('>') && text.size() > 2;
  const std::string_view path = angled ? text.substr(1, text.size() - 2) : text;
  const bool fit = !path.empty() && std::ranges::none_of(path, [](char c) {
    return c == '<' || c == '>' || c == '"' || c == '\\' || c == ';' || c == ' ';
  });
  if (!fit || path.ends_with('/')) return {};
  return angled ? std::string(text) : fmt::format("\"{}\"", path);
}

std::vector<std::string_view> kind_names() {
  std::vector<std::string_view> names;
  for (const kind_info& kind : mailbox_kinds()) names.push_back(kind.name);
  return names;
}

}  // namespace

bool mailbox_reader::expect_map(const node& value, std::string_view what,
                                std::string_view expected) {
  if (value.type == node_type::map) return true;
  found_.error(value.where,
               fmt::format("{} for {}; expected {}", description(value), what, expected));
  return false;
}

bool mailbox_reader::expect_text(const node& value, std::string_view what,
                                 std::string_view expected) {
  if (value.type == node_type::scalar) return true;
  found_.error(value.where,
               fmt::format("{} for {}; expected {}", description(value), what, expected));
  return false;
}

std::optional<name> mailbox_reader::read_name(const entry& e) {
  auto cpp = cpp_name(e.key);
  if (!cpp) {
    found_.error(e.where, std::move(cpp.error()));
    return std::nullopt;
  }
  return name{.written = e.key, .cpp = std::move(*cpp), .where = e.where};
}

void mailbox_reader::read_includes(const node& value, std::vector<std::string>& into) {
  constexpr std::string_view expected = "a header, such as order.hpp or <vector>";
  const auto add = [&](const node& item) {
    if (!expect_text(item, "'include'", expected)) return;
    std::string line = header(item.text);
    if (line.empty()) {
      found_.error(item.where,
                   fmt::format("{} for 'include'; expected {}", shown(item.text), expected));
    } else if (std::ranges::find(into, line) == into.end()) {
      into.push_back(std::move(line));
    }
  };
  if (value.type != node_type::list) {
    add(value);
    return;
  }
  for (const node_ptr& item : value.items) add(*item);
}

void mailbox_reader::refuse_key(const entry& e, std::string_view what,
                                std::initializer_list<std::span<const plain_key>> plain,
                                std::span<const mailbox_key> of_kind) {
  std::vector<std::string_view> known;
  for (const auto keys : plain) {
    for (const plain_key& key : keys) known.push_back(key.name);
  }
  for (const mailbox_key& key : of_kind) known.push_back(key.name);
  const auto translated = translated_key(e.key);
  const bool fits = translated && std::ranges::find(known, *translated) != known.end();
  found_.error(e.where,
               fmt::format("unknown key {} of {}; expected {}{}", shown(e.key), what, one_of(known),
                           fits ? fmt::format("; did you mean '{}'?", *translated)
                                : did_you_mean(e.key, known)));
}

const kind_info* mailbox_reader::read_kind(const entry& e) {
  const std::vector<std::string_view> names = kind_names();
  const node* const value = e.value->find("kind");
  const std::string expected = one_of(names);
  if (value == nullptr) {
    if (e.value->lacks_entries) return nullptr;
    std::vector<std::string_view> keys;
    for (const entry& part : e.value->entries) keys.push_back(part.key);
    const auto meant = nearest_word("kind", keys);
    found_.error(e.where,
                 fmt::format("mailbox {} has no 'kind'{}; expected {}", shown(e.key),
                             meant ? fmt::format(", but {}", shown(*meant)) : "", expected));
    return nullptr;
  }
  if (!expect_text(*value, "'kind'", expected)) return nullptr;
  const kind_info* const kind = find_kind(value->text);
  if (kind == nullptr) {
    found_.error(value->where, fmt::format("unknown kind {}; expected {}{}", shown(value->text),
                                           expected, did_you_mean(value->text, names)));
  }
  return kind;
}

bool mailbox_reader::read_plain(const entry& part, mailbox_place place, actor_mailbox& into) {
  if (part.key == "kind") return true;
  if (part.key == "include") {
    read_includes(*part.value, into.includes);
    return true;
  }
  if (place != mailbox_place::actor) return false;
  if (part.key == "type") {
    if (expect_text(*part.value, "'type'", "the name of a definition")) {
      into.type = located{part.value->text, part.value->where};
    }
    return true;
  }
  if (part.key == "import") {
    if (expect_text(*part.value, "'import'", "the path of a specification")) {
      into.import = located{part.value->text, part.value->where};
    }
    return true;
  }
  return false;
}

void mailbox_reader::read_setting(const mailbox_key& key, const entry& part, settings& into) {
  if (!expect_text(*part.value, fmt::format("'{}'", key.name), expectation(key))) return;
  auto value = read_value(key, part.value->text, part.value->in_quotes);
  if (!value) {
    found_.error(part.value->where, std::move(value.error()));
    return;
  }
  into.set(key.id, std::move(*value), part.value->where);
}

void mailbox_reader::refuse_mailbox_key(const entry& part, const kind_info& kind,
                                        mailbox_place place) {
  if (place == mailbox_place::definition) {
    for (const plain_key& key : actor_mailbox_keys()) {
      if (part.key != key.name) continue;
      found_.error(part.where, fmt::format("'{}' in the definition of a mailbox; only a mailbox in "
                                           "an actor refers to a definition",
                                           key.name));
      return;
    }
  }
  for (const kind_info& other : mailbox_kinds()) {
    if (other.find(part.key) == nullptr) continue;
    std::vector<std::string_view> known;
    for (const mailbox_key& key : kind.keys) known.push_back(key.name);
    found_.error(part.where, fmt::format("'{}' is a key of other kinds; kind {} has {}", part.key,
                                         kind.name, one_of(known)));
    return;
  }
  const std::string what = fmt::format("kind {}", kind.name);
  if (place == mailbox_place::actor) {
    refuse_key(part, what, {common_mailbox_keys(), actor_mailbox_keys()}, kind.keys);
  } else {
    refuse_key(part, what, {common_mailbox_keys()}, kind.keys);
  }
}

// In an actor a type that is not given may come from the definition.
void mailbox_reader::check_complete(const entry& e, const kind_info& kind,
                                    const actor_mailbox& read, mailbox_place place) {
  if (e.value->lacks_entries) return;
  const bool refers = place == mailbox_place::actor && e.value->find("type") != nullptr;
  for (const mailbox_key& key : kind.keys) {
    if (!key.is_type() || refers || e.value->find(key.name) != nullptr) continue;
    // A misspelt key is one error, not two.
    const bool misspelt = std::ranges::any_of(e.value->entries, [&](const entry& part) {
      return translated_key(part.key) == key.name ||
             nearest_word(part.key, std::span(&key.name, 1)).has_value();
    });
    if (misspelt) continue;
    found_.error(
        e.where,
        fmt::format("{} mailbox {} has no '{}'; expected {}{}", kind.name, shown(e.key), key.name,
                    expectation(key),
                    place == mailbox_place::actor ? ", or a 'type' whose definition has it" : ""));
  }
  if (read.import && e.value->find("type") == nullptr) {
    found_.error(read.import->where,
                 "'import' without 'type'; expected the name of a definition in that file");
  }
}

std::optional<actor_mailbox> mailbox_reader::read_mailbox(const entry& e, mailbox_place place) {
  auto own_name = read_name(e);
  if (!expect_map(*e.value, fmt::format("mailbox {}", shown(e.key)),
                  "a map such as {kind: simple, message-type: order}")) {
    return std::nullopt;
  }
  const kind_info* const kind = read_kind(e);
  if (kind == nullptr) return std::nullopt;
  actor_mailbox read{.name = {}, .kind = kind->id, .settings = {}, .includes = {}};
  for (const entry& part : e.value->entries) {
    if (read_plain(part, place, read)) continue;
    if (const mailbox_key* const key = kind->find(part.key)) {
      read_setting(*key, part, read.settings);
    } else {
      refuse_mailbox_key(part, *kind, place);
    }
  }
  check_complete(e, *kind, read, place);
  if (!own_name) return std::nullopt;
  read.name = std::move(*own_name);
  if (place == mailbox_place::definition) {
    add_defaults(kind->id, read.settings, e.where);
    check_settings(kind->id, read.settings, found_);
  }
  return read;
}

void add_defaults(mailbox_kind kind, settings& into, position where) {
  for (const mailbox_key& key : info(kind).keys) {
    if (key.fallback.empty() || into.find(key.id) != nullptr) continue;
    into.set(key.id, *read_value(key, key.fallback, false), where);
  }
}

void check_settings(mailbox_kind kind, const settings& of, diagnostics& found) {
  if (kind != mailbox_kind::batch) return;
  const auto* const most = of.find(setting::max_batch);
  const auto* const capacity = of.find(setting::capacity);
  if (most == nullptr || capacity == nullptr) return;
  if (std::get<std::int64_t>(most->value) > std::get<std::int64_t>(capacity->value)) {
    found.error(
        most->where,
        fmt::format("'max-batch' is {}, more than the 'capacity' of {}; so many never wait",
                    std::get<std::int64_t>(most->value), std::get<std::int64_t>(capacity->value)));
  }
}

}  // namespace troupe::gen

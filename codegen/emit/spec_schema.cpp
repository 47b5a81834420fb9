#include <codegen/emit/json_writer.hpp>
#include <codegen/emit/spec_schema.hpp>
#include <codegen/model/mailbox_kinds.hpp>
#include <codegen/model/setting_values.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace troupe::gen {
namespace {

enum class place : std::uint8_t { definition, actor };

void write_default(json_writer& json, const mailbox_key& key) {
  if (key.fallback.empty()) return;
  const auto value = read_value(key, key.fallback, false);
  json.key("default");
  if (const bool* const flag = std::get_if<bool>(&*value)) {
    json.boolean(*flag);
  } else if (const auto* const count = std::get_if<std::int64_t>(&*value)) {
    json.number(*count);
  } else {
    json.string(key.fallback);
  }
}

void write_form(json_writer& json, const mailbox_key& key) {
  switch (key.form) {
    case value_form::flag: json.member("type", "boolean"); break;
    case value_form::count:
      json.member("type", "integer").key("minimum").number(key.least);
      json.key("maximum").number(key.most);
      break;
    case value_form::duration: {
      std::string units;
      for (const std::string_view unit : duration_units()) {
        units += units.empty() ? "" : "|";
        units += unit;
      }
      json.member("type", "string").member("pattern", fmt::format("^0*[1-9][0-9]*({})$", units));
      break;
    }
    case value_form::address:
      json.member("type", "string").member("pattern", "^[^ ]+:[0-9]{1,5}$");
      break;
    case value_form::word:
      json.member("type", "string").key("enum").begin_array();
      for (const std::string_view word : key.words) json.string(word);
      json.end_array();
      break;
    case value_form::cpp_type:
    case value_form::cpp_reply_type:
      json.member("type", "string").key("minLength").number(1);
      break;
  }
}

void write_reference(json_writer& json, std::string_view definition) {
  json.member("$ref", fmt::format("#/definitions/{}", definition));
}

void write_plain(json_writer& json, const plain_key& key) {
  json.key(key.name).begin_object().member("description", key.description);
  if (key.name == "include") {
    // In draft 7 nothing counts beside a $ref, so that it stands alone.
    json.key("allOf").begin_array().begin_object();
    write_reference(json, "include");
    json.end_object().end_array();
  } else {
    json.member("type", "string");
  }
  json.end_object();
}

// One kind, as a definition or as the mailbox of an actor, where types may come from a definition.
void write_kind(json_writer& json, const kind_info& kind, place where) {
  json.begin_object().member("title", fmt::format("{} mailbox", kind.name));
  json.member("description", kind.description).member("type", "object");
  json.key("properties").begin_object();
  for (const plain_key& key : common_mailbox_keys()) {
    if (key.name != "kind") {
      write_plain(json, key);
      continue;
    }
    json.key(key.name).begin_object().member("description", kind.description);
    json.member("const", kind.name).end_object();
  }
  if (where == place::actor) {
    for (const plain_key& key : actor_mailbox_keys()) write_plain(json, key);
  }
  for (const mailbox_key& key : kind.keys) {
    json.key(key.name).begin_object().member("description", key.description);
    write_form(json, key);
    write_default(json, key);
    json.end_object();
  }
  json.end_object();

  const auto write_types = [&] {
    for (const mailbox_key& key : kind.keys) {
      if (key.is_type()) json.string(key.name);
    }
  };
  json.key("required").begin_array().string("kind");
  if (where == place::definition) write_types();
  json.end_array();
  if (where == place::actor) {
    json.key("anyOf").begin_array().begin_object().key("required").begin_array().string("type");
    json.end_array().end_object().begin_object().key("required").begin_array();
    write_types();
    json.end_array().end_object().end_array();
    json.key("dependencies").begin_object().key("import").begin_array().string("type").end_array();
    json.end_object();
  }
  json.key("additionalProperties").boolean(false).end_object();
}

void write_mailbox(json_writer& json, std::string_view name, place where) {
  json.key(name).begin_object().key("oneOf").begin_array();
  for (const kind_info& kind : mailbox_kinds()) write_kind(json, kind, where);
  json.end_array().end_object();
}

// A map from names to what `definition` says, or nothing at all.
void write_named(json_writer& json, const plain_key& key, std::string_view definition) {
  json.key(key.name).begin_object().member("description", key.description);
  json.key("type").begin_array().string("object").string("null").end_array();
  json.key("propertyNames").begin_object();
  json.member("pattern", "^[A-Za-z](_?[A-Za-z0-9])*$").end_object();
  json.key("additionalProperties").begin_object();
  write_reference(json, definition);
  json.end_object().end_object();
}

void write_include(json_writer& json) {
  const auto write_header = [&] {
    json.member("type", "string").member("pattern", R"(^(<[^<>"\\; ]+>|[^<>"\\; ]+)$)");
  };
  json.key("include").begin_object().key("oneOf").begin_array().begin_object();
  write_header();
  json.end_object().begin_object().member("type", "array").key("items").begin_object();
  write_header();
  json.end_object().end_object().end_array().end_object();
}

}  // namespace

std::string spec_schema() {
  json_writer json;
  json.begin_object().member("$schema", "http://json-schema.org/draft-07/schema#");
  json.member("title", "Specification of Troupe actors");
  json.member("description", "What troupe-gen makes C++ actors from. Made by troupe-gen --schema.");
  json.member("type", "object").key("properties").begin_object();
  for (const plain_key& key : top_level_keys()) {
    if (key.name == "actors") {
      write_named(json, key, "actor");
    } else if (key.name == "mailboxes") {
      write_named(json, key, "mailbox_definition");
    } else {
      write_plain(json, key);
    }
  }
  json.end_object().key("anyOf").begin_array();
  for (const std::string_view key : {"actors", "mailboxes"}) {
    json.begin_object().key("required").begin_array().string(key).end_array().end_object();
  }
  json.end_array().key("additionalProperties").boolean(false);

  json.key("definitions").begin_object();
  json.key("actor").begin_object();
  json.key("type").begin_array().string("object").string("null").end_array();
  json.key("properties").begin_object();
  for (const plain_key& key : actor_keys()) write_named(json, key, "actor_mailbox");
  json.end_object().key("additionalProperties").boolean(false).end_object();
  write_mailbox(json, "actor_mailbox", place::actor);
  write_mailbox(json, "mailbox_definition", place::definition);
  write_include(json);
  json.end_object().end_object();
  return json.take();
}

}  // namespace troupe::gen

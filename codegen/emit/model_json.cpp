#include <codegen/emit/json_writer.hpp>
#include <codegen/emit/model_json.hpp>
#include <codegen/model/setting_values.hpp>

#include <chrono>
#include <cstdint>
#include <variant>
#include <vector>

namespace troupe::gen {
namespace {

struct value_writer {
  json_writer& json;

  void operator()(bool value) const { json.boolean(value); }
  void operator()(std::int64_t value) const { json.number(value); }
  void operator()(std::chrono::nanoseconds value) const { json.string(duration_text(value)); }
  void operator()(const std::string& value) const { json.string(value); }
};

void write_name(json_writer& json, const name& n) {
  json.member("name", n.written).member("cpp_name", n.cpp);
}

void write_settings(json_writer& json, mailbox_kind kind, const settings& of) {
  json.member("kind", info(kind).name).key("settings").begin_object();
  for (const mailbox_key& key : info(kind).keys) {
    json.key(key.name);
    if (const settings::given* const given = of.find(key.id)) {
      std::visit(value_writer{json}, given->value);
    } else {
      json.null();
    }
  }
  json.end_object();
}

void write_includes(json_writer& json, const std::vector<std::string>& includes) {
  json.key("include").begin_array();
  for (const std::string& include : includes) json.string(include);
  json.end_array();
}

void write_definition(json_writer& json, const mailbox_definition& d) {
  json.begin_object();
  write_name(json, d.name);
  json.key("implied").boolean(d.implied);
  write_settings(json, d.kind, d.settings);
  write_includes(json, d.includes);
  json.end_object();
}

void write_mailbox(json_writer& json, const actor_mailbox& m) {
  json.begin_object();
  write_name(json, m.name);
  json.key("definition");
  if (m.definition) {
    json.begin_object().member("file", m.definition->file);
    json.member("namespace", m.definition->cpp_namespace);
    write_name(json, m.definition->name);
    json.end_object();
  } else {
    json.null();
  }
  write_settings(json, m.kind, m.settings);
  write_includes(json, m.includes);
  json.end_object();
}

void write_specification(json_writer& json, const specification& s) {
  json.begin_object().member("file", s.path).member("namespace", s.cpp_namespace);
  write_includes(json, s.includes);
  json.key("mailboxes").begin_array();
  for (const mailbox_definition& d : s.mailboxes) write_definition(json, d);
  json.end_array().key("actors").begin_array();
  for (const actor& a : s.actors) {
    json.begin_object();
    write_name(json, a.name);
    json.key("mailboxes").begin_array();
    for (const actor_mailbox& m : a.mailboxes) write_mailbox(json, m);
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string model_json(std::span<const specification* const> specifications) {
  json_writer json;
  json.begin_object().key("specifications").begin_array();
  for (const specification* const s : specifications) write_specification(json, *s);
  json.end_array().end_object();
  return json.take();
}

}  // namespace troupe::gen

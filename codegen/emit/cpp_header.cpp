#include <codegen/emit/cpp_header.hpp>

#include <codegen/emit/check_types.hpp>
#include <codegen/emit/kind_emitter.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gen {
namespace {

struct emitted_actor {
  const actor* model;
  std::vector<emitted_mailbox> mailboxes;
};

std::string library_type(const kind_emitter& kind, std::string_view suffix,
                         const std::vector<std::string>& types) {
  const std::string name = fmt::format("troupe::generated::{}_{}", kind.name, suffix);
  return types.empty() ? name : fmt::format("{}<{}>", name, fmt::join(types, ", "));
}

std::vector<std::string> type_texts(const kind_emitter& kind, const settings& of) {
  std::vector<std::string> texts;
  texts.reserve(kind.types.size());
  for (const setting type : kind.types) texts.push_back(of.get<std::string>(type));
  return texts;
}

// The name of a type as a definition's member: order_mailbox::message_type.
std::string_view member_type(setting type) {
  switch (type) {
    case setting::reply_type: return "reply_type";
    case setting::value_type: return "value_type";
    default: return "message_type";
  }
}

class header_emitter {
 public:
  header_emitter(const specification& of, diagnostics& found) : of_(of), found_(found) {}

  std::string emit();

 private:
  emitted_mailbox prepare(const actor& a, const actor_mailbox& m, const kind_emitter& kind);

  void write_includes(const std::vector<emitted_actor>& actors);
  void write_block(const std::set<std::string>& includes);
  void write_definition(const mailbox_definition& d);
  void write_actor(const emitted_actor& a);
  void write_introduction(const emitted_actor& a);
  void write_rx(const emitted_actor& a);
  void write_mailboxes(const emitted_actor& a);
  void write_tx(const emitted_actor& a);
  void write_base(const emitted_actor& a);
  void write_handlers(const emitted_actor& a);
  void write_builder(const emitted_actor& a);

  const specification& of_;
  diagnostics& found_;
  cpp_writer out_;
};

emitted_mailbox header_emitter::prepare(const actor& a, const actor_mailbox& m,
                                        const kind_emitter& kind) {
  emitted_mailbox made{.model = &m,
                       .kind = &kind,
                       .actor = a.name.cpp,
                       .name = m.name.cpp,
                       .types = type_texts(kind, m.settings),
                       .mailbox = {},
                       .rx = {},
                       .tx = {}};
  if (!m.definition) {
    made.mailbox = library_type(kind, "mailbox", made.types);
    made.rx = library_type(kind, "rx", made.types);
    made.tx = library_type(kind, "tx", made.types);
    return made;
  }
  const definition_reference& definition = *m.definition;
  const bool is_elsewhere = definition.cpp_namespace != of_.cpp_namespace;
  // A mailbox may be called like what is made from the definition: orderRx beside type: Order.
  const bool is_hidden = std::ranges::any_of(a.mailboxes, [&](const actor_mailbox& other) {
    std::string_view name = other.name.cpp;
    if (!name.starts_with(definition.name.cpp)) return false;
    name.remove_prefix(definition.name.cpp.size());
    return name == "_mailbox" || name == "_rx" || name == "_tx";
  });
  std::string prefix;
  if (is_elsewhere || is_hidden) {
    prefix =
        definition.cpp_namespace.empty() ? "::" : fmt::format("::{}::", definition.cpp_namespace);
  }
  prefix += definition.name.cpp;
  made.mailbox = prefix + "_mailbox";
  made.rx = prefix + "_rx";
  made.tx = prefix + "_tx";
  if (is_elsewhere) {  // its types are named as they are there
    for (std::size_t i = 0; i != made.types.size(); ++i) {
      made.types[i] = fmt::format("{}::{}", made.mailbox, member_type(kind.types[i]));
    }
  }
  return made;
}

void header_emitter::write_block(const std::set<std::string>& includes) {
  if (includes.empty()) return;
  out_.blank();
  // clang-format's order: headers of C before those of C++.
  for (const bool of_c : {true, false}) {
    for (const std::string& include : includes) {
      if (include.ends_with(".h>") == of_c) out_.line("#include " + include);
    }
  }
}

void header_emitter::write_includes(const std::vector<emitted_actor>& actors) {
  std::set<std::string> library;
  std::set<std::string> standard;
  std::set<std::string> own;
  bool needs_io = false;
  const auto add = [&](std::string_view include) {
    (include.starts_with('<') ? standard : own).insert(std::string(include));
  };
  const auto add_kind = [&](const kind_emitter& kind) {
    library.insert(
        fmt::format("<troupe/{}generated/{}_mailbox.hpp>", kind.needs_io ? "io/" : "", kind.name));
    needs_io = needs_io || kind.needs_io;
    for (const std::string_view include : kind.includes) add(include);
  };
  for (const std::string& include : of_.includes) add(include);
  for (const mailbox_definition& d : of_.mailboxes) {
    add_kind(emitter_of(d.kind));
    for (const std::string& include : d.includes) add(include);
  }
  for (const emitted_actor& a : actors) {
    library.insert("<troupe/generated/generated_actor.hpp>");
    for (const std::string_view include : {"<string>", "<tuple>", "<utility>"}) add(include);
    for (const emitted_mailbox& m : a.mailboxes) {
      add_kind(*m.kind);
      for (const std::string& include : m.model->includes) add(include);
      if (m.model->import) {
        const auto path = std::filesystem::path(m.model->import->text).lexically_normal();
        add(string_literal(header_path(path.generic_string())));
      }
    }
  }
  if (needs_io) {
    out_.blank();
    out_.line("#ifndef TROUPE_HAS_IO");
    out_.line(
        "#error \"mailboxes of network connections need troupe::io: link it to this target\"");
    out_.line("#endif");
  }
  write_block(library);
  write_block(own);
  write_block(standard);
}

void header_emitter::write_definition(const mailbox_definition& d) {
  const kind_emitter& kind = emitter_of(d.kind);
  const std::string types = fmt::format("{}", fmt::join(type_texts(kind, d.settings), ", "));
  const auto alias = [&](std::string_view suffix) {
    out_.alias(fmt::format("{}_{}", d.name.cpp, suffix),
               fmt::format("troupe::generated::{}_{}", kind.name, suffix), types);
  };
  out_.blank();
  out_.comment(fmt::format("Mailbox {}: {}.", d.name.written, kind.name));
  alias("mailbox");
  alias("rx");
  if (kind.has_tx) alias("tx");
}

void header_emitter::write_introduction(const emitted_actor& a) {
  const std::string& name = a.model->name.cpp;
  out_.blank();
  out_.comment(fmt::format("Actor {}: `struct {} : {}_base` is yours to write{}",
                           a.model->name.written, name, name,
                           a.mailboxes.empty() ? "." : ", with"));
  if (!a.mailboxes.empty()) {
    out_.line("//");
    for (const emitted_mailbox& m : a.mailboxes) {
      out_.line(fmt::format("//   {}", m.kind->signature(m)));
    }
    out_.line("//");
    out_.comment(
        "Each may also be a coroutine, a task<> of what it gives, and give result<> instead of "
        "void: an error ends the actor.");
  }
  out_.line(fmt::format("struct {};", name));
}

void header_emitter::write_rx(const emitted_actor& a) {
  const std::string type = a.model->name.cpp + "_rx";
  std::vector<std::string> members;
  members.reserve(a.mailboxes.size());
  for (const emitted_mailbox& m : a.mailboxes) {
    members.push_back(fmt::format("{}(from.{})", m.name, m.name));
  }
  out_.blank();
  out_.line("/// The receiving sides of its mailboxes, for the actor itself.");
  out_.line(fmt::format("struct {} : troupe::generated::rx_base {{", type));
  out_.indent();
  out_.line("template <class Builder>");
  out_.constructor(
      fmt::format("explicit {}(const Builder&{})", type, members.empty() ? "" : " from"), members);
  if (!members.empty()) out_.blank();
  for (const emitted_mailbox& m : a.mailboxes) out_.line(fmt::format("{} {};", m.rx, m.name));
  out_.outdent();
  out_.line("};");
}

void header_emitter::write_mailboxes(const emitted_actor& a) {
  const std::string& name = a.model->name.cpp;
  std::vector<std::string> members;
  for (const emitted_mailbox& m : a.mailboxes) {
    if (m.kind->has_tx) members.push_back(fmt::format("{}(rx.{})", m.name, m.name));
  }
  out_.blank();
  out_.line("/// The sending sides of its mailboxes, which its handles share.");
  out_.line(fmt::format("struct {}_mailboxes {{", name));
  out_.indent();
  out_.constructor(fmt::format("explicit {}_mailboxes(const {}_rx&{})", name, name,
                               members.empty() ? "" : " rx"),
                   members);
  if (!members.empty()) out_.blank();
  for (const emitted_mailbox& m : a.mailboxes) {
    if (m.kind->has_tx) out_.line(fmt::format("{} {};", m.tx, m.name));
  }
  out_.outdent();
  out_.line("};");
}

void header_emitter::write_tx(const emitted_actor& a) {
  const std::string& name = a.model->name.cpp;
  out_.blank();
  out_.line(fmt::format("/// The handle of {}: see tx_base.", a.model->name.written));
  out_.line(
      fmt::format("class {}_tx : public troupe::generated::tx_base<{}_mailboxes> {{", name, name));
  out_.line(" public:");
  out_.indent();
  out_.line("using tx_base::tx_base;");
  for (const emitted_mailbox& m : a.mailboxes) {
    if (m.kind->tx_functions == nullptr) continue;
    out_.blank();
    m.kind->tx_functions(m, out_);
  }
  out_.outdent();
  out_.line("};");
}

void header_emitter::write_base(const emitted_actor& a) {
  const std::string& name = a.model->name.cpp;
  out_.blank();
  out_.line(
      fmt::format("/// What {} derives from. The pointers are set before handle_start().", name));
  out_.line(fmt::format("struct {}_base {{", name));
  out_.indent();
  out_.line("struct handlers;  // calls the handlers; a friend, where they are private");
  out_.line("template <class Private>");
  out_.line("struct builder;");
  out_.blank();
  out_.line(fmt::format("{}_rx* rx = nullptr;", name));
  out_.line(fmt::format("const {}_tx* tx = nullptr;", name));
  out_.line("troupe::runtime* rt = nullptr;");
  out_.blank();
  out_.line("void handle_start() {}");
  out_.line("void handle_stop() {}");
  out_.line("void handle_super_event(const troupe::super_event&) {}");
  out_.outdent();
  out_.line("};");
}

void header_emitter::write_handlers(const emitted_actor& a) {
  const std::string& name = a.model->name.cpp;
  out_.blank();
  out_.line(fmt::format("struct {}_base::handlers {{", name));
  out_.indent();
  out_.line(fmt::format("using rx_type = {}_rx;", name));
  out_.line(fmt::format("using tx_type = {}_tx;", name));
  out_.line(fmt::format("using mailboxes = {}_mailboxes;", name));
  out_.blank();
  out_.line("static auto start(auto& self) { return self.handle_start(); }");
  out_.line("static auto stop(auto& self) { return self.handle_stop(); }");
  out_.blank();
  write_plain_handler(name, "super_event", "troupe::super_event", out_);
  for (const emitted_mailbox& m : a.mailboxes) {
    out_.blank();
    m.kind->handler(m, out_);
  }
  out_.blank();
  out_.line("template <class Private>");
  if (a.mailboxes.empty()) {
    out_.line(fmt::format("static auto connect_all({}_rx&) {{", name));
    out_.line("  return std::tuple();");
  } else {
    out_.line(fmt::format("static auto connect_all({}_rx& from) {{", name));
    out_.line("  using troupe::generated::on;");
    out_.line("  return std::tuple{");
    for (const emitted_mailbox& m : a.mailboxes) {
      out_.line(fmt::format("      on<&handlers::{}<Private>>(from.{}),", m.name, m.name));
    }
    out_.line("  };");
  }
  out_.line("}");
  out_.outdent();
  out_.line("};");
}

// Its parameters end in `_`, as the name of no mailbox does.
void header_emitter::write_builder(const emitted_actor& a) {
  const std::string& name = a.model->name.cpp;
  out_.blank();
  out_.comment(fmt::format("Builds {}. What is not set of a mailbox is as specified.",
                           a.model->name.written),
               "///");
  out_.line("template <class Private>");
  out_.line(fmt::format("struct {}_base::builder {{", name));
  out_.indent();
  out_.line("Private data{};");
  out_.line(fmt::format("std::string name = {};", string_literal(a.model->name.written)));
  for (const emitted_mailbox& m : a.mailboxes)
    out_.line(fmt::format("{} {}{{}};", m.mailbox, m.name));
  out_.blank();
  out_.line("/// Starts it on the runtime itself.");
  out_.line(fmt::format(
      "{}_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {{}}) && {{", name));
  out_.line("  auto made = std::move(*this).build(rt_);");
  out_.line("  rt_.spawn(std::move(made.actor), options_);");
  out_.line("  return std::move(made.tx);");
  out_.line("}");
  out_.line("/// The actor, for a supervisor to start, and its handle.");
  out_.line("troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {");
  out_.indent();
  for (const emitted_mailbox& m : a.mailboxes) {
    out_.braced_call(fmt::format("{}.fill_in", m.name), m.kind->settings(m.model->settings), ";");
  }
  out_.line("return troupe::generated::build<handlers, Private>(rt_, *this);");
  out_.outdent();
  out_.line("}");
  out_.outdent();
  out_.line("};");
  // A function hides a struct of its name, as clock() of C does in the global namespace.
  out_.assignment(fmt::format("using {}_builder", name),
                  fmt::format("{}_base::builder<struct {}>;", name, name));
}

void header_emitter::write_actor(const emitted_actor& a) {
  write_introduction(a);
  write_rx(a);
  write_mailboxes(a);
  write_tx(a);
  write_base(a);
  write_handlers(a);
  write_builder(a);
}

std::string header_emitter::emit() {
  std::vector<emitted_actor> actors;
  for (const actor& a : of_.actors) {
    emitted_actor made{.model = &a, .mailboxes = {}};
    for (const actor_mailbox& m : a.mailboxes) {
      made.mailboxes.push_back(prepare(a, m, emitter_of(m.kind)));
    }
    check_types(made.mailboxes, found_);
    actors.push_back(std::move(made));
  }

  const std::string file = std::filesystem::path(of_.path).filename().string();
  out_.line(fmt::format("// Made by troupe-gen from {}: change that, not this.", file));
  out_.line("#pragma once");
  write_includes(actors);
  if (!of_.cpp_namespace.empty()) {
    out_.blank();
    out_.line(fmt::format("namespace {} {{", of_.cpp_namespace));
  }
  for (const mailbox_definition& d : of_.mailboxes) write_definition(d);
  for (const emitted_actor& a : actors) write_actor(a);
  if (!of_.cpp_namespace.empty()) {
    out_.blank();
    out_.line(fmt::format("}}  // namespace {}", of_.cpp_namespace));
  }
  return out_.take();
}

}  // namespace

std::string header_path(const std::string& specification) {
  return std::filesystem::path(specification).replace_extension(".gen.hpp").string();
}

std::string cpp_header(const specification& of, diagnostics& found) {
  return header_emitter(of, found).emit();
}

}  // namespace troupe::gen

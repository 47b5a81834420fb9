#include <codegen/model/read_specification.hpp>

#include <codegen/diagnostic/nearest_word.hpp>
#include <codegen/model/check_names.hpp>
#include <codegen/model/cpp_name.hpp>
#include <codegen/model/read_mailbox.hpp>

#include <fmt/format.h>

#include <utility>

namespace troupe::gen {
namespace {

class reader {
 public:
  reader(const source_file& file, diagnostics& found) : tools_(found), found_(found) {
    result_.path = file.path();
  }

  specification read(const node& root) {
    if (!tools_.expect_map(root, "the specification", "a map with 'actors' or 'mailboxes'")) {
      return std::move(result_);
    }
    for (const entry& e : root.entries) {
      if (e.key == "namespace") {
        read_namespace(*e.value);
      } else if (e.key == "include") {
        tools_.read_includes(*e.value, result_.includes);
      } else if (e.key == "actors") {
        tools_.for_named(*e.value, "'actors'", [&](const entry& a) { read_actor(a); });
      } else if (e.key == "mailboxes") {
        tools_.for_named(*e.value, "'mailboxes'", [&](const entry& m) { read_definition(m); });
      } else {
        tools_.refuse_key(e, "a specification", {top_level_keys()});
      }
    }
    if (root.find("actors") == nullptr && root.find("mailboxes") == nullptr) {
      found_.error(root.where, "the specification has neither 'actors' nor 'mailboxes'");
    }
    check_names(result_, found_);
    return std::move(result_);
  }

 private:
  void read_namespace(const node& value) {
    if (!tools_.expect_text(value, "'namespace'", "a C++ namespace, such as shop::orders")) return;
    if (std::string why = why_no_namespace(value.text); !why.empty()) {
      found_.error(value.where, std::move(why));
    } else {
      result_.cpp_namespace = value.text;
    }
  }

  void read_definition(const entry& e) {
    auto read = tools_.read_mailbox(e, mailbox_place::definition);
    if (!read) {
      result_.misread_mailboxes.push_back(e.key);
      return;
    }
    result_.mailboxes.push_back({.name = std::move(read->name),
                                 .kind = read->kind,
                                 .settings = std::move(read->settings),
                                 .includes = std::move(read->includes)});
  }

  void read_actor(const entry& e) {
    const std::string what = fmt::format("actor {}", shown(e.key));
    auto name = tools_.read_name(e);
    actor read;
    if (e.value->type !=
            node_type::nothing &&  // no mailboxes: it only starts, stops and supervises
        tools_.expect_map(*e.value, what, "a map with 'mailboxes'")) {
      for (const entry& part : e.value->entries) {
        if (part.key != "mailboxes") {
          tools_.refuse_key(part, "an actor", {actor_keys()});
          continue;
        }
        tools_.for_named(*part.value, fmt::format("'mailboxes' of {}", what), [&](const entry& m) {
          if (auto mailbox = tools_.read_mailbox(m, mailbox_place::actor)) {
            read.mailboxes.push_back(std::move(*mailbox));
          }
        });
      }
    }
    if (!name) return;
    read.name = std::move(*name);
    result_.actors.push_back(std::move(read));
  }

  mailbox_reader tools_;
  diagnostics& found_;
  specification result_;
};

}  // namespace

specification read_specification(const source_file& file, const node& root, diagnostics& found) {
  return reader(file, found).read(root);
}

}  // namespace troupe::gen

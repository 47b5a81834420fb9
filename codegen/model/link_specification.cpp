#include <codegen/model/link_specification.hpp>

#include <codegen/diagnostic/nearest_word.hpp>
#include <codegen/model/check_names.hpp>
#include <codegen/model/cpp_name.hpp>
#include <codegen/model/read_mailbox.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gen {
namespace {

class linker {
 public:
  linker(specification& of, const import_lookup& imported, diagnostics& found)
      : of_(of), imported_(imported), found_(found) {}

  void link(actor_mailbox& mailbox) {
    if (mailbox.type && mailbox.import) {
      link_imported(mailbox);
    } else if (mailbox.type) {
      link_local(mailbox);
    }
    add_defaults(mailbox.kind, mailbox.settings, mailbox.name.where);
    check_settings(mailbox.kind, mailbox.settings, found_);
  }

 private:
  // The definitions that a `type` may mean, for an error message.
  static std::vector<std::string_view> defined_names(const specification& in) {
    std::vector<std::string_view> names;
    for (const mailbox_definition& d : in.mailboxes) {
      if (!d.implied) names.push_back(d.name.written);
    }
    return names;
  }

  static bool is_misread(const specification& in, const std::string& name) {
    return std::ranges::find(in.misread_mailboxes, name) != in.misread_mailboxes.end();
  }

  void link_imported(actor_mailbox& mailbox) {
    const specification* const from = imported_(*mailbox.import);
    if (from == nullptr || is_misread(*from, mailbox.type->text)) return;
    for (const mailbox_definition& d : from->mailboxes) {
      if (d.name.written != mailbox.type->text || d.implied) continue;
      adopt(mailbox, d, *from);
      return;
    }
    const auto names = defined_names(*from);
    found_.error(mailbox.type->where,
                 fmt::format("{} defines no mailbox {}; it defines {}{}", shown(from->path),
                             shown(mailbox.type->text), names.empty() ? "none" : one_of(names),
                             did_you_mean(mailbox.type->text, names)));
  }

  void link_local(actor_mailbox& mailbox) {
    if (is_misread(of_, mailbox.type->text)) return;
    auto definition = std::ranges::find(of_.mailboxes, mailbox.type->text,
                                        [](const mailbox_definition& d) { return d.name.written; });
    if (definition == of_.mailboxes.end()) {
      if (!imply(mailbox)) return;
      definition = std::prev(of_.mailboxes.end());
    }
    adopt(mailbox, *definition, of_);
  }

  // A definition made from what the mailbox says. False: it does not say enough, or seems to mean
  // a definition that is there.
  bool imply(const actor_mailbox& mailbox) {
    const located& type = *mailbox.type;
    const auto names = defined_names(of_);
    if (const auto meant = nearest_word(type.text, names)) {
      found_.error(type.where,
                   fmt::format("no mailbox {} is defined under 'mailboxes'; did you mean '{}'? (if "
                               "not, define it there)",
                               shown(type.text), *meant));
      return false;
    }
    mailbox_definition implied{.name = {.written = type.text, .cpp = {}, .where = type.where},
                               .kind = mailbox.kind,
                               .settings = {},
                               .includes = mailbox.includes,
                               .implied = true};
    auto cpp = cpp_name(type.text);
    if (!cpp) {
      found_.error(type.where, std::move(cpp.error()));
      return false;
    }
    implied.name.cpp = std::move(*cpp);
    for (const mailbox_key& key : info(mailbox.kind).keys) {
      if (!key.is_type()) continue;
      const settings::given* const given = mailbox.settings.find(key.id);
      if (given == nullptr) {
        found_.error(
            type.where,
            fmt::format("no mailbox {} is defined under 'mailboxes', and '{}' is not given "
                        "here either; expected one of the two",
                        shown(type.text), key.name));
        return false;
      }
      implied.settings.set(key.id, given->value, given->where);
    }
    add_defaults(implied.kind, implied.settings, type.where);
    of_.mailboxes.push_back(std::move(implied));
    return true;
  }

  void adopt(actor_mailbox& mailbox, const mailbox_definition& from, const specification& in) {
    if (mailbox.kind != from.kind) {
      found_.error(mailbox.type->where,
                   fmt::format("mailbox {} is {}, but {} is {}; expected the same kind",
                               shown(mailbox.name.written), info(mailbox.kind).name,
                               shown(from.name.written), info(from.kind).name),
                   {{from.name.where, "it is defined here"}});
      return;
    }
    for (const mailbox_key& key : info(from.kind).keys) {
      const settings::given* const theirs = from.settings.find(key.id);
      const settings::given* const ours = mailbox.settings.find(key.id);
      if (theirs == nullptr) continue;
      if (ours == nullptr) {
        mailbox.settings.set(key.id, theirs->value, mailbox.type->where);
      } else if (key.is_type() && ours->value != theirs->value) {
        found_.error(
            ours->where,
            fmt::format("'{}' is {} here, but {} in the definition of {}; expected the "
                        "same",
                        key.name, shown(std::get<std::string>(ours->value)),
                        shown(std::get<std::string>(theirs->value)), shown(from.name.written)),
            {{theirs->where, "it is defined here"}});
      }
    }
    mailbox.definition =
        definition_reference{.file = in.path, .cpp_namespace = in.cpp_namespace, .name = from.name};
  }

  specification& of_;
  const import_lookup& imported_;
  diagnostics& found_;
};

}  // namespace

void link_specification(specification& of, const import_lookup& imported, diagnostics& found) {
  linker link(of, imported, found);
  for (actor& a : of.actors) {
    for (actor_mailbox& mailbox : a.mailboxes) link.link(mailbox);
  }
  // Once more, since definitions may have been implied.
  check_names(of, found);
}

}  // namespace troupe::gen

#include <codegen/model/link_specification.hpp>

#include <codegen/diagnostic/nearest_word.hpp>
#include <codegen/model/check_names.hpp>
#include <codegen/model/cpp_name.hpp>
#include <codegen/model/read_mailbox.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gen {
namespace {

constexpr std::size_t most_compared = 1'000'000;
constexpr std::size_t most_listed = 10;

class linker {
 public:
  linker(specification& of, const import_lookup& imported, diagnostics& found)
      : of_(of), imported_(imported), found_(found) {}

  void link(actor_mailbox& mailbox) {
    if (mailbox.type && mailbox.import) {
      link_imported(mailbox, *mailbox.type, *mailbox.import);
    } else if (mailbox.type) {
      link_local(mailbox, *mailbox.type);
    }
    add_defaults(mailbox.kind, mailbox.settings, mailbox.name.where);
    check_settings(mailbox.kind, mailbox.settings, found_);
  }

 private:
  // The definitions that a `type` may mean. None, if so many were compared already that going on
  // would take long: then nobody is told what he may have meant.
  std::vector<std::string_view> defined_names(const specification& in) {
    std::vector<std::string_view> names;
    compared_ += in.mailboxes.size();
    if (compared_ > most_compared) return names;
    for (const mailbox_definition& d : in.mailboxes) {
      if (!d.implied) names.push_back(d.name.written);
    }
    return names;
  }

  static bool is_misread(const specification& in, const std::string& name) {
    return std::ranges::find(in.misread_mailboxes, name) != in.misread_mailboxes.end();
  }

  void link_imported(actor_mailbox& mailbox, const located& type, const located& import) {
    const specification* const from = imported_(import);
    if (from == nullptr || is_misread(*from, type.text)) return;
    for (const mailbox_definition& d : from->mailboxes) {
      if (d.name.written != type.text || d.implied) continue;
      adopt(mailbox, type, d, *from);
      return;
    }
    const auto names = defined_names(*from);
    found_.error(type.where,
                 fmt::format("{} defines no mailbox {}{}{}", shown(from->path), shown(type.text),
                             names.empty() || names.size() > most_listed
                                 ? ""
                                 : fmt::format("; it defines {}", one_of(names)),
                             did_you_mean(type.text, names)));
  }

  void link_local(actor_mailbox& mailbox, const located& type) {
    if (is_misread(of_, type.text)) return;
    auto definition = std::ranges::find(
        of_.mailboxes, type.text,
        [](const mailbox_definition& d) -> const std::string& { return d.name.written; });
    if (definition == of_.mailboxes.end()) {
      if (!imply(mailbox, type)) return;
      definition = std::prev(of_.mailboxes.end());
    }
    adopt(mailbox, type, *definition, of_);
  }

  // A definition made from what the mailbox says. False: it does not say enough, or seems to mean
  // a definition that is there.
  bool imply(const actor_mailbox& mailbox, const located& type) {
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

  void adopt(actor_mailbox& mailbox, const located& type, const mailbox_definition& from,
             const specification& in) {
    if (mailbox.kind != from.kind) {
      found_.error(type.where,
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
        mailbox.settings.set(key.id, theirs->value, type.where);
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
  std::size_t compared_ = 0;
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

#pragma once

// One mailbox of a specification, by the table of its kind, and the small parts that everything in
// a specification is made of: names, includes, values of one type.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/model/specification.hpp>
#include <codegen/parse/node.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::gen {

enum class mailbox_place : std::uint8_t {
  definition,  ///< under the top-level `mailboxes`
  actor,       ///< in an actor
};

class mailbox_reader {
 public:
  explicit mailbox_reader(diagnostics& found) : found_(found) {}

  /// What a mailbox says itself, without defaults in an actor. Empty if its name or kind is wrong.
  [[nodiscard]] std::optional<actor_mailbox> read_mailbox(const entry& e, mailbox_place place);

  [[nodiscard]] std::optional<name> read_name(const entry& e);
  void read_includes(const node& value, std::vector<std::string>& into);

  /// False, and an error about `what`: it is something else.
  bool expect_map(const node& value, std::string_view what, std::string_view expected);
  bool expect_text(const node& value, std::string_view what, std::string_view expected);

  /// Calls `read` with each entry of a map whose keys are names. No value is an empty map.
  template <class Read>
  void for_named(const node& value, std::string_view what, Read read) {
    if (value.type == node_type::nothing) return;
    if (!expect_map(value, what, "a map of names")) return;
    for (const entry& e : value.entries) read(e);
  }

  /// The error for a key that `what` does not have.
  void refuse_key(const entry& e, std::string_view what,
                  std::initializer_list<std::span<const plain_key>> plain,
                  std::span<const mailbox_key> of_kind = {});

 private:
  const kind_info* read_kind(const entry& e);
  bool read_plain(const entry& part, mailbox_place place, actor_mailbox& into);
  void read_setting(const mailbox_key& key, const entry& part, settings& into);
  void refuse_mailbox_key(const entry& part, const kind_info& kind, mailbox_place place);
  void check_complete(const entry& e, const kind_info& kind, const actor_mailbox& read,
                      mailbox_place place);

  diagnostics& found_;
};

/// Gives each key of `kind` that has no value its default, if there is one.
void add_defaults(mailbox_kind kind, settings& into, position where);

/// Reports values that fit their keys but not each other.
void check_settings(mailbox_kind kind, const settings& of, diagnostics& found);

}  // namespace troupe::gen

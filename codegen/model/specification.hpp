#pragma once

// The model: what a specification says, checked and in plain words. Emitters read this and nothing
// else.

#include <codegen/diagnostic/source_file.hpp>
#include <codegen/model/mailbox_kinds.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::gen {

/// Types, addresses and words are strings.
using setting_value = std::variant<bool, std::int64_t, std::chrono::nanoseconds, std::string>;

/// The values of a mailbox's keys.
class settings {
 public:
  struct given {
    setting id;
    setting_value value;
    position where;
  };

  void set(setting id, setting_value value, position where) {
    values_.push_back({id, std::move(value), where});
  }
  /// nullptr: it has no value.
  [[nodiscard]] const given* find(setting id) const noexcept {
    for (const given& g : values_) {
      if (g.id == id) return &g;
    }
    return nullptr;
  }
  /// The value of `id`, which has one of that type.
  template <class Value>
  [[nodiscard]] const Value& get(setting id) const {
    return std::get<Value>(find(id)->value);
  }

 private:
  std::vector<given> values_;
};

/// A name as it is written, and what it is called in C++.
struct name {
  std::string written;
  std::string cpp;
  position where;
};

/// A mailbox under the top-level `mailboxes`.
struct mailbox_definition {
  gen::name name;
  mailbox_kind kind = mailbox_kind::simple;
  gen::settings settings;             ///< with defaults, but for keys that have none
  std::vector<std::string> includes;  ///< as they stand behind #include
  /// It is not under `mailboxes`: an actor's mailbox names it, and says by itself what it is.
  bool implied = false;
};

/// Text and where it stands.
struct located {
  std::string text;
  position where;
};

/// Which definition an actor's mailbox is one of.
struct definition_reference {
  std::string file;           ///< the specification that has it, or implies it
  std::string cpp_namespace;  ///< of that file; empty: the global one
  gen::name name;
};

/// A mailbox of an actor.
struct actor_mailbox {
  gen::name name;
  mailbox_kind kind = mailbox_kind::simple;
  gen::settings settings;             ///< once linked: with what the definition and defaults say
  std::vector<std::string> includes;  ///< as they stand behind #include

  std::optional<located> type = {};                     ///< as written
  std::optional<located> import = {};                   ///< as written
  std::optional<definition_reference> definition = {};  ///< once linked, if there is a `type`
};

struct actor {
  gen::name name;
  std::vector<actor_mailbox> mailboxes;
};

/// One file.
struct specification {
  std::string path;
  std::string cpp_namespace;  ///< empty: the global one
  std::vector<std::string> includes;
  std::vector<actor> actors;
  std::vector<mailbox_definition> mailboxes;
  /// Names under `mailboxes` whose definitions are wrong, and reported as such.
  std::vector<std::string> misread_mailboxes;
};

}  // namespace troupe::gen

#include <codegen/model/check_names.hpp>

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

namespace troupe::gen {
namespace {

// What an actor's mailbox cannot be called: each mailbox gives its name to a handler handle_<name>,
// to a function of `handlers` that calls it, to a function of the sending side, and to members of
// the receiving side and of the builder, which have these already.
constexpr std::string_view taken_in_actors[] = {
    "id",      "start",    "stop",        "super_event", "supervise", "unsupervise",
    "data",    "name",     "spawn",       "build",       "shared",    "mailboxes",
    "rx_type", "handlers", "connect_all", "builder",     "tx_type",
};

// Added to the name of an actor, where "" is the type that the user writes, and of a definition.
constexpr std::array<std::string_view, 6> actor_suffixes{"",    "_base", "_builder",
                                                         "_rx", "_tx",   "_mailboxes"};
constexpr std::array<std::string_view, 3> mailbox_suffixes{"_mailbox", "_rx", "_tx"};

struct origin {
  std::string_view what;
  const name* from;
};

class name_table {
 public:
  explicit name_table(diagnostics& found) : found_(found) {}

  // False: something else has the name already.
  bool add(std::string cpp, origin by) {
    const auto [first, is_new] = names_.emplace(std::move(cpp), by);
    if (is_new) return true;
    found_.error(by.from->where,
                 fmt::format("{} {} and {} {} would both make '{}' in C++; choose another name",
                             by.what, shown(by.from->written), first->second.what,
                             shown(first->second.from->written), first->first),
                 {{first->second.from->where, "the other is here"}});
    return false;
  }

 private:
  diagnostics& found_;
  std::unordered_map<std::string, origin> names_;
};

void check_actor(const actor& of, diagnostics& found) {
  name_table names(found);
  // The classes that have a member for each mailbox, and name each other.
  for (const std::string_view suffix : {"_rx", "_tx", "_mailboxes"}) {
    names.add(of.name.cpp + std::string(suffix), {"actor", &of.name});
  }
  for (const actor_mailbox& mailbox : of.mailboxes) {
    // Its sending side may have a try_<name>.
    const origin by{"mailbox", &mailbox.name};
    if (names.add(mailbox.name.cpp, by)) names.add("try_" + mailbox.name.cpp, by);
    for (const std::string_view taken : taken_in_actors) {
      if (mailbox.name.cpp != taken) continue;
      found.error(mailbox.name.where,
                  fmt::format("mailbox {}: every actor has a '{}' of its own; choose another name",
                              shown(mailbox.name.written), taken));
    }
  }
}

}  // namespace

void check_names(const specification& of, diagnostics& found) {
  name_table names(found);
  const auto add = [&](const auto& suffixes, origin by) {
    for (const std::string_view suffix : suffixes) {
      if (!names.add(by.from->cpp + std::string(suffix), by)) return;
    }
  };
  for (const mailbox_definition& mailbox : of.mailboxes) {
    add(mailbox_suffixes, {"mailbox", &mailbox.name});
  }
  for (const actor& a : of.actors) {
    add(actor_suffixes, {"actor", &a.name});
    check_actor(a, found);
  }
}

}  // namespace troupe::gen

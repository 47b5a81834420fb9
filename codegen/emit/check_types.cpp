#include <codegen/emit/check_types.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gen {
namespace {

// Where types are put.
enum class place { handlers, members, tx, rpc_handler };

struct own_name {
  std::string_view name;
  place at;
  bool is_type = false;
};

// What is visible there: what cpp_header.cpp and the emitters of kinds write, and what is inherited
// from rx_base and tx_base.
// Where the type comes before the member, compilers may let it pass, but C++ does not.
constexpr own_name own_names[] = {
    {"start", place::handlers},
    {"stop", place::handlers},
    {"super_event", place::handlers},
    {"connect_all", place::handlers},
    {"self", place::handlers},
    {"Private", place::handlers, true},
    {"rx_type", place::handlers, true},
    {"tx_type", place::handlers, true},
    {"mailboxes", place::handlers, true},
    // of <actor>_base, which they are in
    {"handlers", place::handlers, true},
    {"builder", place::handlers, true},
    {"rx", place::handlers},
    {"tx", place::handlers},
    {"rt", place::handlers},
    {"handle_start", place::handlers},
    {"handle_stop", place::handlers},
    {"handle_super_event", place::handlers},
    // of <actor>_rx and of the builder
    {"rx_base", place::members, true},
    {"arm", place::members, true},
    {"supervise", place::members},
    {"unsupervise", place::members},
    {"begin_run", place::members},
    {"data", place::members},
    {"name", place::members},
    {"spawn", place::members},
    {"build", place::members},
    {"tx_base", place::tx, true},
    {"id", place::tx},
    {"shared", place::tx},
    {"ctx", place::tx},
    {"asked", place::rpc_handler},
    {"handler", place::rpc_handler},
    {"fits", place::rpc_handler},
};

// Whether type `index` of the mailbox is put there as it is written.
bool is_put(const emitted_mailbox& m, std::size_t index, place at) {
  switch (at) {
    case place::handlers: return true;
    case place::members: return !m.model->definition;  // they name the definition if there is one
    case place::tx: return m.kind->has_tx && index == 0;  // what is sent, but no reply
    case place::rpc_handler: return m.kind->kind == mailbox_kind::rpc;
  }
  std::unreachable();
}

// Whether `text` names something by `name` alone. In front of `::`, and behind struct, C++ looks
// for types only.
bool uses(std::string_view text, std::string_view name, bool is_type = false) {
  const auto is_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::string_view before = text.substr(0, at);
    const std::string_view after = text.substr(at + name.size());
    if ((!before.empty() && is_word(before.back())) || (!after.empty() && is_word(after.front())) ||
        before.ends_with("::")) {
      continue;
    }
    const bool wants_type = after.starts_with("::") || before.ends_with("struct ") ||
                            before.ends_with("class ") || before.ends_with("enum ");
    if (is_type || !wants_type) return true;
  }
  return false;
}

// An actor's functions that send, besides those that are called like mailboxes.
std::vector<std::string> try_functions(std::span<const emitted_mailbox> mailboxes) {
  std::vector<std::string> names;
  for (const emitted_mailbox& m : mailboxes) {
    if (m.kind->has_tx) names.push_back("try_" + m.name);
  }
  return names;
}

void check_against_own_names(std::span<const emitted_mailbox> mailboxes, diagnostics& found) {
  const std::vector<std::string> functions = try_functions(mailboxes);
  std::vector<own_name> names(std::begin(own_names), std::end(own_names));
  for (const std::string& function : functions) names.push_back({function, place::tx});
  for (const emitted_mailbox& m : mailboxes) {
    for (std::size_t i = 0; i != m.types.size(); ++i) {
      for (const own_name& own : names) {
        if (!is_put(m, i, own.at) || !uses(m.types[i], own.name, own.is_type)) continue;
        found.error(m.model->settings.find(m.kind->types[i])->where,
                    fmt::format("'{}' in the type {} means something else in a generated actor; "
                                "write it with its namespace, such as ::{}",
                                own.name, shown(m.types[i]), own.name));
      }
    }
  }
}

void check_against_mailboxes(std::span<const emitted_mailbox> mailboxes, diagnostics& found) {
  for (const emitted_mailbox& m : mailboxes) {
    for (const emitted_mailbox& by : mailboxes) {
      for (const std::string& type : by.types) {
        if (!uses(type, m.name)) continue;
        found.error(m.model->name.where,
                    fmt::format("mailbox {} is called like the type {}; choose another name, or "
                                "write the type with its namespace, such as ::{}",
                                shown(m.model->name.written), shown(type), m.name));
        return;
      }
    }
  }
}

}  // namespace

void check_types(std::span<const emitted_mailbox> mailboxes, diagnostics& found) {
  check_against_own_names(mailboxes, found);
  check_against_mailboxes(mailboxes, found);
}

}  // namespace troupe::gen

#pragma once

// What is particular to one kind of mailbox in the C++ that is generated. Each kind has a file of
// its own, and a row in the table in kind_emitter.cpp.

#include <codegen/emit/cpp_writer.hpp>
#include <codegen/model/specification.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace troupe::gen {

struct emitted_mailbox;

struct kind_emitter {
  mailbox_kind kind;
  /// <troupe/generated/NAME_mailbox.hpp> has NAME_mailbox, NAME_rx and NAME_tx; of a kind that
  /// needs_io <troupe/io/generated/NAME_mailbox.hpp>.
  std::string_view name;
  /// Whether there is a NAME_tx, and others send to it.
  bool has_tx;
  /// The types of the library's templates; none: they are no templates.
  std::vector<setting> types;
  /// What the handler takes and gives, for an actor's author.
  std::string (*signature)(const emitted_mailbox&);
  /// Fields of NAME_mailbox, in its order, as the specification has them: ".capacity = 10".
  std::vector<std::string> (*settings)(const settings&);
  /// Member functions of the actor's tx. May be null.
  void (*tx_functions)(const emitted_mailbox&, cpp_writer&);
  /// The function of `handlers` that calls the handler.
  void (*handler)(const emitted_mailbox&, cpp_writer&);
  /// Headers that the above needs.
  std::vector<std::string_view> includes = {};
  /// Whether its part of the library is in troupe::io.
  bool needs_io = false;
};

[[nodiscard]] const kind_emitter& emitter_of(mailbox_kind kind);

extern const kind_emitter simple_emitter;
extern const kind_emitter ticker_emitter;
extern const kind_emitter rpc_emitter;
extern const kind_emitter batch_emitter;
extern const kind_emitter timer_emitter;
extern const kind_emitter listener_emitter;
extern const kind_emitter connection_emitter;
extern const kind_emitter signal_emitter;

/// A mailbox of an actor, with the names of what is generated for it.
struct emitted_mailbox {
  const actor_mailbox* model;
  const kind_emitter* kind;
  std::string actor;               ///< order_tracker
  std::string name;                ///< new_order
  std::vector<std::string> types;  ///< of `kind->types`
  std::string mailbox;             ///< order_mailbox or troupe::generated::simple_mailbox<Order>
  std::string rx;
  std::string tx;
};

// For the emitters of kinds.

/// ".field = value" for each setting that has a value.
[[nodiscard]] std::vector<std::string> field_texts(
    const settings& of, std::initializer_list<std::pair<std::string_view, setting>> fields);

/// Functions of an actor's tx that send messages with cast and try_cast.
void write_cast_functions(const emitted_mailbox& mailbox, cpp_writer& out);

/// The function `name` of `handlers` for a handler that takes what `passed` is, and gives no
/// answer.
void write_plain_handler(std::string_view actor, std::string_view name, std::string_view passed,
                         cpp_writer& out);
/// What such a handler has to look like.
[[nodiscard]] std::string plain_signature(std::string_view name, std::string_view passed);

}  // namespace troupe::gen

#pragma once

// A type is put into generated code as it is written. Where a class has something else of that
// name, a member or a parameter, the type has to be written with its namespace.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/emit/kind_emitter.hpp>

#include <span>

namespace troupe::gen {

/// Reports the types of an actor's mailboxes that would mean something else where they are put.
void check_types(std::span<const emitted_mailbox> mailboxes, diagnostics& found);

}  // namespace troupe::gen

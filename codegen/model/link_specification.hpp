#pragma once

// Follows the references of a specification: each mailbox of an actor that names a definition is
// compared with it, and takes from it what it does not say itself.
//
//   type, and import      the definition of that name in that file; it has to be there
//   type alone            the definition of that name in this file. If there is none, the mailbox
//                         implies one: it says by itself what that is, and others may name it
//   neither               the mailbox stands for itself

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/model/specification.hpp>

#include <functional>

namespace troupe::gen {

/// The linked specification that an `import` of the one being linked means; nullptr if it is not to
/// be had, which has been reported.
using import_lookup = std::function<const specification*(const located& import)>;

/// Links `of`. Afterwards each setting of an actor's mailbox has its value: its own, its
/// definition's, or the default.
void link_specification(specification& of, const import_lookup& imported, diagnostics& found);

}  // namespace troupe::gen

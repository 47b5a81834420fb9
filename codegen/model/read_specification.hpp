#pragma once

// The tree of one file to its specification. References to definitions are left as they are
// written: link_specification.hpp follows them.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/model/specification.hpp>
#include <codegen/parse/node.hpp>

namespace troupe::gen {

/// The specification whose tree is `root`. What is wrong with it is added to `found`, and what
/// could not be understood is left out.
[[nodiscard]] specification read_specification(const source_file& file, const node& root,
                                               diagnostics& found);

}  // namespace troupe::gen

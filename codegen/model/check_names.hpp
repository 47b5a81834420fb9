#pragma once

// Names that are different as they are written can be equal in C++, where more than one thing is
// made from each.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/model/specification.hpp>

namespace troupe::gen {

/// Reports names whose C++ names, or what is generated from them, would collide, and names of
/// mailboxes that every actor uses for something else. Run again after definitions were added, it
/// finds what these collide with.
void check_names(const specification& of, diagnostics& found);

}  // namespace troupe::gen

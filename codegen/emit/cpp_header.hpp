#pragma once

// The C++ header of a specification: types of its definitions, and all of each actor that the
// user's own type is not. What does not depend on the specification is in the library
// (core/troupe/generated); what depends on the kind of a mailbox is in its kind_emitter.

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/model/specification.hpp>

#include <string>

namespace troupe::gen {

/// orders.yml -> orders.gen.hpp
[[nodiscard]] std::string header_path(const std::string& specification);

/// The text of the header: the same bytes for the same specification. Reports what no C++ can be
/// made of, such as kinds that have no emitter.
[[nodiscard]] std::string cpp_header(const specification& of, diagnostics& found);

}  // namespace troupe::gen

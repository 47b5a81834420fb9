#pragma once

// The model as JSON: everything that an emitter gets to know, for whoever wants to see it, and for
// programs that generate something else than C++.

#include <codegen/model/specification.hpp>

#include <span>
#include <string>

namespace troupe::gen {

/// The same bytes for the same models, in the order of the files. A setting without a value is
/// null.
[[nodiscard]] std::string model_json(std::span<const specification* const> specifications);

}  // namespace troupe::gen

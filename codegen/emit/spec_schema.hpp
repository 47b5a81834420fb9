#pragma once

// The JSON Schema of specifications, for editors: made from the tables that reading goes by.

#include <string>

namespace troupe::gen {

/// Draft 7, which the YAML modes of editors know. It is a little more lenient than the generator,
/// which also looks at names and references.
[[nodiscard]] std::string spec_schema();

}  // namespace troupe::gen

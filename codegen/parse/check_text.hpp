#pragma once

// What is looked at before YAML: whether the bytes are text at all. yaml-cpp takes bytes that are
// no UTF-8 as they come, and is vague about tabs.

#include <codegen/diagnostic/diagnostics.hpp>

#include <cstddef>

namespace troupe::gen {

/// The bytes that a specification, and a line of it, may have. They bound the work that any input
/// causes.
inline constexpr std::size_t largest_file = 1'048'576;
inline constexpr std::size_t longest_line = 10'000;

/// True: `file` is no longer than it may be, valid UTF-8, without control characters, and no
/// line is indented with a tab. False: what is wrong has been added to `found`.
bool check_text(const source_file& file, diagnostics& found);

}  // namespace troupe::gen

#pragma once

// What must hold for any bytes given as a specification; for the fuzzer and for the replay of its
// corpus.

#include <string>
#include <string_view>

namespace troupe::gen {

/// Runs the whole generator on `input`, which may import itself (self.yml) and a specification
/// that is right (library.yml). What is wrong with the outcome, or nothing.
[[nodiscard]] std::string why_wrong(std::string_view input);

}  // namespace troupe::gen

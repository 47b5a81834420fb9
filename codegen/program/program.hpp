#pragma once

// The generator as a function, for main() and for tests.

#include <codegen/program/file_access.hpp>

#include <ostream>
#include <span>
#include <string_view>

namespace troupe::gen {

/// Also the exit statuses of the program.
enum class outcome : int {
  done = 0,
  wrong_specification = 1,  ///< or an import of it that cannot be read
  wrong_use = 2,            ///< or a file named there that cannot be read, or one to write
};

/// Runs the program with `arguments`, which are without its name. If anything is wrong, nothing is
/// written to `out`.
[[nodiscard]] outcome run_program(std::span<const std::string_view> arguments,
                                  const file_access& files, std::ostream& out, std::ostream& err);

}  // namespace troupe::gen

#pragma once

// An actor that was spawned on the runtime itself and failed: nobody supervises it, so its failure
// is that of the program.

#include <troupe/exit_reason.hpp>

#include <string>

namespace troupe {

struct failed_root {
  std::string name;
  exit_reason why;  ///< an error or an exception
};

}  // namespace troupe

#pragma once

// The memory that an idle actor takes, measured in a process of its own: in this one, earlier
// benchmarks have left memory behind that would be used again without showing.

#include <cstddef>
#include <string_view>

namespace bench {

struct footprint {
  double heap_bytes = 0;      ///< each; what operator new handed out and nobody gave back
  double resident_bytes = 0;  ///< each; growth of the resident set
  double allocations = 0;     ///< each; while they were started
};

/// Starts this program anew, as `PROGRAM --idle-actors=KIND,COUNT`, and reads what it prints.
[[nodiscard]] footprint footprint_of_idle_actors(std::string_view kind, std::size_t count);

/// What that new process does. False: the arguments ask for something else.
bool run_as_idle_actors(int argc, char** argv);

}  // namespace bench

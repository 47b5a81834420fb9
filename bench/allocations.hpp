#pragma once

// What the benchmark program takes from the heap: operator new and delete are replaced
// (allocations.cpp) and count. malloc() itself is not counted: neither troupe nor these benchmarks
// call it directly.

#include <cstdint>

namespace bench {

/// Since the program began, on all threads.
struct allocation_totals {
  std::int64_t count = 0;
  std::int64_t bytes = 0;  ///< as asked for
  std::int64_t live = 0;   ///< as handed out by malloc, minus what was freed

  friend allocation_totals operator-(allocation_totals a, allocation_totals b) noexcept {
    return {a.count - b.count, a.bytes - b.bytes, a.live - b.live};
  }
  allocation_totals& operator+=(allocation_totals other) noexcept {
    count += other.count;
    bytes += other.bytes;
    live += other.live;
    return *this;
  }
};

/// Cost: one locked add to a line of the thread's own for each allocation; this sums them up.
[[nodiscard]] allocation_totals allocations() noexcept;

/// While the trap is set, and with TROUPE_BENCH_TRAP in the environment, the first allocations
/// print their stack to stderr, as addresses for llvm-symbolizer.
void set_allocation_trap(bool on) noexcept;

}  // namespace bench

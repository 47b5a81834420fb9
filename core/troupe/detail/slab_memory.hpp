#pragma once

// Memory for pools that keep it: small pieces while there are few objects, and pieces of 2 MiB once
// there are many. Huge pages are not asked for: where a virtual machine's free memory has gone back
// to its host, a whole huge page has to come from there, and a million actors take three times as
// long to start (docs/decisions/0018).

#include <cstddef>

namespace troupe::detail {

inline constexpr std::size_t small_slab = std::size_t{64} * 1024;
inline constexpr std::size_t large_slab = std::size_t{2} * 1024 * 1024;

struct slab {
  std::byte* memory;
  std::size_t size;
};

/// The next piece for a pool that has `taken` bytes already. Never given back. Throws
/// std::bad_alloc.
[[nodiscard]] slab take_slab(std::size_t taken, std::size_t alignment = 64);

/// How much of that did not come from the heap but from the system, all pools together.
[[nodiscard]] std::size_t mapped_slab_bytes() noexcept;

}  // namespace troupe::detail

#pragma once

// A small random number generator for jitter and for the choices of the deterministic scheduler.

#include <cstdint>

namespace troupe::detail {

/// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): moves the
/// state on and gives 64 uniform bits. Any state will do.
[[nodiscard]] constexpr std::uint64_t split_mix(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace troupe::detail

#pragma once

// The time that Troupe measures: a monotonic clock, std::chrono::steady_clock's points. Whose hands
// move them is the runtime's affair: the operating system's, or a test's
// (testing/manual_clock.hpp).

#include <chrono>

namespace troupe {

using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::nanoseconds;

/// "No deadline".
inline constexpr time_point never = time_point::max();

/// `from + d`, held at `never` where the sum would overflow.
[[nodiscard]] constexpr time_point later(time_point from, duration d) noexcept {
  return d >= never - from ? never : from + d;
}

}  // namespace troupe

#pragma once

// A clock that moves only when it is told to.

#include <troupe/clock.hpp>

namespace troupe::testing {

/// Not synchronised: one thread. Starts at an arbitrary but fixed point.
class manual_clock {
 public:
  [[nodiscard]] time_point now() const noexcept { return now_; }
  /// Moves forward; to the past never.
  void set(time_point when) noexcept {
    if (when > now_) now_ = when;
  }

 private:
  time_point now_{std::chrono::hours(1)};
};

}  // namespace troupe::testing

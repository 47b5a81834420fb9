#pragma once

// When a debounced and a throttled signal let a value through: pure, in terms of the times at which
// values come.

#include <troupe/clock.hpp>

#include <algorithm>

namespace troupe::detail {

/// A value is let through once none has come for `wait`, or `max_wait` after the first of them.
struct debounce {
  duration wait;
  duration max_wait = duration::max();
  time_point due = never;    // when the latest value is to be let through; never: none waits
  time_point limit = never;  // of the values that have come since the last was let through

  void arrived(time_point now) noexcept {
    if (due == never) limit = later(now, max_wait);
    due = std::min(later(now, wait), limit);
  }
  void let_through() noexcept { due = limit = never; }
};

/// A value opens an interval, at whose end the latest is let through: never more than one an
/// interval.
struct throttle {
  duration interval;
  time_point due = never;  // the end of the open interval; never: none is open

  void arrived(time_point now) noexcept {
    if (due == never) due = later(now, interval);
  }
  void let_through() noexcept { due = never; }
};

}  // namespace troupe::detail

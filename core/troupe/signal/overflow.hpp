#pragma once

// What becomes of a signal's values for a subscriber that is slow. Whatever is chosen, the signal
// and the other subscribers go on, the buffer is bounded, and what was dropped is counted.

#include <cstddef>
#include <cstdint>

namespace troupe {

/// For a value that finds the subscriber's buffer full:
enum class overflow : std::uint8_t {
  keep_latest,  ///< it drives out the oldest
  keep_oldest,  ///< it is dropped
  wait,         ///< it waits behind the buffer for room; only a newer value takes its place there
};

/// A subscriber's buffer. Throws usage_error, when subscribing, if the capacity is 0 or too large.
struct subscriber_buffer {
  std::size_t capacity = 16;
  overflow when_full = overflow::keep_latest;
};

/// The last `capacity` values: for what is only worth knowing while it is new.
[[nodiscard]] constexpr subscriber_buffer keep_latest(std::size_t capacity) noexcept {
  return {capacity, overflow::keep_latest};
}
/// The first `capacity` values that were not taken yet.
[[nodiscard]] constexpr subscriber_buffer keep_oldest(std::size_t capacity) noexcept {
  return {capacity, overflow::keep_oldest};
}
/// The first `capacity` values, then the newest: neither the beginning of a burst nor how things
/// stand at its end is lost.
[[nodiscard]] constexpr subscriber_buffer wait_for_room(std::size_t capacity) noexcept {
  return {capacity, overflow::wait};
}

}  // namespace troupe

#pragma once

// Who is unhealthy: sightings of one actor in, verdicts out. No clock, no threads.

#include <troupe/clock.hpp>

#include <cstdint>
#include <optional>

namespace troupe::internal {

/// What was seen of an actor at one look.
struct sighting {
  const void* run = nullptr;  ///< the fiber of its run
  std::uint16_t starts = 0;   ///< its runs so far: the next one may have the fiber of the last
  std::uint32_t rounds = 0;   ///< how often that had begun to wait for messages
  bool waits = false;         ///< it was waiting for them at that moment
};

/// An actor that was away at the last look.
struct suspicion {
  sighting last;
  time_point since{};  ///< when it was first seen away
  bool told = false;   ///< as unhealthy
};

struct verdict {
  enum class news : std::uint8_t { none, unhealthy, healthy } what = news::none;
  duration away{};  ///< how long it has been away, or was, at least
};

/// Takes one more sighting into account. `about` is empty for an actor that is not suspected.
[[nodiscard]] verdict judge(std::optional<suspicion>& about, const sighting& seen, time_point now,
                            duration limit) noexcept;

}  // namespace troupe::internal

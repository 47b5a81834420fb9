#pragma once

// What a supervising actor is told of one that it supervises. See super_inbox.hpp.

#include <troupe/actor_id.hpp>
#include <troupe/clock.hpp>
#include <troupe/exit_reason.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe {

enum class super_event_kind : std::uint8_t {
  stopped,    ///< it has ended for good; the last event of it
  unhealthy,  ///< it has not come back to its inboxes for too long; see health.hpp
  healthy,    ///< it has, after all
};

[[nodiscard]] std::string_view to_string(super_event_kind kind) noexcept;

struct super_event {
  actor_id who{};
  super_event_kind what{};
  /// How its last run ended. Only for `stopped`, and not where it had stopped before it was
  /// supervised, or never ran.
  std::optional<exit_reason> why{};
  /// For `unhealthy` how long it has been away for, at least, and for `healthy` how long it was.
  /// Zero where it was unhealthy before it was supervised.
  duration how_long{};
};

}  // namespace troupe

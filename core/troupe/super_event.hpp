#pragma once

// What a supervising actor is told of one that it supervises. See super_inbox.hpp.

#include <troupe/actor_id.hpp>
#include <troupe/exit_reason.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe {

enum class super_event_kind : std::uint8_t {
  stopped,  ///< it has ended for good; the last event of it
};

[[nodiscard]] std::string_view to_string(super_event_kind kind) noexcept;

struct super_event {
  actor_id who{};
  super_event_kind what{};
  /// How its last run ended. Only for `stopped`, and not where it had stopped before it was
  /// supervised, or never ran.
  std::optional<exit_reason> why{};
};

}  // namespace troupe

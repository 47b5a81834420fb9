#pragma once

#include "count.hpp"

#include <span>

namespace guard {

/// Spawn and exit, restart; router, outbox, signals.
[[nodiscard]] std::span<const path> actor_paths();

}  // namespace guard

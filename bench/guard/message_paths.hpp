#pragma once

#include "count.hpp"

#include <span>

namespace guard {

/// Casts, calls, select, timers, the mailbox of a generated actor.
[[nodiscard]] std::span<const path> message_paths();

}  // namespace guard

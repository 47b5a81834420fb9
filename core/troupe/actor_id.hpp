#pragma once

// actor_id: names an actor object among all that this process has ever made.

#include <cstdint>

namespace troupe {

/// Never used twice in a process, also not after the actor is gone; no actor has 0. A value that
/// can be sent and compared, and that keeps nothing alive. See actor::id().
enum class actor_id : std::uint64_t {};

}  // namespace troupe

#pragma once

// Callbacks on the life of a supervisor's children: for metrics, logs and diagnosis.

#include <troupe/error.hpp>
#include <troupe/exit_reason.hpp>

#include <cstdint>
#include <functional>

namespace troupe {

class actor;

/// Each may be left empty. They are called one after the other, in the order of events, on a thread
/// of the blocking pool: one that blocks holds up only its own observer, one that throws is logged.
/// At most 1024 events wait for a slow observer; what comes beyond is dropped, and
/// supervisor::dropped_observations() counts it. Where the pool is at its bounds, events wait for
/// the next one.
struct supervisor_observer {
  /// A child was added, declared or spawned.
  std::function<void(const actor&)> on_actor_registered{};
  /// A run of a child has been started.
  std::function<void(const actor&)> on_actor_started{};
  /// A run has ended, in whichever way.
  std::function<void(const actor&, const exit_reason&)> on_actor_stopped{};
  /// A child is about to be started again, for the n-th time (from 1); how its last run ended.
  std::function<void(const actor&, std::uint64_t, const exit_reason&)> on_actor_restarting{};
  /// The supervisor has ended: errc::canceled, or errc::restart_limit and which child went over it.
  std::function<void(const error&)> on_supervisor_terminal{};
};

}  // namespace troupe

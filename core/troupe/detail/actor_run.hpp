#pragma once

// One run of an actor as a fiber: from calling run() to the exit_reason.

#include <troupe/actor_id.hpp>
#include <troupe/context.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/exit_reason.hpp>
#include <troupe/join_handle.hpp>

#include <memory>

namespace troupe {
class actor;
}

namespace troupe::detail {

/// Who is told of the end of a run. Called once, on a worker, after the run's frame is gone; it
/// may free itself.
struct run_owner {
  /// The context of the run, from before it is queued on. It is the run's: another thread may take
  /// a reference only where the owner keeps the end from being told meanwhile.
  context_state* scope = nullptr;
  void (*ended)(run_owner& self, exit_reason&& why) noexcept = nullptr;
  /// Instead of `ended`, where the runtime went while the run still waited. May be null.
  void (*abandoned)(run_owner& self) noexcept = nullptr;
};

/// Who runs, for those who look on.
struct run_identity {
  actor& known_as;           ///< the actor, or the first of those that a factory makes
  actor_id supervisor = {};  ///< whose child it is, if anybody's
};

/// Starts a run of `one` under a context below `parent`, which the owner finds in `scope`. The
/// actors and the owner must live until the end is told. If run() itself throws that is at once,
/// from inside this call, and there is no context.
void start_run(scheduler& sched, context_state* parent, actor& one, run_owner& owner,
               run_identity identity);

/// Starts the only run of `one`, which the fiber keeps alive: when it ends the actor has ended for
/// good. There is no other record of it, and `told` is forgotten when its last handle is dropped.
void start_only_run(scheduler& sched, context_state* parent, std::shared_ptr<actor> one,
                    join_state<exit_reason>& told);

}  // namespace troupe::detail

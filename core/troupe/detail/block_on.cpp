#include <troupe/detail/block_on.hpp>

#include <troupe/detail/context_extra.hpp>
#include <troupe/error.hpp>
#include <troupe/exit_reason.hpp>
#include <troupe/internal/describe_wait.hpp>
#include <troupe/internal/log_failure.hpp>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::detail {

void root_exited(fiber& ended, fiber::remains left) {
  if (const auto root = std::exchange(left.root, nullptr)) end_root(ended, root);
  auto& owner = *static_cast<root_owner*>(left.owner);
  owner.ended(owner);
}

context start_root(scheduler& sched, context_state* parent, task<result<>> root,
                   root_owner& owner) {
  fiber& made = make_fiber(sched, parent, 1);
  context scope = context::adopt(&made.scope);
  const std::coroutine_handle<> frame = root.release();
  made.resume_point = frame;
  made.root_is = root_kind::task;
  made.owner = &owner;
  made.root.store(frame, std::memory_order_release);
  sched.schedule(made);
  return scope;
}

void log_unheard(const context& scope, const std::exception_ptr& thrown) noexcept {
  // The handle may be dropped on any thread, also after its runtime: each context above the task's
  // lives as long as that does, and the root's keeps the scheduler.
  for (const context_state* at = scope.state(); at != nullptr; at = at->parent) {
    const context_extra* const extra = at->extra.load(std::memory_order_acquire);
    const scheduler* const home =
        extra != nullptr ? extra->clock.load(std::memory_order_acquire) : nullptr;
    if (home == nullptr) continue;
    return internal::log_failure(home->log(), "a task failed, and nobody has its handle",
                                 [&] { return exit_reason::from_exception(thrown); });
  }
}

void require_foreign_thread(const char* operation) {
  if (current.running == nullptr && current.worker == nullptr) return;
  throw usage_error(std::string(operation) +
                    " was called by an actor: it would block the worker that runs it; co_await "
                    "instead, or use blocking()");
}

void run_and_wait(scheduler& sched, context_state* parent, task<result<>> root) {
  struct waiting_thread : root_owner {
    blocker gone;
  } thread;
  thread.ended = [](root_owner& self) noexcept { static_cast<waiting_thread&>(self).gone.set(); };
  const context scope = start_root(sched, parent, std::move(root), thread);
  if (sched.wait(thread.gone, never)) return;
  const std::string_view doing = internal::describe(fiber_of(*scope.state()).waiting_for());
  // Only the deterministic scheduler gives up: nothing is ready, and time does not move by itself.
  end(*scope.state(), context_status::canceled);
  // What cannot be canceled must not outlive this stack frame, which it refers to.
  if (!sched.wait(thread.gone, never)) destroy_fiber(fiber_of(*scope.state()));
  throw usage_error("block_on would wait for ever: it is " +
                    std::string(doing.empty() ? "waiting" : doing) +
                    ", and nothing is ready to run; if that is for time, advance() the clock "
                    "instead; if for an actor, has that been spawned?");
}

}  // namespace troupe::detail

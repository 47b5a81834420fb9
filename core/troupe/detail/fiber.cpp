#include <troupe/detail/fiber.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/context_extra.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/detail/stable_pool.hpp>
#include <troupe/error.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

thread_local constinit current_thread current{};

namespace {

// A wake-up that comes too late for a wait finds a fiber there, sees another wait id, and does
// nothing.
using fiber_pool = stable_pool<fiber>;

/// The fiber's part in its own life is over; contexts may still refer to its scope, but no more to
/// the scheduler.
void let_go(fiber& ended, scheduler& sched) noexcept {
  {
    const std::lock_guard held(ended.lock);
    ended.sched = nullptr;
  }
  release(ended.scope);
  sched.fiber_ended();
}

void unbind_all(fiber& ended) noexcept {
  if (actor_slot* const slot = ended.slot.exchange(nullptr)) {
    actor_registration::run_ended(*slot, ended);
  }
  ended.lock.lock();
  while (ended.bound != nullptr) ended.bound->unbind_locked(ended);
  if (ended.who != nullptr) actor_internals::inboxes(*ended.who).set_run(nullptr);
  ended.lock.unlock();
}

/// Destroys the coroutine of a fiber that waits and will never run again.
void destroy_frame(fiber& suspended) noexcept {
  unbind_all(suspended);
  std::coroutine_handle<> root;
  {
    const std::lock_guard held(suspended.lock);
    root = std::exchange(suspended.root, nullptr);
    suspended.open_wait(wait_kind::none, false);  // replies and the like come too late
    suspended.parked.store(false, std::memory_order_relaxed);
    suspended.receive_mask = 0;
  }
  root.destroy();
}

}  // namespace

fiber& make_fiber(scheduler& sched, context_state* parent, std::uint32_t contexts) {
  fiber& made = fiber_pool::take();
  made.finished = false;
  made.owner = nullptr;
  made.rounds.store(0, std::memory_order_relaxed);
  made.born = made.wait.load(std::memory_order_relaxed);
  made.sampling = sample_stage::none;
  made.handled.store(0, std::memory_order_relaxed);
  made.handling.store(nullptr, std::memory_order_relaxed);
  made.calling.store(nullptr, std::memory_order_relaxed);  // a call may have been destroyed waiting
  context_state& scope = made.scope;
  scope.references.store(1 + contexts, std::memory_order_relaxed);
  scope.status.store(context_status::alive, std::memory_order_relaxed);
  scope.deadline = never;
  attach(scope, parent);
  if (scope.deadline != never) arm_deadline(scope, sched);
  made.sched = &sched;
  sched.fiber_started();
  return made;
}

void finish_fiber(fiber& ended) noexcept {
  scheduler& sched = *ended.sched;
  // on_exit may let go of the runtime's last user. Workers are part of a runtime that lives.
  const auto keep = current.worker == nullptr ? sched.shared_from_this() : nullptr;
  unbind_all(ended);
  // What the run left behind under its context ends with it. With a single reference, ours, there
  // is nothing: children, and whoever waits for the context, hold others.
  if (ended.scope.references.load(std::memory_order_acquire) != 1 &&
      !end_alone(ended.scope, context_status::canceled)) {
    end(ended.scope, context_status::canceled);
  }
  ended.on_exit(ended);
  let_go(ended, sched);
}

void drop_fiber(fiber& unstarted) noexcept {
  scheduler& sched = *unstarted.sched;
  end(unstarted.scope, context_status::canceled);  // run() may have handed it on before it threw
  let_go(unstarted, sched);
}

void recycle_fiber(fiber& unused) noexcept { fiber_pool::give(unused); }

void for_each_fiber(const scheduler& sched, void (*visit)(fiber&, void*), void* data) {
  fiber_pool::for_each([&](fiber& one) {
    const std::lock_guard held(one.lock);
    if (one.root && one.sched != nullptr && &one.sched->root() == &sched) visit(one, data);
  });
}

void destroy_fiber(fiber& suspended) noexcept {
  scheduler& sched = *suspended.sched;
  destroy_frame(suspended);
  suspended.on_exit(suspended);
  let_go(suspended, sched);
}

void destroy_suspended(scheduler& sched) noexcept {
  // All frames first: what their destructors touch is still there. Then their owners. A destructor
  // may spawn: so until there is nobody left.
  std::vector<fiber*> all;
  for (std::size_t destroyed = 0;;) {
    for_each_fiber(
        sched,
        [](fiber& one, void* into) { static_cast<std::vector<fiber*>*>(into)->push_back(&one); },
        &all);
    if (destroyed == all.size()) break;
    for (; destroyed != all.size(); ++destroyed) destroy_frame(*all[destroyed]);
  }
  for (fiber* one : all) {
    one->on_exit(*one);
    let_go(*one, sched);
  }
}

fiber& running_fiber(const char* operation) {
  if (current.running != nullptr) return *current.running;
  throw usage_error(std::string(operation) +
                    " was awaited outside of a Troupe runtime: use it in an actor, or inside "
                    "runtime::block_on()");
}

void root_finished() noexcept { current.running->finished = true; }

}  // namespace troupe::detail

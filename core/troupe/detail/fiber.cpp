#include <troupe/detail/fiber.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/context_extra.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/error.hpp>

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

thread_local constinit current_thread current{};

namespace {

/// How many references to its scope are the fiber's own.
std::uint32_t own_references(const fiber& ended) noexcept { return ended.owes_reference ? 2 : 1; }

/// The fiber's part in its own life is over; contexts may still refer to its scope, but no more to
/// the scheduler.
void let_go(fiber& ended, scheduler& sched) noexcept {
  const std::uint32_t ours = own_references(ended);
  if (ended.scope.references.load(std::memory_order_acquire) == ours) {
    ended.sched = nullptr;  // nobody holds a context of it
  } else {
    const std::lock_guard held(ended.lock);
    ended.sched = nullptr;
  }
  release(ended.scope, ours);
  sched.fiber_ended();
}

/// Null: it ran no actor.
actor_slot* leave_slot(const fiber& ended) noexcept {
  return ended.who != nullptr ? &actor_internals::registration(*ended.who).leave_run() : nullptr;
}

void unbind_all_locked(fiber& ended) noexcept {
  while (inbox_core* const one = ended.bound.any()) one->unbind_locked(ended);
}

/// True: the fiber is another run's by now.
bool exited(fiber& ended, fiber::remains&& left) {
  switch (ended.root_is) {
    case root_kind::task: root_exited(ended, std::move(left)); break;
    case root_kind::run: return run_exited(ended, std::move(left));
    case root_kind::only_run: only_run_exited(ended, std::move(left)); break;
  }
  return false;
}

/// For a coroutine that was destroyed.
void tell_owner(fiber& destroyed) noexcept {
  destroyed.lock.lock();
  fiber::remains left = destroyed.take_remains();
  destroyed.lock.unlock();
  exited(destroyed, std::move(left));
}

/// Destroys the coroutine of a fiber that waits and will never run again.
void destroy_frame(fiber& suspended) noexcept {
  if (actor_slot* const slot = leave_slot(suspended)) slot->run_is_over(suspended);
  suspended.open_wait(wait_kind::none, false);  // replies and the like come too late
  std::coroutine_handle<> root;
  {
    const std::lock_guard held(suspended.lock);
    unbind_all_locked(suspended);
    root = suspended.root.exchange(nullptr);
    suspended.parked.store(park_state::no, std::memory_order_relaxed);
  }
  root.destroy();
}

}  // namespace

actor_slot* fiber::slot() const noexcept {
  return who != nullptr ? &actor_internals::registration(*who).slot().known_as() : nullptr;
}

const element_ops* fiber::handled_type() const noexcept {
  const std::uint8_t from = handling.load(std::memory_order_relaxed);
  if (from == handling_nothing) return nullptr;
  if (from == handling_shared) {
    const context_extra* const extra = scope.extra.load(std::memory_order_acquire);
    return extra != nullptr ? extra->handling.load(std::memory_order_relaxed) : nullptr;
  }
  const inbox_core* const inbox = bound.at(from);
  return inbox != nullptr ? &inbox->ops() : nullptr;
}

// The lower half of `id` is 0, which stands for no wait: gives the next. Whoever still holds a
// wait's id from 2^32 waits ago, or fires now, sees under the lock that another one is open.
std::uint64_t fiber::begin_anew(std::uint64_t id) noexcept {
  const std::lock_guard held(lock);
  pending_wait = 0;
  wait.store(id + 1, std::memory_order_relaxed);
  return id + 1;
}

namespace {

void forget_last_run(fiber& one) noexcept {
  one.owner = nullptr;
  one.rounds.store(0, std::memory_order_relaxed);
  one.kind_of_wait.store(0, std::memory_order_relaxed);
  one.sampling = sample_stage::none;
  one.owes_reference = false;
  one.handling.store(handling_nothing, std::memory_order_relaxed);
  one.calling.store(nullptr, std::memory_order_relaxed);  // a call may have been destroyed waiting
}

}  // namespace

fiber& make_fiber(scheduler& sched, context_state* parent, std::uint32_t contexts) {
  fiber& made = fiber_pool::take();
  forget_last_run(made);
  made.handled.store(0, std::memory_order_relaxed);
  context_state& scope = made.scope;
  scope.references.store(1 + contexts, std::memory_order_relaxed);
  scope.status.store(context_status::alive, std::memory_order_relaxed);
  scope.limit = context_limit::none;
  attach(scope, parent);
  if (scope.limit != context_limit::none) arm_deadline(scope, sched);
  made.sched = &sched;
  sched.fiber_started();
  return made;
}

fiber& make_fiber_again(scheduler& sched, context_state* parent, const void* owner) {
  const auto [ended, whose] = current.between;
  // The references are those that it gives up at its end, its own and the run's: with no other
  // nobody can cancel it but its parent, which finds it below itself as it would find a new one.
  const bool free = ended != nullptr && whose == owner && ended->sched == &sched &&
                    ended->owes_reference &&
                    ended->scope.references.load(std::memory_order_acquire) == 2 &&
                    ended->scope.parent == parent && !ended->scope.ended() &&
                    ended->scope.limit == context_limit::none &&
                    ended->scope.extra.load(std::memory_order_relaxed) == nullptr;
  if (!free) return make_fiber(sched, parent, 1);
  current.between = {};
  ended->open_wait(wait_kind::none, false);  // who looks at two runs at once sees another wait
  forget_last_run(*ended);  // but `handled`, which goes on where the actor is the same
  return *ended;
}

void finish_fiber(fiber& ended) noexcept {
  scheduler& sched = *ended.sched;
  // What exited() calls may let go of the runtime's last user. Workers are part of a runtime that
  // lives.
  const auto keep = current.worker == nullptr ? sched.shared_from_this() : nullptr;
  actor_slot* const slot = leave_slot(ended);
  ended.lock.lock();
  unbind_all_locked(ended);
  fiber::remains left = ended.take_remains();
  ended.lock.unlock();
  if (exited(ended, std::move(left))) return;
  if (slot != nullptr) slot->run_is_over(ended);  // the actor may be gone, its slot is not
  let_go(ended, sched);
}

void end_root(fiber& ended, std::coroutine_handle<> root) noexcept {
  // A run mostly has one context, which goes with its frame. Given up together with the fiber's own
  // reference, at its end, it costs no locked operation.
  context_state* const outer = std::exchange(current.finishing, &ended.scope);
  root.destroy();
  ended.owes_reference = std::exchange(current.finishing, outer) == nullptr;
  // With no reference but ours there is nothing: children, and whoever waits for the context, hold
  // others.
  if (ended.scope.references.load(std::memory_order_acquire) != own_references(ended) &&
      !end_alone(ended.scope, context_status::canceled)) {
    end(ended.scope, context_status::canceled);
  }
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
    if (one.root.load(std::memory_order_acquire) && &one.sched->root() == &sched) visit(one, data);
  });
}

void destroy_fiber(fiber& suspended) noexcept {
  scheduler& sched = *suspended.sched;
  destroy_frame(suspended);
  tell_owner(suspended);
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
    tell_owner(*one);
    let_go(*one, sched);
  }
}

void throw_outside(const char* operation) {
  throw usage_error(std::string(operation) +
                    " was awaited outside of a Troupe runtime: use it in an actor, or inside "
                    "runtime::block_on()");
}

// Not noted in the fiber: its bits are others' once it is parked, and the worker asks after each
// turn.
void root_finished() noexcept { current.running = nullptr; }

}  // namespace troupe::detail

#include <troupe/detail/actor_run.hpp>

#include <troupe/actor.hpp>

#include <coroutine>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe::detail {

namespace {

using root_promise = task_promise<result<>>;

exit_reason outcome_of(root_promise& ended) noexcept {
  if (const std::exception_ptr* thrown = ended.exception()) {
    return exit_reason::from_exception(*thrown);
  }
  return exit_reason::from_result(ended.take());
}

void run_exited(fiber& ended) {
  auto& owner = *static_cast<run_owner*>(ended.owner);
  if (!ended.root) {
    if (owner.abandoned != nullptr) owner.abandoned(owner);
    return;
  }
  auto root = std::coroutine_handle<root_promise>::from_address(ended.take_root().address());
  exit_reason why = outcome_of(root.promise());
  root.destroy();
  owner.ended(owner, std::move(why));
}

}  // namespace

context start_run(scheduler& sched, context_state* parent, actor& one, run_owner& owner,
                  run_identity identity) {
  actor_registration& registration = actor_internals::registration(identity.known_as);
  registration.started(sched, identity.supervisor);
  actor_internals::run_begins(one);
  fiber& made = make_fiber(sched, parent);
  context scope = context::share(made.scope);
  task<result<>> body;
  try {
    body = actor_internals::run(one, scope);
    if (!body) throw usage_error("actor \"" + one.name() + "\": run() returned an empty task");
  } catch (...) {
    drop_fiber(made);
    owner.ended(owner, exit_reason::from_exception(std::current_exception()));
    return scope;
  }
  {
    const std::lock_guard held(made.lock);
    made.root = body.release();
    made.who = &one;
  }
  actor_internals::inboxes(one).set_run(&made);
  registration.run_begins(made);
  made.resume_point = made.root;
  made.on_exit = run_exited;
  made.owner = &owner;
  sched.schedule(made);
  return scope;
}

}  // namespace troupe::detail

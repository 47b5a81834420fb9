#include <troupe/detail/actor_run.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/context_extra.hpp>
#include <troupe/internal/log_failure.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
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

}  // namespace

bool run_exited(fiber& ended, fiber::remains left) {
  auto& owner = *static_cast<run_owner*>(left.owner);
  if (!left.root) {
    if (owner.abandoned != nullptr) owner.abandoned(owner);
    return false;
  }
  auto root = std::coroutine_handle<root_promise>::from_address(
      std::exchange(left.root, nullptr).address());
  exit_reason why = outcome_of(root.promise());
  end_root(ended, root);
  const fiber_between_runs outer = std::exchange(current.between, {&ended, &owner});
  owner.ended(owner, std::move(why));
  return std::exchange(current.between, outer).which == nullptr;
}

namespace {

// No supervisor is told, and nobody has a handle that could be asked.
void log_unheard(actor& one, const exit_reason& why) noexcept {
  if (!is_failure(why.kind())) return;
  internal::log_failure(actor_internals::log(one), "failed",
                        [&]() -> const exit_reason& { return why; });
}

void only_run_ended(scheduler& where, actor& one, join_state<exit_reason>* told,
                    exit_reason&& why) noexcept {
  where.failed().note(one, why);
  if (told == nullptr) log_unheard(one, why);
  actor_internals::ended_for_good(one, &why);
  actor_internals::unclaim(one);
  auto& home = const_cast<scheduler&>(where.root());
  if (&home != &where) home.return_thread(where);
  if (told == nullptr) return;
  told->value.emplace(std::move(why));
  told->ended.set();
  let_go(*told);
}

}  // namespace

void only_run_exited(fiber& ended, fiber::remains left) {
  auto* const told = static_cast<join_state<exit_reason>*>(left.owner);
  if (!left.root) {  // destroyed with its runtime: others may wait for it in theirs
    only_run_ended(*ended.sched, *left.who, told, exit_reason::canceled());
    return;
  }
  auto root = std::coroutine_handle<root_promise>::from_address(
      std::exchange(left.root, nullptr).address());
  exit_reason why = outcome_of(root.promise());
  end_root(ended, root);
  only_run_ended(*ended.sched, *left.who, told, std::move(why));
}

namespace {

// The last handle has been dropped. False: the run has ended, and is telling.
bool forget_join_state(join_state<exit_reason>& told) noexcept {
  fiber& one = fiber_of(*told.scope.state());
  const std::lock_guard held(one.lock);
  if (one.owner != &told) return false;
  one.owner = nullptr;
  return true;
}

struct starting {
  fiber& made;
  task<result<>> body;
};

/// A run in the fiber that `make` gives, not scheduled yet. Where run() throws there is no body,
/// and `thrown` says what.
template <class Make>
starting prepare_run(actor& one, std::exception_ptr& thrown, Make make) {
  actor_internals::run_begins(one);
  fiber& made = make();
  task<result<>> body;
  try {
    body = actor_internals::run(one, context::adopt(&made.scope));
    if (!body) throw usage_error("actor \"" + one.name() + "\": run() returned an empty task");
  } catch (...) {
    thrown = std::current_exception();
  }
  return {made, std::move(body)};
}

void drop_run(fiber& unstarted, run_identity identity) noexcept {
  actor_internals::registration(identity.known_as)
      .run_begins(*unstarted.sched, identity.supervisor, nullptr);
  drop_fiber(unstarted);
}

/// `run.made` knows whose run it is.
void schedule_run(starting&& run, run_identity identity, root_kind kind, void* owner) {
  fiber& made = run.made;
  actor_registration& registration = actor_internals::registration(identity.known_as);
  if (actor_slot& own = actor_internals::registration(*made.who).slot();
      &own != &registration.slot()) {
    own.stand_behind(registration.slot());
    own.set_run(&made);
  }
  const std::coroutine_handle<> root = run.body.release();
  made.resume_point = root;
  made.root_is = kind;
  made.owner = owner;
  made.root.store(root, std::memory_order_release);
  registration.run_begins(*made.sched, identity.supervisor, &made);
  made.sched->schedule(made);
}

}  // namespace

void start_run(scheduler& sched, context_state* parent, actor& one, run_owner& owner,
               run_identity identity) {
  std::exception_ptr thrown;
  starting run =
      prepare_run(one, thrown, [&]() -> fiber& { return make_fiber_again(sched, parent, &owner); });
  if (!run.body) {
    drop_run(run.made, identity);
    return owner.ended(owner, exit_reason::from_exception(std::move(thrown)));
  }
  owner.scope = &run.made.scope;
  // Its owner keeps the actor.
  run.made.who = std::shared_ptr<actor>(std::shared_ptr<actor>(), &one);
  schedule_run(std::move(run), identity, root_kind::run, &owner);
}

void start_only_run(scheduler& sched, context_state* parent, std::shared_ptr<actor> one,
                    join_state<exit_reason>& told) {
  std::exception_ptr thrown;
  const run_identity identity{.known_as = *one};
  starting run = prepare_run(*one, thrown, [&]() -> fiber& {
    return make_fiber(sched, parent, 2);  // one for the run, one for `told`
  });
  told.scope = context::adopt(&run.made.scope);
  told.forget = forget_join_state;
  if (!run.body) {
    drop_run(run.made, identity);
    only_run_ended(sched, *one, &told, exit_reason::from_exception(std::move(thrown)));
    return;
  }
  run.made.who = std::move(one);
  schedule_run(std::move(run), identity, root_kind::only_run, &told);
}

}  // namespace troupe::detail

#include <troupe/runtime.hpp>

#include <troupe/detail/pooled.hpp>
#include <troupe/internal/thread_scheduler.hpp>

#include <algorithm>
#include <thread>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t most_workers = 1024;

std::shared_ptr<detail::scheduler> make_scheduler(const runtime_options& options) {
  std::size_t workers = options.workers;
  if (workers == 0) workers = std::max(1U, std::thread::hardware_concurrency());
  if (workers > most_workers) {
    throw usage_error("runtime_options::workers is " + std::to_string(workers) + ": at most " +
                      std::to_string(most_workers));
  }
  if (options.blocking_threads == 0) {
    throw usage_error("runtime_options::blocking_threads is 0: blocking() would never run");
  }
  auto made = std::make_shared<internal::thread_scheduler>(workers, options.blocking_threads,
                                                           options.blocking_queue);
  made->start();
  return made;
}

context make_root(detail::scheduler& home) {
  return context::adopt(detail::make_context_state(nullptr, never, &home));
}

std::string_view describe(detail::wait_kind kind) {
  switch (kind) {
    case detail::wait_kind::receive: return "waiting for a message";
    case detail::wait_kind::send: return "waiting for room in an inbox";
    case detail::wait_kind::call: return "waiting for a reply";
    case detail::wait_kind::timer: return "sleeping";
    case detail::wait_kind::context: return "waiting for a context to end";
    case detail::wait_kind::event: return "waiting for an event";
    case detail::wait_kind::blocking: return "waiting for a blocking call";
    case detail::wait_kind::io: return "waiting for input or output";
    case detail::wait_kind::none: break;
  }
  return "running";
}

std::vector<survivor> survivors_of(const detail::scheduler& sched) {
  std::vector<survivor> alive;
  detail::for_each_fiber(
      sched,
      [](detail::fiber& one, void* into) {
        const bool parked = one.parked.load(std::memory_order_acquire);
        const auto kind =
            parked ? one.waiting_for.load(std::memory_order_relaxed) : detail::wait_kind::none;
        static_cast<std::vector<survivor>*>(into)->push_back(
            {one.who != nullptr ? one.who->name() : std::string("(task)"),
             std::string(describe(kind))});
      },
      &alive);
  return alive;
}

/// An actor that the runtime itself runs, once.
struct spawned_actor : detail::run_owner, detail::pooled {
  detail::scheduler* home = nullptr;
  detail::scheduler* thread = nullptr;  // its own, if it asked for one
  std::shared_ptr<actor> one;
  std::shared_ptr<detail::join_state<exit_reason>> state =
      detail::make_pooled<detail::join_state<exit_reason>>();
};

}  // namespace

runtime::runtime(runtime_options options)
    : runtime(make_scheduler(options), std::move(options.log)) {}

runtime::runtime(std::shared_ptr<detail::scheduler> scheduler, logger log)
    : scheduler_(std::move(scheduler)), root_(make_root(*scheduler_)), log_(std::move(log)) {}

runtime::~runtime() {
  if (!root_.err()) shutdown();
  scheduler_->services().stop();
  scheduler_->stop();
  detail::destroy_suspended(*scheduler_);
}

detail::scheduler& runtime::scheduler() const {
  if (root_.err()) {
    throw usage_error("the runtime has been shut down: nothing can be started in it any more");
  }
  return *scheduler_;
}

std::size_t runtime::workers() const noexcept { return scheduler_->workers(); }

join_handle<exit_reason> runtime::spawn_actor(std::shared_ptr<actor> one, spawn_options options) {
  detail::scheduler& sched = scheduler();
  if (!one) throw usage_error("runtime::spawn: the actor is null");
  if (!detail::actor_internals::claim(*one)) {
    throw usage_error("runtime::spawn: actor \"" + one->name() +
                      "\" is running already or belongs to a supervisor");
  }
  if (log_.enabled(log_level::error)) {
    detail::actor_internals::set_logger(*one, log_.child(one->name()));
  }
  auto owner = std::make_unique<spawned_actor>();
  owner->one = std::move(one);
  owner->ended = [](detail::run_owner& self, exit_reason&& why) noexcept {
    const std::unique_ptr<spawned_actor> mine(static_cast<spawned_actor*>(&self));
    detail::actor_internals::ended_for_good(*mine->one, &why);
    detail::actor_internals::unclaim(*mine->one);
    if (mine->thread != nullptr) mine->home->return_thread(*mine->thread);
    mine->state->value.emplace(std::move(why));
    mine->state->ended.set();
  };
  owner->abandoned = [](detail::run_owner& self) noexcept {
    delete static_cast<spawned_actor*>(&self);
  };
  owner->home = &sched;
  if (options.own_thread) owner->thread = &sched.lend_thread();
  detail::scheduler& where = owner->thread != nullptr ? *owner->thread : sched;
  auto state = owner->state;
  actor& running = *owner->one;
  state->scope = detail::start_run(where, root_.state(), running, *owner.release());
  return join_handle<exit_reason>(std::move(state));
}

std::vector<survivor> runtime::shutdown(duration patience) {
  detail::require_foreign_thread("runtime::shutdown");
  cancelable_context(root_).cancel();
  if (scheduler_->wait_until_empty(later(scheduler_->now(), patience))) return {};
  return survivors_of(*scheduler_);
}

}  // namespace troupe

#include <troupe/runtime.hpp>

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

}  // namespace

runtime::runtime(runtime_options options)
    : runtime(make_scheduler(options), std::move(options.log)) {}

runtime::runtime(std::shared_ptr<detail::scheduler> scheduler, logger log)
    : scheduler_(std::move(scheduler)), root_(make_root(*scheduler_)), log_(std::move(log)) {}

runtime::~runtime() {
  if (!root_.err()) shutdown();
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
  auto state = std::make_unique<detail::join_state<exit_reason>>();
  detail::scheduler& where = options.own_thread ? sched.lend_thread() : sched;
  detail::join_state<exit_reason>& told = *state.release();
  detail::join_reference<exit_reason> handle(told);
  detail::start_only_run(where, root_.state(), std::move(one), told);
  return join_handle<exit_reason>(std::move(handle));
}

std::vector<survivor> runtime::shutdown(duration patience) {
  detail::require_foreign_thread("runtime::shutdown");
  cancelable_context(root_).cancel();
  if (scheduler_->wait_until_empty(later(scheduler_->now(), patience))) return {};
  return survivors_of(*scheduler_);
}

}  // namespace troupe

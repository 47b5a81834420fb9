#include <troupe/runtime.hpp>

#include <troupe/detail/actor_slot.hpp>
#include <troupe/internal/check_health.hpp>
#include <troupe/internal/describe_wait.hpp>
#include <troupe/internal/inspection.hpp>
#include <troupe/internal/overseer.hpp>
#include <troupe/internal/stop_signals.hpp>
#include <troupe/internal/thread_scheduler.hpp>

#include <sched.h>
#include <algorithm>
#include <atomic>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace troupe {

namespace {

constexpr std::size_t most_workers = 1024;

// What the process may use may be less than there is: taskset, cpusets.
std::size_t usable_cores() noexcept {
  cpu_set_t ours;
  CPU_ZERO(&ours);
  if (sched_getaffinity(0, sizeof ours, &ours) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&ours)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

std::shared_ptr<detail::scheduler> make_scheduler(const runtime_options& options) {
  std::size_t workers = options.workers;
  if (workers == 0) workers = usable_cores();
  if (workers > most_workers) {
    throw usage_error("runtime_options::workers is " + std::to_string(workers) + ": at most " +
                      std::to_string(most_workers));
  }
  if (options.blocking_threads == 0) {
    throw usage_error("runtime_options::blocking_threads is 0: blocking() would never run");
  }
  return std::make_shared<internal::thread_scheduler>(workers, options.blocking_threads,
                                                      options.blocking_queue);
}

context make_root(detail::scheduler& home) {
  return context::adopt(detail::make_context_state(nullptr, never, &home));
}

std::vector<survivor> survivors_of(const detail::scheduler& sched) {
  std::vector<survivor> alive;
  detail::for_each_fiber(
      sched,
      [](detail::fiber& one, void* into) {
        const bool parked = one.is_parked(std::memory_order_acquire);
        const auto kind = parked ? one.waiting_for() : detail::wait_kind::none;
        const std::string_view waits = internal::describe(kind);
        static_cast<std::vector<survivor>*>(into)->push_back(
            {one.who != nullptr ? one.who->name() : std::string("(task)"),
             std::string(waits.empty() ? "running" : waits)});
      },
      &alive);
  return alive;
}

}  // namespace

runtime::runtime(const runtime_options& options) : runtime(make_scheduler(options), options) {}

runtime::runtime(std::shared_ptr<detail::scheduler> scheduler, runtime_options options)
    : scheduler_(std::move(scheduler)), root_(make_root(*scheduler_)), log_(options.log) {
  internal::check(options.health, "runtime_options::health");
  scheduler_->log_to(options.log);
  overseer_ = std::make_unique<internal::overseer>(
      *scheduler_,
      internal::overseer_options{.health = options.health,
                                 .on_blocked_worker = std::move(options.on_blocked_worker),
                                 .stack_signal = options.stack_signal,
                                 .log = std::move(options.log)});
  scheduler_->look_with(*overseer_);
  if (options.start) start();
}

runtime::~runtime() {
  if (!waited_.load()) shutdown();
  scheduler_->services().stop();
  scheduler_->stop();
  detail::destroy_suspended(*scheduler_);
  detail::abandon_actors(*scheduler_);
}

void runtime::start() { scheduler_->start(); }

void runtime::require_started(const char* operation) const {
  if (scheduler_->started()) return;
  throw usage_error(std::string(operation) + ": the runtime has not been started; call start()");
}

run_outcome runtime::run(const run_options& options) {
  detail::require_foreign_thread("runtime::run");
  std::atomic<int> came{0};
  std::optional<internal::stop_signals> signals;
  if (!options.stop_on.empty()) {
    signals.emplace(options.stop_on, [&](int signal) {
      came.store(signal);
      stop();
    });
  }
  start();
  std::atomic<bool> stopped{false};
  {
    const std::stop_callback on_stop(root_.stop_token(), [&] {
      stopped.store(true);
      scheduler_->look_again();
    });
    const bool empty = scheduler_->wait_until_empty(never, &stopped);
    if (!empty && !stopped.load()) {
      throw usage_error(
          "runtime::run: nothing can happen any more, and somebody still waits; a deterministic "
          "runtime has nobody else to wait for");
    }
  }
  if (stopped.load()) scheduler_->wait_until_empty(later(scheduler_->now(), options.patience));
  signals.reset();
  if (stopped.load()) waited_.store(true);
  return {
      .signal = came.load(),
      .survivors = scheduler_->fibers() == 0 ? std::vector<survivor>() : survivors_of(*scheduler_),
      .failed = scheduler_->failed().take()};
}

void runtime::stop(stopping how) {
  if (how == stopping::and_wait) detail::require_foreign_thread("runtime::stop");
  cancelable_context(root_).cancel();
  if (how == stopping::and_return || !scheduler_->started()) return;
  scheduler_->wait_until_empty(never);
  waited_.store(true);
}

runtime_view runtime::inspect() const { return internal::inspect(*scheduler_); }

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
  waited_.store(true);
  // What was never started does not end either.
  const bool ended =
      scheduler_->started() && scheduler_->wait_until_empty(later(scheduler_->now(), patience));
  return ended ? std::vector<survivor>() : survivors_of(*scheduler_);
}

}  // namespace troupe

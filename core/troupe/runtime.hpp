#pragma once

// runtime: the threads that run actors, the timers and clock they wait on, and the pool for work
// that blocks. No global state: several runtimes live side by side in one process.

#include <troupe/actor.hpp>
#include <troupe/blocking.hpp>
#include <troupe/clock.hpp>
#include <troupe/context.hpp>
#include <troupe/detail/actor_run.hpp>
#include <troupe/detail/block_on.hpp>
#include <troupe/join_handle.hpp>
#include <troupe/task.hpp>
#include <troupe/timer.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

struct runtime_options {
  /// Threads that run actors; 0: one for each core that the process may use.
  std::size_t workers = 0;
  /// The most threads that blocking() will start. They are started when needed and end when idle.
  std::size_t blocking_threads = 64;
  /// Jobs that may wait for a blocking thread; beyond, blocking() fails with errc::refused.
  std::size_t blocking_queue = 4096;
  /// For actors spawned on the runtime itself. Silent by default.
  logger log = {};
};

struct spawn_options {
  /// As child_options::own_thread.
  bool own_thread = false;
};

/// Somebody who did not end within the time that shutdown() was given.
struct survivor {
  std::string name;   ///< the actor's; "(task)" for anything else
  std::string doing;  ///< "running", or what it waits for
};

/// Threads: all members from any thread, but shutdown() and the destructor not from a worker.
class runtime {
 public:
  runtime() : runtime(runtime_options{}) {}
  /// Starts the workers. Throws usage_error for options out of range.
  explicit runtime(runtime_options options);
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  /// shutdown() with the default time, unless that was called before; then destroys the coroutines
  /// of whoever still waits. A handler that is running and never returns cannot be destroyed: the
  /// destructor waits for it.
  ~runtime();

  /// Runs an actor once, without a supervisor: when it ends, it has ended for good, and its inboxes
  /// are closed. Usually given the root supervisor. The handle may be dropped. Throws usage_error
  /// for a null actor, one that runs already or belongs to a supervisor, and after shutdown.
  template <std::derived_from<actor> Actor>
  join_handle<exit_reason> spawn(std::shared_ptr<Actor> one, spawn_options options = {}) {
    if (one) detail::settle_inboxes(*one);
    return spawn_actor(std::move(one), options);
  }

  /// Runs a task as a fiber of its own, under the root context. Throws usage_error after shutdown.
  template <class T>
  join_handle<T> spawn(task<T> body) {
    return detail::spawn_task(scheduler(), root_context().state(), std::move(body));
  }

  /// Runs an awaitable on the workers and waits for it with the calling thread. Gives what
  /// awaiting it gives, exceptions included. Throws usage_error on a thread of this or any
  /// runtime, where it would block a worker, and after shutdown.
  template <class Awaitable>
  decltype(auto) block_on(Awaitable&& awaitable) {
    return detail::block_on(scheduler(), root_context().state(),
                            std::forward<Awaitable>(awaitable));
  }

  /// Awaitable -> result<T>: calls `work`, which may block, on a thread of the blocking pool; an
  /// exception of `work` is thrown by the wait. See blocking.hpp.
  template <std::invocable Work>
  [[nodiscard]] auto blocking(Work work) {
    return troupe::blocking(std::move(work));
  }

  /// Awaitable -> result<>; see timer.hpp.
  [[nodiscard]] auto sleep_for(duration from_now) noexcept { return troupe::sleep_for(from_now); }

  /// Cancels everything that runs here, and waits until it has ended or `patience` is over. Gives
  /// those who are still alive, and what they are doing; the threads stay until the destructor.
  /// Repeating it waits again. Throws usage_error when called from a worker.
  std::vector<survivor> shutdown(duration patience = std::chrono::seconds(10));

  /// The parent of all contexts here. Ends with shutdown().
  [[nodiscard]] context root_context() const noexcept { return root_; }
  [[nodiscard]] time_point now() const noexcept { return scheduler_->now(); }
  [[nodiscard]] std::size_t workers() const noexcept;

 protected:
  /// For a runtime on another scheduler: testing::deterministic_runtime.
  runtime(std::shared_ptr<detail::scheduler> scheduler, logger log);

  /// The scheduler, while the runtime is in use; throws usage_error after shutdown.
  [[nodiscard]] detail::scheduler& scheduler() const;

 private:
  join_handle<exit_reason> spawn_actor(std::shared_ptr<actor> one, spawn_options options);

  std::shared_ptr<detail::scheduler> scheduler_;
  context root_;
  logger log_;
};

}  // namespace troupe

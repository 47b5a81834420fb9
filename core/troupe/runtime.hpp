#pragma once

// runtime: the threads that run actors, the timers and clock they wait on, and the pool for work
// that blocks. No global state: several runtimes live side by side in one process.

#include <troupe/actor.hpp>
#include <troupe/blocking.hpp>
#include <troupe/clock.hpp>
#include <troupe/context.hpp>
#include <troupe/detail/actor_run.hpp>
#include <troupe/detail/block_on.hpp>
#include <troupe/failed_root.hpp>
#include <troupe/health.hpp>
#include <troupe/inspect.hpp>
#include <troupe/join_handle.hpp>
#include <troupe/task.hpp>
#include <troupe/timer.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
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
  /// For actors spawned on the runtime itself, and what is noticed about any. Silent by default.
  logger log = {};
  /// How actors are looked after that have no health of their own; see health.hpp.
  health_options health = {};
  /// Called when a worker does not come out of a turn for `health.limit`, on a thread of the
  /// runtime's that does nothing else; once for each such turn.
  std::function<void(const blocked_worker&)> on_blocked_worker = {};
  /// The signal by which a blocked worker is asked for its stack. A handler for it is installed
  /// when that is first needed, if the process has none of its own. System calls that are never
  /// restarted (poll, nanosleep) give EINTR on that thread. 0: no stacks.
  int stack_signal = SIGURG;
  /// False: nothing runs before start() or run().
  bool start = true;
};

struct run_options {
  /// Signals that stop() the runtime. The handlers are there while run() is; a second signal finds
  /// what was there before, which mostly ends the process.
  std::vector<int> stop_on = {};
  /// How long to wait, once the runtime was stopped, by whomever, for those who do not end.
  duration patience = std::chrono::seconds(10);
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

/// How a run() ended. A main() that gives a process manager an exit code looks at `failed`: a
/// program whose root has given up has ended, but not well.
struct run_outcome {
  int signal = 0;                     ///< the one that stopped it; 0: none did
  std::vector<survivor> survivors{};  ///< who did not end in time
  /// The actors spawned on the runtime itself that ended with an error or an exception, in that
  /// order, since the start or the run() before; a root supervisor beyond its restart limit is one.
  /// At most 100. Not tasks: their handles, or the log, tell.
  std::vector<failed_root> failed{};
};

enum class stopping : std::uint8_t { and_return, and_wait };

namespace internal {
class overseer;
}

/// Threads: all members from any thread, but run(), shutdown() and the destructor not from a
/// worker.
class runtime {
 public:
  runtime() : runtime(runtime_options{}) {}
  /// Starts the workers. Throws usage_error for options out of range.
  explicit runtime(const runtime_options& options);
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;
  /// shutdown() with the default time, unless somebody has waited for the end before, by that, by
  /// stop(stopping::and_wait) or by a run() that was stopped; then destroys the coroutines of
  /// whoever still waits. A handler that is running and never returns cannot be destroyed: the
  /// destructor waits for it.
  ~runtime();

  /// Runs an actor once, without a supervisor: when it ends, it has ended for good, and its inboxes
  /// are closed. Usually given the root supervisor. The handle may be dropped; then an end with an
  /// error or an exception is logged, as an error. Throws usage_error for a null actor, one that
  /// runs already or belongs to a supervisor, and after shutdown. `Actor` has to be the object's
  /// own class: inboxes of a class derived from it are closed at the end only where its run has
  /// received from them.
  template <std::derived_from<actor> Actor>
  join_handle<exit_reason> spawn(std::shared_ptr<Actor> one, spawn_options options = {}) {
    if (one) detail::settle_inboxes(*one);
    return spawn_actor(std::move(one), options);
  }

  /// Runs a task as a fiber of its own, under the root context. An exception of one whose handles
  /// are dropped unasked is logged, as an error; of an error that it returns nobody hears then.
  /// Throws usage_error after shutdown.
  template <class T>
  join_handle<T> spawn(task<T> body) {
    return detail::spawn_task(scheduler(), root_context().state(), std::move(body));
  }

  /// Runs an awaitable on the workers and waits for it with the calling thread. Gives what
  /// awaiting it gives, exceptions included. Throws usage_error on a thread of this or any
  /// runtime, where it would block a worker, before start() and after shutdown.
  template <class Awaitable>
  decltype(auto) block_on(Awaitable&& awaitable) {
    require_started("runtime::block_on");
    return detail::block_on(scheduler(), root_context().state(),
                            std::forward<Awaitable>(awaitable));
  }

  /// Awaitable -> result<T>: calls `work`, which may block, on a thread of the blocking pool of the
  /// runtime that awaits it; an exception of `work` is thrown by the wait. See blocking.hpp.
  template <std::invocable Work>
  [[nodiscard]] auto blocking(Work work) {
    return troupe::blocking(std::move(work));
  }

  /// Awaitable -> result<>; see timer.hpp.
  [[nodiscard]] auto sleep_for(duration from_now) noexcept { return troupe::sleep_for(from_now); }

  /// Starts the workers, where runtime_options::start held them back. Harmless when repeated.
  void start();

  /// start(), and waits until the last actor or task has ended: of itself, by stop(), or by one of
  /// the signals. Called by main() in most programs. Throws usage_error on a worker, for a signal
  /// that cannot be handled, and where another run() of the process waits for signals already.
  run_outcome run(const run_options& options = {});

  /// Cancels everything that runs here. Waits until all has ended only if told to, and then not on
  /// a worker. Nothing can be started any more. Harmless when repeated.
  void stop(stopping how = stopping::and_return);

  /// Every live actor and every worker, as they are now. See inspect.hpp. Any thread, workers
  /// too. Cost: about a microsecond for each actor, in the thread that asks; the actors go on.
  [[nodiscard]] runtime_view inspect() const;

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
  runtime(std::shared_ptr<detail::scheduler> scheduler, runtime_options options);

  /// The scheduler, while the runtime is in use; throws usage_error after it was stopped.
  [[nodiscard]] detail::scheduler& scheduler() const;

 private:
  join_handle<exit_reason> spawn_actor(std::shared_ptr<actor> one, spawn_options options);

  void require_started(const char* operation) const;

  std::shared_ptr<detail::scheduler> scheduler_;
  context root_;
  logger log_;
  std::unique_ptr<internal::overseer> overseer_;
  std::atomic<bool> waited_{false};  // for the end of what runs, once it was told to end
};

}  // namespace troupe

#pragma once

// The scheduler: who runs next, what time it is, and when timers fire. Everything above it (fibers,
// inboxes, contexts, supervisors) is written against this interface, and runs unchanged on its two
// implementations: internal/thread_scheduler.hpp (workers that steal from each other) and
// testing/deterministic_runtime.hpp (one thread; a seed decides).
//
// The contract: schedule() takes a fiber that is not parked and in no queue, and runs it once,
// later, never inside the call. A scheduler runs a fiber on one thread at a time: it sets on_worker
// before and clears it after (see fiber.hpp), also when the fiber was woken in between.

#include <troupe/clock.hpp>
#include <troupe/detail/failed_roots.hpp>
#include <troupe/detail/runtime_services.hpp>
#include <troupe/detail/timer_node.hpp>
#include <troupe/logger.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace troupe::detail {

struct actor_slot;
struct fiber;
struct context_state;

/// Work for the pool of threads that may block. Lives in its owner's memory until `run` returns;
/// `run` must not touch the job after it has told its owner.
struct blocking_job {
  void (*run)(blocking_job&) noexcept = nullptr;
  blocking_job* next = nullptr;
};

/// What a thread outside waits for. Set under the mutex, so that the waiter may then destroy it.
struct blocker {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;

  void set() {
    const std::lock_guard held(mutex);
    done = true;
    changed.notify_all();
  }
};

/// A worker thread, for those who look on. A moment's view: it goes on meanwhile.
struct worker_view {
  std::size_t index = 0;
  bool lent = false;  // for one actor alone
  bool asleep = false;
  std::uint64_t progress = 0;  // grows with each turn; odd while in one
  fiber* running = nullptr;    // in that turn
  time_point since{};        // its turn began then at the earliest, a few short turns later at most
  std::uint64_t thread = 0;  // the pthread_t
};

/// Somebody who looks after what runs, now and then, on no worker's thread: internal/overseer.hpp.
class periodic_look {
 public:
  periodic_look() = default;
  periodic_look(const periodic_look&) = delete;
  periodic_look& operator=(const periodic_look&) = delete;
  virtual ~periodic_look() = default;

  /// Gives when to come back; `never`: once something has moved, and the interval is over.
  virtual time_point look(time_point now) noexcept = 0;
  [[nodiscard]] virtual duration interval() const noexcept = 0;
  /// See scheduler::health_was_set.
  virtual void health_was_set(const actor_slot& of) noexcept = 0;
};

class scheduler : public std::enable_shared_from_this<scheduler> {
 public:
  scheduler() = default;
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  virtual ~scheduler() = default;

  /// Makes a woken fiber runnable. Any thread.
  virtual void schedule(fiber& woken) noexcept = 0;

  /// Puts the running fiber behind everything that is ready. Only from inside the fiber, right
  /// before it suspends.
  virtual void yield(fiber& running) noexcept = 0;

  [[nodiscard]] virtual time_point now() const noexcept = 0;

  /// Any thread. `node.fire` will be called under the timers' lock: it may wake a fiber, and must
  /// not touch timers.
  virtual void add_timer(timer_node& node) = 0;

  /// Any thread. Afterwards `fire` is neither running nor going to; false: it has fired already.
  virtual bool remove_timer(timer_node& node) noexcept = 0;

  /// For a context whose deadline fired under the timers' lock: it is canceled (and the reference
  /// that came with it dropped) once the lock is open. Only called from `fire`.
  virtual void expire(context_state& owned) noexcept = 0;

  /// Hands a job to the blocking pool. False: the pool is at its bound or shut down, and the
  /// job was not taken.
  virtual bool submit_blocking(blocking_job& job) = 0;

  /// A scheduler with a thread of its own, for an actor that wants one; where threads mean nothing,
  /// this one. To be given back when its last fiber has ended.
  virtual scheduler& lend_thread() { return *this; }
  virtual void return_thread(scheduler&) noexcept {}
  /// The runtime's own scheduler, of which this may be a lent thread.
  [[nodiscard]] virtual const scheduler& root() const noexcept { return *this; }
  /// Whether time, and who runs next, are decided by a test: nothing outside may be waited for.
  [[nodiscard]] virtual bool is_simulated() const noexcept { return false; }
  /// What libraries above the core keep for each runtime.
  [[nodiscard]] runtime_services& services() const noexcept { return root().services_; }
  [[nodiscard]] failed_roots& failed() const noexcept { return root().failed_; }

  /// Blocks the calling thread, which is none of the scheduler's own, until `done` is set or, if
  /// `until` comes first, gives false. The deterministic scheduler runs fibers meanwhile.
  virtual bool wait(blocker& what, time_point until) = 0;
  /// Waits in the same way until no fiber is alive; or until `enough`, if it is given, is set and
  /// look_again() has been called.
  virtual bool wait_until_empty(time_point until, const std::atomic<bool>* enough = nullptr) = 0;
  virtual void look_again() noexcept {}
  /// For jitter and the like; reproducible where the scheduler is.
  [[nodiscard]] virtual std::uint64_t random_seed() noexcept = 0;
  [[nodiscard]] virtual std::size_t workers() const noexcept = 0;
  /// Begins to run what is scheduled. Harmless when repeated.
  virtual void start() = 0;
  [[nodiscard]] virtual bool started() const noexcept = 0;
  /// Ends the threads once what they run has returned. Afterwards nothing runs any more.
  virtual void stop() noexcept = 0;

  /// An actor here has a health of its own to be looked after. Called with the slot's lock held.
  virtual void health_was_set(const actor_slot&) const noexcept {}

  /// The runtime's, for what nobody else hears of; it may outlive the runtime. Set before anything
  /// runs.
  [[nodiscard]] const logger& log() const noexcept { return log_; }
  void log_to(logger log) noexcept { log_ = std::move(log); }

  /// Whose looks these are: called between start() and stop(). Before start(), once.
  virtual void look_with(periodic_look& eyes) = 0;
  virtual void visit_workers(void (*visit)(const worker_view&, void*), void* data) const = 0;
  /// Grows with each turn that is run.
  [[nodiscard]] virtual std::uint64_t progress() const noexcept = 0;
  /// Nothing runs, and nothing is ready to.
  [[nodiscard]] virtual bool quiet() const noexcept = 0;
  [[nodiscard]] virtual std::size_t fibers() const noexcept = 0;

  /// Counts the fibers alive in this scheduler; see fiber.cpp for who calls them.
  virtual void fiber_started() noexcept = 0;
  virtual void fiber_ended() noexcept = 0;

 private:
  mutable runtime_services services_;  // the root's are used
  mutable failed_roots failed_;        // the same
  logger log_;
};

/// A fiber whose run is over, for the next run of the same owner: make_fiber_again().
struct fiber_between_runs {
  fiber* which = nullptr;
  const void* owner = nullptr;
};

/// What the calling thread is running. Only a scheduler writes it.
struct current_thread {
  fiber* running = nullptr;
  context_state* finishing = nullptr;  // the scope of the fiber whose root is destroyed: end_root()
  fiber_between_runs between{};        // while the end of the run is told: run_exited()
  scheduler* sched = nullptr;          // set on every thread that is part of a runtime
  void* worker = nullptr;              // the thread scheduler's own; null on foreign threads
  std::int32_t budget = 0;         // operations left before the running fiber lets others go first
  bool delegating = false;         // a message is on its way into an inbox: see delegation
  std::uint32_t until_sample = 1;  // messages sent until one is timed: see sampling.hpp
};
extern thread_local constinit current_thread current;

/// While a message is moved into an inbox. A request inside it thereby changes hands: whoever
/// called is no longer waiting for the actor that received the request (call_cycle.hpp).
template <bool MayHoldRequest>
class delegation {
 public:
  delegation() noexcept {
    if constexpr (MayHoldRequest) current.delegating = true;
  }
  delegation(const delegation&) = delete;
  delegation& operator=(const delegation&) = delete;
  ~delegation() {
    if constexpr (MayHoldRequest) current.delegating = false;
  }
};

/// The same for a message that stays where it is.
template <class T>
void change_hands(T& message) noexcept {
  const delegation<true> moving;
  T carried(std::move(message));
  std::destroy_at(&message);
  std::construct_at(&message, std::move(carried));
}

/// True when the running fiber has used up its turn and should go to the back of the queue.
inline bool spend_budget() noexcept {
  // Unsigned: else the compiler tests what it was before, and needs a register for that.
  current.budget = static_cast<std::int32_t>(static_cast<std::uint32_t>(current.budget) - 1U);
  return current.budget < 0;
}

/// For an await_ready of what works outside of a fiber too, where there is no turn to use up.
inline bool may_go_on() noexcept { return current.running == nullptr || !spend_budget(); }

}  // namespace troupe::detail

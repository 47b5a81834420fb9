#pragma once

// The scheduler that runs fibers on worker threads.
//
// Where a runnable fiber waits. A fiber woken on a worker goes into that worker's slot: it runs
// next, on the same core, with its data in cache, and taking it costs no locked operation. Whoever
// was in the slot goes to the worker's queue. A fiber that yields goes to the queue, one that is
// woken on a foreign thread to the injection queue. A worker looks into its slot (not for ever: a
// pair of fibers that wake each other must let the queue go on), its queue, the injection queue,
// the timers, and then into other workers' queues.
//
// When another worker is woken. Handing work to another core costs more than most work takes (a
// cache line there and back is 200 ns, a parked thread wakes in 10 us). So a worker that finds its
// queue non-empty for longer than `patience` wakes one, and until then runs it alone. Whether short
// work is shared at all is measured as it runs (worker_limit.hpp): a worker beyond the limit takes
// nothing from others, and gives what it has to the injection queue before it sleeps. The first
// `limit` workers that are awake are within it.
//
// But a handler that computes for long must not keep others waiting: while any worker is active,
// one parked worker is the watcher. It naps for a millisecond at a time, fires due timers, and
// takes from the queue of a worker that has made few turns since, and even the slot of one that has
// been in the same turn; then there is no limit for a while. Once nothing has been active for a
// while it sleeps without a limit: an idle process uses no CPU.
//
// Sleeping without missing a wake-up. A worker counts itself in `sleepers_` (seq_cst), then looks
// at all it could run once more, and then sleeps. Whoever adds work for others does so first
// (seq_cst, or under a lock) and then reads `sleepers_`: one of the two sees the other.

#include <troupe/detail/fiber.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/internal/bias_pace.hpp>
#include <troupe/internal/blocking_pool.hpp>
#include <troupe/internal/look_thread.hpp>
#include <troupe/internal/parker.hpp>
#include <troupe/internal/run_queue.hpp>
#include <troupe/internal/timer_heap.hpp>
#include <troupe/internal/wake_slot.hpp>
#include <troupe/internal/worker_limit.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe::internal {

class thread_scheduler;

/// Asks the kernel for membarrier; see wake_slot.hpp.
[[nodiscard]] bool register_barrier() noexcept;

/// One worker thread's state. Fields without atomics are its thread's alone.
struct alignas(64) worker {
  worker(thread_scheduler& of, std::size_t at) noexcept : home(&of), index(at) {}

  thread_scheduler* home;
  wake_slot<detail::fiber> slot;     // runs next
  bool took_injected = false;        // since it last looked whether more would come
  std::uint32_t slot_streak = 0;     // how often in a row the slot went before the queue
  std::uint32_t until_look = 0;      // turns until it looks at the clock
  time_point crowded_since = never;  // since when the queue was seen non-empty
  run_queue<detail::fiber> queue;
  // Twice the operations so far: turns, and what completed at once in them. Odd in a turn: a
  // watcher that reads the same odd number twice, a nap apart, sees a worker that has been in one
  // turn all the while. Written by the worker.
  alignas(64) std::atomic<std::uint64_t> progress{0};
  // Fibers started and ended here; only this worker writes. See thread_scheduler::empty().
  std::atomic<std::uint64_t> started{0};
  std::atomic<std::uint64_t> ended{0};
  // Awake (false) → asleep (true) by the worker; back by the worker, or by whoever wakes it and has
  // then taken it out of sleepers_. seq_cst exchange on both sides.
  std::atomic<bool> asleep{false};
  // For those who look on; written by the worker. `since`: when it last looked at the clock, which
  // it does after it has slept and every few turns.
  std::atomic<detail::fiber*> running{nullptr};
  std::atomic<time_point> since{time_point{}};
  std::atomic<std::uint64_t> handle{0};  // the thread's pthread_t, once it runs
  std::uint64_t progress_at_nap = 0;     // the watcher's notes on this worker; only it touches them
  parker bed;
  std::thread thread;
  // For look_after(), every few turns.
  std::size_t index;
  std::uint32_t long_looks = 0;  // in a row, between which work was long
  std::uint64_t progress_at_look = 0;
  bias_pace bias;
};

class thread_scheduler final : public detail::scheduler {
 public:
  thread_scheduler(std::size_t workers, std::size_t blocking_threads, std::size_t blocking_queue);
  /// One thread of its own, lent out by `parent`, which counts its fibers and has its blocking
  /// pool.
  explicit thread_scheduler(thread_scheduler& parent);
  ~thread_scheduler() override;
  thread_scheduler(const thread_scheduler&) = delete;
  thread_scheduler& operator=(const thread_scheduler&) = delete;

  /// Starts the threads; apart from the constructor, because they need shared_from_this.
  void start() override;
  [[nodiscard]] bool started() const noexcept override { return started_.load(); }

  void schedule(detail::fiber& woken) noexcept override;
  void yield(detail::fiber& running) noexcept override;
  [[nodiscard]] time_point now() const noexcept override {
    return std::chrono::steady_clock::now();
  }
  void add_timer(detail::timer_node& node) override;
  bool remove_timer(detail::timer_node& node) noexcept override;
  void expire(detail::context_state& owned) noexcept override;
  bool submit_blocking(detail::blocking_job& job) override {
    return parent_ != nullptr ? parent_->submit_blocking(job) : blocking_.submit(job);
  }
  scheduler& lend_thread() override;
  void return_thread(scheduler& lent) noexcept override;
  [[nodiscard]] const scheduler& root() const noexcept override {
    return parent_ != nullptr ? *parent_ : *this;
  }
  bool wait(detail::blocker& what, time_point until) override;
  bool wait_until_empty(time_point until, const std::atomic<bool>* enough) override;
  void look_again() noexcept override;
  [[nodiscard]] std::uint64_t random_seed() noexcept override;
  [[nodiscard]] std::size_t workers() const noexcept override { return workers_.size(); }
  void stop() noexcept override;
  void look_with(detail::periodic_look& eyes) override { look_ = &eyes; }
  void health_was_set(const detail::actor_slot& of) const noexcept override;
  void visit_workers(void (*visit)(const detail::worker_view&, void*), void* data) const override;
  [[nodiscard]] std::uint64_t progress() const noexcept override;
  [[nodiscard]] bool quiet() const noexcept override;
  [[nodiscard]] std::size_t fibers() const noexcept override;
  void fiber_started() noexcept override;
  void fiber_ended() noexcept override;

 private:
  // --- internal/worker.cpp: what one worker does ---
  void run(worker& self) noexcept;
  [[gnu::always_inline]] detail::fiber* next(worker& self) noexcept;
  [[gnu::always_inline]] void execute(worker& self, detail::fiber& one) noexcept;
  void begin_to_look(worker& self) noexcept;
  void look_after(worker& self) noexcept;
  bool await_near_timer(const worker& self) noexcept;
  bool await_injection(worker& self) noexcept;
  bool sleep(worker& self, bool leaving) noexcept;
  detail::fiber* steal(worker& self) noexcept;
  detail::fiber* rescue(worker& self) noexcept;
  [[gnu::noinline]] void enqueue(worker& self, detail::fiber& one) noexcept;
  void share_out(worker& self, time_point today) noexcept;
  void look_at_bias(worker& self, time_point today) noexcept;
  [[nodiscard]] worker_reading read_workers(time_point today, bool crowded) const noexcept;
  template <class Change>
  void set_limit(Change change) noexcept;
  void lift_limit(time_point today) noexcept;
  [[nodiscard]] bool is_limited() const noexcept;
  [[nodiscard]] bool is_surplus(const worker& self) const noexcept;
  void give_away(worker& self) noexcept;
  [[nodiscard]] bool others_active(const worker& self) const noexcept;

  // --- shared by the workers ---
  detail::fiber* take_injected(worker* into) noexcept;
  [[gnu::noinline]] void inject(detail::fiber& one) noexcept;
  /// With `injection_lock_` held.
  void add_injected(detail::fiber& one) noexcept;
  [[nodiscard]] std::size_t awake() const noexcept {
    return workers_.size() - sleepers_.load(std::memory_order_relaxed);
  }
  /// One that is no longer counted among them, to be woken; null if nobody sleeps.
  worker* take_sleeper() noexcept;
  [[gnu::noinline]] void wake_one() noexcept;
  void ensure_watcher() noexcept {
    // seq_cst, with sleep(): a watcher that gives up looks for active workers afterwards.
    if (!watching_.load() && sleepers_.load() != 0) {
      wake_one();  // it finds others active when it lies down again, and naps
    }
  }
  void fire_timers() noexcept;
  [[nodiscard]] bool empty() const noexcept;
  void worker_woke() noexcept { (parent_ != nullptr ? parent_ : this)->looks_.moved(); }
  template <class Visit>
  void for_each_worker(Visit visit) const;

  std::vector<std::unique_ptr<worker>> workers_;
  blocking_pool blocking_;

  alignas(64) detail::spin_lock injection_lock_;  // guards the list; see inject()
  detail::fiber* first_injected_ = nullptr;
  detail::fiber* last_injected_ = nullptr;
  std::atomic<std::size_t> injected_{0};  // written under the lock; see "Sleeping" above

  alignas(64) detail::spin_lock timer_lock_;  // guards the heap and `expired_`
  timer_heap timers_;
  std::vector<detail::context_state*> expired_;
  std::atomic<time_point> next_timer_{never};  // the heap's earliest; written under the lock

  // How many workers share short work, and when to look at that again. Whoever sets them has
  // claimed `setting_limit_`, by exchange; given up by store.
  alignas(64) std::atomic<std::size_t> limit_;
  std::atomic<time_point> next_limit_look_{time_point{}};
  std::atomic<bool> setting_limit_{false};
  worker_limit measured_limit_;  // guarded by that claim

  alignas(64) std::atomic<std::size_t> sleepers_{0};
  // Each claimed by exchange, given up by store: a parked worker naps; an idle one awaits a timer.
  std::atomic<bool> watching_{false};
  std::atomic<bool> awaiting_injection_{false};  // a worker is awake and looks: see inject()
  std::atomic<bool> awaiting_timer_{false};
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> started_elsewhere_{0};  // as worker::started, on foreign threads
  std::atomic<std::uint64_t> ended_elsewhere_{0};

  thread_scheduler* parent_ = nullptr;
  mutable std::mutex lent_mutex_;  // guards what follows
  std::vector<std::shared_ptr<thread_scheduler>> lent_;
  std::vector<thread_scheduler*> idle_;  // of those, the ones given back
  // Once stop() has begun, which ends the threads above, a thread that is lent is not started.
  bool stopping_lent_ = false;
  std::vector<std::shared_ptr<thread_scheduler>> never_started_;

  const bool can_raid_ = register_barrier();  // Linux has membarrier, and lets us

  std::mutex empty_mutex_;
  std::condition_variable empty_;
  std::atomic<int> wanting_empty_{0};           // who wait for the last fiber; see fiber_ended()
  std::atomic<std::uint64_t> ends_counted_{0};  // its order is what matters

  detail::periodic_look* look_ = nullptr;  // set once, before anything runs
  mutable look_thread looks_;
};

}  // namespace troupe::internal

#include <troupe/internal/thread_scheduler.hpp>
#include <troupe/internal/throw_site.hpp>

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <thread>
#include <utility>

namespace troupe::internal {

using detail::current;
using detail::fiber;

namespace {

constexpr std::uint32_t look_after_every = 32;  // turns between looks at timers and injections
constexpr std::uint32_t longest_streak = 8;     // turns from the slot while the queue waits
constexpr std::int32_t turn_budget = 128;       // operations of one turn
constexpr duration patience = std::chrono::microseconds(20);
constexpr duration nap = std::chrono::milliseconds(1);
// Putting a thread to sleep and waking it takes about as long: a timer that is nearer is awaited.
constexpr duration near_timer = std::chrono::microseconds(25);
constexpr int quiet_naps = 20;  // naps without activity before a watcher sleeps for good

void all_threads_barrier() noexcept {
  syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

}  // namespace

bool register_barrier() noexcept {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void thread_scheduler::run(worker& self) noexcept {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // timers: to the nanosecond, not to 50 us
  current.sched = this;
  current.worker = &self;
  self.handle.store(static_cast<std::uint64_t>(pthread_self()), std::memory_order_relaxed);
  self.since.store(now(), std::memory_order_relaxed);
  const throw_recording_scope recording;
  while (fiber* one = next(self)) execute(self, *one);
  current = {};
}

fiber* thread_scheduler::next(worker& self) noexcept {
  for (;;) {
    if (++self.ticks % look_after_every == 0) {
      if (stopping_.load(std::memory_order_relaxed)) return nullptr;
      look_after(self);
      if (fiber* one = take_injected(nullptr)) return one;
    }
    if (!self.slot.empty() && (self.slot_streak < longest_streak || self.queue.size() == 0)) {
      ++self.slot_streak;
      if (fiber* one = self.slot.exchange(nullptr)) return one;
    }
    self.slot_streak = 0;
    if (fiber* one = self.queue.pop()) return one;
    if (!self.slot.empty()) {
      if (fiber* one = self.slot.exchange(nullptr)) return one;
    }
    self.crowded_since = never;
    if (fiber* one = take_injected(&self)) {
      self.took_injected = true;
      return one;
    }
    fire_timers();
    if (!self.slot.empty()) continue;
    if (fiber* one = steal(self, false)) return one;
    if (await_near_timer(self) || await_injection(self)) continue;
    if (!sleep(self)) return nullptr;
    self.since.store(now(), std::memory_order_relaxed);
    current.until_sample = 1;  // the first message after a sleep is timed
  }
}

// True: it was worth staying awake. One worker at a time does so.
bool thread_scheduler::await_near_timer(const worker& self) noexcept {
  const auto is_near = [&] {
    const time_point next = next_timer_.load(std::memory_order_relaxed);
    return next != never && next - now() < near_timer;
  };
  if (!is_near() || awaiting_timer_.exchange(true)) return false;
  while (is_near() && next_timer_.load(std::memory_order_relaxed) > now() &&
         injected_.load(std::memory_order_relaxed) == 0 && self.slot.empty() &&
         !stopping_.load(std::memory_order_relaxed)) {
    detail::cpu_relax();
  }
  awaiting_timer_.store(false);
  return true;
}

// A thread outside that sends much would wake us for each of it, and we would go to sleep after
// each: for both a system call that takes longer than the work. So who was injected into stays
// awake a moment longer. One worker at a time does so. True: something has come.
bool thread_scheduler::await_injection(worker& self) noexcept {
  if (!std::exchange(self.took_injected, false) || awaiting_injection_.exchange(true)) return false;
  const time_point until = later(now(), patience);
  bool come = false;
  do {
    for (int i = 0; i != 16 && !come; ++i) {
      detail::cpu_relax();
      come = injected_.load(std::memory_order_relaxed) != 0 || !self.slot.empty() ||
             stopping_.load(std::memory_order_relaxed);
    }
  } while (!come && now() < until);
  // seq_cst, with inject(): it has counted its fiber before it sees that somebody is awake, and
  // sleep() reads the count after this.
  awaiting_injection_.store(false);
  come = come || injected_.load() != 0;
  if (come && sleepers_.load() != 0) ensure_watcher();  // for what came beside it
  return come;
}

void thread_scheduler::execute(worker& self, fiber& one) noexcept {
  // Woken by one worker while another is on its way out of parking it: see fiber::on_worker.
  for (int spins = 0; one.on_worker.load(std::memory_order_acquire); ++spins) {
    if (spins > 100) std::this_thread::yield();
  }
  one.on_worker.store(true, std::memory_order_relaxed);
  current.running = &one;
  current.budget = turn_budget;
  const std::uint64_t turn = self.turns.load(std::memory_order_relaxed);
  self.running.store(&one, std::memory_order_release);    // not before the end of the last turn
  self.turns.store(turn + 1, std::memory_order_release);  // with visit_workers: `running` is of it
  one.resume_point.resume();
  self.turns.store(turn + 2, std::memory_order_release);
  // Null already: root_finished().
  const bool finished = std::exchange(current.running, nullptr) == nullptr;
  if (finished) {
    one.on_worker.store(false, std::memory_order_relaxed);
    detail::finish_fiber(one);
  } else {
    one.on_worker.store(false, std::memory_order_release);
  }
}

void thread_scheduler::look_after(worker& self) noexcept {
  const time_point today = now();
  self.since.store(today, std::memory_order_relaxed);
  fire_timers();
  if (sleepers_.load(std::memory_order_relaxed) == 0) return;
  if (self.queue.size() == 0) {
    self.crowded_since = never;
    return;
  }
  if (self.crowded_since == never) {
    self.crowded_since = today;
  } else if (today - self.crowded_since > patience) {
    self.crowded_since = today;
    wake_one();
  }
}

void thread_scheduler::enqueue(worker& self, fiber& one) noexcept {
  if (!self.queue.push(&one)) {
    inject(one);
    return;
  }
  ensure_watcher();
}

bool thread_scheduler::others_active(const worker& self) const noexcept {
  return std::ranges::any_of(
      workers_, [&](const auto& one) { return one.get() != &self && !one->asleep.load(); });
}

// From whoever has something, or (a watcher) only from a worker stuck in a turn.
fiber* thread_scheduler::steal(worker& self, bool only_stuck) noexcept {
  for (auto& victim : workers_) {
    if (victim.get() == &self) continue;
    if (only_stuck) {
      const std::uint64_t turns = victim->turns.load(std::memory_order_relaxed);
      const bool stuck = turns % 2 == 1 && turns == victim->turns_at_last_nap;
      victim->turns_at_last_nap = turns;
      if (!stuck) continue;
    }
    if (victim->queue.steal_into(self.queue) != 0) return self.queue.pop();
    if (only_stuck && can_raid_) {
      if (fiber* one = victim->slot.raid(all_threads_barrier)) return one;
    }
  }
  return nullptr;
}

// False: the scheduler has stopped.
bool thread_scheduler::sleep(worker& self) noexcept {
  bool watcher = false;
  int quiet = 0;
  fiber* found = nullptr;
  for (;;) {
    if (stopping_.load()) break;
    self.asleep.store(true);
    sleepers_.fetch_add(1);
    if (watcher && ++quiet > quiet_naps) {
      watcher = false;
      watching_.store(false);
    }
    // After giving up: a worker that has become active either sees that nobody watches
    // (ensure_watcher) or is seen here. The timers, too, are read afterwards.
    if (others_active(self)) {
      quiet = 0;
      if (!watcher) watcher = !watching_.exchange(true);
    }
    time_point until = next_timer_.load();
    if (watcher) until = std::min(until, later(now(), nap));
    if (injected_.load() == 0 && !stopping_.load()) self.bed.sleep(until);
    const bool told = !self.asleep.exchange(false);
    if (!told) sleepers_.fetch_sub(1);
    worker_woke();
    fire_timers();
    if (!self.slot.empty() || self.queue.size() != 0 || injected_.load() != 0) break;
    if (told || watcher) found = steal(self, !told);
    if (found != nullptr || stopping_.load()) break;
  }
  if (watcher) watching_.store(false);
  if (found != nullptr) {
    // Stolen fibers are in our queue already; this one goes in front of them.
    if (fiber* displaced = self.slot.exchange(found)) enqueue(self, *displaced);
  }
  return !stopping_.load() || !self.slot.empty() || self.queue.size() != 0;
}

}  // namespace troupe::internal

#include <troupe/internal/thread_scheduler.hpp>

#include <troupe/detail/biased_lock.hpp>
#include <troupe/internal/short_slice.hpp>
#include <troupe/internal/throw_site.hpp>

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace troupe::internal {

using detail::current;
using detail::fiber;

namespace {

// Turns between looks at the clock, timers and injections; and where turns are so short that the
// clock would be a twentieth of them.
constexpr std::uint32_t turns_between_looks = 32;
constexpr std::uint32_t turns_if_quick = 128;
constexpr duration quick_look = std::chrono::microseconds(4);  // between two looks
// Turns from the slot while the queue waits. It is what a caller gets in a row, to and fro, before
// others have their turn: more, and they wait longer; fewer, and all wait (docs/decisions/0030).
constexpr std::uint32_t longest_streak = 5;
constexpr std::int32_t turn_budget = 128;  // operations of one turn
constexpr duration patience = std::chrono::microseconds(20);
// One worth a core of its own, where nobody is in its way; with others it may take longer.
constexpr duration long_operation = std::chrono::microseconds(2);
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

// Inlined, as the machinery of a call is a tenth of a short turn.
void thread_scheduler::execute(worker& self, fiber& one) noexcept {
  // Woken by one worker while another is on its way out of parking it: see fiber::on_worker.
  for (int spins = 0; one.on_worker.load(std::memory_order_acquire); ++spins) {
    if (spins > 100) std::this_thread::yield();
  }
  one.on_worker.store(true, std::memory_order_relaxed);
  current.running = &one;
  current.budget = turn_budget;
  const std::uint64_t before = self.progress.load(std::memory_order_relaxed);
  self.running.store(&one, std::memory_order_release);  // not before the end of the last turn
  // With visit_workers: `running` is of this turn.
  self.progress.store(before + 1, std::memory_order_release);
  one.resume_point.resume();
  const auto completed = static_cast<std::uint64_t>(turn_budget - current.budget);
  self.progress.store(before + 2 + 2 * completed, std::memory_order_release);
  // Null already: root_finished().
  const bool finished = std::exchange(current.running, nullptr) == nullptr;
  if (finished) {
    one.on_worker.store(false, std::memory_order_relaxed);
    detail::finish_fiber(one);
  } else {
    one.on_worker.store(false, std::memory_order_release);
  }
}

void thread_scheduler::run(worker& self) noexcept {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // timers: to the nanosecond, not to 50 us
  ask_for_short_slices();
  current.sched = this;
  current.worker = &self;
  self.handle.store(static_cast<std::uint64_t>(pthread_self()), std::memory_order_relaxed);
  begin_to_look(self);
  const throw_recording_scope recording;
  const detail::bias_candidate locks;
  while (fiber* one = next(self)) execute(self, *one);
  current = {};
}

fiber* thread_scheduler::next(worker& self) noexcept {
  for (;;) {
    if (--self.until_look == 0) {
      if (stopping_.load(std::memory_order_relaxed)) return nullptr;
      look_after(self);
      if (is_surplus(self)) {
        give_away(self);
        if (!sleep(self, true)) return nullptr;
      } else if (fiber* one = take_injected(is_limited() ? &self : nullptr)) {
        return one;
      }
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
    if (!is_surplus(self)) {
      if (fiber* one = steal(self)) return one;
    }
    if (await_near_timer(self) || await_injection(self)) continue;
    if (!sleep(self, false)) return nullptr;
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

// After a sleep, and at first: the next look is to see what a whole number of turns took.
void thread_scheduler::begin_to_look(worker& self) noexcept {
  self.since.store(now(), std::memory_order_relaxed);
  self.progress_at_look = self.progress.load(std::memory_order_relaxed);
  self.until_look = turns_between_looks;
}

void thread_scheduler::look_after(worker& self) noexcept {
  const time_point today = now();
  const time_point before = self.since.load(std::memory_order_relaxed);
  self.since.store(today, std::memory_order_relaxed);
  self.until_look = today - before < quick_look ? turns_if_quick : turns_between_looks;
  fire_timers();
  look_at_bias(self, today);
  if (workers_.size() == 1) return;

  const std::uint64_t progress = self.progress.load(std::memory_order_relaxed);
  const auto done = static_cast<std::int64_t>(progress - self.progress_at_look) / 2;
  self.progress_at_look = progress;
  const auto sharing = static_cast<std::int64_t>(limit_.load(std::memory_order_relaxed));
  const bool was_long = today - before > done * sharing * long_operation;
  self.long_looks = was_long ? self.long_looks + 1 : 0;
  if (self.queue.size() == 0) {
    self.crowded_since = never;
  } else if (self.crowded_since == never) {
    self.crowded_since = today;
  }
  share_out(self, today);
}

// Who works alone takes its locks without a locked instruction.
void thread_scheduler::look_at_bias(worker& self, time_point today) noexcept {
  if (self.bias.has_it()) {
    if (detail::bias_candidate::has_it()) return;
    detail::bias_candidate::give_up();
    self.bias.lost(today);
  } else if (awake() == 1 && parent_ == nullptr && self.bias.may_ask(today)) {
    self.bias.asked(today, detail::bias_candidate::take());
  }
}

// Wakes another worker for what waits in our queue, if that is worth it.
void thread_scheduler::share_out(worker& self, time_point today) noexcept {
  const bool crowded = today - self.crowded_since > patience;
  // Twice: once may be the system that has given the core to somebody else.
  if (crowded && self.long_looks > 1) lift_limit(today);
  if (today >= next_limit_look_.load(std::memory_order_relaxed)) {
    set_limit([&](worker_limit& of) {
      if (today >= of.next_look()) of.look(read_workers(today, crowded));
    });
  }
  if (!crowded || awake() >= limit_.load(std::memory_order_relaxed)) return;
  self.crowded_since = today;
  wake_one();
}

worker_reading thread_scheduler::read_workers(time_point today, bool crowded) const noexcept {
  worker_reading seen{.now = today, .awake = awake(), .crowded = crowded};
  for (const auto& one : workers_) {
    seen.operations += one->progress.load(std::memory_order_relaxed) / 2;
  }
  return seen;
}

// Not if somebody else is at it, who sees the same.
template <class Change>
void thread_scheduler::set_limit(Change change) noexcept {
  if (setting_limit_.exchange(true, std::memory_order_acquire)) return;
  change(measured_limit_);
  limit_.store(measured_limit_.limit(), std::memory_order_relaxed);
  next_limit_look_.store(measured_limit_.next_look(), std::memory_order_relaxed);
  setting_limit_.store(false, std::memory_order_release);
}

void thread_scheduler::lift_limit(time_point today) noexcept {
  if (is_limited()) set_limit([&](worker_limit& of) { of.lift(today); });
}

bool thread_scheduler::is_limited() const noexcept {
  return limit_.load(std::memory_order_relaxed) < workers_.size();
}

// More are awake than may share short work, and enough of them come before us. Who has not looked
// at the clock for long is in a long turn, or in many: nothing is left to those.
bool thread_scheduler::is_surplus(const worker& self) const noexcept {
  const std::size_t limit = limit_.load(std::memory_order_relaxed);
  if (awake() <= limit) [[likely]]
    return false;
  const time_point recently = self.since.load(std::memory_order_relaxed) - nap / 2;
  std::size_t before = 0;
  for (std::size_t i = 0; i != self.index; ++i) {
    const worker& other = *workers_[i];
    const bool quick = other.since.load(std::memory_order_relaxed) >= recently;
    if (quick && !other.asleep.load(std::memory_order_relaxed)) ++before;
  }
  return before >= limit;
}

// To the injection queue, from where those within the limit take it. Nobody is woken for it:
// another worker is awake, and looks there before it sleeps.
void thread_scheduler::give_away(worker& self) noexcept {
  const std::lock_guard held(injection_lock_);
  if (fiber* one = self.slot.exchange(nullptr)) add_injected(*one);
  while (fiber* one = self.queue.pop()) add_injected(*one);
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

fiber* thread_scheduler::steal(worker& self) noexcept {
  for (auto& victim : workers_) {
    if (victim.get() != &self && victim->queue.steal_into(self.queue) != 0) {
      return self.queue.pop();
    }
  }
  return nullptr;
}

// What a watcher takes after a nap: from a worker that has not left its turn since the last one, or
// has not made enough turns to look at the clock.
fiber* thread_scheduler::rescue(worker& self) noexcept {
  const time_point today = now();
  for (auto& victim : workers_) {
    if (victim.get() == &self) continue;
    const std::uint64_t progress = victim->progress.load(std::memory_order_relaxed);
    const bool stuck = progress % 2 == 1 && progress == victim->progress_at_nap;
    victim->progress_at_nap = progress;
    const bool slow = today - victim->since.load(std::memory_order_relaxed) > nap &&
                      !victim->asleep.load(std::memory_order_relaxed);
    fiber* found = nullptr;
    if ((stuck || slow) && victim->queue.steal_into(self.queue) != 0) found = self.queue.pop();
    if (found == nullptr && stuck && can_raid_) found = victim->slot.raid(all_threads_barrier);
    if (found == nullptr) continue;
    lift_limit(today);
    return found;
  }
  return nullptr;
}

// `leaving`: it has given away what it had. False: the scheduler has stopped.
bool thread_scheduler::sleep(worker& self, bool leaving) noexcept {
  detail::bias_candidate::give_up();
  self.bias.gave_up();
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
    // (ensure_watcher) or is seen here. The timers, too, are read afterwards, and whether somebody
    // is left who takes what we have given away: who sleeps by now has not looked for it, or we see
    // that it sleeps.
    const bool others = others_active(self);
    if (others) {
      quiet = 0;
      if (!watcher) watcher = !watching_.exchange(true);
    }
    time_point until = next_timer_.load();
    if (watcher) until = std::min(until, later(now(), nap));
    const bool ours = injected_.load() != 0 && !(leaving && others);
    if (!ours && !stopping_.load()) self.bed.sleep(until);
    leaving = false;
    const bool told = !self.asleep.exchange(false);
    if (!told) sleepers_.fetch_sub(1);
    worker_woke();
    fire_timers();
    if (!self.slot.empty() || self.queue.size() != 0 || injected_.load() != 0) break;
    if (told && !is_surplus(self)) {
      found = steal(self);
    } else if (watcher) {
      found = rescue(self);
    }
    if (found != nullptr || stopping_.load()) break;
  }
  if (watcher) watching_.store(false);
  if (found != nullptr) {
    // Stolen fibers are in our queue already; this one goes in front of them.
    if (fiber* displaced = self.slot.exchange(found)) enqueue(self, *displaced);
  }
  // Those who are active have counted on the watcher, and timers on who slept until then. What we
  // have found to do may take long.
  if ((watcher || next_timer_.load() != never) && others_active(self)) ensure_watcher();
  begin_to_look(self);
  current.until_sample = 1;  // the first message after a sleep is timed
  return !stopping_.load() || !self.slot.empty() || self.queue.size() != 0;
}

}  // namespace troupe::internal

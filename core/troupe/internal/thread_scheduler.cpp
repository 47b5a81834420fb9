#include <troupe/internal/thread_scheduler.hpp>

#include <troupe/detail/context_state.hpp>
#include <troupe/detail/process_barrier.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace troupe::internal {

using detail::current;
using detail::fiber;

thread_scheduler::thread_scheduler(std::size_t workers, std::size_t blocking_threads,
                                   std::size_t blocking_queue)
    : blocking_(blocking_threads, blocking_queue), limit_(workers), measured_limit_(workers) {
  for (std::size_t i = 0; i != workers; ++i) workers_.push_back(std::make_unique<worker>(*this, i));
}

thread_scheduler::thread_scheduler(thread_scheduler& parent) : thread_scheduler(1, 0, 0) {
  parent_ = &parent;
  log_to(parent.log());
}

thread_scheduler::~thread_scheduler() { stop(); }

detail::scheduler& thread_scheduler::lend_thread() {
  if (parent_ != nullptr) return parent_->lend_thread();
  const std::lock_guard held(lent_mutex_);
  if (!idle_.empty()) {
    thread_scheduler& again = *idle_.back();
    idle_.pop_back();
    return again;
  }
  auto made = std::make_shared<thread_scheduler>(*this);
  idle_.reserve(lent_.size() + never_started_.size() + 1);  // giving one back needs no memory
  if (stopping_lent_) {
    never_started_.push_back(made);  // what is to run there is destroyed as it is
  } else {
    made->start();
    lent_.push_back(made);
  }
  return *made;
}

void thread_scheduler::return_thread(detail::scheduler& lent) noexcept {
  if (parent_ != nullptr) return parent_->return_thread(lent);
  const std::lock_guard held(lent_mutex_);
  idle_.push_back(static_cast<thread_scheduler*>(&lent));
}

void thread_scheduler::start() {
  if (started_.exchange(true)) return;
  for (auto& one : workers_) {
    one->thread = std::thread([this, self = one.get()] { run(*self); });
  }
  if (look_ != nullptr) looks_.start(*look_, *this);
}

void thread_scheduler::stop() noexcept {
  looks_.stop();
  {
    const std::lock_guard held(lent_mutex_);
    stopping_lent_ = true;
  }
  // Without the mutex: what ends there meanwhile gives its thread back. The list changes no more.
  for (auto& one : lent_) one->stop();
  blocking_.stop();
  stopping_.store(true);
  for (auto& one : workers_) one->bed.wake();
  for (auto& one : workers_) {
    if (one->thread.joinable()) one->thread.join();
  }
}

void thread_scheduler::schedule(fiber& woken) noexcept {
  if (current.sched != this) [[unlikely]]  // else this is one of our workers
    return inject(woken);
  auto& self = *static_cast<worker*>(current.worker);
  fiber* const displaced = self.slot.exchange(&woken);
  if (displaced != nullptr) return enqueue(self, *displaced);
  ensure_watcher();  // for the slot, should this turn be a long one
}

void thread_scheduler::yield(fiber& running) noexcept {
  auto& self = *static_cast<worker*>(current.worker);
  enqueue(self, running);
}

void thread_scheduler::add_injected(fiber& one) noexcept {
  one.next = nullptr;
  (last_injected_ != nullptr ? last_injected_->next : first_injected_) = &one;
  last_injected_ = &one;
  injected_.fetch_add(1);
}

// A worker takes the fiber under the lock. Once that has ended the scheduler may go: it is only
// read under the lock, and kept while somebody is woken, which takes long.
void thread_scheduler::inject(fiber& one) noexcept {
  std::shared_ptr<detail::scheduler> kept;
  worker* sleeper = nullptr;
  {
    const std::lock_guard held(injection_lock_);
    add_injected(one);
    if (sleepers_.load() != 0 && !awaiting_injection_.load()) sleeper = take_sleeper();
    if (sleeper != nullptr) kept = weak_from_this().lock();
  }
  if (sleeper != nullptr) sleeper->bed.wake();
}

// Takes one to run, and a fair share of the rest into the worker's queue.
fiber* thread_scheduler::take_injected(worker* into) noexcept {
  if (injected_.load(std::memory_order_acquire) == 0) return nullptr;
  const std::lock_guard held(injection_lock_);
  fiber* const first = first_injected_;
  if (first == nullptr) return nullptr;
  std::size_t taken = 1;
  first_injected_ = first->next;
  if (into != nullptr) {
    const std::size_t share =
        injected_.load(std::memory_order_relaxed) / limit_.load(std::memory_order_relaxed);
    while (first_injected_ != nullptr && taken < std::min<std::size_t>(share, 64)) {
      fiber* const one = first_injected_;
      fiber* const rest = one->next;
      if (!into->queue.push(one)) break;
      first_injected_ = rest;
      ++taken;
    }
  }
  if (first_injected_ == nullptr) last_injected_ = nullptr;
  injected_.fetch_sub(taken);
  return first;
}

worker* thread_scheduler::take_sleeper() noexcept {
  for (auto& one : workers_) {
    if (one->asleep.load() && one->asleep.exchange(false)) {
      sleepers_.fetch_sub(1);
      return one.get();
    }
  }
  return nullptr;
}

void thread_scheduler::wake_one() noexcept {
  if (worker* const one = take_sleeper()) one->bed.wake();
}

void thread_scheduler::add_timer(detail::timer_node& node) {
  bool earliest = false;
  {
    const std::lock_guard held(timer_lock_);
    timers_.insert(node);
    earliest = node.index == 0;
    if (earliest) next_timer_.store(node.deadline);
  }
  if (!earliest) return;
  if (current.sched == this) {
    ensure_watcher();
  } else if (sleepers_.load() != 0) {
    wake_one();  // to sleep no longer than until the new deadline
  }
}

bool thread_scheduler::remove_timer(detail::timer_node& node) noexcept {
  const std::lock_guard held(timer_lock_);
  const bool was_there = timers_.erase(node);
  next_timer_.store(timers_.next_deadline(), std::memory_order_relaxed);
  return was_there;
}

void thread_scheduler::expire(detail::context_state& owned) noexcept { expired_.push_back(&owned); }

void thread_scheduler::fire_timers() noexcept {
  const time_point next = next_timer_.load(std::memory_order_relaxed);
  if (next == never || next > now()) return;
  for (;;) {  // one context at a time: `expired_` keeps its memory, and ending one takes the
              // timers' lock
    detail::context_state* expired = nullptr;
    {
      const std::lock_guard held(timer_lock_);
      const time_point today = now();
      while (detail::timer_node* due = timers_.pop_due(today)) due->fire(due);
      next_timer_.store(timers_.next_deadline(), std::memory_order_relaxed);
      if (!expired_.empty()) {
        expired = expired_.back();
        expired_.pop_back();
      }
    }
    if (expired == nullptr) break;
    detail::end(*expired, detail::context_status::expired);
    detail::release(*expired);
  }
}

void thread_scheduler::health_was_set(const detail::actor_slot& of) const noexcept {
  if (look_ == nullptr) return;
  look_->health_was_set(of);
  looks_.sooner();
}

template <class Visit>
void thread_scheduler::for_each_worker(Visit visit) const {
  for (const auto& one : workers_) visit(*one, false);
  const std::lock_guard held(lent_mutex_);
  for (const auto& lent : lent_) {
    for (const auto& one : lent->workers_) visit(*one, true);
  }
}

void thread_scheduler::visit_workers(void (*visit)(const detail::worker_view&, void*),
                                     void* data) const {
  std::size_t index = 0;
  for_each_worker([&](const worker& one, bool lent) {
    // The turn before and after: what runs belongs to it if it is the same.
    const std::uint64_t progress = one.progress.load(std::memory_order_acquire);
    detail::worker_view seen{
        .index = index++, .lent = lent, .asleep = one.asleep.load(), .progress = progress};
    seen.running = one.running.load(std::memory_order_acquire);
    seen.since = one.since.load(std::memory_order_relaxed);
    seen.thread = one.handle.load(std::memory_order_relaxed);
    if (one.progress.load(std::memory_order_acquire) != progress) seen.running = nullptr;
    visit(seen, data);
  });
}

std::uint64_t thread_scheduler::progress() const noexcept {
  std::uint64_t sum = 0;
  for_each_worker(
      [&](const worker& one, bool) { sum += one.progress.load(std::memory_order_relaxed); });
  return sum;
}

bool thread_scheduler::quiet() const noexcept {
  bool all = injected_.load() == 0;
  for_each_worker([&](const worker& one, bool) { all = all && one.asleep.load(); });
  return all;
}

std::size_t thread_scheduler::fibers() const noexcept {
  std::uint64_t ended = ended_elsewhere_.load();
  for (const auto& one : workers_) ended += one->ended.load();
  std::uint64_t started = started_elsewhere_.load();
  for (const auto& one : workers_) started += one->started.load();
  return started - ended;
}

bool thread_scheduler::wait(detail::blocker& what, time_point until) {
  std::unique_lock held(what.mutex);
  if (until == never) {
    what.changed.wait(held, [&] { return what.done; });
    return true;
  }
  return what.changed.wait_until(held, until, [&] { return what.done; });
}

std::uint64_t thread_scheduler::random_seed() noexcept {
  return static_cast<std::uint64_t>(now().time_since_epoch().count()) ^
         reinterpret_cast<std::uintptr_t>(this);
}

// The counters only grow, and are read one by one, those of the ended first: if as many have
// started by the end of the reading as had ended at its beginning, none was alive in between.
bool thread_scheduler::empty() const noexcept { return fibers() == 0; }

namespace {

void count_one(std::atomic<std::uint64_t>& ours) noexcept {
  ours.store(ours.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace

void thread_scheduler::fiber_started() noexcept {
  if (parent_ != nullptr) return parent_->fiber_started();
  if (current.sched == this) {
    count_one(static_cast<worker*>(current.worker)->started);
  } else {
    started_elsewhere_.fetch_add(1);
  }
}

void thread_scheduler::fiber_ended() noexcept {
  if (parent_ != nullptr) return parent_->fiber_ended();
  if (current.sched == this) {
    count_one(static_cast<worker*>(current.worker)->ended);
  } else {
    ended_elsewhere_.fetch_add(1);
  }
  // With wait_until_empty(), which says that it waits before it counts: either it counts this end,
  // or we see that somebody waits. Where that takes a barrier here, the waiter makes it for us.
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (wanting_empty_.load() == 0) [[likely]]
    return;
  // Of two that end at once, the later one here counts both.
  ends_counted_.fetch_add(1);
  if (!empty()) return;
  const std::lock_guard held(empty_mutex_);
  empty_.notify_all();
}

bool thread_scheduler::wait_until_empty(time_point until, const std::atomic<bool>* enough) {
  std::unique_lock held(empty_mutex_);
  wanting_empty_.fetch_add(1);
  // Without such a barrier an end may be missed, but not by the next look.
  const bool exact = detail::has_process_barrier();
  if (exact) detail::process_barrier();
  constexpr auto look_again_after = std::chrono::milliseconds(5);
  while (!empty() && (enough == nullptr || !enough->load())) {
    const time_point today = now();
    if (today >= until) break;
    const time_point next = exact ? until : std::min(until, later(today, look_again_after));
    if (next == never) {
      empty_.wait(held);
    } else {
      empty_.wait_until(held, next);
    }
  }
  wanting_empty_.fetch_sub(1);
  return empty();
}

void thread_scheduler::look_again() noexcept {
  const std::lock_guard held(empty_mutex_);
  empty_.notify_all();
}

}  // namespace troupe::internal

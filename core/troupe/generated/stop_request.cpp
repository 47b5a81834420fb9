#include <troupe/generated/stop_request.hpp>

namespace troupe::generated {

void stop_request::stop() noexcept {
  requested_.store(true);
  for (;;) {
    detail::fiber* const run = run_.load();
    if (run == nullptr) return;  // the next run will look
    run->lock.lock();
    // A fiber is used again for other runs: under its lock it is ours, or it is not.
    if (run_.load() != run) {
      run->lock.unlock();
      continue;
    }
    const bool waits =
        run->is_parked(std::memory_order_acquire) && in_loop_.load(std::memory_order_relaxed);
    if (waits) run->unpark_locked(fired_stopped);
    detail::scheduler* const sched = run->sched;
    run->lock.unlock();
    if (waits) sched->schedule(*run);
    return;
  }
}

void stop_request::wake(detail::fiber& self) noexcept {
  self.fire(self.wait.load(std::memory_order_relaxed), fired_stopped);
}

}  // namespace troupe::generated

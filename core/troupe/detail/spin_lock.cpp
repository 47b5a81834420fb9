#include <troupe/detail/spin_lock.hpp>

#include <chrono>
#include <thread>

namespace troupe::detail {

// Reads until the lock looks free, so that waiting does not take the cache line from its holder. A
// holder that was preempted has to get a core: after a while we give up ours, then sleep.
void spin_lock::wait() noexcept {
  constexpr int pauses = 100;
  constexpr int yields = 100;
  for (int round = 0;; ++round) {
    for (int i = 0; i != pauses; ++i) {
      if (!held_.load(std::memory_order_relaxed) && try_lock()) return;
      cpu_relax();
    }
    if (round < yields) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
}

}  // namespace troupe::detail

#include <troupe/detail/spin_lock.hpp>

#include <chrono>
#include <thread>

namespace troupe::detail {

void give_way(std::uint32_t round) noexcept {
  constexpr std::uint32_t yields = 100;
  if (round < yields) {
    std::this_thread::yield();
  } else {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

// Reads until the lock looks free, so that waiting does not take the cache line from its holder.
void spin_lock::wait() noexcept {
  spin([this] { return !held_.load(std::memory_order_relaxed) && try_lock(); });
}

}  // namespace troupe::detail

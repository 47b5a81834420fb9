#include <troupe/internal/parker.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

namespace troupe::internal {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void parker::sleep(time_point until) noexcept {
  timespec deadline{};
  timespec* limit = nullptr;
  if (until != never) {
    // CLOCK_MONOTONIC, as libstdc++'s steady_clock. It begins with the machine: "an hour ago" may
    // be negative, which the kernel refuses.
    const auto since = std::max(until.time_since_epoch(), duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    deadline.tv_sec = static_cast<std::time_t>(seconds.count());
    deadline.tv_nsec = static_cast<long>((since - seconds).count());
    limit = &deadline;
  }
  while (told_.exchange(0, std::memory_order_acquire) == 0) {
    const long slept = syscall(SYS_futex, &told_, FUTEX_WAIT_BITSET_PRIVATE, 0U, limit, nullptr,
                               FUTEX_BITSET_MATCH_ANY);
    if (slept != 0 && errno == ETIMEDOUT) {
      told_.exchange(0, std::memory_order_acquire);
      return;
    }
  }
}

void parker::wake() noexcept {
  if (told_.exchange(1, std::memory_order_release) != 0) return;
  syscall(SYS_futex, &told_, FUTEX_WAKE_PRIVATE, 1);
}

}  // namespace troupe::internal

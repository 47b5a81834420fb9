#pragma once

// A lock of one byte for critical sections of a few dozen instructions. Uncontended: one locked
// exchange to take it and a plain store to give it back.
//
// States: free (false), held (true). The exchange is seq_cst, because protocols on top of it
// (fiber::parked) count on it as a full barrier; x86 does not charge for that.

#include <atomic>
#include <cstdint>

namespace troupe::detail {

/// For a loop that waits for another thread: tells the core that it does nothing useful.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Lets other threads run, for longer after many rounds.
void give_way(std::uint32_t round) noexcept;

/// Calls `try_it` until it gives true, and makes room in between: for the other hardware thread,
/// and then, as who is waited for may have been preempted, for other threads.
template <class Try>
void spin(Try try_it) noexcept {
  for (std::uint32_t round = 0;; ++round) {
    for (int i = 0; i != 100; ++i) {
      if (try_it()) return;
      cpu_relax();
    }
    give_way(round);
  }
}

class spin_lock {
 public:
  constexpr spin_lock() noexcept = default;
  spin_lock(const spin_lock&) = delete;
  spin_lock& operator=(const spin_lock&) = delete;

  void lock() noexcept {
    if (held_.exchange(true, std::memory_order_seq_cst)) [[unlikely]]
      wait();
  }
  [[nodiscard]] bool try_lock() noexcept {
    return !held_.exchange(true, std::memory_order_seq_cst);
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }
  [[nodiscard]] bool is_held() const noexcept { return held_.load(std::memory_order_acquire); }

 private:
  void wait() noexcept;

  std::atomic<bool> held_{false};
};

}  // namespace troupe::detail

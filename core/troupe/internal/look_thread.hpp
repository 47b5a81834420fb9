#pragma once

// The thread of a periodic_look: sleeps from one look to the next, and for good while nothing
// moves.
//
// Resting without missing that something moves: the thread stores resting_ (seq_cst), then asks
// whether all workers are asleep, and have run nothing since the last look. A worker that wakes up
// first says so (worker::asleep, seq_cst), and then calls moved(), which reads resting_: one of the
// two sees the other.

#include <troupe/detail/scheduler.hpp>
#include <troupe/internal/parker.hpp>

#include <atomic>
#include <cstdint>
#include <thread>

namespace troupe::internal {

class look_thread {
 public:
  look_thread() = default;
  look_thread(const look_thread&) = delete;
  look_thread& operator=(const look_thread&) = delete;
  ~look_thread() { stop(); }

  /// `what` and `of` outlive the thread.
  void start(detail::periodic_look& what, const detail::scheduler& of);
  /// Waits for a look that is under way.
  void stop() noexcept;

  /// A worker has woken up. Cost: one load.
  void moved() noexcept {
    if (resting_.load() && resting_.exchange(false)) bed_.wake();
  }
  /// Somebody is to be looked after sooner than was known. Any thread.
  void sooner() noexcept {
    sooner_.store(true);
    bed_.wake();
  }

 private:
  void run(detail::periodic_look& what, const detail::scheduler& of) noexcept;
  time_point rest(detail::periodic_look& what, const detail::scheduler& of,
                  std::uint64_t progress) noexcept;

  std::atomic<bool> resting_{false};
  std::atomic<bool> sooner_{false};
  std::atomic<bool> stopping_{false};
  parker bed_;
  std::thread thread_;
};

}  // namespace troupe::internal

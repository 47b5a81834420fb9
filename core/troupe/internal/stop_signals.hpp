#pragma once

// SIGINT, SIGTERM and the like as a wake-up: for runtime::run.
//
// A signal's handler may do next to nothing, so it notes the signal in static memory and wakes a
// futex (parker), on which a thread sleeps that then calls whoever wants to know. One
// stop_signals at a time in a process: signals belong to the process.

#include <troupe/internal/parker.hpp>

#include <atomic>
#include <csignal>
#include <functional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::internal {

class stop_signals {
 public:
  /// Calls `told(signal)` on a thread of its own when the first of them comes. The next one finds
  /// what was there before: mostly the end of the process. Throws usage_error for what cannot be
  /// handled, or where another one lives already.
  stop_signals(std::span<const int> signals, std::function<void(int)> told);
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;
  /// What was there before is there again.
  ~stop_signals();

 private:
  void restore() noexcept;

  std::vector<std::pair<int, struct sigaction>> before_;
  std::atomic<bool> ending_{false};
  std::thread waiter_;
};

}  // namespace troupe::internal

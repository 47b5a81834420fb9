#pragma once

// Delivers a supervisor's events to one observer, in order, on the blocking pool. The supervisor
// only ever appends to a bounded ring; one job at a time empties it.

#include <troupe/detail/scheduler.hpp>
#include <troupe/logger.hpp>
#include <troupe/supervisor_observer.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace troupe::internal {

enum class observed : std::uint8_t { registered, started, stopped, restarting, terminal };

struct observation {
  observed what{};
  std::shared_ptr<const actor> who{};
  exit_reason why = exit_reason::clean();
  std::uint64_t count = 0;
  error end = errc::canceled;
};

class observer_hub : public detail::blocking_job,
                     public std::enable_shared_from_this<observer_hub> {
 public:
  static constexpr std::size_t most_waiting = 1024;

  explicit observer_hub(supervisor_observer observer);

  /// From the supervisor. Never blocks.
  void tell(observation&& what, detail::scheduler& sched, const logger& log);
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  [[nodiscard]] bool wants(observed what) const noexcept;
  void deliver_all() noexcept;
  void deliver(const observation& one) const;
  std::optional<observation> take();

  const supervisor_observer observer_;
  std::mutex mutex_;  // guards all below
  std::deque<observation> waiting_;
  bool delivering_ = false;  // a job is submitted or running
  logger log_;
  std::shared_ptr<observer_hub> self_;  // while delivering
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace troupe::internal

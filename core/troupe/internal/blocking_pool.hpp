#pragma once

// Threads for jobs that block: started when a job finds none idle, up to a bound; a job beyond
// that waits in a bounded queue; a thread that has been idle for a while ends.

#include <troupe/detail/scheduler.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

namespace troupe::internal {

class blocking_pool {
 public:
  blocking_pool(std::size_t most_threads, std::size_t most_waiting) noexcept
      : most_threads_(most_threads), most_waiting_(most_waiting) {}
  blocking_pool(const blocking_pool&) = delete;
  blocking_pool& operator=(const blocking_pool&) = delete;
  ~blocking_pool() { stop(); }

  /// False: as many jobs wait as may, or the pool has stopped.
  bool submit(detail::blocking_job& job);

  /// Runs what was submitted and waits for the threads. Takes nothing more.
  void stop() noexcept;

 private:
  void run();
  detail::blocking_job* next(std::unique_lock<std::mutex>& held);

  const std::size_t most_threads_;
  const std::size_t most_waiting_;
  std::mutex mutex_;  // guards all below
  std::condition_variable work_;
  std::condition_variable empty_;
  detail::blocking_job* first_ = nullptr;
  detail::blocking_job* last_ = nullptr;
  std::size_t waiting_ = 0;
  std::size_t idle_ = 0;
  std::size_t threads_ = 0;
  bool stopping_ = false;
};

}  // namespace troupe::internal

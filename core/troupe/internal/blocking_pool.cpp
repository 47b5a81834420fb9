#include <troupe/internal/blocking_pool.hpp>

#include <chrono>
#include <utility>

namespace troupe::internal {

namespace {
constexpr auto idle_time = std::chrono::seconds(10);
}

bool blocking_pool::submit(detail::blocking_job& job) {
  std::unique_lock held(mutex_);
  if (stopping_) return false;
  const bool starts = idle_ <= waiting_ && threads_ < most_threads_;
  if (!starts && waiting_ >= most_waiting_ + idle_) return false;
  if (starts) {
    ++threads_;
    try {
      // Detached, and counted: stop() waits until the count is zero.
      std::thread([this] { run(); }).detach();
    } catch (...) {  // no more threads, or no memory for one
      --threads_;
      if (threads_ == 0 || waiting_ >= most_waiting_) return false;
    }
  }
  job.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &job;
  last_ = &job;
  ++waiting_;
  work_.notify_one();
  return true;
}

detail::blocking_job* blocking_pool::next(std::unique_lock<std::mutex>& held) {
  ++idle_;
  const bool got =
      work_.wait_for(held, idle_time, [this] { return first_ != nullptr || stopping_; });
  --idle_;
  if (!got || first_ == nullptr) return nullptr;
  detail::blocking_job* const job = std::exchange(first_, first_->next);
  if (first_ == nullptr) last_ = nullptr;
  --waiting_;
  return job;
}

void blocking_pool::run() {
  std::unique_lock held(mutex_);
  while (detail::blocking_job* job = next(held)) {
    held.unlock();
    job->run(*job);
    held.lock();
  }
  --threads_;
  // Under the lock: stop() cannot return, and the pool cannot go, before this thread lets go of it.
  empty_.notify_all();
}

void blocking_pool::stop() noexcept {
  std::unique_lock held(mutex_);
  stopping_ = true;
  work_.notify_all();
  empty_.wait(held, [this] { return threads_ == 0; });
}

}  // namespace troupe::internal

#include <troupe/io/internal/ready_watch.hpp>

#include <chrono>
#include <mutex>
#include <utility>

namespace troupe::io::internal {

using detail::send_state;

void ready_watch::begin(detail::inbox_core& to) noexcept {
  const std::lock_guard held(lock_);
  to_ = &to;
  tell_locked();
}

void ready_watch::end() noexcept {
  const std::lock_guard held(lock_);
  if (to_ == nullptr) return;
  std::exchange(to_, nullptr)->withdraw(waiter_);
}

void ready_watch::tell() noexcept {
  const std::lock_guard held(lock_);
  tell_locked();
}

void ready_watch::ready() noexcept {
  const std::lock_guard held(lock_);
  noticing_ = false;
  tell_locked();
}

// A token that was handed to the actor directly leaves the state as it is; one that waits says so
// until it is taken.
void ready_watch::tell_locked() noexcept {
  if (to_ == nullptr || waiter_.state.load(std::memory_order_acquire) == send_state::waiting) {
    return;
  }
  waiter_.wakes = false;
  waiter_.message = &token_;
  static_cast<void>(to_->push(detail::ops_of<generated::ready_token>, &token_, &waiter_));
}

bool ready_watch::claim_notice() noexcept {
  const std::lock_guard held(lock_);
  return !std::exchange(noticing_, true);
}

// Without the lock: it may be ready at once.
void ready_watch::tell_when_ready() {
  if (claim_notice()) file_->notify(direction::reading, weak_from_this());
}

void ready_watch::tell_later() {
  if (claim_notice()) {
    file_->thread()->notify_after(std::chrono::milliseconds(100), weak_from_this());
  }
}

}  // namespace troupe::io::internal

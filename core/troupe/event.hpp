#pragma once

// event: something that happens once, and any number of waits for it.

#include <troupe/context.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/error.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>

namespace troupe {

/// Threads: all members from any thread. The event must outlive its waits, and set().
class event {
 public:
  event() = default;
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  /// It has happened: all waits end, present and future. Harmless when repeated.
  void set() noexcept;
  /// It has not happened (again). Waits that have ended stay so.
  void reset() noexcept { set_.store(false, std::memory_order_release); }
  [[nodiscard]] bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }

  class [[nodiscard]] awaiter;
  /// Awaitable -> result<>: until it has happened; errc::canceled if the actor that waits, or
  /// `ctx`, ends first.
  [[nodiscard]] awaiter wait() noexcept;
  [[nodiscard]] awaiter wait(const context& ctx) noexcept;

 private:
  detail::spin_lock lock_;
  std::atomic<bool> set_{false};  // set under the lock; release/acquire with is_set()
  detail::context_waiter* waiters_ = nullptr;
};

class [[nodiscard]] event::awaiter {
 public:
  awaiter(event& of, const context* ctx) noexcept : event_(&of), ctx_(ctx) {}
  awaiter(const awaiter&) = delete;
  awaiter& operator=(const awaiter&) = delete;
  ~awaiter() { unlink(); }
  [[nodiscard]] bool await_ready() const noexcept {
    return event_->is_set() && detail::may_go_on();
  }
  bool await_suspend(std::coroutine_handle<> at);
  result<> await_resume();

 private:
  void unlink() noexcept;

  event* event_;
  const context* ctx_;
  detail::context_waiter waiter_;
  detail::context_link link_;
  bool waited_ = false;
};

inline event::awaiter event::wait() noexcept { return awaiter(*this, nullptr); }
inline event::awaiter event::wait(const context& ctx) noexcept { return awaiter(*this, &ctx); }

}  // namespace troupe

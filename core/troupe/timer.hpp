#pragma once

// Time as something to wait for: sleep_for and sleep_until; `after` and `every` as sources for
// select and serve. All of it runs on the clock of the runtime, a test's manual one included.

#include <troupe/clock.hpp>
#include <troupe/context.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/detail/timer_node.hpp>
#include <troupe/error.hpp>

#include <algorithm>
#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <utility>

namespace troupe {

namespace detail {

/// A timer that ends one wait when it fires.
class wait_timer : public timer_node {
 public:
  wait_timer() = default;
  wait_timer(const wait_timer&) = delete;
  wait_timer& operator=(const wait_timer&) = delete;
  ~wait_timer() { stop(); }  // a frame may be destroyed while it waits

  /// Fires wait `id` of `self` with `index` at `when`.
  void start(fiber& self, std::uint64_t id, std::uint32_t index, time_point when);
  void stop() noexcept;

 private:
  fiber* who_ = nullptr;
  std::uint64_t wait_ = 0;
  std::uint32_t index_ = 0;
  scheduler* home_ = nullptr;  // while started; the frame may outlive its fiber
};

class [[nodiscard]] sleep_awaiter {
 public:
  sleep_awaiter(const context* ctx, time_point when, duration from_now) noexcept
      : ctx_(ctx), when_(when), from_now_(from_now) {}
  [[nodiscard]] static constexpr bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> at);
  result<> await_resume();

 private:
  const context* ctx_;
  time_point when_;
  duration from_now_;
  wait_timer timer_;
  context_link link_;
};

}  // namespace detail

/// Awaitable -> result<>: waits on the clock of the runtime; errc::canceled if the actor that
/// waits, or `ctx`, ends first. Not positive: lets others run first and goes on. Cost: one heap
/// insert.
[[nodiscard]] inline auto sleep_for(duration from_now) noexcept {
  return detail::sleep_awaiter(nullptr, never, std::max(from_now, duration::zero()));
}
[[nodiscard]] inline auto sleep_for(const context& ctx, duration from_now) noexcept {
  return detail::sleep_awaiter(&ctx, never, std::max(from_now, duration::zero()));
}
[[nodiscard]] inline auto sleep_until(time_point when) noexcept {
  return detail::sleep_awaiter(nullptr, when, duration::min());
}
[[nodiscard]] inline auto sleep_until(const context& ctx, time_point when) noexcept {
  return detail::sleep_awaiter(&ctx, when, duration::min());
}

/// What a timer source gives to select.
struct elapsed {};

/// A source that is ready once, `from_now` after the wait began.
class after {
 public:
  explicit after(duration from_now) noexcept : from_now_(from_now) {}
  [[nodiscard]] duration from_now() const noexcept { return from_now_; }

 private:
  duration from_now_;
};

/// A source that is ready every `period`, as a ticker. The first time comes one period after the
/// first wait. A tick that nobody waited for is delivered at the next wait, once: ticks do not pile
/// up, and the beat does not drift. Keep it over the loop: `auto tick = every(1s);`.
/// Throws usage_error if the period is not positive.
class every {
 public:
  explicit every(duration period);
  every(every&&) noexcept;
  every(const every&) = delete;
  every& operator=(const every&) = delete;
  every& operator=(every&&) = delete;
  ~every();

  /// Begins anew: the next tick comes one `period` from now. stop() silences it until then.
  void reset(duration period);
  void stop() noexcept;
  [[nodiscard]] duration period() const noexcept;

  struct ticker;
  [[nodiscard]] ticker& state() const noexcept { return *state_; }

 private:
  std::unique_ptr<ticker> state_;
};

namespace detail {

class after_source final : public wait_source {
 public:
  explicit after_source(const after& timer) noexcept : from_now_(timer.from_now()) {}
  bool arm(fiber& self, std::uint64_t id) override;
  void disarm() noexcept override { timer_.stop(); }

 private:
  duration from_now_;
  wait_timer timer_;
};

class every_source final : public wait_source {
 public:
  explicit every_source(every& ticker) noexcept : ticker_(&ticker.state()) {}
  bool arm(fiber& self, std::uint64_t id) override;
  void disarm() noexcept override;

 private:
  every::ticker* ticker_;
  bool waits_ = false;
};

class done_source final : public wait_source, public pooled {
 public:
  explicit done_source(const context_done& done) noexcept : context_(done.of()) {}
  bool arm(fiber& self, std::uint64_t id) override;
  void disarm() noexcept override;
  [[nodiscard]] error reason() const noexcept;
  [[nodiscard]] const context& of() const noexcept { return context_; }

 private:
  context context_;
  context_waiter waiter_;
  bool registered_ = false;
};

}  // namespace detail
}  // namespace troupe

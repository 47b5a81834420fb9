#pragma once

// How an Asio operation resumes a fiber: the one way in which this library and the packages above
// it wait for Asio. For authors of packages; not installed. It knows nothing of Asio but the form
// of a completion handler.
//
//     auto got = co_await await_completion<std::size_t>(
//         ctx, [&](auto handler) { stream.async_read_some(into, std::move(handler)); },
//         [&] { /* make it end soon: stream.cancel(), where that is allowed */ });
//
// The protocol. The handler and who waits share a block, and meet there under its lock; the handler
// never touches the frame. A frame that goes on is never gone before the handler has run:
//
//   start ── wait 1, which the contexts may end ──┬─ the handler has run: its outcome
//                                                 └─ canceled: cancel(), wait 2 for the handler
//   handler, on the I/O thread ── stores the outcome ── under the lock: done, and fires the wait
//                                 that is open, if there is still somebody who waits
//
// So the operation may use memory of the caller. If it has succeeded although it was canceled, it
// has succeeded: nothing that it brought is lost.
//
// A fiber that is destroyed while it waits is destroyed by its runtime, whose own I/O thread has
// ended by then and runs no handler any more (io_thread.hpp). That of another runtime goes on: the
// fiber was a guest there, takes itself out of the block, and the handler finds nobody. The
// operation still goes on too. So one that uses memory of the caller is not for guests; waiting for
// a descriptor, which uses none, is.
//
// Who starts, and who cancels: `start` is called once on the worker, `cancel` at most once, on a
// worker too. Asio's objects are not made for several threads at once: guard them with a mutex that
// is held in both (and not across the wait), or post to the I/O thread's context.
//
// The block, and the handler's memory, which Asio asks it for, come from the pool of frames: no
// heap once warm.

#include <troupe/context.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/error.hpp>
#include <troupe/task.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace troupe::io::internal {

/// Whether an operation with this context is not to begin: why not.
[[nodiscard]] inline std::optional<error> ended_before(const detail::fiber& self,
                                                       const context* ctx) noexcept {
  if (ctx != nullptr) {
    if (auto why = ctx->err()) return why;
  }
  if (detail::ends_with_fiber(ctx) && self.scope.ended()) return detail::cancel_reason(self, ctx);
  return std::nullopt;
}

/// Awaitable: lets others go first when the running fiber has used up its turn. The first thing in
/// each operation: one that ends at once, well or not, counts too.
class turn {
 public:
  [[nodiscard]] static bool await_ready() noexcept { return !detail::spend_budget(); }
  static void await_suspend(std::coroutine_handle<> at) noexcept {
    detail::yield_now(*detail::current.running, at);
  }
  static constexpr void await_resume() noexcept {}
};

/// Where a handler and who waits for it meet. Goes with the last of the two.
class meeting {
 public:
  /// Before the operation is started.
  void expect(detail::fiber& who, std::uint64_t wait) noexcept {
    who_ = &who;
    wait_ = wait;
  }
  /// False: the operation has completed, and nobody will end `wait`.
  [[nodiscard]] bool expect_again(std::uint64_t wait) noexcept {
    const std::lock_guard held(lock_);
    wait_ = wait;
    return !done_;
  }
  /// Who waits is being destroyed: afterwards nobody touches him, or the scheduler he is of.
  void leave() noexcept {
    const std::lock_guard held(lock_);
    who_ = nullptr;
  }
  [[nodiscard]] bool is_done() noexcept {
    const std::lock_guard held(lock_);
    return done_;
  }

 protected:
  /// The operation has completed. Wakes under the lock, which leave() waits for.
  void complete() noexcept {
    const std::lock_guard held(lock_);
    done_ = true;
    if (who_ != nullptr) who_->fire(wait_, 0);
  }

 private:
  detail::spin_lock lock_;  // guards all below once started
  bool done_ = false;
  std::uint64_t wait_ = 0;  // the open wait
  detail::fiber* who_ = nullptr;
};

template <class Value>
class meeting_for : public meeting {
 public:
  template <class Code, class... Given>
  void complete_with(const Code& code, Given&&... given) {
    code_ = code;
    if constexpr (!std::is_void_v<Value>) value_.emplace(std::forward<Given>(given)...);
    complete();
  }

  /// Once it is done.
  result<Value> take() {
    if (code_) return fail(error(code_));
    if constexpr (std::is_void_v<Value>) {
      return {};
    } else {
      return std::move(*value_);
    }
  }
  [[nodiscard]] bool was_canceled() const noexcept {
    return code_ == std::errc::operation_canceled;
  }

 private:
  using stored_type = std::conditional_t<std::is_void_v<Value>, std::byte, Value>;
  std::error_code code_;
  std::optional<stored_type> value_;
};

/// Asio's completion handler.
template <class Value>
class completion_handler {
 public:
  using allocator_type = detail::pool_allocator<std::byte>;

  explicit completion_handler(std::shared_ptr<meeting_for<Value>> at) noexcept
      : at_(std::move(at)) {}
  [[nodiscard]] static allocator_type get_allocator() noexcept { return {}; }

  template <class Code, class... Given>
  void operator()(const Code& code, Given&&... given) const {
    at_->complete_with(code, std::forward<Given>(given)...);
  }

 private:
  std::shared_ptr<meeting_for<Value>> at_;
};

/// Who waits: the frame's part, which keeps `at` longer than this.
class completion {
 public:
  explicit completion(meeting& at) noexcept : at_(&at) {}
  completion(const completion&) = delete;
  completion& operator=(const completion&) = delete;
  ~completion() {
    if (started_ && !over_) at_->leave();
  }

  /// Awaitable: starts the operation with `start()` and waits for its end, or that of a context.
  template <class Start>
  auto begin(const context* ctx, Start& start) noexcept {
    return start_awaiter<Start>{this, ctx, &start};
  }
  /// Awaitable: waits for the end of the operation alone.
  auto end() noexcept { return end_awaiter{this}; }

  [[nodiscard]] bool was_started() const noexcept { return started_; }
  [[nodiscard]] bool is_done() noexcept {
    over_ = over_ || at_->is_done();
    return over_;
  }

 private:
  template <class Start>
  struct start_awaiter {
    completion* of;
    const context* ctx;
    Start* start;

    [[nodiscard]] static constexpr bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> at) {
      detail::fiber& self = *detail::current.running;
      self.resume_point = at;
      const bool cancelable = detail::ends_with_fiber(ctx);
      const std::uint64_t id = self.open_wait(detail::wait_kind::io, cancelable);
      if (!of->link_.open(self, id, ctx)) return false;  // not started
      of->at_->expect(self, id);
      of->started_ = true;
      (*start)();
      return self.park(id);
    }
    // Asks the lock only where it may be free: a handler that woke us holds it a moment longer.
    void await_resume() noexcept {
      of->link_.close();
      of->over_ = of->started_ && detail::current.running->fired == 0;
    }
  };
  struct end_awaiter {
    completion* of;

    [[nodiscard]] static constexpr bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> at) noexcept {
      detail::fiber& self = *detail::current.running;
      self.resume_point = at;
      const std::uint64_t id = self.open_wait(detail::wait_kind::io, false);
      return of->at_->expect_again(id) && self.park(id);
    }
    void await_resume() noexcept { of->over_ = true; }
  };

  meeting* at_;
  bool started_ = false;
  bool over_ = false;  // the handler is known to have run
  detail::context_link link_;
};

/// What the operation gives: its value, Asio's error code, or why a context ended it. `start` takes
/// the handler. `ctx` null: the operation ends with the context of the fiber that waits.
template <class Value = void, class Start, class Cancel>
task<result<Value>> await_completion(const context* ctx, Start start, Cancel cancel) {
  detail::fiber& self = *detail::current.running;
  co_await turn();
  if (auto why = ended_before(self, ctx)) co_return fail(*std::move(why));
  const auto at = detail::make_pooled<meeting_for<Value>>();
  completion done(*at);
  const auto begin = [&] { start(completion_handler<Value>(at)); };
  co_await done.begin(ctx, begin);
  if (done.is_done()) co_return at->take();
  error why = detail::cancel_reason(self, ctx);
  if (!done.was_started()) co_return fail(std::move(why));
  cancel();
  co_await done.end();
  if (at->was_canceled()) co_return fail(std::move(why));
  co_return at->take();
}

}  // namespace troupe::io::internal

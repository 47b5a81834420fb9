#pragma once

// How an Asio operation resumes a fiber: the one way in which this library and the packages above
// it wait for Asio. For authors of packages; not installed. It knows nothing of Asio but the form
// of a completion handler.
//
//     auto got = co_await await_completion<std::size_t>(
//         ctx, [&](auto handler) { stream.async_read_some(into, std::move(handler)); },
//         [&] { /* make it end soon: stream.cancel(), where that is allowed */ });
//
// The protocol. A completion lies in the frame of who waits, and Asio's handler points at it. The
// frame is never gone before the handler has run:
//
//   start ── wait 1, which the contexts may end ──┬─ the handler has run: its outcome
//                                                 └─ canceled: cancel(), wait 2 for the handler
//   handler, on the I/O thread ── stores the outcome ── under `lock_`: done_, reads which wait is
//                                 open ── fires that one, with the frame possibly gone already
//
// So the operation may use memory of the caller. A fiber that is destroyed while it waits is
// destroyed by its runtime, whose I/O thread has ended by then and runs no handler any more
// (io_thread.hpp). If the operation has succeeded although it was canceled, it has succeeded:
// nothing that it brought is lost.
//
// Who starts, and who cancels: `start` is called once on the worker, `cancel` at most once, on a
// worker too. Asio's objects are not made for several threads at once: guard them with a mutex that
// is held in both (and not across the wait), or post to the I/O thread's context.
//
// The handler's memory, which Asio asks it for, comes from the pool of frames: no heap once warm.

#include <troupe/context.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/error.hpp>
#include <troupe/task.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
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

class completion_base {
 public:
  completion_base() = default;
  completion_base(const completion_base&) = delete;
  completion_base& operator=(const completion_base&) = delete;

  /// Awaitable: starts the operation with `start()` and waits for its end, or that of a context.
  template <class Start>
  auto begin(const context* ctx, Start& start) noexcept {
    return start_awaiter<Start>{this, ctx, &start};
  }
  /// Awaitable: waits for the end of the operation alone.
  auto end() noexcept { return end_awaiter{this}; }

  [[nodiscard]] bool was_started() const noexcept { return started_; }
  [[nodiscard]] bool is_done() noexcept {
    const std::lock_guard held(lock_);
    return done_;
  }

 protected:
  ~completion_base() = default;

  /// The operation has completed. The last touch: the frame may be gone before this returns.
  void complete() noexcept {
    lock_.lock();
    done_ = true;
    detail::fiber* const who = who_;
    const std::uint64_t wait = wait_;
    lock_.unlock();
    who->fire(wait, 0);
  }

 private:
  template <class Start>
  struct start_awaiter {
    completion_base* of;
    const context* ctx;
    Start* start;

    [[nodiscard]] static constexpr bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> at) {
      detail::fiber& self = *detail::current.running;
      self.resume_point = at;
      const bool cancelable = detail::ends_with_fiber(ctx);
      const std::uint64_t id = self.open_wait(detail::wait_kind::io, cancelable);
      if (!of->link_.open(self, id, ctx)) return false;  // not started
      of->who_ = &self;
      of->wait_ = id;
      of->started_ = true;
      (*start)();
      return self.park(id);
    }
    void await_resume() noexcept { of->link_.close(); }
  };
  struct end_awaiter {
    completion_base* of;

    [[nodiscard]] static constexpr bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> at) noexcept {
      detail::fiber& self = *detail::current.running;
      self.resume_point = at;
      const std::uint64_t id = self.open_wait(detail::wait_kind::io, false);
      {
        const std::lock_guard held(of->lock_);
        if (of->done_) return false;
        of->wait_ = id;
      }
      return self.park(id);
    }
    static constexpr void await_resume() noexcept {}
  };

  detail::spin_lock lock_;
  bool done_ = false;       // under the lock
  std::uint64_t wait_ = 0;  // the open wait; under the lock once started
  detail::fiber* who_ = nullptr;
  bool started_ = false;
  detail::context_link link_;
};

template <class Value>
class completion : public completion_base {
 public:
  class handler {
   public:
    using allocator_type = detail::pool_allocator<std::byte>;

    explicit handler(completion& to) noexcept : to_(&to) {}
    [[nodiscard]] static allocator_type get_allocator() noexcept { return {}; }

    template <class Code, class... Given>
    void operator()(const Code& code, Given&&... given) const {
      to_->code_ = code;
      if constexpr (!std::is_void_v<Value>) to_->value_.emplace(std::forward<Given>(given)...);
      to_->complete();
    }

   private:
    completion* to_;
  };

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

/// What the operation gives: its value, Asio's error code, or why a context ended it. `start` takes
/// the handler. `ctx` null: the operation ends with the context of the fiber that waits.
template <class Value = void, class Start, class Cancel>
task<result<Value>> await_completion(const context* ctx, Start start, Cancel cancel) {
  detail::fiber& self = *detail::current.running;
  co_await turn();
  if (auto why = ended_before(self, ctx)) co_return fail(*std::move(why));
  completion<Value> done;
  const auto begin = [&] { start(typename completion<Value>::handler(done)); };
  co_await done.begin(ctx, begin);
  if (done.is_done()) co_return done.take();
  error why = detail::cancel_reason(self, ctx);
  if (!done.was_started()) co_return fail(std::move(why));
  cancel();
  co_await done.end();
  if (done.was_canceled()) co_return fail(std::move(why));
  co_return done.take();
}

}  // namespace troupe::io::internal

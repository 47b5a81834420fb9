#pragma once

// context: cancellation and deadline, handed down a tree of work.
//
// Every run of an actor has one. A wait ends with an error when the context of the actor that waits
// does; one that is given a context also when that one does. One that is given background() is
// ended by neither, one that is given a shielded() context only by that. What need not wait is not
// ended either: a cast that finds room, an event that is set, an emit, blocking(). So a loop that
// may never have to wait asks: while (!ctx.err()).

#include <troupe/clock.hpp>
#include <troupe/detail/context_state.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/error.hpp>

#include <coroutine>
#include <optional>
#include <stop_token>
#include <utility>

namespace troupe {

class cancelable_context;
class context_done;

/// A value that says until when work may go on. Copying costs one atomic add.
///
/// Threads: all members may be called from any thread. A default-constructed context is
/// background(): it never ends.
class context {
 public:
  context() noexcept = default;
  context(const context& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) detail::retain(*state_);
  }
  context(context&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  context& operator=(context other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~context() {
    if (state_ != nullptr) detail::release(*state_);
  }

  /// The context that never ends. Costs nothing.
  [[nodiscard]] static context background() noexcept { return {}; }

  /// The context of the actor (or other fiber) that is running; background() outside of one.
  [[nodiscard]] static context current() noexcept;

  /// A child that can be canceled by itself.
  [[nodiscard]] cancelable_context with_cancel() const;
  [[nodiscard]] static cancelable_context with_cancel(const context& parent);

  /// A child that ends at the earliest of its own deadline and all those above it.
  ///
  /// The clock is that of the parent's runtime, else of the runtime one is called in, else the
  /// system's monotonic clock. Cost: one pooled block; a timer only once something waits.
  [[nodiscard]] context with_deadline(time_point when) const;
  [[nodiscard]] context with_timeout(duration from_now) const;
  [[nodiscard]] static context with_deadline(const context& parent, time_point when) {
    return parent.with_deadline(when);
  }
  [[nodiscard]] static context with_timeout(const context& parent, duration from_now) {
    return parent.with_timeout(from_now);
  }

  /// Ends after `at_most`, and by nothing else: a wait that is given it, or a context made from it,
  /// goes on when its actor is canceled. For what has to be done all the same, in a time that is
  /// bounded; a supervisor waits for it no longer than the child's shutdown_timeout. select() and
  /// serve() end with the actor all the same.
  ///
  ///     const auto ctx = troupe::context::shielded(1s);
  ///     static_cast<void>(co_await device.write(ctx, "motor off"));
  [[nodiscard]] static context shielded(duration at_most);

  /// A child that is canceled when stop is requested of `token`.
  [[nodiscard]] static context from(const context& parent, std::stop_token token);

  /// Why the context has ended: errc::canceled or errc::deadline_exceeded; nothing while it goes
  /// on.
  [[nodiscard]] std::optional<error> err() const noexcept;

  /// The deadline that holds, `never` if there is none.
  [[nodiscard]] time_point deadline() const noexcept {
    return state_ != nullptr ? detail::deadline_of(*state_) : never;
  }

  /// `co_await ctx.done()` waits for the end of the context; also a source for select.
  [[nodiscard]] context_done done() const noexcept;

  /// A token whose stop is requested when this context ends. Its callbacks run on the thread that
  /// ends the context. With a deadline, only within a runtime (which has the timer).
  [[nodiscard]] std::stop_token stop_token() const;

  friend bool operator==(const context&, const context&) = default;

  /// For the library.
  [[nodiscard]] detail::context_state* state() const noexcept { return state_; }
  [[nodiscard]] static context adopt(detail::context_state* owned) noexcept {
    context made;
    made.state_ = owned;
    return made;
  }
  [[nodiscard]] static context share(detail::context_state& state) noexcept {
    detail::retain(state);
    return adopt(&state);
  }

 private:
  detail::context_state* state_ = nullptr;
};

/// A context with the means to cancel it. Copies cancel the same context; dropping it cancels
/// nothing.
class cancelable_context : public context {
 public:
  explicit cancelable_context(context made) noexcept : context(std::move(made)) {}

  /// Ends the context and all below it; waits wake at once. Harmless when repeated.
  void cancel() const noexcept;
};

/// What `ctx.done()` gives. Awaiting it gives the reason for the end: errc::canceled or
/// errc::deadline_exceeded.
class context_done {
 public:
  explicit context_done(context of) noexcept : context_(std::move(of)) {}
  [[nodiscard]] const context& of() const noexcept { return context_; }

  auto operator co_await() const noexcept;

 private:
  context context_;
};

inline context_done context::done() const noexcept { return context_done(*this); }

namespace detail {

/// Whether a wait that was given `ctx`, or null for none, ends with the fiber's own scope, too.
[[nodiscard]] inline bool ends_with_fiber(const context* ctx) noexcept {
  return ctx == nullptr || (ctx->state() != nullptr && !ctx->state()->is_shielded);
}

/// A wait's tie to a context: registered where the context is another than the fiber's own, which
/// ends the wait by itself. Lives in the awaiter.
class context_link {
 public:
  /// Before open_wait: may this context end the wait through the fiber's own scope?
  static bool is_ambient(const fiber& self, const context* ctx) noexcept {
    return ctx == nullptr || ctx->state() == &self.scope;
  }

  /// Registers wait `id`; it will end with fired_canceled. False: the context has ended already.
  bool open(fiber& self, std::uint64_t id, const context* ctx) noexcept {
    if (is_ambient(self, ctx) || ctx->state() == nullptr) return true;
    if (ctx->err()) return false;  // also a deadline that no timer has told of
    waiter_.who = &self;
    waiter_.wait = id;
    waiter_.index = fired_canceled;
    if (!add_waiter(*ctx->state(), waiter_, *self.sched)) return false;
    registered_ = ctx->state();
    return true;
  }
  void close() noexcept {
    if (registered_ != nullptr) remove_waiter(*std::exchange(registered_, nullptr), waiter_);
  }

  context_link() = default;
  context_link(const context_link&) = delete;
  context_link& operator=(const context_link&) = delete;
  ~context_link() { close(); }  // a frame may be destroyed while it waits

 private:
  context_waiter waiter_;
  context_state* registered_ = nullptr;
};

/// The context of an operation that was given none: its actor's own, which ends the wait by itself.
class ambient_context {
 public:
  static constexpr const context* get() noexcept { return nullptr; }
  static constexpr bool cancels() noexcept { return true; }
  static constexpr bool open(fiber&, std::uint64_t) noexcept { return true; }
  static constexpr void close() noexcept {}
};
/// The context that an operation was given. In its awaiter.
class given_context {
 public:
  explicit given_context(const context& of) noexcept : of_(&of) {}
  [[nodiscard]] const context* get() const noexcept { return of_; }
  /// Whether the end of the actor's own ends the wait, too.
  [[nodiscard]] bool cancels() const noexcept { return ends_with_fiber(of_); }
  /// Ties wait `id` to it. False: it has ended already.
  bool open(fiber& self, std::uint64_t id) noexcept {
    if (link_.open(self, id, of_)) return true;
    self.fired = fired_canceled;
    return false;
  }
  void close() noexcept { link_.close(); }

 private:
  const context* of_;
  context_link link_;
};

/// Why a wait that fired_canceled ended: the given context's reason, else the fiber's own.
[[nodiscard]] error cancel_reason(const fiber& self, const context* ctx) noexcept;

class context_done_awaiter {
 public:
  explicit context_done_awaiter(const context& of) noexcept : context_(&of) {}
  [[nodiscard]] bool await_ready() const noexcept;
  bool await_suspend(std::coroutine_handle<> at);
  error await_resume() noexcept;

 private:
  const context* context_;
  context_link link_;
};

}  // namespace detail

inline auto context_done::operator co_await() const noexcept {
  return detail::context_done_awaiter(context_);
}

}  // namespace troupe

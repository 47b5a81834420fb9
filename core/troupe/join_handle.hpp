#pragma once

// join_handle<T>: a fiber that was spawned, from outside. Await it for what it gave, cancel it, or
// drop it: the fiber goes on. What a task threw is for whoever asks a handle; where the last of
// those goes unasked, it is logged.

#include <troupe/context.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/error.hpp>
#include <troupe/event.hpp>
#include <troupe/task.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace troupe {

namespace detail {

template <class T>
using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// A task has thrown, and nobody can ask for that any more: to the log of its runtime.
void log_unheard(const context& scope, const std::exception_ptr& thrown) noexcept;

/// Shared by the handles and the fiber; the last of them frees it.
template <class T>
struct join_state : pooled {
  event ended;
  std::optional<stored<T>> value;  // written before `ended` is set
  std::exception_ptr thrown;       // the same
  context scope;
  // For a last handle that is dropped: makes the fiber forget us. False: it has ended, and lets go
  // of us by itself. Null where the fiber never forgets.
  bool (*forget)(join_state&) noexcept = nullptr;
  std::atomic<std::uint32_t> references{2};  // one of the first handle, one of the fiber
  // Somebody has been given `thrown`: by a handle, whose reference goes after that.
  std::atomic<bool> heard{false};
  // Who made it frees it: code with a sanitizer has another pool than code without.
  void (*destroy)(join_state&) noexcept = [](join_state& self) noexcept { delete &self; };
};

template <class T>
void let_go(join_state<T>& state) noexcept {
  if (state.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (state.thrown && !state.heard.load(std::memory_order_relaxed)) [[unlikely]]
    log_unheard(state.scope, state.thrown);
  state.destroy(state);
}

/// A handle's hold on the state.
template <class T>
class join_reference {
 public:
  join_reference() noexcept = default;
  /// Takes over the first handle's reference.
  explicit join_reference(join_state<T>& made) noexcept : state_(&made) {}
  join_reference(const join_reference& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) state_->references.fetch_add(1, std::memory_order_relaxed);
  }
  join_reference(join_reference&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  join_reference& operator=(join_reference other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~join_reference() {
    if (state_ == nullptr) return;
    // Two: ours, and that of the fiber. Nobody is left who could copy ours.
    const bool last = state_->references.load(std::memory_order_acquire) == 2;
    if (last && state_->forget != nullptr && state_->forget(*state_)) {
      state_->destroy(*state_);
    } else {
      let_go(*state_);
    }
  }
  join_state<T>* operator->() const noexcept { return state_; }

 private:
  join_state<T>* state_ = nullptr;
};

}  // namespace detail

/// Awaiting gives a result<T>: what the fiber gave, or errc::canceled if whoever awaits is canceled
/// first. An exception of the fiber is thrown; that of a task whose handles are all dropped without
/// having given it is logged, as an error. Copies refer to the same fiber; the value is copied if T
/// can be, else moved out by the first.
template <class T>
class join_handle {
  class [[nodiscard]] awaiter;

 public:
  join_handle() = default;
  explicit join_handle(detail::join_reference<T> state) noexcept : state_(std::move(state)) {}

  [[nodiscard]] bool done() const noexcept { return state_->ended.is_set(); }
  /// Cancels the fiber's context; it ends when its waits say so.
  void cancel() const noexcept { cancelable_context(state_->scope).cancel(); }

  [[nodiscard]] awaiter operator co_await() const noexcept { return awaiter(state_, nullptr); }
  /// Awaitable -> result<T>: the same, and the error of `ctx` if that ends first. `ctx` must live
  /// until the wait has ended.
  [[nodiscard]] awaiter wait(const context& ctx) const noexcept { return awaiter(state_, &ctx); }

 private:
  detail::join_reference<T> state_;
};

template <class T>
class join_handle<T>::awaiter {
 public:
  awaiter(detail::join_reference<T> state, const context* ctx) noexcept
      : state_(std::move(state)),
        wait_(ctx != nullptr ? state_->ended.wait(*ctx) : state_->ended.wait()) {}
  [[nodiscard]] bool await_ready() const noexcept { return wait_.await_ready(); }
  bool await_suspend(std::coroutine_handle<> at) { return wait_.await_suspend(at); }
  result<T> await_resume() {
    if (auto waited = wait_.await_resume(); !waited) return fail(waited.error());
    if (state_->thrown) {
      state_->heard.store(true, std::memory_order_relaxed);
      std::rethrow_exception(state_->thrown);
    }
    if constexpr (std::is_void_v<T>) {
      return {};
    } else if constexpr (std::is_copy_constructible_v<T>) {
      return result<T>(*state_->value);
    } else {
      return result<T>(std::move(*state_->value));
    }
  }

 private:
  detail::join_reference<T> state_;
  event::awaiter wait_;
};

namespace detail {

/// Starts `root` as a fiber below `parent`; `told` is called on a worker when it has ended.
struct root_owner {
  void (*ended)(root_owner& self) noexcept = nullptr;
};
context start_root(scheduler& sched, context_state* parent, task<result<>> root, root_owner& owner);

template <class T>
struct spawned_task : root_owner, pooled {
  join_state<T>* state = nullptr;
};

// The state is kept by the fiber that runs this.
template <class T>
task<result<>> run_spawned(task<T> body, join_state<T>* state) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
      state->value.emplace();
    } else {
      state->value.emplace(co_await std::move(body));
    }
  } catch (...) {
    state->thrown = std::current_exception();
  }
  co_return result<>();
}

template <class T>
join_handle<T> spawn_task(scheduler& sched, context_state* parent, task<T> body) {
  auto state = std::make_unique<join_state<T>>();
  auto owner = std::make_unique<spawned_task<T>>();
  owner->ended = [](root_owner& self) noexcept {
    const std::unique_ptr<spawned_task<T>> mine(static_cast<spawned_task<T>*>(&self));
    mine->state->ended.set();
    let_go(*mine->state);
  };
  owner->state = state.get();
  auto root = run_spawned(std::move(body), state.get());
  join_state<T>* const shared = state.release();
  join_reference<T> handle(*shared);
  shared->scope = start_root(sched, parent, std::move(root), *owner.release());
  return join_handle<T>(std::move(handle));
}

}  // namespace detail

/// Runs a task as a fiber of its own beside the running actor, under its context and in its
/// runtime. Throws usage_error outside of a runtime.
///
/// The task does not keep the actor, and nobody waits for it when the actor's run ends: it is
/// canceled, and goes on until its next wait says so, perhaps beside the next run or after the
/// actor is gone. So one that uses `this` is awaited before run() returns; any other is given what
/// it needs, as a std::shared_ptr, say.
///
/// Where the handle is dropped, an exception of the task is logged, but an error that it returns is
/// a value like any other: nobody hears of it.
template <class T>
join_handle<T> spawn(task<T> body) {
  detail::fiber& self = detail::running_fiber("spawn");
  return detail::spawn_task(*self.sched, &self.scope, std::move(body));
}

}  // namespace troupe

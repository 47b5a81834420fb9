#pragma once

// join_handle<T>: a fiber that was spawned, from outside. Await it for what it gave, cancel it, or
// drop it: the fiber goes on.

#include <troupe/context.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/error.hpp>
#include <troupe/event.hpp>
#include <troupe/task.hpp>

#include <coroutine>
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

/// Shared by the handle and the fiber; the last of them frees it.
template <class T>
struct join_state {
  event ended;
  std::optional<stored<T>> value;  // written before `ended` is set
  std::exception_ptr thrown;
  context scope;
};

}  // namespace detail

/// Awaiting gives a result<T>: what the fiber gave, or errc::canceled if whoever awaits is canceled
/// first. An exception of the fiber is thrown. Copies refer to the same fiber; the value is
/// copied if T can be, else moved out by the first.
template <class T>
class join_handle {
 public:
  join_handle() = default;
  explicit join_handle(std::shared_ptr<detail::join_state<T>> state) noexcept
      : state_(std::move(state)) {}

  [[nodiscard]] bool done() const noexcept { return state_->ended.is_set(); }
  /// Cancels the fiber's context; it ends when its waits say so.
  void cancel() const noexcept { cancelable_context(state_->scope).cancel(); }

  [[nodiscard]] auto operator co_await() const noexcept {
    struct awaiter {
      std::shared_ptr<detail::join_state<T>> state;
      event::awaiter wait;
      [[nodiscard]] bool await_ready() const noexcept { return wait.await_ready(); }
      bool await_suspend(std::coroutine_handle<> at) { return wait.await_suspend(at); }
      result<T> await_resume() {
        if (auto waited = wait.await_resume(); !waited) return fail(waited.error());
        if (state->thrown) std::rethrow_exception(state->thrown);
        if constexpr (std::is_void_v<T>) {
          return {};
        } else if constexpr (std::is_copy_constructible_v<T>) {
          return result<T>(*state->value);
        } else {
          return result<T>(std::move(*state->value));
        }
      }
    };
    return awaiter{state_, state_->ended.wait()};
  }

 private:
  std::shared_ptr<detail::join_state<T>> state_;
};

namespace detail {

/// Starts `root` as a fiber below `parent`; `told` is called on a worker when it has ended.
struct root_owner {
  void (*ended)(root_owner& self) noexcept = nullptr;
};
context start_root(scheduler& sched, context_state* parent, task<result<>> root, root_owner& owner);

template <class T>
struct spawned_task : root_owner, pooled {
  std::shared_ptr<join_state<T>> state = make_pooled<join_state<T>>();
};

template <class T>
task<result<>> run_spawned(task<T> body, std::shared_ptr<join_state<T>> state) {
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
  auto owner = std::make_unique<spawned_task<T>>();
  owner->ended = [](root_owner& self) noexcept {
    const std::unique_ptr<spawned_task<T>> mine(static_cast<spawned_task<T>*>(&self));
    mine->state->ended.set();
  };
  auto state = owner->state;
  auto root = run_spawned(std::move(body), state);
  state->scope = start_root(sched, parent, std::move(root), *owner.release());
  return join_handle<T>(std::move(state));
}

}  // namespace detail

/// Runs a task as a fiber of its own beside the running actor, under its context and in its
/// runtime. Throws usage_error outside of a runtime.
template <class T>
join_handle<T> spawn(task<T> body) {
  detail::fiber& self = detail::running_fiber("spawn");
  return detail::spawn_task(*self.sched, &self.scope, std::move(body));
}

}  // namespace troupe

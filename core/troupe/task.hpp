#pragma once

// task<T>: a coroutine that starts when it is awaited and resumes its awaiter when it ends, both by
// symmetric transfer: awaiting never grows the stack, however long the chain. Frames come from a
// pool (detail/frame_pool.hpp), so that a call of a coroutine allocates nothing once warm.

#include <troupe/detail/frame_pool.hpp>
#include <troupe/detail/scheduler.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace troupe {

template <class T = void>
class task;

namespace detail {

/// The root of a fiber has no awaiter: its end is told to the worker that runs it (fiber.cpp).
void root_finished() noexcept;

enum class task_state : std::uintptr_t { running, value, exception, failed };

/// The awaiter's address and the task's state share a word: frames of actors that wait are what a
/// program with many of them consists of.
struct task_promise_base {
  void set_awaiter(std::coroutine_handle<> awaiting) noexcept {
    word_ = reinterpret_cast<std::uintptr_t>(awaiting.address());
  }
  [[nodiscard]] task_state state() const noexcept { return task_state{word_ & state_mask}; }

  static void* operator new(std::size_t size) { return frame_alloc(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frame_free(frame, size); }

  struct final_awaiter {
    static constexpr bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      const std::uintptr_t next = ended.promise().word_ & ~state_mask;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and two bits
      if (next != 0) return std::coroutine_handle<>::from_address(reinterpret_cast<void*>(next));
      root_finished();
      return std::noop_coroutine();
    }
    static void await_resume() noexcept {}
  };

  static constexpr std::suspend_always initial_suspend() noexcept { return {}; }
  static constexpr final_awaiter final_suspend() noexcept { return {}; }

 protected:
  void set_state(task_state now) noexcept {
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it sees no promise made
    word_ = (word_ & ~state_mask) | static_cast<std::uintptr_t>(now);
  }

 private:
  static constexpr std::uintptr_t state_mask = 3;  // frames are aligned to 16
  std::uintptr_t word_ = 0;
};

template <class T>
class task_promise : public task_promise_base {
 public:
  task_promise() noexcept {}
  task_promise(const task_promise&) = delete;
  task_promise& operator=(const task_promise&) = delete;
  ~task_promise() {
    if (state() == task_state::value) std::destroy_at(&value_);
    if (state() == task_state::exception) std::destroy_at(&exception_);
  }

  task<T> get_return_object() noexcept;

  template <class U = T>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>) {
    std::construct_at(&value_, std::forward<U>(value));
    set_state(task_state::value);
  }
  void unhandled_exception() noexcept {
    // A destructor may throw after co_return has given a value.
    if (state() == task_state::value) std::destroy_at(&value_);
    std::construct_at(&exception_, std::current_exception());
    set_state(task_state::exception);
  }

  T take() {
    if (state() == task_state::exception) std::rethrow_exception(exception_);
    return std::move(value_);
  }
  [[nodiscard]] const std::exception_ptr* exception() const noexcept {
    return state() == task_state::exception ? &exception_ : nullptr;
  }

 private:
  union {
    T value_;
    std::exception_ptr exception_;
  };
};

/// Of a result<>, which would be two words by itself: an error or none, and the state says which.
template <class Error>
class task_promise<std::expected<void, Error>> : public task_promise_base {
 public:
  using value_type = std::expected<void, Error>;

  task_promise() noexcept {}
  task_promise(const task_promise&) = delete;
  task_promise& operator=(const task_promise&) = delete;
  ~task_promise() { drop(); }

  task<value_type> get_return_object() noexcept;

  template <class U = value_type>
    requires std::is_constructible_v<value_type, U&&>
  void return_value(U&& given) noexcept(std::is_nothrow_constructible_v<value_type, U&&>) {
    value_type outcome(std::forward<U>(given));
    if (outcome) {
      set_state(task_state::value);
    } else {
      std::construct_at(&error_, std::move(outcome).error());
      set_state(task_state::failed);
    }
  }
  void unhandled_exception() noexcept {
    drop();  // a destructor may throw after co_return has given an error
    std::construct_at(&exception_, std::current_exception());
    set_state(task_state::exception);
  }

  value_type take() {
    if (state() == task_state::exception) std::rethrow_exception(exception_);
    if (state() == task_state::failed) return std::unexpected<Error>(std::move(error_));
    return {};
  }
  [[nodiscard]] const std::exception_ptr* exception() const noexcept {
    return state() == task_state::exception ? &exception_ : nullptr;
  }

 private:
  void drop() noexcept {
    if (state() == task_state::failed) std::destroy_at(&error_);
    if (state() == task_state::exception) std::destroy_at(&exception_);
  }

  union {
    Error error_;
    std::exception_ptr exception_;
  };
};

template <>
class task_promise<void> : public task_promise_base {
 public:
  task<void> get_return_object() noexcept;
  static void return_void() noexcept {}
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }
  void take() const {
    if (exception_) std::rethrow_exception(exception_);
  }
  [[nodiscard]] const std::exception_ptr* exception() const noexcept {
    return exception_ ? &exception_ : nullptr;
  }

 private:
  std::exception_ptr exception_;
};

}  // namespace detail

/// A lazy coroutine that gives a T, or throws what its body let out.
///
/// `co_await std::move(t)` or `co_await f()` runs it; the result is moved out. A task that is
/// dropped without being awaited never runs. Destroy a task only before it has started or after
/// it has ended. Threads: one fiber at a time. Cost: one pooled frame, no locked operation.
template <class T>
class [[nodiscard]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  task() noexcept = default;
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      if (frame_) frame_.destroy();
      frame_ = std::exchange(other.frame_, nullptr);
    }
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

  /// False for a default-constructed or moved-from task.
  [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(frame_); }

  auto operator co_await() && noexcept {
    struct awaiter {
      std::coroutine_handle<promise_type> frame;
      static constexpr bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        frame.promise().set_awaiter(awaiting);
        return frame;
      }
      T await_resume() { return frame.promise().take(); }
    };
    return awaiter{frame_};
  }

  /// Gives the frame away; whoever takes it destroys it. For the runtime.
  std::coroutine_handle<promise_type> release() noexcept { return std::exchange(frame_, nullptr); }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
template <class Error>
task<std::expected<void, Error>>
task_promise<std::expected<void, Error>>::get_return_object() noexcept {
  return task<value_type>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

}  // namespace detail
}  // namespace troupe

#pragma once

// blocking(work): calls a function that may block, on a thread made for that, while the actor waits
// and its worker goes on.

#include <troupe/detail/fiber.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/error.hpp>
#include <troupe/join_handle.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace troupe {

namespace detail {

template <class Work>
class [[nodiscard("nothing is done until it is awaited")]] blocking_awaiter : blocking_job {
 public:
  using value_type = std::invoke_result_t<Work&>;

  explicit blocking_awaiter(Work work) noexcept(std::is_nothrow_move_constructible_v<Work>)
      : work_(std::move(work)) {}
  blocking_awaiter(const blocking_awaiter&) = delete;
  blocking_awaiter& operator=(const blocking_awaiter&) = delete;

  [[nodiscard]] static constexpr bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> at) {
    self_ = &running_fiber("blocking");
    self_->resume_point = at;
    // Not to be canceled: the work uses this frame until it returns.
    wait_ = self_->open_wait(wait_kind::blocking, false);
    this->run = [](blocking_job& job) noexcept {
      auto& mine = static_cast<blocking_awaiter&>(job);
      mine.call();
      mine.self_->fire(mine.wait_, 0);
    };
    if (!self_->sched->submit_blocking(*this)) {
      refused_ = true;
      return yield_if_spent(*self_);
    }
    return self_->park(wait_) || yield_if_spent(*self_);
  }
  result<value_type> await_resume() {
    if (refused_) {
      return fail(errc::refused,
                  "blocking: the pool's queue is full; raise runtime_options::blocking_queue or "
                  "blocking_threads, or send it less");
    }
    if (thrown_) std::rethrow_exception(std::move(thrown_));
    if constexpr (std::is_void_v<value_type>) {
      return {};
    } else {
      return result<value_type>(*std::move(value_));
    }
  }

 private:
  void call() noexcept {
    try {
      if constexpr (std::is_void_v<value_type>) {
        work_();
      } else {
        value_.emplace(work_());
      }
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }

  Work work_;
  fiber* self_ = nullptr;
  std::uint64_t wait_ = 0;
  std::optional<stored<value_type>> value_;
  std::exception_ptr thrown_;
  bool refused_ = false;
};

}  // namespace detail

/// Awaitable -> result<T>, T being what `work` returns. The wait cannot be canceled; the function
/// ends it. errc::refused: the pool is at its bounds (runtime_options). Exceptions of `work` are
/// thrown by the wait.
template <std::invocable Work>
[[nodiscard]] auto blocking(Work work) {
  return detail::blocking_awaiter<Work>(std::move(work));
}

}  // namespace troupe

#pragma once

// runtime::block_on: an awaitable as a fiber, and a thread outside the runtime that waits for it.

#include <troupe/detail/awaitable.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/join_handle.hpp>
#include <troupe/task.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace troupe::detail {

/// Throws usage_error on a thread that runs actors.
void require_foreign_thread(const char* operation);

/// Starts the root, and waits with the calling thread until it has ended.
void run_and_wait(scheduler& sched, context_state* parent, task<result<>> root);

template <class Awaitable, class Value>
task<result<>> drive(std::remove_reference_t<Awaitable>* awaitable, std::optional<Value>* value,
                     std::exception_ptr* thrown) {
  try {
    if constexpr (std::is_void_v<await_result<Awaitable>>) {
      co_await static_cast<Awaitable&&>(*awaitable);
      value->emplace();
    } else {
      value->emplace(co_await static_cast<Awaitable&&>(*awaitable));
    }
  } catch (...) {
    *thrown = std::current_exception();
  }
  co_return result<>();
}

template <class Awaitable>
auto block_on(scheduler& sched, context_state* parent, Awaitable&& awaitable)
    -> std::remove_cvref_t<await_result<Awaitable>> {
  using result_type = std::remove_cvref_t<await_result<Awaitable>>;
  require_foreign_thread("block_on");
  std::optional<stored<result_type>> value;
  std::exception_ptr thrown;
  run_and_wait(sched, parent,
               drive<Awaitable, stored<result_type>>(std::addressof(awaitable), &value, &thrown));
  if (thrown) std::rethrow_exception(thrown);
  if constexpr (!std::is_void_v<result_type>) return *std::move(value);
}

}  // namespace troupe::detail

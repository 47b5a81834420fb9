#pragma once

// What awaiting something gives, as a type.

#include <type_traits>
#include <utility>

namespace troupe::detail {

template <class T>
decltype(auto) awaiter_of(T&& awaitable) {
  if constexpr (requires { std::forward<T>(awaitable).operator co_await(); }) {
    return std::forward<T>(awaitable).operator co_await();
  } else {
    return static_cast<T&&>(awaitable);
  }
}

template <class T>
using await_result = decltype(awaiter_of(std::declval<T>()).await_resume());

}  // namespace troupe::detail

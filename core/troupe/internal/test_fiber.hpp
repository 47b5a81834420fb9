#pragma once

// For tests: a fiber from a lambda that captures. The lambda is kept in the frame of the coroutine
// that awaits what it returns, so it outlives that.

#include <troupe/runtime.hpp>
#include <troupe/task.hpp>

#include <gtest/gtest.h>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace troupe::internal {

template <class Body>
auto keep(Body body) -> std::invoke_result_t<Body&> {
  co_return co_await body();
}

/// `body` (-> task<T>) as a fiber of its own.
template <class Body>
auto start(runtime& rt, Body body) {
  return rt.spawn(keep(std::move(body)));
}

/// `body` (-> task<T>) to its end.
template <class Body>
auto run(runtime& rt, Body body) {
  return rt.block_on(keep(std::move(body)));
}

/// Calls `test(seed)` until one fails, and names that one.
template <class Test>
void for_seeds(std::uint64_t count, Test test) {
  for (std::uint64_t seed = 1; seed <= count && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    test(seed);
  }
}

/// A coroutine that belongs to no runtime.
struct stray {
  struct promise_type {
    stray get_return_object() const noexcept { return {}; }
    static std::suspend_never initial_suspend() noexcept { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
    static void return_void() noexcept {}
    static void unhandled_exception() noexcept { std::terminate(); }
  };
};

template <class Make>
stray await_astray(Make* make, std::exception_ptr* thrown) {
  try {
    static_cast<void>(co_await (*make)());
  } catch (...) {
    *thrown = std::current_exception();
  }
}

/// Awaits what `make` gives outside of any runtime, and throws what that throws.
template <class Make>
void await_outside(Make make) {
  std::exception_ptr thrown;
  await_astray(&make, &thrown);
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace troupe::internal

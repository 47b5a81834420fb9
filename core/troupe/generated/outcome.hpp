#pragma once

// What the handlers of a generated actor may return, and how the loop gets to know what came of a
// message. A handler that is a coroutine is awaited before the next message; its message lives in
// the frame that waits for it, so that it may take it by reference.

#include <troupe/error.hpp>
#include <troupe/serve.hpp>
#include <troupe/task.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace troupe::generated {

/// void, result<>, task<> or task<result<>>: an error ends the actor with that error.
template <class T>
concept outcome = std::is_void_v<T> || std::same_as<T, result<>> || std::same_as<T, task<>> ||
                  std::same_as<T, task<result<>>>;

/// R, result<R>, or a task of one of them.
template <class T, class R>
concept reply = (std::is_void_v<typename detail::awaited<T>::type> && std::is_void_v<R>) ||
                (!std::is_void_v<typename detail::awaited<T>::type> &&
                 std::constructible_from<result<R>, typename detail::awaited<T>::type>);

/// Where nothing had to be awaited.
using detail::handled;

inline task<result<>> nothing_to_await() { co_return result<>(); }

template <auto Handle, class Private, class... Message>
task<result<>> handle_later(Private* self, Message... message) {
  using returned = decltype(Handle(*self, std::move(message)...));
  if constexpr (std::same_as<returned, task<>>) {
    co_await Handle(*self, std::move(message)...);
    co_return result<>();
  } else {
    co_return co_await Handle(*self, std::move(message)...);
  }
}

/// Calls a handler: an awaitable -> result<>, either `handled` or a task.
template <auto Handle, class Private, class... Message>
auto handle(Private& self, Message&&... message) {
  using returned = decltype(Handle(self, std::move(message)...));
  if constexpr (detail::is_task<returned>) {
    return handle_later<Handle, Private, Message...>(&self, std::move(message)...);
  } else if constexpr (std::is_void_v<returned>) {
    Handle(self, std::move(message)...);
    return handled{};
  } else {
    return handled{Handle(self, std::move(message)...)};
  }
}

/// What handle() gives where there turned out to be nothing to handle.
template <class Handled>
Handled nothing_handled() {
  if constexpr (std::same_as<Handled, handled>) {
    return {};
  } else {
    return nothing_to_await();
  }
}

}  // namespace troupe::generated

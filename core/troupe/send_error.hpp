#pragma once

// What an operation that takes a message answers when it could not send it: why, and the message
// itself, so that nothing is lost.

#include <troupe/error.hpp>

#include <utility>

namespace troupe {

/// An `error` with the message that was not sent.
///
/// It is an error: it compares with `errc`, and a `std::expected<void, send_error<T>>` converts to
/// `result<>`, which lets the message go. `std::move(r.error().unsent)` takes the message back.
template <class T>
struct [[nodiscard]] send_error : error {
  send_error(error why, T message) : error(std::move(why)), unsent(std::move(message)) {}

  T unsent;

  /// The error alone, without the message.
  [[nodiscard]] const error& why() const noexcept { return *this; }
};

/// What sending a T gives: success, or why not and the T.
template <class T>
using send_result = std::expected<void, send_error<T>>;

}  // namespace troupe

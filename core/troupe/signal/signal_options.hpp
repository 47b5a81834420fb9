#pragma once

// What all kinds of signals can be told when they are made.

#include <troupe/error.hpp>
#include <troupe/signal/overflow.hpp>

#include <functional>
#include <optional>

namespace troupe {

/// For signal_options::equal where every update is news, also one that gives the same value again:
/// for measurements of which a mean or a window is taken.
inline constexpr auto never_equal = [](const auto&, const auto&) noexcept { return false; };

template <class V>
struct signal_options {
  /// What read() gives before the first update; without it errc::no_value.
  std::optional<V> initial{};
  /// A new subscriber is given the present value at once, if there is one.
  bool notify_on_subscribe = false;
  /// When two values are the same, so that nobody need be told of the second: `==` where V has it,
  /// else never_equal. Called in the signal's turn, or the writer's.
  std::function<bool(const V&, const V&)> equal{};
  /// For subscribers that name none of their own.
  subscriber_buffer subscribers{};
  /// Called in the signal's turn with each update that failed. See also signal_base::last_error.
  /// Not of a pushed signal: there the writer is told.
  std::function<void(const error&)> on_error{};
};

}  // namespace troupe

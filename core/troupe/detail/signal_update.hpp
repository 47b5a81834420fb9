#pragma once

// The user's functions of signals, whatever their shape: plain or a coroutine, giving a value, a
// result, or nothing.

#include <troupe/detail/input_set.hpp>
#include <troupe/error.hpp>
#include <troupe/serve.hpp>
#include <troupe/task.hpp>

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troupe::detail {

template <class T>
struct unwrapped {
  using type = T;
};
template <class T>
struct unwrapped<result<T>> {
  using type = T;
};

/// What a function of Args gives in the end: T for T, result<T>, task<T> and task<result<T>>.
template <class F, class... Args>
using value_made_by = typename unwrapped<std::remove_cvref_t<outcome_of<F, Args...>>>::type;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// May an update of a signal of V give a T? An optional only where V takes it as it is: an empty
/// one is no value of any other type. (A bool may be made from one, and says that it is not empty.)
template <class V, class T>
concept makes_value =
    std::constructible_from<V, T> && (!is_optional<T> || std::convertible_to<T, V>);

/// What an update makes: nothing, if the present value is to stay.
template <class V>
using update_outcome = result<std::optional<V>>;

/// Of what a user's function gave: a value or an error, never nothing.
template <class V, class Made>
update_outcome<V> outcome_from(Made&& made) {
  // In its place: an empty optional, where V is one, is a value.
  if constexpr (!std::same_as<typename unwrapped<std::remove_cvref_t<Made>>::type,
                              std::remove_cvref_t<Made>>) {
    if (!made) return fail(std::forward<Made>(made).error());
    return update_outcome<V>(std::in_place, std::in_place, *std::forward<Made>(made));
  } else {
    return update_outcome<V>(std::in_place, std::in_place, std::forward<Made>(made));
  }
}

template <class V, class Task>
task<update_outcome<V>> outcome_later(Task work) {
  co_return outcome_from<V>(co_await std::move(work));
}

/// How a computed signal of V makes its value.
template <class V>
class update_of {
 public:
  update_of() = default;
  update_of(const update_of&) = delete;
  update_of& operator=(const update_of&) = delete;
  virtual ~update_of() = default;

  /// Plain updates give their outcome, coroutines leave a task in `later`.
  virtual update_outcome<V> make(const input_set& inputs, task<update_outcome<V>>& later) = 0;
};

/// From a function of the inputs' values, or of nothing: then it read()s what it wants.
template <class V, class F, class... Inputs>
class function_update final : public update_of<V> {
 public:
  explicit function_update(F function) : function_(std::move(function)) {}

  update_outcome<V> make(const input_set& inputs, task<update_outcome<V>>& later) override {
    return call(inputs, later, std::index_sequence_for<Inputs...>());
  }

 private:
  template <std::size_t... I>
  update_outcome<V> call(const input_set& inputs, task<update_outcome<V>>& later,
                         std::index_sequence<I...>) {
    if constexpr (is_task<std::invoke_result_t<F&, const Inputs&...>>) {
      later = outcome_later<V>(std::invoke(function_, inputs.present<Inputs>(I)...));
      return std::optional<V>();
    } else {
      return outcome_from<V>(std::invoke(function_, inputs.present<Inputs>(I)...));
    }
  }

  F function_;
};

}  // namespace troupe::detail

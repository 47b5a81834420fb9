#pragma once

// subscription<V>: a signal's values, one after another, in a buffer of the subscriber's own.
//
//     auto readings = temperature->subscribe(ctx, troupe::keep_latest(8));
//     while (auto t = co_await readings.receive()) …
//
// It is received from like an inbox: with receive(), as a source of select, or in
// serve(ctx, on(readings, [](double t) { … })). What subscription<changed> gives is a notice that
// there is a newer value to read, one for any number of changes.

#include <troupe/detail/signal_hub.hpp>
#include <troupe/select.hpp>
#include <troupe/serve.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace troupe {

/// A notice that a signal has a new value: see signal_base::watch.
using changed = detail::notice;

namespace detail {

template <class T>
class subscription_awaiter : public receive_awaiter<T> {
 public:
  explicit subscription_awaiter(subscription_state<T>& of) noexcept
      : receive_awaiter<T>(of.inbox), of_(&of) {
    of.rejoin();
  }
  subscription_awaiter(const subscription_awaiter&) = delete;
  subscription_awaiter& operator=(const subscription_awaiter&) = delete;
  ~subscription_awaiter() { of_->taker_gone(); }

  bool await_ready() {
    of_->arm_deadline();
    return receive_awaiter<T>::await_ready();
  }
  result<T> await_resume() {
    result<T> got = receive_awaiter<T>::await_resume();
    of_->finish(got);
    return got;
  }

 private:
  subscription_state<T>* of_;
};

}  // namespace detail

/// Threads: as a cast_inbox that only the signal sends to. Destroying it unsubscribes; it may
/// outlive the signal. Cost: to make one, a pooled block and, with the first value that has to
/// wait, the buffer; a value costs as much as a message. Moved from, it may only be destroyed or
/// assigned to.
template <class V>
class [[nodiscard]] subscription {
 public:
  using message_type = V;

  /// Awaitable -> result<V>: the next value. Once there will be none and all have been received:
  /// errc::actor_stopped if the signal has ended for good, the context's error if the context it
  /// was subscribed with has ended, errc::inbox_closed after unsubscribe(). errc::canceled when the
  /// actor that waits is.
  [[nodiscard]] auto receive() { return detail::subscription_awaiter<V>(*state_); }

  /// The signal tells it nothing more. What waits can still be received. Harmless when repeated.
  void unsubscribe() noexcept { state_->stop(); }

  /// Values that found no room and are lost, or pushed others out.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return state_->lost(); }
  /// Values that wait to be received.
  [[nodiscard]] std::size_t size() const noexcept { return state_->inbox.size(); }

  /// For the library.
  explicit subscription(std::unique_ptr<detail::subscription_state<V>> state) noexcept
      : state_(std::move(state)) {}
  [[nodiscard]] detail::subscription_state<V>& state() const noexcept { return *state_; }

 private:
  std::unique_ptr<detail::subscription_state<V>> state_;
};

/// Ties a handler to a subscription, for serve; a subscription given as an rvalue is kept.
template <class V, class Handler>
[[nodiscard]] auto on(subscription<V>& values, Handler handler) {
  static_assert(detail::cast_handler<Handler, V>,
                "on(subscription<V>, handler): the handler must take a V and give void, result<>, "
                "task<> or task<result<>>");
  return detail::binding<subscription<V>, Handler>{&values, std::move(handler)};
}
template <class V, class Handler>
[[nodiscard]] auto on(subscription<V>&& values, Handler handler) {
  static_assert(detail::cast_handler<Handler, V>,
                "on(subscription<V>, handler): the handler must take a V and give void, result<>, "
                "task<> or task<result<>>");
  return detail::owning_binding<subscription<V>, Handler>{std::move(values), std::move(handler)};
}

namespace detail {

template <class V>
struct select_arm<subscription<V>> {
  using value_type = result<V>;
  static constexpr bool is_inbox = true;

  explicit select_arm(subscription<V>& from) noexcept : of(&from.state()) { of->rejoin(); }
  select_arm(const select_arm&) = delete;
  select_arm& operator=(const select_arm&) = delete;
  ~select_arm() { of->taker_gone(); }
  void begin() { of->arm_deadline(); }
  void bind(inbox_source& source, subscription<V>&) noexcept {
    source.inbox = &of->inbox;
    source.waiter.set_slot(slot.raw());
  }
  value_type value(fiber& self, inbox_source& source) {
    value_type got = received<V>(self, source.waiter, slot);
    of->finish(got);
    return got;
  }

  subscription_state<V>* of;
  message_slot<V> slot;
};

}  // namespace detail
}  // namespace troupe

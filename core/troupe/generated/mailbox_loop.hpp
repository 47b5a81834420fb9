#pragma once

// The loop of a generated actor: it waits for all mailboxes at once, and hands each message to its
// handler by a call that is known when it is compiled.
//
// A mailbox's receiving side, its rx, is part of the actor and outlives a run. For a run it has an
// arm, in the frame of the loop, which joins in the wait with an inbox, a source of time, or both:
//
//   has_inbox, has_timer      what it joins in with
//   prepare(source)           before each wait: which inbox, and whether it is wanted now
//   timer(), wants_timer()    the source of time, and whether it is wanted now
//   received<Handle>(...)     the inbox has a message, or has closed
//   elapsed<Handle>(...)      it is time
//   discard()                 a message has come that nobody will want
//   is_rare                   if there: it is the last, and mostly not wanted
//
// A wait is for what is wanted at the time: most are for inboxes alone, which is faster. An inbox
// that has closed goes silent; the actor goes on.

#include <troupe/cast_inbox.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/error.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/generated/stop_request.hpp>
#include <troupe/task.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <tuple>
#include <utility>

namespace troupe::generated {

/// An inbox for sources that have none at the moment: they are not enabled, so that only its
/// address is ever looked at.
[[nodiscard]] detail::inbox_core& silent_inbox() noexcept;

/// A mailbox and its handler, a function (Private&, Message&&).
template <auto Handle, class Rx>
struct connection {
  using rx_type = Rx;
  static constexpr auto handle = Handle;
  Rx* rx;
};

template <auto Handle, class Rx>
[[nodiscard]] connection<Handle, Rx> on(Rx& rx) noexcept {
  return {&rx};
}

/// Whether its handler may wait for something else than messages: it is a coroutine.
template <class Private, class Connection>
consteval bool waits_elsewhere() {
  using arm = Connection::rx_type::arm;
  bool waits = false;
  if constexpr (arm::has_inbox) {
    waits = !std::same_as<decltype(std::declval<arm&>().template received<Connection::handle>(
                              std::declval<Private&>(), std::declval<detail::inbox_source&>())),
                          handled>;
  }
  if constexpr (arm::has_timer) {
    waits =
        waits || !std::same_as<decltype(std::declval<arm&>().template elapsed<Connection::handle>(
                                   std::declval<Private&>())),
                               handled>;
  }
  return waits;
}

template <class Private, class... Connections>
class mailbox_wait {
 public:
  mailbox_wait(stop_request& stop, const Connections&... connections) noexcept
      : stop_(&stop), arms_(*connections.rx...) {
    sources_[0].inbox = &silent_inbox();
    sources_[0].enabled = false;
    lay_out(std::index_sequence_for<Connections...>());
    if constexpr (!leaves_loop) stop_->enter_loop();
  }
  mailbox_wait(const mailbox_wait&) = delete;
  mailbox_wait& operator=(const mailbox_wait&) = delete;
  ~mailbox_wait() {
    stop_->leave_loop();  // handle_stop() may wait
    step_.leave(inbox_sources(), timer_sources());
    for_inboxes([](auto& arm, detail::inbox_source& source) {
      if (source.waiter.filled) arm.discard();
    });
  }

  // Called once a message, and not inlined otherwise.
  [[gnu::always_inline]] bool await_ready() {
    detail::fiber& self = *detail::current.running;
    for_inboxes([](auto& arm, detail::inbox_source& source) { arm.prepare(source); });
    choose_sources();
    if constexpr (leaves_loop) {
      if (std::exchange(outside_, false)) stop_->enter_loop();
    }
    if (!begin(self)) {
      stop_->parked(self);
      return false;
    }
    if (!detail::spend_budget()) return true;
    yields_ = true;
    return false;
  }
  void await_suspend(std::coroutine_handle<> at) noexcept {
    detail::fiber& self = *detail::current.running;
    self.resume_point = at;
    if (std::exchange(yields_, false)) self.sched->yield(self);
  }
  /// The index of the source, that of a mailbox's timer behind those of all inboxes.
  std::uint32_t await_resume() noexcept {
    detail::fiber& self = *detail::current.running;
    step_.end(self, inbox_sources(), timer_sources());
    return self.fired;
  }

  /// Awaitable -> result<>: handles what the inbox of mailbox I gave.
  template <std::size_t I>
  auto received(Private& self) {
    if constexpr (arm_type<I>::has_inbox) {
      return leaving(std::get<I>(arms_).template received<connection_type<I>::handle>(
          self, sources_[inbox_position<I>]));
    } else {
      return handled{};
    }
  }
  /// The same, where the timer of mailbox I has fired.
  template <std::size_t I>
  auto elapsed(Private& self) {
    if constexpr (arm_type<I>::has_timer) {
      return leaving(std::get<I>(arms_).template elapsed<connection_type<I>::handle>(self));
    } else {
      return handled{};
    }
  }

  /// False: handling has failed, and the actor ends with failure().
  bool went_well(result<>&& outcome) noexcept {
    if (outcome) [[likely]]
      return true;
    failure_ = std::move(outcome).error();
    return false;
  }
  [[nodiscard]] error failure() noexcept { return std::move(failure_); }

 private:
  static constexpr std::size_t count = sizeof...(Connections);
  static constexpr bool leaves_loop = (false || ... || waits_elsewhere<Private, Connections>());
  template <std::size_t I>
  using connection_type = std::tuple_element_t<I, std::tuple<Connections...>>;
  template <std::size_t I>
  using arm_type = typename connection_type<I>::rx_type::arm;
  static constexpr std::size_t inboxes =
      (std::size_t{0} + ... + Connections::rx_type::arm::has_inbox);
  static constexpr std::size_t timers =
      (std::size_t{0} + ... + Connections::rx_type::arm::has_timer);

  static constexpr std::size_t rare_inboxes =
      (std::size_t{0} + ... + requires { Connections::rx_type::arm::is_rare; });

  // How many of the arms before I have an inbox, or a timer.
  static constexpr std::size_t position(std::size_t i, bool timer) {
    constexpr std::array<bool, count + 1> has_inbox{Connections::rx_type::arm::has_inbox...};
    constexpr std::array<bool, count + 1> has_timer{Connections::rx_type::arm::has_timer...};
    std::size_t before = 0;
    for (std::size_t at = 0; at != i; ++at) before += (timer ? has_timer : has_inbox)[at] ? 1 : 0;
    return before;
  }
  template <std::size_t I>
  static constexpr std::size_t inbox_position = position(I, false);
  template <std::size_t I>
  static constexpr std::size_t timer_position = position(I, true);

  // A handler that is a coroutine may wait for something else than messages.
  template <class Handled>
  Handled leaving(Handled outcome) noexcept {
    if constexpr (!std::same_as<Handled, handled>) {
      stop_->leave_loop();
      outside_ = true;
    }
    return outcome;
  }

  template <std::size_t... I>
  void lay_out(std::index_sequence<I...>) noexcept {
    (place<I>(), ...);
  }
  template <std::size_t I>
  void place() noexcept {
    if constexpr (arm_type<I>::has_inbox) {
      detail::inbox_source& source = sources_[inbox_position<I>];
      std::get<I>(arms_).bind(source);
      source.waiter.index = static_cast<std::uint32_t>(I);
    }
    if constexpr (arm_type<I>::has_timer) {
      detail::wait_source& timer = std::get<I>(arms_).timer();
      timer.index = static_cast<std::uint32_t>(count + I);
      timers_[timer_position<I>] = &timer;
    }
  }
  template <class Visit>
  void for_inboxes(Visit visit) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (
          [&] {
            if constexpr (arm_type<I>::has_inbox) {
              visit(std::get<I>(arms_), sources_[inbox_position<I>]);
            }
          }(),
          ...);
    }(std::index_sequence_for<Connections...>());
  }
  // Receiving goes through all sources, wanted or not: so rare ones and timers are left out while
  // they are not wanted. What is left then is known to the compiler. One inbox has to be there.
  void choose_sources() noexcept {
    timed_ = wants_timers();
    rare_ = rare_inboxes != 0 && sources_.back().enabled;
  }
  [[nodiscard]] bool is_usual() const noexcept { return !timed_ && !rare_; }
  [[gnu::always_inline]] bool begin(detail::fiber& self) {
    return is_usual() ? step_.begin(self, usual_sources(), {}) : begin_unusual(self);
  }
  [[gnu::noinline]] bool begin_unusual(detail::fiber& self) {
    return step_.begin(self, inbox_sources(), timer_sources());
  }
  [[nodiscard]] detail::inbox_sources usual_sources() noexcept {
    return {sources_.data(), std::max<std::size_t>(inboxes - rare_inboxes, 1)};
  }
  [[nodiscard]] detail::inbox_sources inbox_sources() noexcept {
    return rare_ ? detail::inbox_sources(sources_.data(), inboxes) : usual_sources();
  }
  [[nodiscard]] detail::other_sources timer_sources() const noexcept {
    return {timers_.data(), timed_ ? timers : 0};
  }
  [[nodiscard]] bool wants_timers() const noexcept {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (false || ... || [&] {
        if constexpr (arm_type<I>::has_timer) {
          return std::get<I>(arms_).wants_timer();
        } else {
          return false;
        }
      }());
    }(std::index_sequence_for<Connections...>());
  }

  stop_request* stop_;
  std::tuple<typename Connections::rx_type::arm...> arms_;
  std::array<detail::inbox_source, std::max<std::size_t>(inboxes, 1)> sources_;
  std::array<detail::wait_source*, timers> timers_{};
  detail::receive_step step_;
  bool timed_ = false;   // the wait is for timers too
  bool rare_ = false;    // the wait is for the rare inbox too
  bool yields_ = false;  // a source is ready, but the turn is used up
  bool outside_ = true;  // the mark of stop_request is not set; if leaves_loop
  error failure_{std::error_code()};
};

template <std::size_t... I, class Private, class... Connections>
task<result<>> serve_loop(std::index_sequence<I...>, Private* self, stop_request* stop,
                          Connections... connections) {
  mailbox_wait<Private, Connections...> wait(*stop, connections...);
  while (!stop->requested()) {
    const std::uint32_t chosen = co_await wait;
    bool well = true;
    if (chosen < sizeof...(I)) [[likely]] {
      ((chosen == I ? void(well = wait.went_well(co_await wait.template received<I>(*self)))
                    : void()),
       ...);
    } else if (chosen == detail::fired_canceled) {
      co_return fail(detail::cancel_reason(*detail::current.running, nullptr));
    } else {
      ((chosen == I + sizeof...(I)
            ? void(well = wait.went_well(co_await wait.template elapsed<I>(*self)))
            : void()),
       ...);
    }
    if (!well) [[unlikely]]
      co_return fail(wait.failure());
  }
  stop->take();
  co_return result<>();
}

/// Handles messages until the actor is asked to stop, which is success, until its context ends, or
/// until a handler fails. `self`, `stop` and the mailboxes outlive it.
template <class Private, class... Connections>
[[nodiscard]] task<result<>> serve_mailboxes(Private& self, stop_request& stop,
                                             Connections... connections) {
  return serve_loop(std::index_sequence_for<Connections...>(), &self, &stop, connections...);
}

}  // namespace troupe::generated

// Made by troupe-gen from ticker.yml: change that, not this.
#pragma once

#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/ticker_mailbox.hpp>

#include "library.gen.hpp"

#include <chrono>
#include <string>
#include <tuple>
#include <utility>

// Actor Timer: `struct timer : timer_base` is yours to write, with
//
//   void handle_tkr(troupe::time_point)
//   void handle_quarter(troupe::time_point)
//   void handle_blink(troupe::time_point)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct timer;

/// The receiving sides of its mailboxes, for the actor itself.
struct timer_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit timer_rx(const Builder& from)
      : tkr(from.tkr), quarter(from.quarter), blink(from.blink) {}

  ::library::ticker_rx tkr;
  ::library::every_quarter_rx quarter;
  troupe::generated::ticker_rx blink;
};

/// The sending sides of its mailboxes, which its handles share.
struct timer_mailboxes {
  explicit timer_mailboxes(const timer_rx&) {}
};

/// The handle of Timer: see tx_base.
class timer_tx : public troupe::generated::tx_base<timer_mailboxes> {
 public:
  using tx_base::tx_base;
};

/// What timer derives from. The pointers are set before handle_start().
struct timer_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  timer_rx* rx = nullptr;
  const timer_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct timer_base::handlers {
  using rx_type = timer_rx;
  using tx_type = timer_tx;
  using mailboxes = timer_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "timer needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto tkr(Private& self, troupe::time_point&& message) {
    constexpr bool fits = requires {
      { self.handle_tkr(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "timer needs: void handle_tkr(troupe::time_point)");
    if constexpr (fits) return self.handle_tkr(std::move(message));
  }

  template <class Private>
  static auto quarter(Private& self, troupe::time_point&& message) {
    constexpr bool fits = requires {
      { self.handle_quarter(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "timer needs: void handle_quarter(troupe::time_point)");
    if constexpr (fits) return self.handle_quarter(std::move(message));
  }

  template <class Private>
  static auto blink(Private& self, troupe::time_point&& message) {
    constexpr bool fits = requires {
      { self.handle_blink(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "timer needs: void handle_blink(troupe::time_point)");
    if constexpr (fits) return self.handle_blink(std::move(message));
  }

  template <class Private>
  static auto connect_all(timer_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::tkr<Private>>(from.tkr),
        on<&handlers::quarter<Private>>(from.quarter),
        on<&handlers::blink<Private>>(from.blink),
    };
  }
};

/// Builds Timer. What is not set of a mailbox is as specified.
template <class Private>
struct timer_base::builder {
  Private data{};
  std::string name = "Timer";
  ::library::ticker_mailbox tkr{};
  ::library::every_quarter_mailbox quarter{};
  troupe::generated::ticker_mailbox blink{};

  /// Starts it on the runtime itself.
  timer_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    tkr.fill_in({});
    quarter.fill_in({.interval = std::chrono::minutes(15)});
    blink.fill_in({.interval = std::chrono::milliseconds(1500)});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using timer_builder = timer_base::builder<struct timer>;

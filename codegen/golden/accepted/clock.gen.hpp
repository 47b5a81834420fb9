// Made by troupe-gen from clock.yml: change that, not this.
#pragma once

#include <troupe/generated/batch_mailbox.hpp>
#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/rpc_mailbox.hpp>
#include <troupe/generated/simple_mailbox.hpp>
#include <troupe/generated/ticker_mailbox.hpp>

#include "clock.hpp"

#include <chrono>
#include <span>
#include <string>
#include <tuple>
#include <utility>

// Mailbox Line: simple.
using line_mailbox = troupe::generated::simple_mailbox<line::text>;
using line_rx = troupe::generated::simple_rx<line::text>;
using line_tx = troupe::generated::simple_tx<line::text>;

// Actor Clock: `struct clock : clock_base` is yours to write, with
//
//   void handle_tick(troupe::time_point)
//   void handle_note(const char*)
//   void handle_begin(std::span<::start>)
//   struct stop handle_time(data::question)
//   void handle_line(line::text)
//   void handle_line_mailbox(line::text)
//   void handle_line_rx(line::text)
//   void handle_line_tx(line::text)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct clock;

/// The receiving sides of its mailboxes, for the actor itself.
struct clock_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit clock_rx(const Builder& from)
      : tick(from.tick),
        note(from.note),
        begin(from.begin),
        time(from.time),
        line(from.line),
        line_mailbox(from.line_mailbox),
        line_rx(from.line_rx),
        line_tx(from.line_tx) {}

  troupe::generated::ticker_rx tick;
  troupe::generated::simple_rx<const char*> note;
  troupe::generated::batch_rx<::start> begin;
  troupe::generated::rpc_rx<data::question, struct stop> time;
  ::line_rx line;
  ::line_rx line_mailbox;
  ::line_rx line_rx;
  ::line_rx line_tx;
};

/// The sending sides of its mailboxes, which its handles share.
struct clock_mailboxes {
  explicit clock_mailboxes(const clock_rx& rx)
      : note(rx.note),
        begin(rx.begin),
        time(rx.time),
        line(rx.line),
        line_mailbox(rx.line_mailbox),
        line_rx(rx.line_rx),
        line_tx(rx.line_tx) {}

  troupe::generated::simple_tx<const char*> note;
  troupe::generated::batch_tx<::start> begin;
  troupe::generated::rpc_tx<data::question, struct stop> time;
  ::line_tx line;
  ::line_tx line_mailbox;
  ::line_tx line_rx;
  ::line_tx line_tx;
};

/// The handle of Clock: see tx_base.
class clock_tx : public troupe::generated::tx_base<clock_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<const char*>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto note(const char* message) const {
    return mailboxes().note.cast(std::move(message));
  }
  [[nodiscard]] auto note(const troupe::context& ctx, const char* message) const {
    return mailboxes().note.cast(ctx, std::move(message));
  }
  troupe::send_result<const char*> try_note(const char* message) const {
    return mailboxes().note.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<::start>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto begin(::start message) const {
    return mailboxes().begin.cast(std::move(message));
  }
  [[nodiscard]] auto begin(const troupe::context& ctx, ::start message) const {
    return mailboxes().begin.cast(ctx, std::move(message));
  }
  troupe::send_result<::start> try_begin(::start message) const {
    return mailboxes().begin.try_cast(std::move(message));
  }

  /// Awaitable -> result<struct stop>: waits for the reply, until `ctx` ends.
  [[nodiscard]] auto time(data::question message) const {
    return mailboxes().time.call(std::move(message));
  }
  [[nodiscard]] auto time(const troupe::context& ctx, data::question message) const {
    return mailboxes().time.call(ctx, std::move(message));
  }

  /// Awaitable -> send_result<line::text>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto line(line::text message) const {
    return mailboxes().line.cast(std::move(message));
  }
  [[nodiscard]] auto line(const troupe::context& ctx, line::text message) const {
    return mailboxes().line.cast(ctx, std::move(message));
  }
  troupe::send_result<line::text> try_line(line::text message) const {
    return mailboxes().line.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<line::text>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto line_mailbox(line::text message) const {
    return mailboxes().line_mailbox.cast(std::move(message));
  }
  [[nodiscard]] auto line_mailbox(const troupe::context& ctx, line::text message) const {
    return mailboxes().line_mailbox.cast(ctx, std::move(message));
  }
  troupe::send_result<line::text> try_line_mailbox(line::text message) const {
    return mailboxes().line_mailbox.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<line::text>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto line_rx(line::text message) const {
    return mailboxes().line_rx.cast(std::move(message));
  }
  [[nodiscard]] auto line_rx(const troupe::context& ctx, line::text message) const {
    return mailboxes().line_rx.cast(ctx, std::move(message));
  }
  troupe::send_result<line::text> try_line_rx(line::text message) const {
    return mailboxes().line_rx.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<line::text>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto line_tx(line::text message) const {
    return mailboxes().line_tx.cast(std::move(message));
  }
  [[nodiscard]] auto line_tx(const troupe::context& ctx, line::text message) const {
    return mailboxes().line_tx.cast(ctx, std::move(message));
  }
  troupe::send_result<line::text> try_line_tx(line::text message) const {
    return mailboxes().line_tx.try_cast(std::move(message));
  }
};

/// What clock derives from. The pointers are set before handle_start().
struct clock_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  clock_rx* rx = nullptr;
  const clock_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct clock_base::handlers {
  using rx_type = clock_rx;
  using tx_type = clock_tx;
  using mailboxes = clock_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto tick(Private& self, troupe::time_point&& message) {
    constexpr bool fits = requires {
      { self.handle_tick(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_tick(troupe::time_point)");
    if constexpr (fits) return self.handle_tick(std::move(message));
  }

  template <class Private>
  static auto note(Private& self, const char*&& message) {
    constexpr bool fits = requires {
      { self.handle_note(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_note(const char*)");
    if constexpr (fits) return self.handle_note(std::move(message));
  }

  template <class Private>
  static auto begin(Private& self, std::span<::start>&& message) {
    constexpr bool fits = requires {
      { self.handle_begin(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_begin(std::span<::start>)");
    if constexpr (fits) return self.handle_begin(std::move(message));
  }

  template <class Private>
  static auto time(Private& self, troupe::request<data::question, struct stop>&& asked) {
    const auto handler = [&self](auto&& given) -> decltype(self.handle_time(std::move(given))) {
      return self.handle_time(std::move(given));
    };
    constexpr bool fits =
        troupe::generated::answers<decltype(handler), data::question, struct stop>;
    static_assert(fits, "clock needs: struct stop handle_time(data::question)");
    if constexpr (fits) return troupe::generated::answer(handler, std::move(asked));
  }

  template <class Private>
  static auto line(Private& self, line::text&& message) {
    constexpr bool fits = requires {
      { self.handle_line(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_line(line::text)");
    if constexpr (fits) return self.handle_line(std::move(message));
  }

  template <class Private>
  static auto line_mailbox(Private& self, line::text&& message) {
    constexpr bool fits = requires {
      { self.handle_line_mailbox(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_line_mailbox(line::text)");
    if constexpr (fits) return self.handle_line_mailbox(std::move(message));
  }

  template <class Private>
  static auto line_rx(Private& self, line::text&& message) {
    constexpr bool fits = requires {
      { self.handle_line_rx(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_line_rx(line::text)");
    if constexpr (fits) return self.handle_line_rx(std::move(message));
  }

  template <class Private>
  static auto line_tx(Private& self, line::text&& message) {
    constexpr bool fits = requires {
      { self.handle_line_tx(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "clock needs: void handle_line_tx(line::text)");
    if constexpr (fits) return self.handle_line_tx(std::move(message));
  }

  template <class Private>
  static auto connect_all(clock_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::tick<Private>>(from.tick),
        on<&handlers::note<Private>>(from.note),
        on<&handlers::begin<Private>>(from.begin),
        on<&handlers::time<Private>>(from.time),
        on<&handlers::line<Private>>(from.line),
        on<&handlers::line_mailbox<Private>>(from.line_mailbox),
        on<&handlers::line_rx<Private>>(from.line_rx),
        on<&handlers::line_tx<Private>>(from.line_tx),
    };
  }
};

/// Builds Clock. What is not set of a mailbox is as specified.
template <class Private>
struct clock_base::builder {
  Private data{};
  std::string name = "Clock";
  troupe::generated::ticker_mailbox tick{};
  troupe::generated::simple_mailbox<const char*> note{};
  troupe::generated::batch_mailbox<::start> begin{};
  troupe::generated::rpc_mailbox<data::question, struct stop> time{};
  ::line_mailbox line{};
  ::line_mailbox line_mailbox{};
  ::line_mailbox line_rx{};
  ::line_mailbox line_tx{};

  /// Starts it on the runtime itself.
  clock_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    tick.fill_in({});
    note.fill_in({.disabled = false, .capacity = 10});
    begin.fill_in({.disabled = false, .capacity = 10});
    time.fill_in({.disabled = false, .capacity = 10});
    line.fill_in({.disabled = false, .capacity = 10});
    line_mailbox.fill_in({.disabled = false, .capacity = 10});
    line_rx.fill_in({.disabled = false, .capacity = 10});
    line_tx.fill_in({.disabled = false, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using clock_builder = clock_base::builder<struct clock>;

// Actor Signal: `struct signal : signal_base` is yours to write.
struct signal;

/// The receiving sides of its mailboxes, for the actor itself.
struct signal_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit signal_rx(const Builder&) {}
};

/// The sending sides of its mailboxes, which its handles share.
struct signal_mailboxes {
  explicit signal_mailboxes(const signal_rx&) {}
};

/// The handle of Signal: see tx_base.
class signal_tx : public troupe::generated::tx_base<signal_mailboxes> {
 public:
  using tx_base::tx_base;
};

/// What signal derives from. The pointers are set before handle_start().
struct signal_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  signal_rx* rx = nullptr;
  const signal_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct signal_base::handlers {
  using rx_type = signal_rx;
  using tx_type = signal_tx;
  using mailboxes = signal_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "signal needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto connect_all(signal_rx&) {
    return std::tuple();
  }
};

/// Builds Signal. What is not set of a mailbox is as specified.
template <class Private>
struct signal_base::builder {
  Private data{};
  std::string name = "Signal";

  /// Starts it on the runtime itself.
  signal_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using signal_builder = signal_base::builder<struct signal>;

// Made by troupe-gen from every_kind.yml: change that, not this.
#pragma once

#ifndef TROUPE_HAS_IO
#error "mailboxes of network connections need troupe::io: link it to this target"
#endif

#include <troupe/generated/batch_mailbox.hpp>
#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/rpc_mailbox.hpp>
#include <troupe/generated/signal_mailbox.hpp>
#include <troupe/generated/simple_mailbox.hpp>
#include <troupe/generated/ticker_mailbox.hpp>
#include <troupe/generated/timer_mailbox.hpp>
#include <troupe/io/generated/connection_mailbox.hpp>
#include <troupe/io/generated/listener_mailbox.hpp>

#include "a.hpp"
#include "messages.hpp"

#include <b>
#include <chrono>
#include <span>
#include <string>
#include <tuple>
#include <utility>

// Mailbox Upper: rpc.
using upper_mailbox = troupe::generated::rpc_mailbox<std::string, std::string>;
using upper_rx = troupe::generated::rpc_rx<std::string, std::string>;
using upper_tx = troupe::generated::rpc_tx<std::string, std::string>;

// Actor Brief: `struct brief : brief_base` is yours to write, with
//
//   void handle_orders(order)
//   void handle_ticks(troupe::time_point)
//   std::string handle_upper(std::string)
//   void handle_samples(std::span<double>)
//   void handle_alarms(int)
//   void handle_clients(troupe::io::tcp_connection)
//   void handle_bytes(troupe::io::arrival)
//   void handle_temperature(double)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct brief;

/// The receiving sides of its mailboxes, for the actor itself.
struct brief_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit brief_rx(const Builder& from)
      : orders(from.orders),
        ticks(from.ticks),
        upper(from.upper),
        samples(from.samples),
        alarms(from.alarms),
        clients(from.clients),
        bytes(from.bytes),
        temperature(from.temperature) {}

  troupe::generated::simple_rx<order> orders;
  troupe::generated::ticker_rx ticks;
  troupe::generated::rpc_rx<std::string, std::string> upper;
  troupe::generated::batch_rx<double> samples;
  troupe::generated::timer_rx<int> alarms;
  troupe::generated::listener_rx clients;
  troupe::generated::connection_rx bytes;
  troupe::generated::signal_rx<double> temperature;
};

/// The sending sides of its mailboxes, which its handles share.
struct brief_mailboxes {
  explicit brief_mailboxes(const brief_rx& rx)
      : orders(rx.orders), upper(rx.upper), samples(rx.samples) {}

  troupe::generated::simple_tx<order> orders;
  troupe::generated::rpc_tx<std::string, std::string> upper;
  troupe::generated::batch_tx<double> samples;
};

/// The handle of Brief: see tx_base.
class brief_tx : public troupe::generated::tx_base<brief_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<order>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto orders(order message) const {
    return mailboxes().orders.cast(std::move(message));
  }
  [[nodiscard]] auto orders(const troupe::context& ctx, order message) const {
    return mailboxes().orders.cast(ctx, std::move(message));
  }
  troupe::send_result<order> try_orders(order message) const {
    return mailboxes().orders.try_cast(std::move(message));
  }

  /// Awaitable -> result<std::string>: waits for the reply, until `ctx` ends.
  [[nodiscard]] auto upper(std::string message) const {
    return mailboxes().upper.call(std::move(message));
  }
  [[nodiscard]] auto upper(const troupe::context& ctx, std::string message) const {
    return mailboxes().upper.call(ctx, std::move(message));
  }

  /// Awaitable -> send_result<double>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto samples(double message) const {
    return mailboxes().samples.cast(std::move(message));
  }
  [[nodiscard]] auto samples(const troupe::context& ctx, double message) const {
    return mailboxes().samples.cast(ctx, std::move(message));
  }
  troupe::send_result<double> try_samples(double message) const {
    return mailboxes().samples.try_cast(std::move(message));
  }
};

/// What brief derives from. The pointers are set before handle_start().
struct brief_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  brief_rx* rx = nullptr;
  const brief_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct brief_base::handlers {
  using rx_type = brief_rx;
  using tx_type = brief_tx;
  using mailboxes = brief_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto orders(Private& self, order&& message) {
    constexpr bool fits = requires {
      { self.handle_orders(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_orders(order)");
    if constexpr (fits) return self.handle_orders(std::move(message));
  }

  template <class Private>
  static auto ticks(Private& self, troupe::time_point&& message) {
    constexpr bool fits = requires {
      { self.handle_ticks(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_ticks(troupe::time_point)");
    if constexpr (fits) return self.handle_ticks(std::move(message));
  }

  template <class Private>
  static auto upper(Private& self, troupe::request<std::string, std::string>&& asked) {
    const auto handler = [&self](auto&& given) -> decltype(self.handle_upper(std::move(given))) {
      return self.handle_upper(std::move(given));
    };
    constexpr bool fits = troupe::generated::answers<decltype(handler), std::string, std::string>;
    static_assert(fits, "brief needs: std::string handle_upper(std::string)");
    if constexpr (fits) return troupe::generated::answer(handler, std::move(asked));
  }

  template <class Private>
  static auto samples(Private& self, std::span<double>&& message) {
    constexpr bool fits = requires {
      { self.handle_samples(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_samples(std::span<double>)");
    if constexpr (fits) return self.handle_samples(std::move(message));
  }

  template <class Private>
  static auto alarms(Private& self, int&& message) {
    constexpr bool fits = requires {
      { self.handle_alarms(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_alarms(int)");
    if constexpr (fits) return self.handle_alarms(std::move(message));
  }

  template <class Private>
  static auto clients(Private& self, troupe::io::tcp_connection&& message) {
    constexpr bool fits = requires {
      { self.handle_clients(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_clients(troupe::io::tcp_connection)");
    if constexpr (fits) return self.handle_clients(std::move(message));
  }

  template <class Private>
  static auto bytes(Private& self, troupe::io::arrival&& message) {
    constexpr bool fits = requires {
      { self.handle_bytes(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_bytes(troupe::io::arrival)");
    if constexpr (fits) return self.handle_bytes(std::move(message));
  }

  template <class Private>
  static auto temperature(Private& self, double&& message) {
    constexpr bool fits = requires {
      { self.handle_temperature(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "brief needs: void handle_temperature(double)");
    if constexpr (fits) return self.handle_temperature(std::move(message));
  }

  template <class Private>
  static auto connect_all(brief_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::orders<Private>>(from.orders),
        on<&handlers::ticks<Private>>(from.ticks),
        on<&handlers::upper<Private>>(from.upper),
        on<&handlers::samples<Private>>(from.samples),
        on<&handlers::alarms<Private>>(from.alarms),
        on<&handlers::clients<Private>>(from.clients),
        on<&handlers::bytes<Private>>(from.bytes),
        on<&handlers::temperature<Private>>(from.temperature),
    };
  }
};

/// Builds Brief. What is not set of a mailbox is as specified.
template <class Private>
struct brief_base::builder {
  Private data{};
  std::string name = "Brief";
  troupe::generated::simple_mailbox<order> orders{};
  troupe::generated::ticker_mailbox ticks{};
  troupe::generated::rpc_mailbox<std::string, std::string> upper{};
  troupe::generated::batch_mailbox<double> samples{};
  troupe::generated::timer_mailbox<int> alarms{};
  troupe::generated::listener_mailbox clients{};
  troupe::generated::connection_mailbox bytes{};
  troupe::generated::signal_mailbox<double> temperature{};

  /// Starts it on the runtime itself.
  brief_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    orders.fill_in({.disabled = false, .capacity = 10});
    ticks.fill_in({});
    upper.fill_in({.disabled = false, .capacity = 10});
    samples.fill_in({.disabled = false, .capacity = 10});
    alarms.fill_in({.capacity = 10});
    clients.fill_in({.disabled = false, .capacity = 10});
    bytes.fill_in({.disabled = false, .max_bytes = 4096});
    temperature.fill_in(
        {.disabled = false, .buffer = 16, .overflow = troupe::overflow::keep_latest});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using brief_builder = brief_base::builder<struct brief>;

// Actor Detailed: `struct detailed : detailed_base` is yours to write, with
//
//   void handle_orders(order)
//   void handle_orders2(order)
//   void handle_ticks(troupe::time_point)
//   void handle_upper(std::string)
//   void handle_samples(std::span<double>)
//   void handle_alarms(int)
//   void handle_clients(troupe::io::tcp_connection)
//   void handle_bytes(troupe::io::arrival)
//   void handle_temperature(double)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct detailed;

/// The receiving sides of its mailboxes, for the actor itself.
struct detailed_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit detailed_rx(const Builder& from)
      : orders(from.orders),
        orders2(from.orders2),
        ticks(from.ticks),
        upper(from.upper),
        samples(from.samples),
        alarms(from.alarms),
        clients(from.clients),
        bytes(from.bytes),
        temperature(from.temperature) {}

  troupe::generated::simple_rx<order> orders;
  troupe::generated::simple_rx<order> orders2;
  troupe::generated::ticker_rx ticks;
  troupe::generated::rpc_rx<std::string, void> upper;
  troupe::generated::batch_rx<double> samples;
  troupe::generated::timer_rx<int> alarms;
  troupe::generated::listener_rx clients;
  troupe::generated::connection_rx bytes;
  troupe::generated::signal_rx<double> temperature;
};

/// The sending sides of its mailboxes, which its handles share.
struct detailed_mailboxes {
  explicit detailed_mailboxes(const detailed_rx& rx)
      : orders(rx.orders), orders2(rx.orders2), upper(rx.upper), samples(rx.samples) {}

  troupe::generated::simple_tx<order> orders;
  troupe::generated::simple_tx<order> orders2;
  troupe::generated::rpc_tx<std::string, void> upper;
  troupe::generated::batch_tx<double> samples;
};

/// The handle of Detailed: see tx_base.
class detailed_tx : public troupe::generated::tx_base<detailed_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<order>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto orders(order message) const {
    return mailboxes().orders.cast(std::move(message));
  }
  [[nodiscard]] auto orders(const troupe::context& ctx, order message) const {
    return mailboxes().orders.cast(ctx, std::move(message));
  }
  troupe::send_result<order> try_orders(order message) const {
    return mailboxes().orders.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<order>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto orders2(order message) const {
    return mailboxes().orders2.cast(std::move(message));
  }
  [[nodiscard]] auto orders2(const troupe::context& ctx, order message) const {
    return mailboxes().orders2.cast(ctx, std::move(message));
  }
  troupe::send_result<order> try_orders2(order message) const {
    return mailboxes().orders2.try_cast(std::move(message));
  }

  /// Awaitable -> result<void>: waits for the reply, until `ctx` ends.
  [[nodiscard]] auto upper(std::string message) const {
    return mailboxes().upper.call(std::move(message));
  }
  [[nodiscard]] auto upper(const troupe::context& ctx, std::string message) const {
    return mailboxes().upper.call(ctx, std::move(message));
  }

  /// Awaitable -> send_result<double>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto samples(double message) const {
    return mailboxes().samples.cast(std::move(message));
  }
  [[nodiscard]] auto samples(const troupe::context& ctx, double message) const {
    return mailboxes().samples.cast(ctx, std::move(message));
  }
  troupe::send_result<double> try_samples(double message) const {
    return mailboxes().samples.try_cast(std::move(message));
  }
};

/// What detailed derives from. The pointers are set before handle_start().
struct detailed_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  detailed_rx* rx = nullptr;
  const detailed_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct detailed_base::handlers {
  using rx_type = detailed_rx;
  using tx_type = detailed_tx;
  using mailboxes = detailed_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto orders(Private& self, order&& message) {
    constexpr bool fits = requires {
      { self.handle_orders(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_orders(order)");
    if constexpr (fits) return self.handle_orders(std::move(message));
  }

  template <class Private>
  static auto orders2(Private& self, order&& message) {
    constexpr bool fits = requires {
      { self.handle_orders2(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_orders2(order)");
    if constexpr (fits) return self.handle_orders2(std::move(message));
  }

  template <class Private>
  static auto ticks(Private& self, troupe::time_point&& message) {
    constexpr bool fits = requires {
      { self.handle_ticks(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_ticks(troupe::time_point)");
    if constexpr (fits) return self.handle_ticks(std::move(message));
  }

  template <class Private>
  static auto upper(Private& self, troupe::request<std::string, void>&& asked) {
    const auto handler = [&self](auto&& given) -> decltype(self.handle_upper(std::move(given))) {
      return self.handle_upper(std::move(given));
    };
    constexpr bool fits = troupe::generated::answers<decltype(handler), std::string, void>;
    static_assert(fits, "detailed needs: void handle_upper(std::string)");
    if constexpr (fits) return troupe::generated::answer(handler, std::move(asked));
  }

  template <class Private>
  static auto samples(Private& self, std::span<double>&& message) {
    constexpr bool fits = requires {
      { self.handle_samples(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_samples(std::span<double>)");
    if constexpr (fits) return self.handle_samples(std::move(message));
  }

  template <class Private>
  static auto alarms(Private& self, int&& message) {
    constexpr bool fits = requires {
      { self.handle_alarms(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_alarms(int)");
    if constexpr (fits) return self.handle_alarms(std::move(message));
  }

  template <class Private>
  static auto clients(Private& self, troupe::io::tcp_connection&& message) {
    constexpr bool fits = requires {
      { self.handle_clients(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_clients(troupe::io::tcp_connection)");
    if constexpr (fits) return self.handle_clients(std::move(message));
  }

  template <class Private>
  static auto bytes(Private& self, troupe::io::arrival&& message) {
    constexpr bool fits = requires {
      { self.handle_bytes(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_bytes(troupe::io::arrival)");
    if constexpr (fits) return self.handle_bytes(std::move(message));
  }

  template <class Private>
  static auto temperature(Private& self, double&& message) {
    constexpr bool fits = requires {
      { self.handle_temperature(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "detailed needs: void handle_temperature(double)");
    if constexpr (fits) return self.handle_temperature(std::move(message));
  }

  template <class Private>
  static auto connect_all(detailed_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::orders<Private>>(from.orders),
        on<&handlers::orders2<Private>>(from.orders2),
        on<&handlers::ticks<Private>>(from.ticks),
        on<&handlers::upper<Private>>(from.upper),
        on<&handlers::samples<Private>>(from.samples),
        on<&handlers::alarms<Private>>(from.alarms),
        on<&handlers::clients<Private>>(from.clients),
        on<&handlers::bytes<Private>>(from.bytes),
        on<&handlers::temperature<Private>>(from.temperature),
    };
  }
};

/// Builds Detailed. What is not set of a mailbox is as specified.
template <class Private>
struct detailed_base::builder {
  Private data{};
  std::string name = "Detailed";
  troupe::generated::simple_mailbox<order> orders{};
  troupe::generated::simple_mailbox<order> orders2{};
  troupe::generated::ticker_mailbox ticks{};
  troupe::generated::rpc_mailbox<std::string, void> upper{};
  troupe::generated::batch_mailbox<double> samples{};
  troupe::generated::timer_mailbox<int> alarms{};
  troupe::generated::listener_mailbox clients{};
  troupe::generated::connection_mailbox bytes{};
  troupe::generated::signal_mailbox<double> temperature{};

  /// Starts it on the runtime itself.
  detailed_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    orders.fill_in({.disabled = true, .capacity = 3});
    orders2.fill_in({.disabled = true, .capacity = 3});
    ticks.fill_in({.interval = std::chrono::seconds(15)});
    upper.fill_in({.disabled = false, .capacity = 0});
    samples.fill_in({.disabled = true,
                     .capacity = 1000,
                     .max_batch = 100,
                     .max_delay = std::chrono::milliseconds(2)});
    alarms.fill_in({.capacity = 1});
    clients.fill_in({.disabled = true, .capacity = 2, .address = "[::1]:8080"});
    bytes.fill_in({.disabled = true, .max_bytes = 65536});
    temperature.fill_in({.disabled = true, .buffer = 1, .overflow = troupe::overflow::keep_oldest});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using detailed_builder = detailed_base::builder<struct detailed>;

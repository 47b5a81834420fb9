// Made by troupe-gen from echo.yml: change that, not this.
#pragma once

#ifndef TROUPE_HAS_IO
#error "mailboxes of network connections need troupe::io: link it to this target"
#endif

#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/simple_mailbox.hpp>
#include <troupe/io/generated/connection_mailbox.hpp>
#include <troupe/io/generated/listener_mailbox.hpp>

#include <string>
#include <tuple>
#include <utility>

namespace echo {

// Mailbox Bytes: connection.
using bytes_mailbox = troupe::generated::connection_mailbox;
using bytes_rx = troupe::generated::connection_rx;

// Actor EchoServer: `struct echo_server : echo_server_base` is yours to write, with
//
//   void handle_clients(troupe::io::tcp_connection)
//   void handle_input(troupe::io::arrival)
//   void handle_command(std::string)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct echo_server;

/// The receiving sides of its mailboxes, for the actor itself.
struct echo_server_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit echo_server_rx(const Builder& from)
      : clients(from.clients), input(from.input), command(from.command) {}

  troupe::generated::listener_rx clients;
  bytes_rx input;
  troupe::generated::simple_rx<std::string> command;
};

/// The sending sides of its mailboxes, which its handles share.
struct echo_server_mailboxes {
  explicit echo_server_mailboxes(const echo_server_rx& rx) : command(rx.command) {}

  troupe::generated::simple_tx<std::string> command;
};

/// The handle of EchoServer: see tx_base.
class echo_server_tx : public troupe::generated::tx_base<echo_server_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<std::string>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto command(std::string message) const {
    return mailboxes().command.cast(std::move(message));
  }
  [[nodiscard]] auto command(const troupe::context& ctx, std::string message) const {
    return mailboxes().command.cast(ctx, std::move(message));
  }
  troupe::send_result<std::string> try_command(std::string message) const {
    return mailboxes().command.try_cast(std::move(message));
  }
};

/// What echo_server derives from. The pointers are set before handle_start().
struct echo_server_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  echo_server_rx* rx = nullptr;
  const echo_server_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct echo_server_base::handlers {
  using rx_type = echo_server_rx;
  using tx_type = echo_server_tx;
  using mailboxes = echo_server_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "echo_server needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto clients(Private& self, troupe::io::tcp_connection&& message) {
    constexpr bool fits = requires {
      { self.handle_clients(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "echo_server needs: void handle_clients(troupe::io::tcp_connection)");
    if constexpr (fits) return self.handle_clients(std::move(message));
  }

  template <class Private>
  static auto input(Private& self, troupe::io::arrival&& message) {
    constexpr bool fits = requires {
      { self.handle_input(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "echo_server needs: void handle_input(troupe::io::arrival)");
    if constexpr (fits) return self.handle_input(std::move(message));
  }

  template <class Private>
  static auto command(Private& self, std::string&& message) {
    constexpr bool fits = requires {
      { self.handle_command(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "echo_server needs: void handle_command(std::string)");
    if constexpr (fits) return self.handle_command(std::move(message));
  }

  template <class Private>
  static auto connect_all(echo_server_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::clients<Private>>(from.clients),
        on<&handlers::input<Private>>(from.input),
        on<&handlers::command<Private>>(from.command),
    };
  }
};

/// Builds EchoServer. What is not set of a mailbox is as specified.
template <class Private>
struct echo_server_base::builder {
  Private data{};
  std::string name = "EchoServer";
  troupe::generated::listener_mailbox clients{};
  bytes_mailbox input{};
  troupe::generated::simple_mailbox<std::string> command{};

  /// Starts it on the runtime itself.
  echo_server_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    clients.fill_in({.disabled = false, .capacity = 64, .address = "127.0.0.1:0"});
    input.fill_in({.disabled = false, .max_bytes = 1000});
    command.fill_in({.disabled = false, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using echo_server_builder = echo_server_base::builder<struct echo_server>;

// Actor Acceptor: `struct acceptor : acceptor_base` is yours to write, with
//
//   void handle_clients(troupe::io::tcp_connection)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct acceptor;

/// The receiving sides of its mailboxes, for the actor itself.
struct acceptor_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit acceptor_rx(const Builder& from) : clients(from.clients) {}

  troupe::generated::listener_rx clients;
};

/// The sending sides of its mailboxes, which its handles share.
struct acceptor_mailboxes {
  explicit acceptor_mailboxes(const acceptor_rx&) {}
};

/// The handle of Acceptor: see tx_base.
class acceptor_tx : public troupe::generated::tx_base<acceptor_mailboxes> {
 public:
  using tx_base::tx_base;
};

/// What acceptor derives from. The pointers are set before handle_start().
struct acceptor_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  acceptor_rx* rx = nullptr;
  const acceptor_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct acceptor_base::handlers {
  using rx_type = acceptor_rx;
  using tx_type = acceptor_tx;
  using mailboxes = acceptor_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "acceptor needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto clients(Private& self, troupe::io::tcp_connection&& message) {
    constexpr bool fits = requires {
      { self.handle_clients(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "acceptor needs: void handle_clients(troupe::io::tcp_connection)");
    if constexpr (fits) return self.handle_clients(std::move(message));
  }

  template <class Private>
  static auto connect_all(acceptor_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::clients<Private>>(from.clients),
    };
  }
};

/// Builds Acceptor. What is not set of a mailbox is as specified.
template <class Private>
struct acceptor_base::builder {
  Private data{};
  std::string name = "Acceptor";
  troupe::generated::listener_mailbox clients{};

  /// Starts it on the runtime itself.
  acceptor_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    clients.fill_in({.disabled = true, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using acceptor_builder = acceptor_base::builder<struct acceptor>;

}  // namespace echo

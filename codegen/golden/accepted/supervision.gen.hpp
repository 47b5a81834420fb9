// Made by troupe-gen from supervision.yml: change that, not this.
#pragma once

#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/simple_mailbox.hpp>

#include "finish.hpp"

#include <string>
#include <troupe/actor_id.hpp>
#include <tuple>
#include <utility>

// Actor Supervisor: `struct supervisor : supervisor_base` is yours to write, with
//
//   void handle_watch(troupe::actor_id)
//   void handle_forget(troupe::actor_id)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct supervisor;

/// The receiving sides of its mailboxes, for the actor itself.
struct supervisor_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit supervisor_rx(const Builder& from) : watch(from.watch), forget(from.forget) {}

  troupe::generated::simple_rx<troupe::actor_id> watch;
  troupe::generated::simple_rx<troupe::actor_id> forget;
};

/// The sending sides of its mailboxes, which its handles share.
struct supervisor_mailboxes {
  explicit supervisor_mailboxes(const supervisor_rx& rx) : watch(rx.watch), forget(rx.forget) {}

  troupe::generated::simple_tx<troupe::actor_id> watch;
  troupe::generated::simple_tx<troupe::actor_id> forget;
};

/// The handle of Supervisor: see tx_base.
class supervisor_tx : public troupe::generated::tx_base<supervisor_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<troupe::actor_id>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto watch(troupe::actor_id message) const {
    return mailboxes().watch.cast(std::move(message));
  }
  [[nodiscard]] auto watch(const troupe::context& ctx, troupe::actor_id message) const {
    return mailboxes().watch.cast(ctx, std::move(message));
  }
  troupe::send_result<troupe::actor_id> try_watch(troupe::actor_id message) const {
    return mailboxes().watch.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<troupe::actor_id>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto forget(troupe::actor_id message) const {
    return mailboxes().forget.cast(std::move(message));
  }
  [[nodiscard]] auto forget(const troupe::context& ctx, troupe::actor_id message) const {
    return mailboxes().forget.cast(ctx, std::move(message));
  }
  troupe::send_result<troupe::actor_id> try_forget(troupe::actor_id message) const {
    return mailboxes().forget.try_cast(std::move(message));
  }
};

/// What supervisor derives from. The pointers are set before handle_start().
struct supervisor_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  supervisor_rx* rx = nullptr;
  const supervisor_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct supervisor_base::handlers {
  using rx_type = supervisor_rx;
  using tx_type = supervisor_tx;
  using mailboxes = supervisor_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "supervisor needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto watch(Private& self, troupe::actor_id&& message) {
    constexpr bool fits = requires {
      { self.handle_watch(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "supervisor needs: void handle_watch(troupe::actor_id)");
    if constexpr (fits) return self.handle_watch(std::move(message));
  }

  template <class Private>
  static auto forget(Private& self, troupe::actor_id&& message) {
    constexpr bool fits = requires {
      { self.handle_forget(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "supervisor needs: void handle_forget(troupe::actor_id)");
    if constexpr (fits) return self.handle_forget(std::move(message));
  }

  template <class Private>
  static auto connect_all(supervisor_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::watch<Private>>(from.watch),
        on<&handlers::forget<Private>>(from.forget),
    };
  }
};

/// Builds Supervisor. What is not set of a mailbox is as specified.
template <class Private>
struct supervisor_base::builder {
  Private data{};
  std::string name = "Supervisor";
  troupe::generated::simple_mailbox<troupe::actor_id> watch{};
  troupe::generated::simple_mailbox<troupe::actor_id> forget{};

  /// Starts it on the runtime itself.
  supervisor_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    watch.fill_in({.disabled = false, .capacity = 10});
    forget.fill_in({.disabled = false, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using supervisor_builder = supervisor_base::builder<struct supervisor>;

// Actor Supervisee: `struct supervisee : supervisee_base` is yours to write.
struct supervisee;

/// The receiving sides of its mailboxes, for the actor itself.
struct supervisee_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit supervisee_rx(const Builder&) {}
};

/// The sending sides of its mailboxes, which its handles share.
struct supervisee_mailboxes {
  explicit supervisee_mailboxes(const supervisee_rx&) {}
};

/// The handle of Supervisee: see tx_base.
class supervisee_tx : public troupe::generated::tx_base<supervisee_mailboxes> {
 public:
  using tx_base::tx_base;
};

/// What supervisee derives from. The pointers are set before handle_start().
struct supervisee_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  supervisee_rx* rx = nullptr;
  const supervisee_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct supervisee_base::handlers {
  using rx_type = supervisee_rx;
  using tx_type = supervisee_tx;
  using mailboxes = supervisee_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "supervisee needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto connect_all(supervisee_rx&) {
    return std::tuple();
  }
};

/// Builds Supervisee. What is not set of a mailbox is as specified.
template <class Private>
struct supervisee_base::builder {
  Private data{};
  std::string name = "Supervisee";

  /// Starts it on the runtime itself.
  supervisee_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using supervisee_builder = supervisee_base::builder<struct supervisee>;

// Actor Stopper: `struct stopper : stopper_base` is yours to write, with
//
//   void handle_finish(finish_request)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct stopper;

/// The receiving sides of its mailboxes, for the actor itself.
struct stopper_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit stopper_rx(const Builder& from) : finish(from.finish) {}

  troupe::generated::simple_rx<finish_request> finish;
};

/// The sending sides of its mailboxes, which its handles share.
struct stopper_mailboxes {
  explicit stopper_mailboxes(const stopper_rx& rx) : finish(rx.finish) {}

  troupe::generated::simple_tx<finish_request> finish;
};

/// The handle of Stopper: see tx_base.
class stopper_tx : public troupe::generated::tx_base<stopper_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<finish_request>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto finish(finish_request message) const {
    return mailboxes().finish.cast(std::move(message));
  }
  [[nodiscard]] auto finish(const troupe::context& ctx, finish_request message) const {
    return mailboxes().finish.cast(ctx, std::move(message));
  }
  troupe::send_result<finish_request> try_finish(finish_request message) const {
    return mailboxes().finish.try_cast(std::move(message));
  }
};

/// What stopper derives from. The pointers are set before handle_start().
struct stopper_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  stopper_rx* rx = nullptr;
  const stopper_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct stopper_base::handlers {
  using rx_type = stopper_rx;
  using tx_type = stopper_tx;
  using mailboxes = stopper_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "stopper needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto finish(Private& self, finish_request&& message) {
    constexpr bool fits = requires {
      { self.handle_finish(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "stopper needs: void handle_finish(finish_request)");
    if constexpr (fits) return self.handle_finish(std::move(message));
  }

  template <class Private>
  static auto connect_all(stopper_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::finish<Private>>(from.finish),
    };
  }
};

/// Builds Stopper. What is not set of a mailbox is as specified.
template <class Private>
struct stopper_base::builder {
  Private data{};
  std::string name = "Stopper";
  troupe::generated::simple_mailbox<finish_request> finish{};

  /// Starts it on the runtime itself.
  stopper_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    finish.fill_in({.disabled = false, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using stopper_builder = stopper_base::builder<struct stopper>;

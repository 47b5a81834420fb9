// Made by troupe-gen from order_tracker.yml: change that, not this.
#pragma once

#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/simple_mailbox.hpp>

#include "orders.hpp"

#include <string>
#include <tuple>
#include <utility>

// Mailbox PurchaseOrder: simple.
using purchase_order_mailbox = troupe::generated::simple_mailbox<PurchaseOrder>;
using purchase_order_rx = troupe::generated::simple_rx<PurchaseOrder>;
using purchase_order_tx = troupe::generated::simple_tx<PurchaseOrder>;

// Mailbox Order: simple.
using order_mailbox = troupe::generated::simple_mailbox<Order>;
using order_rx = troupe::generated::simple_rx<Order>;
using order_tx = troupe::generated::simple_tx<Order>;

// Actor OrderTracker: `struct order_tracker : order_tracker_base` is yours to write, with
//
//   void handle_new_order(Order)
//   void handle_order_complete(Order)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct order_tracker;

/// The receiving sides of its mailboxes, for the actor itself.
struct order_tracker_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit order_tracker_rx(const Builder& from)
      : new_order(from.new_order), order_complete(from.order_complete) {}

  order_rx new_order;
  order_rx order_complete;
};

/// The sending sides of its mailboxes, which its handles share.
struct order_tracker_mailboxes {
  explicit order_tracker_mailboxes(const order_tracker_rx& rx)
      : new_order(rx.new_order), order_complete(rx.order_complete) {}

  order_tx new_order;
  order_tx order_complete;
};

/// The handle of OrderTracker: see tx_base.
class order_tracker_tx : public troupe::generated::tx_base<order_tracker_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<Order>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto new_order(Order message) const {
    return mailboxes().new_order.cast(std::move(message));
  }
  [[nodiscard]] auto new_order(const troupe::context& ctx, Order message) const {
    return mailboxes().new_order.cast(ctx, std::move(message));
  }
  troupe::send_result<Order> try_new_order(Order message) const {
    return mailboxes().new_order.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<Order>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto order_complete(Order message) const {
    return mailboxes().order_complete.cast(std::move(message));
  }
  [[nodiscard]] auto order_complete(const troupe::context& ctx, Order message) const {
    return mailboxes().order_complete.cast(ctx, std::move(message));
  }
  troupe::send_result<Order> try_order_complete(Order message) const {
    return mailboxes().order_complete.try_cast(std::move(message));
  }
};

/// What order_tracker derives from. The pointers are set before handle_start().
struct order_tracker_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  order_tracker_rx* rx = nullptr;
  const order_tracker_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct order_tracker_base::handlers {
  using rx_type = order_tracker_rx;
  using tx_type = order_tracker_tx;
  using mailboxes = order_tracker_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "order_tracker needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto new_order(Private& self, Order&& message) {
    constexpr bool fits = requires {
      { self.handle_new_order(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "order_tracker needs: void handle_new_order(Order)");
    if constexpr (fits) return self.handle_new_order(std::move(message));
  }

  template <class Private>
  static auto order_complete(Private& self, Order&& message) {
    constexpr bool fits = requires {
      { self.handle_order_complete(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "order_tracker needs: void handle_order_complete(Order)");
    if constexpr (fits) return self.handle_order_complete(std::move(message));
  }

  template <class Private>
  static auto connect_all(order_tracker_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::new_order<Private>>(from.new_order),
        on<&handlers::order_complete<Private>>(from.order_complete),
    };
  }
};

/// Builds OrderTracker. What is not set of a mailbox is as specified.
template <class Private>
struct order_tracker_base::builder {
  Private data{};
  std::string name = "OrderTracker";
  order_mailbox new_order{};
  order_mailbox order_complete{};

  /// Starts it on the runtime itself.
  order_tracker_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    new_order.fill_in({.disabled = false, .capacity = 10});
    order_complete.fill_in({.disabled = false, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using order_tracker_builder = order_tracker_base::builder<struct order_tracker>;

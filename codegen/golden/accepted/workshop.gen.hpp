// Made by troupe-gen from workshop.yml: change that, not this.
#pragma once

#include <troupe/generated/batch_mailbox.hpp>
#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/rpc_mailbox.hpp>
#include <troupe/generated/signal_mailbox.hpp>
#include <troupe/generated/timer_mailbox.hpp>

#include "shared/stock.gen.hpp"
#include "workshop.hpp"

#include <chrono>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace workshop {

// Actor Desk: `struct desk : desk_base` is yours to write, with
//
//   std::string handle_upper(std::string)
//   int handle_later(int)
//   void handle_touch(int)
//   int handle_slow(int)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct desk;

/// The receiving sides of its mailboxes, for the actor itself.
struct desk_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit desk_rx(const Builder& from)
      : upper(from.upper), later(from.later), touch(from.touch), slow(from.slow) {}

  troupe::generated::rpc_rx<std::string, std::string> upper;
  troupe::generated::rpc_rx<int, int> later;
  troupe::generated::rpc_rx<int, void> touch;
  troupe::generated::rpc_rx<int, int> slow;
};

/// The sending sides of its mailboxes, which its handles share.
struct desk_mailboxes {
  explicit desk_mailboxes(const desk_rx& rx)
      : upper(rx.upper), later(rx.later), touch(rx.touch), slow(rx.slow) {}

  troupe::generated::rpc_tx<std::string, std::string> upper;
  troupe::generated::rpc_tx<int, int> later;
  troupe::generated::rpc_tx<int, void> touch;
  troupe::generated::rpc_tx<int, int> slow;
};

/// The handle of Desk: see tx_base.
class desk_tx : public troupe::generated::tx_base<desk_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> result<std::string>: waits for the reply, until `ctx` ends.
  [[nodiscard]] auto upper(std::string message) const {
    return mailboxes().upper.call(std::move(message));
  }
  [[nodiscard]] auto upper(const troupe::context& ctx, std::string message) const {
    return mailboxes().upper.call(ctx, std::move(message));
  }

  /// Awaitable -> result<int>: waits for the reply, until `ctx` ends.
  [[nodiscard]] auto later(int message) const { return mailboxes().later.call(std::move(message)); }
  [[nodiscard]] auto later(const troupe::context& ctx, int message) const {
    return mailboxes().later.call(ctx, std::move(message));
  }

  /// Awaitable -> result<void>: waits for the reply, until `ctx` ends.
  [[nodiscard]] auto touch(int message) const { return mailboxes().touch.call(std::move(message)); }
  [[nodiscard]] auto touch(const troupe::context& ctx, int message) const {
    return mailboxes().touch.call(ctx, std::move(message));
  }

  /// Awaitable -> result<int>: waits for the reply, until `ctx` ends.
  [[nodiscard]] auto slow(int message) const { return mailboxes().slow.call(std::move(message)); }
  [[nodiscard]] auto slow(const troupe::context& ctx, int message) const {
    return mailboxes().slow.call(ctx, std::move(message));
  }
};

/// What desk derives from. The pointers are set before handle_start().
struct desk_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  desk_rx* rx = nullptr;
  const desk_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct desk_base::handlers {
  using rx_type = desk_rx;
  using tx_type = desk_tx;
  using mailboxes = desk_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "desk needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto upper(Private& self, troupe::request<std::string, std::string>&& asked) {
    const auto handler = [&self](auto&& given) -> decltype(self.handle_upper(std::move(given))) {
      return self.handle_upper(std::move(given));
    };
    constexpr bool fits = troupe::generated::answers<decltype(handler), std::string, std::string>;
    static_assert(fits, "desk needs: std::string handle_upper(std::string)");
    if constexpr (fits) return troupe::generated::answer(handler, std::move(asked));
  }

  template <class Private>
  static auto later(Private& self, troupe::request<int, int>&& asked) {
    const auto handler = [&self](auto&& given) -> decltype(self.handle_later(std::move(given))) {
      return self.handle_later(std::move(given));
    };
    constexpr bool fits = troupe::generated::answers<decltype(handler), int, int>;
    static_assert(fits, "desk needs: int handle_later(int)");
    if constexpr (fits) return troupe::generated::answer(handler, std::move(asked));
  }

  template <class Private>
  static auto touch(Private& self, troupe::request<int, void>&& asked) {
    const auto handler = [&self](auto&& given) -> decltype(self.handle_touch(std::move(given))) {
      return self.handle_touch(std::move(given));
    };
    constexpr bool fits = troupe::generated::answers<decltype(handler), int, void>;
    static_assert(fits, "desk needs: void handle_touch(int)");
    if constexpr (fits) return troupe::generated::answer(handler, std::move(asked));
  }

  template <class Private>
  static auto slow(Private& self, troupe::request<int, int>&& asked) {
    const auto handler = [&self](auto&& given) -> decltype(self.handle_slow(std::move(given))) {
      return self.handle_slow(std::move(given));
    };
    constexpr bool fits = troupe::generated::answers<decltype(handler), int, int>;
    static_assert(fits, "desk needs: int handle_slow(int)");
    if constexpr (fits) return troupe::generated::answer(handler, std::move(asked));
  }

  template <class Private>
  static auto connect_all(desk_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::upper<Private>>(from.upper),
        on<&handlers::later<Private>>(from.later),
        on<&handlers::touch<Private>>(from.touch),
        on<&handlers::slow<Private>>(from.slow),
    };
  }
};

/// Builds Desk. What is not set of a mailbox is as specified.
template <class Private>
struct desk_base::builder {
  Private data{};
  std::string name = "Desk";
  troupe::generated::rpc_mailbox<std::string, std::string> upper{};
  troupe::generated::rpc_mailbox<int, int> later{};
  troupe::generated::rpc_mailbox<int, void> touch{};
  troupe::generated::rpc_mailbox<int, int> slow{};

  /// Starts it on the runtime itself.
  desk_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    upper.fill_in({.disabled = false, .capacity = 10});
    later.fill_in({.disabled = false, .capacity = 1});
    touch.fill_in({.disabled = true, .capacity = 10});
    slow.fill_in({.disabled = false, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using desk_builder = desk_base::builder<struct desk>;

// Actor Scale: `struct scale : scale_base` is yours to write, with
//
//   void handle_weights(std::span<box>)
//   void handle_parcels(std::span<::stock::parcels_mailbox::message_type>)
//   void handle_reminder(std::string)
//   void handle_warmth(double)
//   void handle_extra_heat_of_the_furnace(double)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct scale;

/// The receiving sides of its mailboxes, for the actor itself.
struct scale_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit scale_rx(const Builder& from)
      : weights(from.weights),
        parcels(from.parcels),
        reminder(from.reminder),
        warmth(from.warmth),
        extra_heat_of_the_furnace(from.extra_heat_of_the_furnace) {}

  troupe::generated::batch_rx<box> weights;
  ::stock::parcels_rx parcels;
  troupe::generated::timer_rx<std::string> reminder;
  troupe::generated::signal_rx<double> warmth;
  troupe::generated::signal_rx<double> extra_heat_of_the_furnace;
};

/// The sending sides of its mailboxes, which its handles share.
struct scale_mailboxes {
  explicit scale_mailboxes(const scale_rx& rx) : weights(rx.weights), parcels(rx.parcels) {}

  troupe::generated::batch_tx<box> weights;
  ::stock::parcels_tx parcels;
};

/// The handle of Scale: see tx_base.
class scale_tx : public troupe::generated::tx_base<scale_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<box>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto weights(box message) const {
    return mailboxes().weights.cast(std::move(message));
  }
  [[nodiscard]] auto weights(const troupe::context& ctx, box message) const {
    return mailboxes().weights.cast(ctx, std::move(message));
  }
  troupe::send_result<box> try_weights(box message) const {
    return mailboxes().weights.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<::stock::parcels_mailbox::message_type>: sends, waiting for room in
  /// the mailbox.
  [[nodiscard]] auto parcels(::stock::parcels_mailbox::message_type message) const {
    return mailboxes().parcels.cast(std::move(message));
  }
  [[nodiscard]] auto parcels(const troupe::context& ctx,
                             ::stock::parcels_mailbox::message_type message) const {
    return mailboxes().parcels.cast(ctx, std::move(message));
  }
  troupe::send_result<::stock::parcels_mailbox::message_type> try_parcels(
      ::stock::parcels_mailbox::message_type message) const {
    return mailboxes().parcels.try_cast(std::move(message));
  }
};

/// What scale derives from. The pointers are set before handle_start().
struct scale_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  scale_rx* rx = nullptr;
  const scale_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct scale_base::handlers {
  using rx_type = scale_rx;
  using tx_type = scale_tx;
  using mailboxes = scale_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "scale needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto weights(Private& self, std::span<box>&& message) {
    constexpr bool fits = requires {
      { self.handle_weights(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "scale needs: void handle_weights(std::span<box>)");
    if constexpr (fits) return self.handle_weights(std::move(message));
  }

  template <class Private>
  static auto parcels(Private& self, std::span<::stock::parcels_mailbox::message_type>&& message) {
    constexpr bool fits = requires {
      { self.handle_parcels(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits,
                  "scale needs: void "
                  "handle_parcels(std::span<::stock::parcels_mailbox::message_type>)");
    if constexpr (fits) return self.handle_parcels(std::move(message));
  }

  template <class Private>
  static auto reminder(Private& self, std::string&& message) {
    constexpr bool fits = requires {
      { self.handle_reminder(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "scale needs: void handle_reminder(std::string)");
    if constexpr (fits) return self.handle_reminder(std::move(message));
  }

  template <class Private>
  static auto warmth(Private& self, double&& message) {
    constexpr bool fits = requires {
      { self.handle_warmth(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "scale needs: void handle_warmth(double)");
    if constexpr (fits) return self.handle_warmth(std::move(message));
  }

  template <class Private>
  static auto extra_heat_of_the_furnace(Private& self, double&& message) {
    constexpr bool fits = requires {
      { self.handle_extra_heat_of_the_furnace(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "scale needs: void handle_extra_heat_of_the_furnace(double)");
    if constexpr (fits) return self.handle_extra_heat_of_the_furnace(std::move(message));
  }

  template <class Private>
  static auto connect_all(scale_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::weights<Private>>(from.weights),
        on<&handlers::parcels<Private>>(from.parcels),
        on<&handlers::reminder<Private>>(from.reminder),
        on<&handlers::warmth<Private>>(from.warmth),
        on<&handlers::extra_heat_of_the_furnace<Private>>(from.extra_heat_of_the_furnace),
    };
  }
};

/// Builds Scale. What is not set of a mailbox is as specified.
template <class Private>
struct scale_base::builder {
  Private data{};
  std::string name = "Scale";
  troupe::generated::batch_mailbox<box> weights{};
  ::stock::parcels_mailbox parcels{};
  troupe::generated::timer_mailbox<std::string> reminder{};
  troupe::generated::signal_mailbox<double> warmth{};
  troupe::generated::signal_mailbox<double> extra_heat_of_the_furnace{};

  /// Starts it on the runtime itself.
  scale_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    weights.fill_in({.disabled = false, .capacity = 8, .max_batch = 4});
    parcels.fill_in(
        {.disabled = false, .capacity = 10, .max_delay = std::chrono::milliseconds(20)});
    reminder.fill_in({.capacity = 3});
    warmth.fill_in({.disabled = false, .buffer = 2, .overflow = troupe::overflow::keep_oldest});
    extra_heat_of_the_furnace.fill_in(
        {.disabled = true, .buffer = 16, .overflow = troupe::overflow::keep_latest});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using scale_builder = scale_base::builder<struct scale>;

}  // namespace workshop

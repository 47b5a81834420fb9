// Made by troupe-gen from concatenator.yml: change that, not this.
#pragma once

#include <troupe/generated/generated_actor.hpp>
#include <troupe/generated/simple_mailbox.hpp>
#include <troupe/generated/ticker_mailbox.hpp>

#include "library.gen.hpp"
#include "output_box.hpp"

#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace text::tools {

// Mailbox String: simple.
using string_mailbox = troupe::generated::simple_mailbox<std::string>;
using string_rx = troupe::generated::simple_rx<std::string>;
using string_tx = troupe::generated::simple_tx<std::string>;

// Mailbox StringList: simple.
using string_list_mailbox = troupe::generated::simple_mailbox<std::vector<std::string>>;
using string_list_rx = troupe::generated::simple_rx<std::vector<std::string>>;
using string_list_tx = troupe::generated::simple_tx<std::vector<std::string>>;

// Actor Aggregator: `struct aggregator : aggregator_base` is yours to write, with
//
//   void handle_incr(std::string)
//   void handle_flush(troupe::time_point)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct aggregator;

/// The receiving sides of its mailboxes, for the actor itself.
struct aggregator_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit aggregator_rx(const Builder& from) : incr(from.incr), flush(from.flush) {}

  string_rx incr;
  ::library::ticker_rx flush;
};

/// The sending sides of its mailboxes, which its handles share.
struct aggregator_mailboxes {
  explicit aggregator_mailboxes(const aggregator_rx& rx) : incr(rx.incr) {}

  string_tx incr;
};

/// The handle of Aggregator: see tx_base.
class aggregator_tx : public troupe::generated::tx_base<aggregator_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<std::string>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto incr(std::string message) const {
    return mailboxes().incr.cast(std::move(message));
  }
  [[nodiscard]] auto incr(const troupe::context& ctx, std::string message) const {
    return mailboxes().incr.cast(ctx, std::move(message));
  }
  troupe::send_result<std::string> try_incr(std::string message) const {
    return mailboxes().incr.try_cast(std::move(message));
  }
};

/// What aggregator derives from. The pointers are set before handle_start().
struct aggregator_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  aggregator_rx* rx = nullptr;
  const aggregator_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct aggregator_base::handlers {
  using rx_type = aggregator_rx;
  using tx_type = aggregator_tx;
  using mailboxes = aggregator_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "aggregator needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto incr(Private& self, std::string&& message) {
    constexpr bool fits = requires {
      { self.handle_incr(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "aggregator needs: void handle_incr(std::string)");
    if constexpr (fits) return self.handle_incr(std::move(message));
  }

  template <class Private>
  static auto flush(Private& self, troupe::time_point&& message) {
    constexpr bool fits = requires {
      { self.handle_flush(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "aggregator needs: void handle_flush(troupe::time_point)");
    if constexpr (fits) return self.handle_flush(std::move(message));
  }

  template <class Private>
  static auto connect_all(aggregator_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::incr<Private>>(from.incr),
        on<&handlers::flush<Private>>(from.flush),
    };
  }
};

/// Builds Aggregator. What is not set of a mailbox is as specified.
template <class Private>
struct aggregator_base::builder {
  Private data{};
  std::string name = "Aggregator";
  string_mailbox incr{};
  ::library::ticker_mailbox flush{};

  /// Starts it on the runtime itself.
  aggregator_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    incr.fill_in({.disabled = false, .capacity = 32});
    flush.fill_in({});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using aggregator_builder = aggregator_base::builder<struct aggregator>;

// Actor Reporter: `struct reporter : reporter_base` is yours to write, with
//
//   void handle_report(std::vector<std::string>)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct reporter;

/// The receiving sides of its mailboxes, for the actor itself.
struct reporter_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit reporter_rx(const Builder& from) : report(from.report) {}

  string_list_rx report;
};

/// The sending sides of its mailboxes, which its handles share.
struct reporter_mailboxes {
  explicit reporter_mailboxes(const reporter_rx& rx) : report(rx.report) {}

  string_list_tx report;
};

/// The handle of Reporter: see tx_base.
class reporter_tx : public troupe::generated::tx_base<reporter_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<std::vector<std::string>>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto report(std::vector<std::string> message) const {
    return mailboxes().report.cast(std::move(message));
  }
  [[nodiscard]] auto report(const troupe::context& ctx, std::vector<std::string> message) const {
    return mailboxes().report.cast(ctx, std::move(message));
  }
  troupe::send_result<std::vector<std::string>> try_report(std::vector<std::string> message) const {
    return mailboxes().report.try_cast(std::move(message));
  }
};

/// What reporter derives from. The pointers are set before handle_start().
struct reporter_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  reporter_rx* rx = nullptr;
  const reporter_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct reporter_base::handlers {
  using rx_type = reporter_rx;
  using tx_type = reporter_tx;
  using mailboxes = reporter_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "reporter needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto report(Private& self, std::vector<std::string>&& message) {
    constexpr bool fits = requires {
      { self.handle_report(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "reporter needs: void handle_report(std::vector<std::string>)");
    if constexpr (fits) return self.handle_report(std::move(message));
  }

  template <class Private>
  static auto connect_all(reporter_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::report<Private>>(from.report),
    };
  }
};

/// Builds Reporter. What is not set of a mailbox is as specified.
template <class Private>
struct reporter_base::builder {
  Private data{};
  std::string name = "Reporter";
  string_list_mailbox report{};

  /// Starts it on the runtime itself.
  reporter_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    report.fill_in({.disabled = false, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using reporter_builder = reporter_base::builder<struct reporter>;

// Actor Concatenator: `struct concatenator : concatenator_base` is yours to write, with
//
//   void handle_input(std::string)
//   void handle_output(output_box*)
//
// Each may also be a coroutine, a task<> of what it gives, and give result<> instead of void: an
// error ends the actor.
struct concatenator;

/// The receiving sides of its mailboxes, for the actor itself.
struct concatenator_rx : troupe::generated::rx_base {
  template <class Builder>
  explicit concatenator_rx(const Builder& from) : input(from.input), output(from.output) {}

  string_rx input;
  troupe::generated::simple_rx<output_box*> output;
};

/// The sending sides of its mailboxes, which its handles share.
struct concatenator_mailboxes {
  explicit concatenator_mailboxes(const concatenator_rx& rx) : input(rx.input), output(rx.output) {}

  string_tx input;
  troupe::generated::simple_tx<output_box*> output;
};

/// The handle of Concatenator: see tx_base.
class concatenator_tx : public troupe::generated::tx_base<concatenator_mailboxes> {
 public:
  using tx_base::tx_base;

  /// Awaitable -> send_result<std::string>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto input(std::string message) const {
    return mailboxes().input.cast(std::move(message));
  }
  [[nodiscard]] auto input(const troupe::context& ctx, std::string message) const {
    return mailboxes().input.cast(ctx, std::move(message));
  }
  troupe::send_result<std::string> try_input(std::string message) const {
    return mailboxes().input.try_cast(std::move(message));
  }

  /// Awaitable -> send_result<output_box*>: sends, waiting for room in the mailbox.
  [[nodiscard]] auto output(output_box* message) const {
    return mailboxes().output.cast(std::move(message));
  }
  [[nodiscard]] auto output(const troupe::context& ctx, output_box* message) const {
    return mailboxes().output.cast(ctx, std::move(message));
  }
  troupe::send_result<output_box*> try_output(output_box* message) const {
    return mailboxes().output.try_cast(std::move(message));
  }
};

/// What concatenator derives from. The pointers are set before handle_start().
struct concatenator_base {
  struct handlers;  // calls the handlers; a friend, where they are private
  template <class Private>
  struct builder;

  concatenator_rx* rx = nullptr;
  const concatenator_tx* tx = nullptr;
  troupe::runtime* rt = nullptr;

  void handle_start() {}
  void handle_stop() {}
  void handle_super_event(const troupe::super_event&) {}
};

struct concatenator_base::handlers {
  using rx_type = concatenator_rx;
  using tx_type = concatenator_tx;
  using mailboxes = concatenator_mailboxes;

  static auto start(auto& self) { return self.handle_start(); }
  static auto stop(auto& self) { return self.handle_stop(); }

  template <class Private>
  static auto super_event(Private& self, troupe::super_event&& message) {
    constexpr bool fits = requires {
      { self.handle_super_event(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "concatenator needs: void handle_super_event(troupe::super_event)");
    if constexpr (fits) return self.handle_super_event(std::move(message));
  }

  template <class Private>
  static auto input(Private& self, std::string&& message) {
    constexpr bool fits = requires {
      { self.handle_input(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "concatenator needs: void handle_input(std::string)");
    if constexpr (fits) return self.handle_input(std::move(message));
  }

  template <class Private>
  static auto output(Private& self, output_box*&& message) {
    constexpr bool fits = requires {
      { self.handle_output(std::move(message)) } -> troupe::generated::outcome;
    };
    static_assert(fits, "concatenator needs: void handle_output(output_box*)");
    if constexpr (fits) return self.handle_output(std::move(message));
  }

  template <class Private>
  static auto connect_all(concatenator_rx& from) {
    using troupe::generated::on;
    return std::tuple{
        on<&handlers::input<Private>>(from.input),
        on<&handlers::output<Private>>(from.output),
    };
  }
};

/// Builds Concatenator. What is not set of a mailbox is as specified.
template <class Private>
struct concatenator_base::builder {
  Private data{};
  std::string name = "Concatenator";
  string_mailbox input{};
  troupe::generated::simple_mailbox<output_box*> output{};

  /// Starts it on the runtime itself.
  concatenator_tx spawn(troupe::runtime& rt_, troupe::spawn_options options_ = {}) && {
    auto made = std::move(*this).build(rt_);
    rt_.spawn(std::move(made.actor), options_);
    return std::move(made.tx);
  }
  /// The actor, for a supervisor to start, and its handle.
  troupe::generated::built<handlers, Private> build(troupe::runtime& rt_) && {
    input.fill_in({.disabled = false, .capacity = 0});
    output.fill_in({.disabled = true, .capacity = 10});
    return troupe::generated::build<handlers, Private>(rt_, *this);
  }
};
using concatenator_builder = concatenator_base::builder<struct concatenator>;

}  // namespace text::tools

#pragma once

// What all generated actors have in common, whatever their mailboxes.
//
//   builder ──▶ generated_actor ─ owns the user's private type, and the rx, its receiving sides
//          └──▶ tx, a handle ─── shares with the actor: the sending sides, the wish to stop
//
// A run: handle_start; messages, one at a time; handle_stop, if it was asked to stop. An error or
// an exception out of a handler ends the run, and so does the end of its context, without
// handle_stop. A supervisor that restarts the actor finds the private data, what waits in the
// mailboxes, and which of them are enabled or tick, as they were; one that has a factory gets all
// that fresh.

#include <troupe/actor.hpp>
#include <troupe/actor_id.hpp>
#include <troupe/generated/mailbox_loop.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/generated/rx_base.hpp>
#include <troupe/generated/stop_request.hpp>
#include <troupe/runtime.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troupe::generated {

/// What the handles of an actor share with it; `Mailboxes` are the sending sides.
template <class Mailboxes>
struct shared_state {
  template <class Rx>
  shared_state(const Rx& rx, actor_id who) : id(who), mailboxes(rx) {}

  const actor_id id;
  Mailboxes mailboxes;
  // Written by the actor: on a cache line that those who send do not read.
  alignas(64) stop_request stop;
};

/// The base of each tx. Cheap to copy, and good for as long as it lives: messages to an actor that
/// has ended for good are refused with errc::inbox_closed. Any thread. Moved from, it may only be
/// destroyed or assigned to.
template <class Mailboxes>
class tx_base {
 public:
  /// Of the actor; where a supervisor has a factory, of the first one that it made.
  [[nodiscard]] actor_id id() const noexcept { return shared_->id; }

  /// Asks the actor to stop before its next message. That is a clean end: under a supervisor the
  /// policy `permanent` starts it again. An actor that does not run yet stops as soon as it does.
  void stop() const noexcept { shared_->stop.stop(); }

  /// For the library.
  explicit tx_base(std::shared_ptr<shared_state<Mailboxes>> shared) noexcept
      : shared_(std::move(shared)) {}
  [[nodiscard]] const std::shared_ptr<shared_state<Mailboxes>>& shared() const noexcept {
    return shared_;
  }

 protected:
  [[nodiscard]] const Mailboxes& mailboxes() const noexcept { return shared_->mailboxes; }

 private:
  std::shared_ptr<shared_state<Mailboxes>> shared_;
};

/// `Handlers` is the generated struct that names the handlers of `Private`.
template <class Handlers, class Private>
class generated_actor final : public actor {
 public:
  using rx_type = typename Handlers::rx_type;
  using tx_type = typename Handlers::tx_type;

  template <class Builder>
  generated_actor(runtime& rt, Builder& from)
      : actor(std::move(from.name)),
        rx_(from),
        tx_(std::make_shared<shared_state<typename Handlers::mailboxes>>(rx_, id())),
        data_(std::move(from.data)),
        rt_(&rt) {}

  [[nodiscard]] const tx_type& tx() const noexcept { return tx_; }

 protected:
  task<result<>> run(context) override {
    data_.rx = &rx_;
    data_.tx = &tx_;
    data_.rt = rt_;
    // The handle's, which is the first object's where a factory makes one for each run.
    stop_request& stop = tx_.shared()->stop;
    const stop_request::run here(stop);
    const mailboxes_in_use mailboxes(*this);
    result<> outcome;
    if constexpr (any_starts) {
      outcome =
          co_await std::apply([](auto... one) { return start_all(one.rx...); }, connections());
      if (!outcome) co_return outcome;
    }
    outcome = co_await handle<start>(data_);
    if (!outcome) co_return outcome;
    outcome = co_await std::apply(
        [&](auto... connections) {
          return serve_mailboxes(data_, stop, connections...,
                                 on<&Handlers::template super_event<Private>>(super_events()));
        },
        connections());
    if (!outcome) co_return outcome;
    co_return co_await handle<finish>(data_);
  }

 private:
  static auto start(Private& self) {
    using returned = decltype(Handlers::start(self));
    static_assert(outcome<returned>,
                  "handle_start() gives void, result<>, task<> or task<result<>>");
    if constexpr (outcome<returned>) return Handlers::start(self);
  }
  static auto finish(Private& self) {
    using returned = decltype(Handlers::stop(self));
    static_assert(outcome<returned>,
                  "handle_stop() gives void, result<>, task<> or task<result<>>");
    if constexpr (outcome<returned>) return Handlers::stop(self);
  }

  // Some mailboxes have to wait, and may fail, before the run begins.
  template <class Rx>
  static constexpr bool starts = requires(Rx& rx) { rx.start(); };
  static constexpr bool any_starts =
      []<class... Connections>(std::tuple<Connections...>*) {
        return (false || ... || starts<typename Connections::rx_type>);
      }(static_cast<decltype(Handlers::template connect_all<Private>(std::declval<rx_type&>()))*>(
          nullptr));
  template <class... Rx>
  static task<result<>> start_all(Rx*... rx) {
    result<> outcome;
    ((outcome ? void(outcome = co_await start_one(rx)) : void()), ...);
    co_return outcome;
  }
  template <class Rx>
  static auto start_one(Rx* rx) {
    if constexpr (starts<Rx>) {
      return rx->start();
    } else {
      return handled{};
    }
  }

  [[nodiscard]] auto connections() noexcept { return Handlers::template connect_all<Private>(rx_); }
  rx_base& super_events() noexcept { return rx_; }
  template <class Visit>
  void for_each(Visit visit) {
    std::apply([&](auto... one) { (visit(*one.rx), ...); }, connections());
  }

  class mailboxes_in_use {
   public:
    explicit mailboxes_in_use(generated_actor& of) : of_(&of) {
      of_->for_each([](auto& rx) { rx.begin_run(); });
      of_->super_events().begin_run();
    }
    mailboxes_in_use(const mailboxes_in_use&) = delete;
    mailboxes_in_use& operator=(const mailboxes_in_use&) = delete;
    ~mailboxes_in_use() {
      of_->for_each([](auto& rx) { rx.end_run(); });
    }

   private:
    generated_actor* of_;
  };

  void run_begins() noexcept override {
    for_each([](auto& rx) { rx.open(); });
  }
  void ended_for_good() noexcept override {
    for_each([](auto& rx) { rx.ended_for_good(); });
  }
  bool take_over(actor& first) noexcept override {
    auto* const same = dynamic_cast<generated_actor*>(&first);
    if (same == nullptr || same == this) return false;
    [&]<class... Mine, class... Theirs>(std::tuple<Mine...> mine, std::tuple<Theirs...> theirs) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (std::get<I>(mine).rx->take_over(*std::get<I>(theirs).rx), ...);
      }(std::index_sequence_for<Mine...>());
    }(connections(), same->connections());
    rx_base::take_over(same->super_events());
    tx_ = same->tx_;
    return true;
  }

  rx_type rx_;
  tx_type tx_;
  Private data_;
  runtime* rt_;
};

/// An actor that has been built and not started, and the handle to it.
template <class Handlers, class Private>
struct built {
  using actor_type = generated_actor<Handlers, Private>;

  /// For a supervisor, or runtime::spawn.
  std::shared_ptr<actor_type> actor;
  typename Handlers::tx_type tx;
};

/// For generated code: the mailboxes of `from` are filled in.
template <class Handlers, class Private, class Builder>
[[nodiscard]] built<Handlers, Private> build(runtime& rt, Builder& from) {
  auto made = std::make_shared<generated_actor<Handlers, Private>>(rt, from);
  auto tx = made->tx();
  return {std::move(made), std::move(tx)};
}

}  // namespace troupe::generated

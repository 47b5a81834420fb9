#pragma once

// Mailboxes of the kind `signal`: the values of a signal that the actor subscribes to.

#include <troupe/detail/receive.hpp>
#include <troupe/generated/mailbox_loop.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/signal/overflow.hpp>
#include <troupe/signal/signal.hpp>
#include <troupe/signal/subscription.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace troupe::generated {

/// How a mailbox starts, in an actor's builder. What is not set is as the specification says.
template <signal_value V>
struct signal_mailbox {
  using message_type = V;

  /// Receives nothing until the actor enables it.
  std::optional<bool> disabled{};
  /// How many values wait for the actor.
  std::optional<std::size_t> buffer{};
  /// What becomes of a value that finds the buffer full.
  std::optional<troupe::overflow> overflow{};
  /// Subscribed to when the actor starts. Without it the actor subscribes when it likes.
  std::shared_ptr<signal<V>> from{};

  /// For generated code: takes from `specified` what is not set here.
  void fill_in(const signal_mailbox& specified) {
    if (!disabled) disabled = specified.disabled;
    if (!buffer) buffer = specified.buffer;
    if (!overflow) overflow = specified.overflow;
  }
};

/// What the actor does with its subscription; to be used by the actor alone. A restart keeps the
/// subscription and the values that wait in it. When the signal has ended for good the mailbox goes
/// silent.
template <signal_value V>
class signal_rx {
 public:
  /// Values that come are received, and those that wait in the buffer.
  void enable() noexcept { enabled_ = true; }
  void disable() noexcept { enabled_ = false; }
  [[nodiscard]] bool enabled() const noexcept { return enabled_; }

  /// From now on the values of `to`, and of no other signal. Throws usage_error for a buffer of 0.
  void subscribe(signal<V>& to) {
    values_.emplace(to.subscribe(buffer_));
    ended_ = false;
  }
  void unsubscribe() noexcept { values_.reset(); }
  [[nodiscard]] bool subscribed() const noexcept { return values_.has_value() && !ended_; }
  /// Values of this subscription that found no room and are lost, or pushed others out.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return values_ ? values_->dropped() : 0; }

  // For the library.

  explicit signal_rx(const signal_mailbox<V>& from)
      : enabled_(!*from.disabled), buffer_{*from.buffer, *from.overflow}, first_(from.from) {}

  void open() noexcept {}
  void begin_run() {
    if (std::exchange(begins_, false) && first_ != nullptr) subscribe(*first_);
    ended_ = false;
  }
  void end_run() noexcept {}
  void ended_for_good() noexcept {
    unsubscribe();
    begins_ = true;
  }
  static void take_over(signal_rx& first) noexcept { first.unsubscribe(); }

  class arm {
   public:
    static constexpr bool has_inbox = true;
    static constexpr bool has_timer = false;

    explicit arm(signal_rx& rx) noexcept : rx_(&rx) {}

    void bind(detail::inbox_source& source) noexcept { prepare(source); }
    void prepare(detail::inbox_source& source) noexcept {
      const bool there = rx_->subscribed();
      source.waiter.set_slot(slot_.raw());  // for another inbox, perhaps, at the same address
      source.inbox = there ? &rx_->values_->state().inbox : &silent_inbox();
      source.enabled = there && rx_->enabled_;
      if (there) rx_->values_->state().rejoin();
    }
    void discard() noexcept { static_cast<void>(slot_.take()); }

    template <auto Handle, class Private>
    auto received(Private& self, detail::inbox_source& source) {
      using handled_type = decltype(handle<Handle>(self, std::declval<V&&>()));
      if (std::exchange(source.waiter.filled, false)) {
        V got = slot_.take();
        if (rx_->values_) rx_->values_->state().renew(got);
        return handle<Handle>(self, std::move(got));
      }
      rx_->ended_ = true;
      return nothing_handled<handled_type>();
    }

   private:
    signal_rx* rx_;
    detail::message_slot<V> slot_;
  };

 private:
  bool enabled_;
  subscriber_buffer buffer_;
  std::shared_ptr<signal<V>> first_;
  bool begins_ = true;  // the next run is the first, or the first after an end for good
  std::optional<subscription<V>> values_;
  bool ended_ = false;  // in this run
};

}  // namespace troupe::generated

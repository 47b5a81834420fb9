#pragma once

// Signals: values that change over time, each kept by an actor.
//
//   periodic_signal    measures it at an interval
//   pushed_signal      is told it by writers
//   computed_signal    makes it from other signals (map, combine, filter, … in compose.hpp)
//   debounced_signal   is another signal's, once that has come to rest
//   throttled_signal   is another signal's, at most so often
//
// What one does with it:
//   read()       the value now; never waits
//   subscribe()  every new value, in order, in a buffer with a bound
//   watch()      a notice that there is a new value, one for any number of changes
//
// A value that equals the one before is no change: nobody is told of it.
//
// A signal is an actor: put it under a supervisor. Restarts keep its value and its subscribers.
// When it has ended for good, they are told so (errc::actor_stopped) once they have received what
// was published before; the last value can still be read.
//
// A slow subscriber holds up nobody: see overflow.hpp for what becomes of its values.
//
// V is copied to each subscriber, and copies are destroyed, while the signal's lock is held: its
// copy constructor and destructor must not use the signal.

#include <troupe/actor.hpp>
#include <troupe/detail/context_extra.hpp>
#include <troupe/detail/signal_hub.hpp>
#include <troupe/detail/signal_input.hpp>
#include <troupe/signal/overflow.hpp>
#include <troupe/signal/signal_options.hpp>
#include <troupe/signal/subscription.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {

/// What may be a signal's value.
template <class V>
concept signal_value = message<V> && std::copy_constructible<V>;

template <signal_value V>
class signal;
template <signal_value V>
class pushed_signal;

namespace detail {
struct signal_internals;
}

/// What all signals have, whatever their value.
class signal_base : public actor {
 public:
  ~signal_base() override;

  /// Notices of changes. `ctx`: until it ends; see signal::subscribe. Any thread.
  [[nodiscard]] subscription<changed> watch();
  [[nodiscard]] subscription<changed> watch(const context& ctx);

  /// Why the latest update failed; nothing if it did not. Any thread.
  [[nodiscard]] std::optional<error> last_error() const { return hub_->latest_error(); }
  /// Subscriptions and watches. Any thread.
  [[nodiscard]] std::size_t subscribers() const { return hub_->listeners(); }
  /// It has ended for good: its value will not change any more. Any thread.
  [[nodiscard]] bool has_ended() const { return hub_->has_ended(); }
  /// The signals that this one is made from.
  [[nodiscard]] virtual std::vector<std::shared_ptr<signal_base>> sources() const { return {}; }

 protected:
  signal_base(std::string name, std::shared_ptr<detail::signal_hub> hub, bool tells_at_once,
              std::function<void(const error&)> on_error);

  /// For run(): end() is as if the signal had ended for good, until begin(). A run begins with it
  /// begun.
  void begin() noexcept { hub_->begin(); }
  void end() noexcept { hub_->end(); }
  /// An update has failed, or succeeded again: what last_error() and on_error say.
  void note_failure(const error& why);
  void note_success() noexcept;
  void ended_for_good() noexcept override { hub_->end(); }
  void run_begins() noexcept override { hub_->begin(); }

 private:
  template <signal_value V>
  friend class signal;
  friend struct detail::signal_internals;

  /// For a computed signal that listens to this one.
  [[nodiscard]] virtual std::unique_ptr<detail::signal_input> make_input(
      std::shared_ptr<signal_base> self, std::atomic<std::uint64_t>* counter) = 0;

  std::shared_ptr<detail::signal_hub> hub_;
  bool owns_hub_ = true;  // false: a later object of a factory, in the first one's place
  bool tells_at_once_;
  bool failing_ = false;  // an error is noted, perhaps; run's own
  std::function<void(const error&)> on_error_;
};

/// A signal of V: what its readers and subscribers need to know. Derive from it to make another
/// kind, whose run() calls publish() as often as it likes.
template <signal_value V>
class signal : public signal_base {
 public:
  using value_type = V;

  /// The value now; errc::no_value if there has never been one. Any thread, wait-free: a load for a
  /// V of up to 8 bytes that may be copied bytewise, else two locked adds and a copy.
  [[nodiscard]] result<V> read() const {
    if (const detail::fiber* self = detail::current.running; self != nullptr) {
      const detail::evaluation* const what = detail::evaluation_of(*self);
      const void* const seen = what != nullptr ? what->find(hub()) : nullptr;
      if (seen != nullptr) return give(*static_cast<const std::optional<V>*>(seen));
    }
    return give(hub().read());
  }

  /// Every change from now on, in order; with signal_options::notify_on_subscribe the present value
  /// first. `ctx`: until it ends; its deadline, where neither it nor the subscription was made in a
  /// runtime, once somebody receives. Throws usage_error if the buffer's capacity is 0 or too
  /// large. Any thread.
  [[nodiscard]] subscription<V> subscribe() { return subscribe(buffer_); }
  [[nodiscard]] subscription<V> subscribe(subscriber_buffer buffer) {
    return subscribe(context::background(), buffer);
  }
  [[nodiscard]] subscription<V> subscribe(const context& ctx) { return subscribe(ctx, buffer_); }
  [[nodiscard]] subscription<V> subscribe(const context& ctx, subscriber_buffer buffer) {
    auto made = std::make_unique<detail::subscription_state<V>>(hub_, buffer);
    hub().link(*made, tells_at_once_);
    made->stop_with(ctx);
    return subscription<V>(std::move(made));
  }

 protected:
  /// `is_origin`: its values come from outside, or at a time of its own choosing; else they come
  /// with the stamps of others (detail/stamp.hpp).
  explicit signal(const std::string& name, signal_options<V> options = {}, bool is_origin = true)
      : signal_base(name,
                    std::make_shared<detail::hub_of<V>>(name, is_origin, std::move(options.equal),
                                                        std::move(options.initial)),
                    options.notify_on_subscribe, std::move(options.on_error)),
        buffer_(options.subscribers) {}

  /// Makes `value` the present one and tells everybody, unless it equals the present one; says
  /// whether it was news. From run() only. Never waits.
  bool publish(V value) { return hub().publish(std::move(value)); }
  /// The same for a signal that is no origin; without a value the present one stays.
  bool publish(std::optional<V> value, detail::stamp at) {
    return hub().publish(std::move(value), std::move(at));
  }
  /// It will come from where `input` comes from.
  [[nodiscard]] bool is_used() const { return hub().is_used(); }
  void come_from(const detail::stamp& input) { hub().come_from(input); }

  bool take_over(actor& first) noexcept override {
    auto* const same = dynamic_cast<signal*>(&first);
    if (same == nullptr || same == this) return false;
    hub_ = same->hub_;
    owns_hub_ = false;
    failing_ = true;  // maybe: an earlier object may have left its error there
    return true;
  }

 private:
  friend class pushed_signal<V>;

  static result<V> give(std::optional<V> value) {
    if (!value) return fail(errc::no_value);
    return *std::move(value);
  }
  [[nodiscard]] detail::hub_of<V>& hub() const noexcept {
    return static_cast<detail::hub_of<V>&>(*hub_);
  }
  [[nodiscard]] std::unique_ptr<detail::signal_input> make_input(
      std::shared_ptr<signal_base> self, std::atomic<std::uint64_t>* counter) override {
    return std::make_unique<detail::input_of<V>>(std::move(self), hub_, counter);
  }
  subscriber_buffer buffer_;
};

/// The type of a signal's values, from a pointer to it.
template <class Pointer>
using value_of = typename std::remove_cvref_t<Pointer>::element_type::value_type;

namespace detail {

/// What the library may do with a signal and its users may not.
struct signal_internals {
  /// `counter`: see input_set::counter.
  static std::unique_ptr<signal_input> make_input(std::shared_ptr<signal_base> from,
                                                  std::atomic<std::uint64_t>* counter) {
    signal_base& one = *from;
    return one.make_input(std::move(from), counter);
  }
};

}  // namespace detail
}  // namespace troupe

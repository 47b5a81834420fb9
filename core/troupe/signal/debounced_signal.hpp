#pragma once

// debounced_signal: another signal's value once it has come to rest. It changes when the source has
// not changed for `wait`; with a `max_wait` also when the source goes on and on.
//
//     auto settled = std::make_shared<troupe::debounced_signal<int>>("settled", dial, 200ms);
//
// It begins with the value that the source has when it starts. When the source ends for good, the
// value that was held back is published, and it ends clean. Started again nevertheless, it rests,
// as one that has ended, until the source is back.

#include <troupe/detail/paced_values.hpp>
#include <troupe/detail/rate.hpp>
#include <troupe/signal/signal.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

template <class V>
struct debounced_options {
  /// The longest that a change is held back, counted from the first of a burst.
  std::chrono::nanoseconds max_wait = std::chrono::nanoseconds::max();
  signal_options<V> signal{};
};

template <signal_value V>
class debounced_signal : public signal<V> {
 public:
  /// Throws usage_error if the source is null, `wait` is negative, or `max_wait` is less.
  debounced_signal(const std::string& name, std::shared_ptr<signal<V>> source,
                   std::chrono::nanoseconds wait, debounced_options<V> options = {})
      : signal<V>(name, std::move(options.signal)),
        values_(name, std::move(source), {.wait = wait, .max_wait = options.max_wait}) {
    if (wait < std::chrono::nanoseconds::zero() || options.max_wait < wait) {
      throw usage_error("debounced_signal \"" + name +
                        "\": wait must not be negative, nor longer than max_wait");
    }
  }

  [[nodiscard]] std::vector<std::shared_ptr<signal_base>> sources() const override {
    return {values_.source()};
  }

 protected:
  task<result<>> run(context ctx) override {
    return values_.run(this, std::move(ctx), [this](V value) { this->publish(std::move(value)); });
  }

 private:
  friend class detail::paced_values<V, detail::debounce>;

  detail::paced_values<V, detail::debounce> values_;
};

template <std::derived_from<signal_base> S>
debounced_signal(const std::string&, std::shared_ptr<S>, std::chrono::nanoseconds)
    -> debounced_signal<typename S::value_type>;

}  // namespace troupe

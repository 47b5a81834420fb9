#pragma once

// throttled_signal: another signal's value, changing at most once an interval. A change of the
// source opens an interval; the latest value is published at its end (the trailing edge), so the
// last one is never lost.
//
//     auto shown = std::make_shared<troupe::throttled_signal<double>>("shown", load, 100ms);
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

template <signal_value V>
class throttled_signal : public signal<V> {
 public:
  /// Throws usage_error if the source is null or the interval is not positive.
  throttled_signal(const std::string& name, std::shared_ptr<signal<V>> source,
                   std::chrono::nanoseconds interval, signal_options<V> options = {})
      : signal<V>(name, std::move(options)),
        values_(name, std::move(source), {.interval = interval}) {
    if (interval <= std::chrono::nanoseconds::zero()) {
      throw usage_error("throttled_signal \"" + name + "\": the interval must be positive");
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
  friend class detail::paced_values<V, detail::throttle>;

  detail::paced_values<V, detail::throttle> values_;
};

template <std::derived_from<signal_base> S>
throttled_signal(const std::string&, std::shared_ptr<S>, std::chrono::nanoseconds)
    -> throttled_signal<typename S::value_type>;

}  // namespace troupe

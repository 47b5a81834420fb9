#pragma once

// periodic_signal: a value that is measured at an interval.
//
//     auto load = std::make_shared<troupe::periodic_signal<double>>("load", read_load, 1s);
//
// The first update is made when the signal starts, the others one interval apart, on a beat that
// does not drift. An update that takes longer than the interval skips the beats it has missed:
// they do not pile up.
//
// A run whose first update fails ends with that error, and the supervisor decides; so a sensor
// that is not there is noticed at once. Later failures keep the last value: last_error(), on_error.

#include <troupe/detail/signal_update.hpp>
#include <troupe/signal/signal.hpp>
#include <troupe/timer.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace troupe {

template <signal_value V>
class periodic_signal : public signal<V> {
 public:
  /// `update`: of the run's context, or of nothing -> V, result<V>, task<V> or task<result<V>>.
  /// It is kept alive, and called by one at a time. Throws usage_error if the interval is not
  /// positive.
  template <class F>
  periodic_signal(const std::string& name, F update, std::chrono::nanoseconds interval,
                  signal_options<V> options = {})
      : signal<V>(name, std::move(options)),
        interval_(interval),
        update_(make_update(std::move(update))) {
    if (interval <= std::chrono::nanoseconds::zero()) {
      throw usage_error("periodic_signal \"" + name + "\": the interval must be positive");
    }
  }

  [[nodiscard]] std::chrono::nanoseconds interval() const noexcept { return interval_; }

 protected:
  task<result<>> run(context ctx) override {
    time_point beat = detail::current.sched->now();
    for (bool first = true;; first = false) {
      task<outcome> later;
      outcome made = update_(ctx, later);
      if (later) made = co_await std::move(later);
      if (made) {
        this->note_success();
        this->publish(*std::move(*std::move(made)));
      } else if (ctx.err()) {
        co_return fail(*ctx.err());  // the update was cut short; that is no failure of its own
      } else {
        this->note_failure(made.error());
        if (first) co_return fail(std::move(made).error());
      }
      beat = next_beat(beat, detail::current.sched->now());
      if (auto slept = co_await sleep_until(beat); !slept) co_return slept;
    }
  }

 private:
  using outcome = detail::update_outcome<V>;

  [[nodiscard]] time_point next_beat(time_point last, time_point now) const noexcept {
    const time_point next = later(last, interval_);
    return next >= now ? next : next + ((now - next) / interval_ + 1) * interval_;
  }

  template <class F>
  static std::move_only_function<outcome(const context&, task<outcome>&)> make_update(F update) {
    constexpr bool takes_context = std::invocable<F&, const context&>;
    static_assert(takes_context || std::invocable<F&>,
                  "periodic_signal(name, update, interval): the update takes a context, or "
                  "nothing, and gives a V, a result<V>, or a task of one of them");
    return [update = std::move(update)](const context& ctx, task<outcome>& later) mutable {
      auto call = [&]() -> decltype(auto) {
        if constexpr (takes_context) {
          return update(ctx);
        } else {
          return update();
        }
      };
      static_assert(detail::makes_value<V, detail::value_made_by<decltype(call)>>,
                    "periodic_signal(name, update, interval): the update takes a context, or "
                    "nothing, and gives a V, a result<V>, or a task of one of them");
      if constexpr (detail::is_task<decltype(call())>) {
        later = detail::outcome_later<V>(call());
        return outcome(std::optional<V>());
      } else {
        return detail::outcome_from<V>(call());
      }
    };
  }

  std::chrono::nanoseconds interval_;
  std::move_only_function<outcome(const context&, task<outcome>&)> update_;
};

}  // namespace troupe

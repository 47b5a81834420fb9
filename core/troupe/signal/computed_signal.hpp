#pragma once

// computed_signal: a value made from those of other signals.
//
//     auto power = std::make_shared<troupe::computed_signal<double>>(
//         "power", [](double volts, double amperes) { return volts * amperes; }, voltage, current);
//
// The update is called when a source has changed, once all of them have a value. It is given the
// sources' values in their order; or nothing, and then it read()s what it wants from them: inside
// the update read() gives the values that the update is for. It may be a coroutine.
//
// No mixture of old and new. Where two sources go back to the same origin (a signal whose values
// come from outside, or at times of its own), the update waits until both show the same change of
// it. That holds with and without a coalesce window; a window makes one update of all that changes
// within it. Should a source be so slow that its changes are lost in its buffer (`missed`), the
// updates wait for the next change that all show; a source that has ended is not waited for.
//
// An update that fails leaves the value as it was: last_error(), on_error. One that throws is a
// crash; after the restart the value is still there, and the next change tries again.
// The signal ends clean when all its sources have ended for good. If it is started again
// nevertheless, it rests, as one that has ended, until one of them is back.

#include <troupe/detail/signal_graph.hpp>
#include <troupe/detail/signal_update.hpp>
#include <troupe/signal/signal.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

template <class S>
concept some_signal = std::derived_from<S, signal_base>;

namespace detail {

/// An update that could be called either way, [](auto... values), takes the values.
template <class F, class... Sources>
concept takes_values_of =
    sizeof...(Sources) != 0 && (requires { typename Sources::value_type; } && ...) &&
    std::invocable<F&, const typename Sources::value_type&...>;

}  // namespace detail

template <class V>
struct computed_options {
  /// After the first change, further ones are awaited for so long; then one update shows them all.
  std::chrono::nanoseconds coalesce_window{0};
  signal_options<V> signal{};
};

template <signal_value V>
class computed_signal : public signal<V> {
 public:
  /// `update`: of the sources' values, or of nothing -> V, result<V>, task<V> or task<result<V>>.
  /// It is kept alive, and called by one at a time. Throws usage_error for a null source or a
  /// negative window.
  template <class F, some_signal... Sources>
    requires(!std::same_as<F, computed_options<V>>)
  computed_signal(const std::string& name, F update, std::shared_ptr<Sources>... sources)
      : computed_signal(name, computed_options<V>{}, std::move(update), std::move(sources)...) {}

  template <class F, some_signal... Sources>
  computed_signal(const std::string& name, computed_options<V> options, F update,
                  std::shared_ptr<Sources>... sources)
      : computed_signal(name, std::move(options), make_update<F, Sources...>(std::move(update)),
                        {std::move(sources)...}, true) {
    takes_sources_ = !detail::takes_values_of<F, Sources...>;
  }

  /// One more source, for an update that takes nothing; before the signal is started, and, if it
  /// has an initial value, before others are made from it. A run without any source ends with a
  /// usage_error. Throws usage_error if `source` is null
  /// or is itself made from this signal: the text names the cycle.
  void add_source(std::shared_ptr<signal_base> source) {
    detail::check_source(*this, source, takes_sources_, started_);
    detail::check_unused(*this, this->is_used());
    add_input(std::move(source));
  }

  [[nodiscard]] std::vector<std::shared_ptr<signal_base>> sources() const override {
    return detail::sources_of(inputs_);
  }
  /// Changes of the sources that came too fast for the updates and were lost in the buffers. Any
  /// thread. Of a factory's signals each counts those of its own runs.
  [[nodiscard]] std::uint64_t missed() const noexcept { return detail::missed_by(inputs_); }

  /// For compose.hpp.
  using made_by = std::unique_ptr<detail::update_of<V>>;
  computed_signal(const std::string& name, computed_options<V> options, made_by update,
                  std::vector<std::shared_ptr<signal_base>> sources, bool aligned)
      : signal<V>(name, std::move(options.signal), false),
        inputs_(options.coalesce_window, aligned),
        update_(std::move(update)) {
    detail::check_window(name, options.coalesce_window);
    for (auto& source : sources) {
      detail::check_source(*this, source, true, false);
      add_input(std::move(source));
    }
  }

 protected:
  task<result<>> run(context ctx) override {
    detail::check_sources(*this, inputs_);
    inputs_.begin();
    started_ = true;
    // What crashed the last run will not be tried again.
    if (auto crashed = inputs_.take_crashed(); !crashed.empty()) {
      this->publish(std::nullopt, std::move(crashed));
    }
    detail::input_wait wait(inputs_);
    for (;;) {
      const bool timed = inputs_.waits_for_window();
      switch (inputs_.next(timed ? detail::current.sched->now() : time_point{})) {
        case detail::input_set::step::ended:
          if (inputs_.was_live()) co_return result<>();
          // Started again although nothing is left to compute from: rests until a source is back.
          this->end();
          if (!co_await wait) co_return fail(ctx.err().value_or(errc::canceled));
          this->begin();
          break;
        case detail::input_set::step::wait:
          if (!co_await wait) co_return fail(ctx.err().value_or(errc::canceled));
          break;
        case detail::input_set::step::update: {
          detail::stamp at = inputs_.begin_update();
          detail::update_outcome<V> made = std::optional<V>();
          if (inputs_.worth_updating()) {
            const detail::evaluation_scope scope(inputs_);
            task<detail::update_outcome<V>> later;
            made = update_->make(inputs_, later);
            if (later) made = co_await std::move(later);
            if (!made && ctx.err()) {  // cut short, which is no failure of its own
              inputs_.put_off_update();
              co_return fail(*ctx.err());
            }
            settle(made);
          }
          this->publish(made ? *std::move(made) : std::optional<V>(), std::move(at));
          inputs_.end_update();
        }
      }
    }
  }

 private:
  void add_input(std::shared_ptr<signal_base> source) {
    inputs_.add(detail::signal_internals::make_input(std::move(source), inputs_.counter()));
    this->come_from(inputs_.all().back()->at);
  }

  template <class F, class... Sources>
  static made_by make_update(F update) {
    if constexpr (detail::takes_values_of<F, Sources...>) {
      return make_function_update<F, typename Sources::value_type...>(std::move(update));
    } else {
      static_assert(std::invocable<F&>,
                    "computed_signal<V>(name, update, sources...): the update takes nothing, or "
                    "the sources' values, and gives a V, a result<V>, or a task of one of them");
      return make_function_update<F>(std::move(update));
    }
  }
  template <class F, class... Values>
  static made_by make_function_update(F update) {
    static_assert(detail::makes_value<V, detail::value_made_by<F, const Values&...>>,
                  "computed_signal<V>(name, update, sources...): the update takes nothing, or "
                  "the sources' values, and gives a V, a result<V>, or a task of one of them");
    return std::make_unique<detail::function_update<V, F, Values...>>(std::move(update));
  }

  // Nobody receives for the first one any more. If it runs again, it listens anew.
  bool take_over(actor& first) noexcept override {
    if (!signal<V>::take_over(first)) return false;
    if (auto* const same = dynamic_cast<computed_signal*>(&first)) same->inputs_.leave();
    return true;
  }

  void settle(const detail::update_outcome<V>& made) {
    if (made) {
      this->note_success();
    } else {
      this->note_failure(made.error());
    }
  }

  detail::input_set inputs_;
  made_by update_;
  bool takes_sources_ = false;
  bool started_ = false;
};

}  // namespace troupe

#pragma once

// sampled_signal: another signal's value, looked at now and then: at an interval, or whenever a
// third signal, the trigger, changes. What the source shows in between is passed over.
//
// It ends clean when the trigger has ended for good, or when it is to look at a source that has.

#include <troupe/detail/input_set.hpp>
#include <troupe/signal/signal.hpp>
#include <troupe/timer.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

template <signal_value V>
class sampled_signal : public signal<V> {
 public:
  /// Looks when it starts, and one `interval` apart. Throws usage_error if the source is null or
  /// the interval is not positive.
  sampled_signal(const std::string& name, std::shared_ptr<signal<V>> source,
                 std::chrono::nanoseconds interval, signal_options<V> options = {})
      : signal<V>(name, std::move(options)), source_(std::move(source)), interval_(interval) {
    if (!source_) throw usage_error("sampled_signal \"" + name + "\": the source is null");
    if (interval <= std::chrono::nanoseconds::zero()) {
      throw usage_error("sampled_signal \"" + name + "\": the interval must be positive");
    }
  }

  /// Looks at each change of `trigger`. Throws usage_error if the source or the trigger is null.
  sampled_signal(const std::string& name, std::shared_ptr<signal<V>> source,
                 std::shared_ptr<signal_base> trigger, signal_options<V> options = {})
      : signal<V>(name, std::move(options)),
        source_(std::move(source)),
        trigger_(std::move(trigger)) {
    if (!source_ || !trigger_) {
      throw usage_error("sampled_signal \"" + name + "\": the source or the trigger is null");
    }
  }

  [[nodiscard]] std::vector<std::shared_ptr<signal_base>> sources() const override {
    if (trigger_) return {source_, trigger_};
    return {source_};
  }

 protected:
  task<result<>> run(context ctx) override {
    for (const std::shared_ptr<signal_base>& needed : sources()) {
      if (!needed->has_ended()) continue;
      look();
      this->end();
      if (!co_await detail::until_alive(needed)) co_return fail(ctx.err().value_or(errc::canceled));
      this->begin();
    }
    co_return co_await (trigger_ ? at_triggers(std::move(ctx)) : at_intervals(std::move(ctx)));
  }

 private:
  task<result<>> at_intervals(context ctx) {
    every tick(interval_);
    while (!source_->has_ended()) {
      look();
      auto got = co_await select(tick);
      if (got.canceled()) co_return fail(ctx.err().value_or(errc::canceled));
    }
    look();
    co_return result<>();
  }

  task<result<>> at_triggers(context ctx) {
    subscription<changed> notices = trigger_->watch();
    while (!source_->has_ended()) {
      if (auto notice = co_await notices.receive(); !notice) {
        if (ctx.err()) co_return fail(*ctx.err());
        break;
      }
      look();
    }
    co_return result<>();
  }

  void look() {
    if (result<V> present = source_->read()) this->publish(*std::move(present));
  }

  std::shared_ptr<signal<V>> source_;
  std::shared_ptr<signal_base> trigger_;
  std::chrono::nanoseconds interval_{0};
};

}  // namespace troupe

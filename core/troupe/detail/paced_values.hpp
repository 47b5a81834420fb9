#pragma once

// What debounced and throttled signals do: they hold the latest value of another signal back until
// a `Pace` (rate.hpp) lets it through. The value that is held back outlives a run.

#include <troupe/context.hpp>
#include <troupe/detail/input_set.hpp>
#include <troupe/select.hpp>
#include <troupe/signal/signal.hpp>
#include <troupe/task.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace troupe::detail {

template <class V, class Pace>
class paced_values {
 public:
  paced_values(const std::string& name, std::shared_ptr<signal<V>> source, Pace pace)
      : source_(std::move(source)), pace_(pace) {
    if (!source_) throw usage_error("signal \"" + name + "\": the source is null");
  }

  [[nodiscard]] const std::shared_ptr<signal<V>>& source() const noexcept { return source_; }

  /// One run of `of`. `publish(V)` is called with what is let through, first with the value that
  /// the source has already. Ends clean, with nothing held back any more, when the source has
  /// ended; if it had before, rests until it is back.
  template <class Owner, class Publish>
  task<result<>> run(Owner* of, context ctx, Publish publish) {
    while (source_->has_ended()) {
      if (result<V> last = source_->read()) publish(*std::move(last));
      of->end();
      if (!co_await until_alive(source_)) co_return fail(ctx.err().value_or(errc::canceled));
      of->begin();
    }
    subscription<V> values = source_->subscribe(keep_latest(1));
    if (result<V> present = source_->read()) {
      if (std::exchange(started_, true)) {
        hold_back(*std::move(present));  // perhaps a change that no run has seen
      } else {
        publish(*std::move(present));
      }
    }
    for (;;) {
      if (pace_.due <= current.sched->now()) {
        publish(*held_back_);
        held_back_.reset();
        pace_.let_through();
      }
      result<V> next = fail(errc::no_value);
      if (pace_.due == never) {
        next = co_await values.receive();
      } else {
        auto got = co_await select(values, after(pace_.due - current.sched->now()));
        if (got.canceled()) co_return fail(ctx.err().value_or(errc::canceled));
        if (got.template get<1>() != nullptr) continue;
        next = *std::move(got.template get<0>());
      }
      if (!next) {
        if (ctx.err()) co_return fail(*ctx.err());
        if (held_back_) publish(*held_back_);
        held_back_.reset();
        pace_.let_through();
        co_return result<>();
      }
      hold_back(*std::move(next));
    }
  }

 private:
  void hold_back(V value) {
    pace_.arrived(current.sched->now());
    held_back_.reset();
    held_back_.emplace(std::move(value));
  }

  std::shared_ptr<signal<V>> source_;
  std::optional<V> held_back_;
  Pace pace_;
  bool started_ = false;
};

}  // namespace troupe::detail

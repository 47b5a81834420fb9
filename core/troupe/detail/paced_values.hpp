#pragma once

// What debounced and throttled signals do: they hold the latest value of another signal back until
// a `Pace` (rate.hpp) lets it through. The value that is held back outlives a run.

#include <troupe/context.hpp>
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

  /// One run. `publish(V)` is called with what is let through, first with the value that the source
  /// has already. Ends clean, with nothing held back any more, when the source has ended.
  template <class Publish>
  task<result<>> run(context ctx, Publish publish) {
    if (!values_) {
      values_.emplace(source_->subscribe(keep_latest(1)));
      if (result<V> present = source_->read()) publish(*std::move(present));
    }
    for (;;) {
      result<V> next = fail(errc::no_value);
      if (pace_.due == never) {
        next = co_await values_->receive();
      } else {
        const duration left = pace_.due - current.sched->now();
        auto got = co_await select(*values_, after(left));
        if (got.canceled()) co_return fail(ctx.err().value_or(errc::canceled));
        if (got.template get<1>() != nullptr) {
          pace_.let_through();
          publish(*std::exchange(held_back_, std::nullopt));
          continue;
        }
        next = *std::move(got.template get<0>());
      }
      if (!next) {
        if (ctx.err()) co_return fail(*ctx.err());
        if (held_back_) publish(*std::exchange(held_back_, std::nullopt));
        pace_.let_through();
        co_return result<>();
      }
      pace_.arrived(current.sched->now());
      held_back_.reset();
      held_back_.emplace(*std::move(next));
    }
  }

 private:
  std::shared_ptr<signal<V>> source_;
  std::optional<subscription<V>> values_;
  std::optional<V> held_back_;
  Pace pace_;
};

}  // namespace troupe::detail

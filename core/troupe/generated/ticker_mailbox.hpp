#pragma once

// Mailboxes of the kind `ticker`: time itself, again and again.

#include <troupe/clock.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/timer.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace troupe::generated {

/// How a ticker starts, in an actor's builder.
struct ticker_mailbox {
  /// It ticks from the start of the actor on; without, once it is told to. What is not set is as
  /// the specification says.
  std::optional<duration> interval{};

  /// For generated code: takes from `specified` what is not set here.
  void fill_in(const ticker_mailbox& specified) {
    if (!interval) interval = specified.interval;
  }
};

/// What the actor does with a ticker; to be used by the actor alone. Ticks do not pile up, and the
/// beat does not drift: see `every`.
class ticker_rx {
 public:
  /// Ticks every `interval` from now on, the first time one `interval` from now. Throws usage_error
  /// if that is not positive.
  void reset(duration interval) {
    ticker_.reset(interval);
    ticks_ = true;
  }
  /// Until the next reset().
  void stop() noexcept {
    ticker_.stop();
    ticks_ = false;
  }
  [[nodiscard]] bool ticks() const noexcept { return ticks_; }

  // For the library.

  explicit ticker_rx(const ticker_mailbox& from)
      : ticker_(from.interval.value_or(std::chrono::seconds(1))),
        ticks_(from.interval.has_value()) {
    ticker_.stop();
  }

  void open() noexcept {}
  void begin_run() {
    if (ticks_) ticker_.reset(ticker_.period());
  }
  // The next run may be on another scheduler.
  void end_run() noexcept { ticker_.stop(); }
  void ended_for_good() noexcept {}
  void take_over(const ticker_rx&) noexcept {}

  class arm {
   public:
    static constexpr bool has_inbox = false;
    static constexpr bool has_timer = true;

    explicit arm(ticker_rx& rx) noexcept : rx_(&rx), source_(rx.ticker_) {}

    [[nodiscard]] detail::wait_source& timer() noexcept { return source_; }
    [[nodiscard]] bool wants_timer() const noexcept { return rx_->ticks_; }

    template <auto Handle, class Private>
    auto elapsed(Private& self) {
      return handle<Handle>(self, detail::current.running->sched->now());
    }

   private:
    ticker_rx* rx_;
    detail::every_source source_;
  };

 private:
  every ticker_;
  bool ticks_;
};

}  // namespace troupe::generated

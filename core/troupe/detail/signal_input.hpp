#pragma once

// How a computed signal listens to one signal that it is made from. Every change of it comes as a
// `stamped` message through a buffer of its own, so that computed signals see each value in order,
// and computing lags behind measuring without holding it up. What is done with it: input_set.hpp.

#include <troupe/detail/receive.hpp>
#include <troupe/detail/signal_hub.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/detail/stamp.hpp>
#include <troupe/select.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe {
class signal_base;
}

namespace troupe::detail {

/// Changes of an input that may wait while others are computed with.
inline constexpr subscriber_buffer input_buffer{.capacity = 16, .when_full = overflow::keep_latest};

/// What the update of a computed signal sees: read() of an input, called by the update, gives the
/// value that the update is for, so that all that it reads fits together.
class evaluation {
 public:
  virtual ~evaluation() = default;

  /// A std::optional<V> of the input whose hub it is, else null.
  [[nodiscard]] virtual const void* find(const signal_hub& hub) const noexcept = 0;

 protected:
  evaluation() = default;
  evaluation(const evaluation&) = default;
  evaluation& operator=(const evaluation&) = default;
};

class signal_input {
 public:
  signal_input(std::shared_ptr<signal_base> of, std::shared_ptr<signal_hub> its_hub)
      : from(std::move(of)), hub(std::move(its_hub)) {}
  signal_input(const signal_input&) = delete;
  signal_input& operator=(const signal_input&) = delete;
  virtual ~signal_input() = default;

  /// Where the next message is to go.
  virtual void bind(inbox_source& source) noexcept = 0;
  /// A message has come, which is not to be accepted yet.
  virtual void hold() noexcept = 0;
  /// A message has come, now or when it was held: it is how the signal is now.
  virtual void accept() = 0;
  /// A message has come that nobody will want.
  virtual void discard() noexcept = 0;
  /// A run begins: while there was none the signal may have changed unnoticed.
  virtual void begin() = 0;
  /// The runs are over: the signal tells it nothing more, until begin().
  virtual void leave() noexcept = 0;
  /// Changes that were driven out before they were seen. Any thread.
  [[nodiscard]] virtual std::uint64_t missed() const noexcept = 0;

  const std::shared_ptr<signal_base> from;
  const std::shared_ptr<signal_hub> hub;
  const void* value = nullptr;  // the std::optional<V>
  stamp at;
  bool has_value = false;
  bool changed = false;  // since the last update
  bool live = true;      // false: the signal has ended, and all it said before has been seen
  std::uint64_t held_number = 0;  // the number of the message that is held; 0: there is none
};

template <class V>
class input_of final : public signal_input {
 public:
  /// `counter`: numbers its messages, and those of others; null: they need no number.
  input_of(std::shared_ptr<signal_base> of, std::shared_ptr<signal_hub> its_hub,
           std::atomic<std::uint64_t>* counter = nullptr)
      : signal_input(std::move(of), std::move(its_hub)), counter_(counter) {
    value = &value_;
    link();
  }
  input_of(const input_of&) = delete;
  input_of& operator=(const input_of&) = delete;
  ~input_of() override { drop_held(); }

  void bind(inbox_source& source) noexcept override {
    source.inbox = &edge_->inbox;
    source.waiter.set_slot(slot_.raw());
  }
  void hold() noexcept override { held_number = static_cast<stamped<V>*>(slot_.raw())->number; }
  void accept() override {
    held_number = 0;
    stamped<V> got = slot_.take();
    live = got.live;
    // Also where the message that told of the change was driven out.
    changed = changed || got.version != seen_;
    seen_ = got.version;
    at = std::move(got.at);
    has_value = got.value.has_value();
    value_.reset();
    if (got.value) value_.emplace(*std::move(got.value));
  }
  void begin() override {
    if (edge_ != nullptr) {
      its().tell_again(*edge_);
    } else {
      link();
    }
  }
  void leave() noexcept override {
    if (edge_ == nullptr) return;
    drop_held();
    std::unique_ptr<edge> left;  // it goes without the lock: what waits in it is the user's
    const std::lock_guard held(edge_lock_);
    missed_before_ += edge_->lost();
    left = std::move(edge_);
  }
  void discard() noexcept override { static_cast<void>(slot_.take()); }
  [[nodiscard]] std::uint64_t missed() const noexcept override {
    const std::lock_guard held(edge_lock_);
    return missed_before_ + (edge_ != nullptr ? edge_->lost() : 0);
  }

  /// The present value; only while has_value.
  [[nodiscard]] const V& present() const noexcept { return *value_; }

 private:
  using edge = subscription_state<stamped<V>>;

  [[nodiscard]] hub_of<V>& its() const noexcept { return static_cast<hub_of<V>&>(*hub); }

  /// Begins as one that has seen nothing yet.
  void link() {
    auto made = std::make_unique<edge>(hub, input_buffer);
    made->counter = counter_;
    made->inbox.reserve();
    auto before = its().link(*made);
    at = std::move(before.at);
    live = before.live;
    has_value = false;
    changed = false;
    seen_ = 0;
    value_.reset();
    const std::lock_guard held(edge_lock_);
    edge_ = std::move(made);
  }

  void drop_held() noexcept {
    if (std::exchange(held_number, 0) != 0) static_cast<void>(slot_.take());
  }

  std::atomic<std::uint64_t>* counter_;
  std::optional<V> value_;
  std::uint64_t seen_ = 0;  // the version of value_
  message_slot<stamped<V>> slot_;
  mutable spin_lock edge_lock_;      // against missed(): who asks may be anybody
  std::uint64_t missed_before_ = 0;  // by edges that were left
  std::unique_ptr<edge> edge_;       // null: left
};

}  // namespace troupe::detail

#pragma once

// Mailboxes of the kind `batch`: messages that are handed over several at a time. One wake-up takes
// what is there into a block of memory that is used again for each batch.

#include <troupe/cast_inbox.hpp>
#include <troupe/clock.hpp>
#include <troupe/generated/due_source.hpp>
#include <troupe/generated/inbox_rx.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/generated/simple_mailbox.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace troupe::generated {

/// How a mailbox starts, in an actor's builder. What is not set is as the specification says.
template <message T>
struct batch_mailbox {
  using message_type = T;
  using inbox_type = shared_inbox<cast_inbox<T>>;

  /// Receives nothing until the actor enables it.
  std::optional<bool> disabled{};
  /// How many messages may wait.
  std::optional<std::size_t> capacity{};
  /// How many are handed over at once, at most; without, as many as may wait.
  std::optional<std::size_t> max_batch{};
  /// How long the first message of a batch waits for others; without, what is there is handed over
  /// at once.
  std::optional<duration> max_delay{};
  /// From make_inbox(): the mailboxes of all actors that are given the same one share it, and each
  /// message reaches one of them. Its capacity counts.
  std::shared_ptr<inbox_type> inbox{};

  [[nodiscard]] static std::shared_ptr<inbox_type> make_inbox(std::size_t capacity) {
    return std::make_shared<inbox_type>(capacity);
  }

  /// For generated code: takes from `specified` what is not set here. Throws usage_error if a batch
  /// were to have no messages.
  void fill_in(const batch_mailbox& specified) {
    if (!disabled) disabled = specified.disabled;
    if (!capacity) capacity = specified.capacity;
    if (!inbox) inbox = make_inbox(*capacity);
    if (!max_batch) max_batch = specified.max_batch.value_or(inbox->inbox.capacity());
    if (!max_delay) max_delay = specified.max_delay;
    if (*max_batch == 0) throw usage_error("batch mailbox: a batch of at most 0 messages");
  }
};

/// Messages that were collected for a batch are not in the mailbox any more: size() is without
/// them. They are kept when the actor is restarted; those of a batch whose handler crashed are
/// gone.
template <message T>
class batch_rx : public inbox_rx<cast_inbox<T>> {
 public:
  /// For generated code; `from` is filled in.
  explicit batch_rx(const batch_mailbox<T>& from)
      : inbox_rx<cast_inbox<T>>(from.inbox, !*from.disabled),
        most_(*from.max_batch),
        delay_(from.max_delay) {}

  void begin_run() {
    inbox_rx<cast_inbox<T>>::begin_run();
    if (std::exchange(collected_->handed_over, false)) clear();
    collected_->batch.reserve(most_);
  }
  /// A later object of the same factory: goes on with what was collected.
  void take_over(batch_rx& first) noexcept {
    inbox_rx<cast_inbox<T>>::take_over(first);
    collected_ = first.collected_;
  }

  class arm {
   public:
    static constexpr bool has_inbox = true;
    static constexpr bool has_timer = true;

    explicit arm(batch_rx& rx) noexcept : rx_(&rx), due_(now_due_) {}

    void bind(detail::inbox_source& source) noexcept {
      rx_->bind(source);
      source.waiter.set_slot(slot_.raw());
    }
    void prepare(detail::inbox_source& source) noexcept {
      rx_->prepare(source);
      now_due_ = rx_->enabled() ? rx_->collected_->due : never;
    }
    [[nodiscard]] detail::wait_source& timer() noexcept { return due_; }
    [[nodiscard]] bool wants_timer() const noexcept { return now_due_ != never; }
    void discard() noexcept { static_cast<void>(slot_.take()); }

    template <auto Handle, class Private>
    auto received(Private& self, detail::inbox_source& source) {
      using handled_type = decltype(rx_->template hand_over<Handle>(self));
      if (!std::exchange(source.waiter.filled, false)) {
        rx_->note_closed();
        return nothing_handled<handled_type>();
      }
      rx_->collected_->batch.push_back(slot_.take());
      while (rx_->collected_->batch.size() < rx_->most_ && take_another(source)) {
      }
      if (rx_->may_wait()) return nothing_handled<handled_type>();
      return rx_->template hand_over<Handle>(self);
    }
    template <auto Handle, class Private>
    auto elapsed(Private& self) {
      return rx_->template hand_over<Handle>(self);
    }

   private:
    // A message that is there already, without waiting.
    bool take_another(detail::inbox_source& source) {
      detail::fiber& self = *detail::current.running;
      detail::inbox_core& inbox = source.inbox->target();
      if (inbox.size() == 0) return false;
      detail::wake_up after;
      bool taken = false;
      self.lock.lock();
      const bool bound = inbox.owned_by(self);
      if (bound) taken = inbox.take_locked(self, inbox.ops(), slot_.raw(), after);
      self.lock.unlock();
      after();
      if (!bound) taken = take_shared(self, source);
      if (taken) rx_->collected_->batch.push_back(slot_.take());
      return taken;
    }
    // Registering with an inbox that others receive from too takes a message if there is one.
    static bool take_shared(detail::fiber& self, detail::inbox_source& source) {
      source.waiter.will_link(self, self.wait.load(std::memory_order_relaxed));
      const auto outcome = source.inbox->arm(source.waiter);
      if (outcome == detail::inbox_core::arm_result::waiting) {
        source.inbox->disarm(self, source.waiter);
      }
      return std::exchange(source.waiter.filled, false);
    }

    batch_rx* rx_;
    detail::message_slot<T> slot_;
    time_point now_due_ = never;  // while enabled
    due_source due_;
  };

 private:
  /// What all objects of a factory share: only one of them runs.
  struct collection {
    std::vector<T> batch;  // never grows beyond most_, which is reserved
    time_point due = never;
    bool handed_over = false;
  };

  void clear() noexcept {
    collected_->batch.clear();
    collected_->due = never;
  }
  // Whether a batch that is not full has still time.
  bool may_wait() noexcept {
    if (!delay_ || collected_->batch.size() >= most_) return false;
    if (collected_->due == never)
      collected_->due = later(detail::current.running->sched->now(), *delay_);
    return true;
  }

  // Clears the batch when its handler has ended; a crash leaves handed_over to the next run.
  template <auto Handle, class Private>
  auto hand_over(Private& self) {
    using returned = decltype(Handle(self, std::span<T>()));
    collected_->handed_over = true;
    collected_->due = never;
    if constexpr (detail::is_task<returned>) {
      return hand_over_later<Handle>(&self, this);
    } else {
      auto outcome = handle<Handle>(self, std::span<T>(collected_->batch));
      clear();
      collected_->handed_over = false;
      return outcome;
    }
  }
  template <auto Handle, class Private>
  static task<result<>> hand_over_later(Private* self, batch_rx* rx) {
    result<> outcome = co_await handle<Handle>(*self, std::span<T>(rx->collected_->batch));
    rx->clear();
    rx->collected_->handed_over = false;
    co_return outcome;
  }

  std::size_t most_;
  std::optional<duration> delay_;
  std::shared_ptr<collection> collected_ = std::make_shared<collection>();
};

/// The sending side: that of a simple mailbox.
template <message T>
using batch_tx = simple_tx<T>;

}  // namespace troupe::generated

#pragma once

// Mailboxes of the kind `timer`: values that come back at a time given with them. They are kept in
// a heap, so that many pending times cost one timer of the runtime.

#include <troupe/cast_inbox.hpp>
#include <troupe/clock.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/error.hpp>
#include <troupe/generated/due_source.hpp>
#include <troupe/generated/outcome.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::generated {

/// How a timer starts, in an actor's builder. What is not set is as the specification says.
template <message V>
struct timer_mailbox {
  using value_type = V;

  /// How many times may be pending.
  std::optional<std::size_t> capacity{};

  /// For generated code: takes from `specified` what is not set here.
  void fill_in(const timer_mailbox& specified) {
    if (!capacity) capacity = specified.capacity;
  }
};

/// Names one pending time of a timer mailbox.
enum class timer_id : std::uint64_t {};

/// What the actor does with a timer; to be used by the actor alone. Values come back one at a time,
/// in the order of their times, and of equal times in the order in which they were given. What is
/// pending is kept when the actor is restarted.
template <message V>
class timer_rx {
 public:
  /// `value` comes back `from_now` on, or at `when`; at once, if that is past. errc::inbox_full if
  /// as many are pending as may be. Cost: logarithmic; nothing is allocated once warm.
  result<timer_id> after(duration from_now, V value) {
    return at(later(now(), from_now), std::move(value));
  }
  result<timer_id> at(time_point when, V value) {
    if (heap_.size() >= capacity_) return fail(errc::inbox_full);
    const std::uint64_t id = ++last_;
    heap_.push_back({when, id, std::move(value)});
    std::ranges::push_heap(heap_, is_later);
    note_due();
    return timer_id{id};
  }
  /// The value, which will not come back; nothing if it has. Cost: linear.
  std::optional<V> cancel(timer_id which) {
    const auto found = std::ranges::find(heap_, static_cast<std::uint64_t>(which), &pending::id);
    if (found == heap_.end()) return std::nullopt;
    std::optional<V> value(std::move(found->value));
    if (found != heap_.end() - 1) *found = std::move(heap_.back());
    heap_.pop_back();
    std::ranges::make_heap(heap_, is_later);
    note_due();
    return value;
  }
  void clear() noexcept {
    heap_.clear();
    note_due();
  }
  /// How many are pending.
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

  // For the library.

  explicit timer_rx(const timer_mailbox<V>& from) noexcept : capacity_(*from.capacity) {}

  void open() noexcept {}
  void begin_run() noexcept {}
  void end_run() noexcept {}
  void ended_for_good() noexcept {}
  void take_over(const timer_rx&) noexcept {}

  class arm {
   public:
    static constexpr bool has_inbox = false;
    static constexpr bool has_timer = true;

    explicit arm(timer_rx& rx) noexcept : rx_(&rx), due_(rx.due_) {}

    [[nodiscard]] detail::wait_source& timer() noexcept { return due_; }
    [[nodiscard]] bool wants_timer() const noexcept { return rx_->due_ != never; }

    template <auto Handle, class Private>
    auto elapsed(Private& self) {
      return handle<Handle>(self, rx_->take());
    }

   private:
    timer_rx* rx_;
    due_source due_;
  };

 private:
  struct pending {
    time_point when;
    std::uint64_t id;
    V value;
  };
  static constexpr auto is_later = [](const pending& a, const pending& b) noexcept {
    return a.when != b.when ? a.when > b.when : a.id > b.id;
  };

  static time_point now() { return detail::running_fiber("timer_rx::after").sched->now(); }
  V take() {
    std::ranges::pop_heap(heap_, is_later);
    V value = std::move(heap_.back().value);
    heap_.pop_back();
    note_due();
    return value;
  }
  void note_due() noexcept { due_ = heap_.empty() ? never : heap_.front().when; }

  std::size_t capacity_;
  std::vector<pending> heap_;
  std::uint64_t last_ = 0;
  time_point due_ = never;
};

}  // namespace troupe::generated

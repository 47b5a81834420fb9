#pragma once

// What is known of an actor that few actors need: made when there is first something to write down,
// so that an idle actor does not pay for it.

#include <troupe/actor_id.hpp>
#include <troupe/clock.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/health.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

namespace troupe::detail {

class supervision_watch;
struct actor_slot;

/// Sums of times. One writer, the actor's running fiber; read by anybody, relaxed: a reader may see
/// a sum without its count, which is off by one sample.
class time_sums {
 public:
  void add(duration one) noexcept {
    if (one < duration::zero()) return;  // taken on two clocks
    bump(count_, 1);
    bump(sum_, static_cast<std::uint64_t>(one.count()));
    const auto length = static_cast<std::uint64_t>(one.count());
    if (length > most_.load(std::memory_order_relaxed)) {
      most_.store(length, std::memory_order_relaxed);
    }
  }
  [[nodiscard]] std::uint64_t count() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] duration sum() const noexcept {
    return duration(static_cast<std::int64_t>(sum_.load(std::memory_order_relaxed)));
  }
  [[nodiscard]] duration most() const noexcept {
    return duration(static_cast<std::int64_t>(most_.load(std::memory_order_relaxed)));
  }

 private:
  static void bump(std::atomic<std::uint64_t>& one, std::uint64_t by) noexcept {
    one.store(one.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t> count_{0};
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<std::uint64_t> most_{0};
};

struct actor_record : pooled {
  time_sums in_inbox;
  time_sums in_handler;
  time_point sample_at{};  // of the message that is timed: sent, or begun to be handled; its run's
  std::atomic<std::uint64_t> handled_before{0};  // in runs that have ended, and carried over
  // The rest under the slot's lock, except that what was there before a run the run may read.
  std::uint32_t starts_before = 0;       // carried over from the slot
  actor_id parent{};                     // for the slot: see there
  actor_slot* first = nullptr;           // the same
  supervision_watch* watches = nullptr;  // who supervises the actor
  // Its own instead of the runtime's, from actor::set_health.
  std::optional<health_options> health;
};

}  // namespace troupe::detail

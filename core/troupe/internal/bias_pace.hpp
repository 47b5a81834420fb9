#pragma once

// When a worker that works alone asks for the bias of locks (detail/lock_bias.hpp): at once again
// where it had that for long, and else after a rest, twice as long each time, as losing it costs
// both sides some microseconds. Pure: times go in.

#include <troupe/clock.hpp>

#include <algorithm>
#include <chrono>

namespace troupe::internal {

class bias_pace {
 public:
  static constexpr duration shortest = std::chrono::microseconds(200);
  static constexpr duration longest = std::chrono::seconds(1);
  /// Having it for so long was worth what it cost to get and to lose.
  static constexpr duration worth_it = std::chrono::milliseconds(1);

  [[nodiscard]] bool has_it() const noexcept { return has_it_; }
  [[nodiscard]] bool may_ask(time_point today) const noexcept { return !has_it_ && today >= next_; }
  void asked(time_point today, bool got_it) noexcept {
    has_it_ = got_it;
    since_ = today;
    if (!got_it) rest(today);
  }
  /// Somebody else has wanted a lock.
  void lost(time_point today) noexcept {
    has_it_ = false;
    rest_ = today - since_ >= worth_it ? shortest : std::min(2 * rest_, longest);
    rest(today);
  }
  void gave_up() noexcept { has_it_ = false; }

 private:
  void rest(time_point today) noexcept { next_ = later(today, rest_); }

  bool has_it_ = false;
  duration rest_ = shortest;
  time_point next_{};
  time_point since_{};
};

}  // namespace troupe::internal

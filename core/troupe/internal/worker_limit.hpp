#pragma once

// How many workers share short work: decided here, without clock or threads, carried out by
// thread_scheduler.
//
// To hand a message to another core takes longer than most handlers do. So actors that talk to each
// other are often slower on two cores than on one, and actors that do not are twice as fast. Which
// of the two it is cannot be seen, but it can be measured: the limit climbs the hill of operations
// in a second. A look at a busy runtime measures one window with the limit as it is, then one with
// half or twice as many, and keeps what was faster; fewer, where it makes no difference. A trial
// that is twice as slow from its beginning ends early. After one that was in vain it rests twice as
// long as before. To measure costs nothing, so what cannot be compared is soon measured again.
//
// Work of which too little is done in a window to be counted is long: it is worth a core of its
// own, and all workers may run it.

#include <troupe/clock.hpp>

#include <cstddef>
#include <cstdint>

namespace troupe::internal {

/// What a look at the workers sees.
struct worker_reading {
  time_point now{};
  std::uint64_t operations = 0;  // turns, and messages taken in them: of all workers, so far
  std::size_t awake = 0;         // workers
  bool crowded = false;          // a worker's queue has not been empty for a while
};

class worker_limit {
 public:
  static constexpr std::uint64_t enough = 400;  // operations, to compare two rates
  static constexpr duration window = std::chrono::microseconds(200);        // at least
  static constexpr duration longest_window = std::chrono::milliseconds(2);  // for so many
  static constexpr duration glance = std::chrono::microseconds(50);         // at a trial
  static constexpr duration settling = std::chrono::microseconds(50);   // caches, and who sleeps
  static constexpr duration first_rest = std::chrono::milliseconds(1);  // if in vain at first
  static constexpr duration shortest_rest = std::chrono::milliseconds(4);
  static constexpr duration longest_rest = std::chrono::milliseconds(128);

  /// Begins with all of them.
  explicit worker_limit(std::size_t workers) noexcept : workers_(workers), limit_(workers) {}

  /// How many workers may run what is short: from 1 to all.
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  /// When look() has something to do next.
  [[nodiscard]] time_point next_look() const noexcept { return next_look_; }

  /// Goes one step on.
  void look(const worker_reading& seen) noexcept;
  /// Long work has been seen: no limit for now.
  void lift(time_point now) noexcept;

 private:
  enum class step : std::uint8_t {
    rest,
    measure,  // a window with the present limit
    settle,   // the trial has begun
    trial     // a window with `tried_`
  };

  [[nodiscard]] std::size_t next_trial(const worker_reading& seen) const noexcept;
  [[nodiscard]] double rate_until(const worker_reading& seen) const noexcept;
  [[nodiscard]] bool is_hopeless(const worker_reading& seen) const noexcept;
  [[nodiscard]] bool too_late(const worker_reading& seen) const noexcept;
  void end_measure(const worker_reading& seen) noexcept;
  void end_trial(const worker_reading& seen) noexcept;
  void go_to(step next, time_point now, duration length) noexcept;

  std::size_t workers_;
  std::size_t limit_;
  std::size_t before_ = 0;  // the limit that a trial is compared with
  std::size_t tried_ = 0;
  step step_ = step::rest;
  bool up_next_ = false;  // where both ways are open
  worker_reading from_;   // at the beginning of a window
  double rate_before_ = 0;
  duration rest_ = first_rest / 2;
  time_point next_look_{};
};

}  // namespace troupe::internal

#pragma once

// A runtime for tests: the same actors, one thread, no real time. A seed chooses who runs next, and
// how long a turn lasts before others go first; the same seed gives the same run, step for step. So
// a test that fails for one seed in a thousand fails every time for that seed.

#include <troupe/runtime.hpp>
#include <troupe/testing/manual_clock.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace troupe::testing {

class deterministic_scheduler;

/// Threads: everything happens on the calling thread, inside block_on(), step(), run_until_idle()
/// and advance(). blocking() runs its function there too, as a turn of its own.
///
/// block_on() throws usage_error where a real runtime would wait for ever, or for time: start the
/// work with spawn() and advance() the clock instead.
class deterministic_runtime : public runtime {
 public:
  /// `health`: how actors are looked after, as runtime_options::health; looks happen in advance().
  explicit deterministic_runtime(std::uint64_t seed = 1, logger log = {},
                                 health_options health = {});
  ~deterministic_runtime();

  /// Runs one turn of something that is ready. False: nothing is.
  bool step();

  /// Runs until nothing is ready; gives the number of turns. Throws std::runtime_error after
  /// `most` turns: something goes on for ever without waiting.
  std::size_t run_until_idle(std::size_t most = 10'000'000);

  /// Moves the clock by `by`, stopping at every timer on the way and running until idle there and
  /// at the end.
  void advance(duration by);

  /// When the next timer is due; nothing if none is set.
  [[nodiscard]] std::optional<time_point> next_timer() const;

  [[nodiscard]] std::uint64_t seed() const noexcept;
  /// A hash over all choices made so far: equal traces, equal runs.
  [[nodiscard]] std::uint64_t trace() const noexcept;
  /// Fibers that are alive.
  [[nodiscard]] std::size_t alive() const noexcept;

 private:
  deterministic_runtime(std::shared_ptr<deterministic_scheduler> made, runtime_options options);
  std::shared_ptr<deterministic_scheduler> deterministic_;
};

}  // namespace troupe::testing

// What a supervisor can be told about restarting: the enums and option aggregates that the public
// supervisor header and the supervision state machine share. Plain data, and the check
// that it does not contradict itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace troupe {

/// When a child that ended by itself is started again.
///
/// | policy    | clean end | canceled, error, exception |
/// |-----------|-----------|----------------------------|
/// | permanent | restarts  | restarts                   |
/// | transient | stays down| restarts                   |
/// | temporary | stays down| stays down                 |
/// One that ends clean when it is done, or when its inbox is closed, is to be transient.
/// A child that ends `canceled` although its supervisor did not ask it to stop gave up on its work.
enum class restart_policy : std::uint8_t { permanent, transient, temporary };

/// Who is restarted together with a child that failed: nobody, every sibling, or the siblings that
/// come after it in start order.
enum class restart_strategy : std::uint8_t { one_for_one, one_for_all, rest_for_one };

/// The value of `restart_limit::max_restarts` that means "no limit".
inline constexpr std::uint32_t unlimited_restarts = std::numeric_limits<std::uint32_t>::max();

/// The largest limit that can be asked for; each restart below it is remembered (8 bytes).
inline constexpr std::uint32_t most_restarts = 1'000'000;

/// The `shutdown_timeout` of a child that is waited for however long it takes to stop.
inline constexpr std::chrono::nanoseconds wait_for_ever = std::chrono::nanoseconds::max();

/// A sliding window: more than `max_restarts` restarts within `window` and the supervisor gives up
/// and fails upwards. A restart exactly `window` old no longer counts. 0 means the first restart
/// already fails. Default: unlimited. It is an aggregate and not a `std::optional` of one so that
/// `.restart_limit = {.max_restarts = 5, .window = 10s}` can be written.
struct restart_limit {
  std::uint32_t max_restarts = unlimited_restarts;
  std::chrono::nanoseconds window{0};
};

/// How the delay grows when a child fails again and again: it is multiplied by `factor` each time.
/// A factor above 1 needs a `restart_delay`: 0 would never grow, and is refused.
struct backoff {
  double factor = 1.0;                                   ///< >= 1; 1 keeps the delay constant
  std::chrono::nanoseconds max_delay{30'000'000'000};    ///< cap before jitter; only if factor > 1
  std::chrono::nanoseconds reset_after{60'000'000'000};  ///< a run this long starts again from
                                                         ///< `restart_delay`; 0 = never
};

/// What holds for all children of a supervisor, unless a child says otherwise.
struct supervision_options {
  restart_policy policy = restart_policy::permanent;
  restart_strategy strategy = restart_strategy::one_for_one;
  std::chrono::nanoseconds restart_delay{0};
  troupe::restart_limit restart_limit{};  ///< counts the restarts of all children together
  troupe::backoff backoff{};
  double jitter = 0.1;  ///< each delay is spread evenly over ± this part of itself; [0, 1)
  std::chrono::nanoseconds shutdown_timeout{5'000'000'000};  ///< then the child is abandoned
};

/// What holds for one child. What is not set comes from its supervisor; `restart_limit` is
/// no override but a second limit that counts this child's restarts alone.
struct child_options {
  std::optional<restart_policy> policy{};
  std::optional<std::chrono::nanoseconds> restart_delay{};
  troupe::restart_limit restart_limit{};
  std::optional<troupe::backoff> backoff{};
  std::optional<double> jitter{};
  std::optional<std::chrono::nanoseconds> shutdown_timeout{};
  /// Runs on a thread that runs nothing else: for an actor that computes for long, or calls what
  /// blocks.
  bool own_thread = false;
};

/// Says what contradicts itself in the options, and what to do; nothing if they are sound.
[[nodiscard]] std::optional<std::string> validate(const supervision_options& options);
[[nodiscard]] std::optional<std::string> validate(const supervision_options& defaults,
                                                  const child_options& child);

}  // namespace troupe

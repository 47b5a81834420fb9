// Refuses restart options that contradict themselves; the constructor that took them throws the
// text.
#include <troupe/restart_policy.hpp>

#include <cmath>
#include <string_view>

namespace troupe {

namespace {

using std::chrono::nanoseconds;

using finding = std::optional<std::string>;

std::string text(std::string_view subject, std::string_view rest) {
  return std::string(subject).append(rest);
}

finding check_limit(std::string_view whose, const restart_limit& limit) {
  if (limit.window < nanoseconds::zero()) {
    return text(whose, ".restart_limit.window is negative; give the length of the window");
  }
  if (limit.max_restarts == unlimited_restarts) {
    if (limit.window != nanoseconds::zero()) {
      return text(whose, ".restart_limit has a window but no max_restarts; set both or neither");
    }
    return std::nullopt;
  }
  if (limit.max_restarts > most_restarts) {
    return text(whose,
                ".restart_limit.max_restarts is above 1000000; leave restart_limit unset for "
                "no limit");
  }
  if (limit.max_restarts > 0 && limit.window == nanoseconds::zero()) {
    return text(whose, ".restart_limit.window is 0, so no restart would ever count; set it");
  }
  return std::nullopt;
}

finding check_delay(std::string_view whose, nanoseconds delay) {
  if (delay >= nanoseconds::zero()) return std::nullopt;
  return text(whose, ".restart_delay is negative; use 0 to restart at once");
}

finding check_jitter(std::string_view whose, double jitter) {
  if (jitter >= 0 && jitter < 1) return std::nullopt;  // false for NaN
  return text(whose, ".jitter must be at least 0 and below 1; 0.1 spreads delays by 10 % each way");
}

finding check_timeout(std::string_view whose, nanoseconds timeout) {
  if (timeout >= nanoseconds::zero()) return std::nullopt;
  return text(whose, ".shutdown_timeout is negative; use wait_for_ever to wait without end");
}

finding check_backoff(std::string_view whose, const backoff& growth, nanoseconds first) {
  if (!(growth.factor >= 1) || !std::isfinite(growth.factor)) {
    return text(whose, ".backoff.factor must be a finite number of at least 1; 1 is no growth");
  }
  if (growth.reset_after < nanoseconds::zero()) {
    return text(whose, ".backoff.reset_after is negative; use 0 to never reset");
  }
  if (growth.max_delay < nanoseconds::zero()) {
    return text(whose, ".backoff.max_delay is negative; give the longest delay");
  }
  if (growth.factor > 1 && growth.max_delay < first) {
    return text(whose, ".backoff.max_delay is shorter than restart_delay; raise it");
  }
  return std::nullopt;
}

// 0 times anything is 0: whoever asks for growth would get restarts without a pause.
finding check_growth(std::string_view whose, const backoff& growth, nanoseconds first) {
  if (growth.factor <= 1 || first != nanoseconds::zero()) return std::nullopt;
  return text(whose,
              ".backoff.factor is above 1, but restart_delay is 0, which never grows: set "
              "restart_delay");
}

// A temporary child is never restarted: what it says about restarts would be silently ignored.
finding check_temporary(const child_options& child) {
  constexpr std::string_view why = " but it is temporary and never restarts; remove one of the two";
  if (child.restart_limit.max_restarts != unlimited_restarts) {
    return text("the child has a restart_limit", why);
  }
  if (child.restart_delay) return text("the child has a restart_delay", why);
  if (child.backoff) return text("the child has a backoff", why);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> validate(const supervision_options& options) {
  constexpr std::string_view whose = "supervisor_options";
  if (auto bad = check_delay(whose, options.restart_delay)) return bad;
  if (auto bad = check_limit(whose, options.restart_limit)) return bad;
  if (auto bad = check_backoff(whose, options.backoff, options.restart_delay)) return bad;
  if (auto bad = check_growth(whose, options.backoff, options.restart_delay)) return bad;
  if (auto bad = check_jitter(whose, options.jitter)) return bad;
  return check_timeout(whose, options.shutdown_timeout);
}

std::optional<std::string> validate(const supervision_options& defaults,
                                    const child_options& child) {
  constexpr std::string_view whose = "child_options";
  const auto delay = child.restart_delay.value_or(defaults.restart_delay);
  if (auto bad = check_delay(whose, delay)) return bad;
  if (auto bad = check_limit(whose, child.restart_limit)) return bad;
  if (auto bad = check_backoff(whose, child.backoff.value_or(defaults.backoff), delay)) return bad;
  if (auto bad = check_jitter(whose, child.jitter.value_or(defaults.jitter))) return bad;
  if (auto bad = check_timeout(whose, child.shutdown_timeout.value_or(defaults.shutdown_timeout))) {
    return bad;
  }
  if (child.policy.value_or(defaults.policy) == restart_policy::temporary) {
    return check_temporary(child);
  }
  // Only of a backoff of its own: a child that sets just its delay to 0 wants no pause.
  return child.backoff ? check_growth(whose, *child.backoff, delay) : std::nullopt;
}

}  // namespace troupe

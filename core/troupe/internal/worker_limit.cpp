#include <troupe/internal/worker_limit.hpp>

#include <algorithm>

namespace troupe::internal {

namespace {

// A trial with more workers is to gain this much, one with fewer may lose that much: two cores that
// gain little are better given to others.
constexpr double worth_more = 1.15;
constexpr double worth_fewer = 0.97;
// A trial that is so much slower from its beginning is not gone through with: such trials are all
// that measuring costs where the limit is right.
constexpr double hopeless = 0.5;

}  // namespace

void worker_limit::look(const worker_reading& seen) noexcept {
  switch (step_) {
    case step::rest:
      tried_ = next_trial(seen);
      if (tried_ == limit_) return go_to(step::rest, seen.now, window);
      from_ = seen;
      return go_to(step::measure, seen.now, window);
    case step::settle: from_ = seen; return go_to(step::trial, seen.now, glance);
    case step::trial:
      if (is_hopeless(seen)) return end_trial(seen);
      if (seen.now - from_.now < window) return go_to(step::trial, seen.now, glance);
      break;
    case step::measure: break;
  }
  const bool counted = seen.operations - from_.operations >= enough;
  if (!counted && !too_late(seen) && seen.now - from_.now < longest_window) {
    return go_to(step_, seen.now, window);
  }
  if (!counted) {
    lift(seen.now);
  } else if (step_ == step::measure) {
    end_measure(seen);
  } else {
    end_trial(seen);
  }
}

void worker_limit::end_measure(const worker_reading& seen) noexcept {
  if (too_late(seen) || seen.awake < limit_) return go_to(step::rest, seen.now, window);
  rate_before_ = rate_until(seen);
  before_ = limit_;
  limit_ = tried_;
  go_to(step::settle, seen.now, settling);
}

void worker_limit::end_trial(const worker_reading& seen) noexcept {
  const bool up = tried_ > before_;
  const bool worth_it =
      !too_late(seen) && rate_until(seen) >= rate_before_ * (up ? worth_more : worth_fewer);
  up_next_ = up == worth_it;
  if (!worth_it) limit_ = before_;
  rest_ = worth_it ? shortest_rest : std::min(rest_ * 2, longest_rest);
  go_to(step::rest, seen.now, rest_);
}

void worker_limit::lift(time_point now) noexcept {
  limit_ = workers_;
  go_to(step::rest, now, shortest_rest);
}

// The limit itself: nothing to try, as fewer workers than may run are busy, or nobody waits.
std::size_t worker_limit::next_trial(const worker_reading& seen) const noexcept {
  if (seen.awake < limit_) return limit_;
  const bool may_rise = limit_ < workers_ && seen.crowded;
  const bool may_fall = limit_ > 1;
  if (may_rise && (up_next_ || !may_fall)) return std::min(limit_ * 2, workers_);
  return may_fall ? limit_ / 2 : limit_;
}

// Operations a nanosecond since the window began.
double worker_limit::rate_until(const worker_reading& seen) const noexcept {
  const auto length = static_cast<double>((seen.now - from_.now).count());
  return static_cast<double>(seen.operations - from_.operations) / std::max(length, 1.0);
}

bool worker_limit::is_hopeless(const worker_reading& seen) const noexcept {
  const auto length = static_cast<double>((seen.now - from_.now).count());
  return !too_late(seen) && rate_before_ * length >= static_cast<double>(enough) &&
         rate_until(seen) < rate_before_ * hopeless;
}

// Nothing ran, or somebody else had the core: the window is not to be compared with others.
bool worker_limit::too_late(const worker_reading& seen) const noexcept {
  return seen.now - next_look_ > window * 3;
}

void worker_limit::go_to(step next, time_point now, duration length) noexcept {
  step_ = next;
  next_look_ = later(now, length);
}

}  // namespace troupe::internal

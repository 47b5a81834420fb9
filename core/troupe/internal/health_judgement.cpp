#include <troupe/internal/health_judgement.hpp>

namespace troupe::internal {

verdict judge(std::optional<suspicion>& about, const sighting& seen, time_point now,
              duration limit) noexcept {
  using enum verdict::news;
  if (!about) {
    if (!seen.waits) about = suspicion{.last = seen, .since = now};
    if (seen.waits || limit > duration::zero()) return {};
  }
  const duration away = now - about->since;
  const sighting& last = about->last;
  const bool came_back = seen.waits || seen.run != last.run || seen.starts != last.starts ||
                         seen.rounds != last.rounds;
  if (!came_back) {
    if (about->told || away < limit) return {};
    about->told = true;
    return {.what = unhealthy, .away = away};
  }
  const bool told = about->told;
  about.reset();
  if (!seen.waits) about = suspicion{.last = seen, .since = now};  // and went away again
  return told ? verdict{.what = healthy, .away = away} : verdict{};
}

}  // namespace troupe::internal

#include <troupe/detail/failed_roots.hpp>

#include <troupe/actor.hpp>

#include <exception>
#include <mutex>
#include <utility>

namespace troupe::detail {

void failed_roots::note(const actor& root, const exit_reason& why) noexcept {
  if (!is_failure(why.kind())) return;
  try {
    failed_root one{root.name(), why};
    const std::lock_guard held(lock_);
    if (all_.size() < most) all_.push_back(std::move(one));
    // NOLINTNEXTLINE(bugprone-empty-catch): no memory for it; it is logged, or its handle tells
  } catch (const std::exception&) {
  }
}

std::vector<failed_root> failed_roots::take() {
  const std::lock_guard held(lock_);
  return std::exchange(all_, {});
}

}  // namespace troupe::detail

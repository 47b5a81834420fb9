#include <troupe/detail/runtime_services.hpp>

#include <algorithm>

namespace troupe::detail {

std::shared_ptr<runtime_service> runtime_services::find_or_make(const void* key, maker make) {
  const std::lock_guard held(mutex_);
  if (stopped_) return nullptr;
  const auto found = std::ranges::find(made_, key, [](const auto& one) { return one.first; });
  if (found != made_.end()) return found->second;
  made_.emplace_back(key, make());
  return made_.back().second;
}

void runtime_services::stop() noexcept {
  {
    const std::lock_guard held(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  // Nobody changes the list any more. Without the lock: who is woken may ask for a service.
  for (auto one = made_.rbegin(); one != made_.rend(); ++one) one->second->stop();
}

bool runtime_services::stopped() noexcept {
  const std::lock_guard held(mutex_);
  return stopped_;
}

}  // namespace troupe::detail

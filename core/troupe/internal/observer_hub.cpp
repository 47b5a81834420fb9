#include <troupe/internal/observer_hub.hpp>

#include <troupe/internal/call_user.hpp>

#include <utility>

namespace troupe::internal {

observer_hub::observer_hub(supervisor_observer observer) : observer_(std::move(observer)) {
  run = [](detail::blocking_job& job) noexcept { static_cast<observer_hub&>(job).deliver_all(); };
}

bool observer_hub::wants(observed what) const noexcept {
  switch (what) {
    case observed::registered: return static_cast<bool>(observer_.on_actor_registered);
    case observed::started: return static_cast<bool>(observer_.on_actor_started);
    case observed::stopped: return static_cast<bool>(observer_.on_actor_stopped);
    case observed::restarting: return static_cast<bool>(observer_.on_actor_restarting);
    case observed::terminal: return static_cast<bool>(observer_.on_supervisor_terminal);
  }
  return false;
}

void observer_hub::tell(observation&& what, detail::scheduler& sched, const logger& log) {
  if (!wants(what.what)) return;
  {
    const std::lock_guard held(mutex_);
    if (waiting_.size() >= most_waiting) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    waiting_.push_back(std::move(what));
    if (delivering_) return;
    delivering_ = true;
    self_ = shared_from_this();
    log_ = log;
  }
  if (sched.submit_blocking(*this)) return;
  // The pool is full; the next event tries again.
  const std::lock_guard held(mutex_);
  delivering_ = false;
  self_.reset();
}

std::optional<observation> observer_hub::take() {
  const std::lock_guard held(mutex_);
  if (waiting_.empty()) {
    delivering_ = false;
    return std::nullopt;
  }
  observation first = std::move(waiting_.front());
  waiting_.pop_front();
  return first;
}

void observer_hub::deliver_all() noexcept {
  std::shared_ptr<observer_hub> keep;
  {
    const std::lock_guard held(mutex_);
    keep = self_;
  }
  while (const auto one = take()) {
    call_user(log_, "observer threw", [&] { deliver(*one); });
  }
  const std::lock_guard held(mutex_);
  if (!delivering_) self_.reset();
}

void observer_hub::deliver(const observation& one) const {
  switch (one.what) {
    case observed::registered: return observer_.on_actor_registered(*one.who);
    case observed::started: return observer_.on_actor_started(*one.who);
    case observed::stopped: return observer_.on_actor_stopped(*one.who, one.why);
    case observed::restarting: return observer_.on_actor_restarting(*one.who, one.count, one.why);
    case observed::terminal: return observer_.on_supervisor_terminal(one.end);
  }
}

}  // namespace troupe::internal

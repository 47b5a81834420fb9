#include <troupe/internal/look_thread.hpp>

namespace troupe::internal {

void look_thread::start(detail::periodic_look& what, const detail::scheduler& of) {
  thread_ = std::thread([this, &what, &of] { run(what, of); });
}

void look_thread::stop() noexcept {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  bed_.wake();
  thread_.join();
}

void look_thread::run(detail::periodic_look& what, const detail::scheduler& of) noexcept {
  time_point next = later(of.now(), what.interval());
  // Asked before each sleep as well: what woke rest() may have been stop(), which wakes only once.
  while (!stopping_.load()) {
    bed_.sleep(next);
    if (stopping_.load()) return;
    const time_point now = of.now();
    if (now < next && !sooner_.exchange(false)) continue;
    const std::uint64_t progress = of.progress();
    next = what.look(now);
    if (next == never) next = rest(what, of, progress);
  }
}

// Until a worker wakes up, unless something has run since `progress` was read: that was not looked
// at. Gives the time of the next look.
time_point look_thread::rest(detail::periodic_look& what, const detail::scheduler& of,
                             std::uint64_t progress) noexcept {
  resting_.store(true);
  if (of.quiet() && of.progress() == progress) {
    while (resting_.load() && !sooner_.load() && !stopping_.load()) bed_.sleep(never);
  }
  resting_.store(false);
  return sooner_.exchange(false) ? of.now() : later(of.now(), what.interval());
}

}  // namespace troupe::internal

#pragma once

// A time to wait for, as a source of a generated actor's loop.

#include <troupe/clock.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/timer.hpp>

#include <cstdint>

namespace troupe::generated {

/// Ready from `due` on; never while that is `never`.
class due_source final : public detail::wait_source {
 public:
  /// The time; lives longer than this.
  explicit due_source(const time_point& due) noexcept : due_(&due) {}

  bool arm(detail::fiber& self, std::uint64_t id) override {
    if (*due_ == never) return true;
    if (*due_ <= self.sched->now()) return false;
    timer_.start(self, id, index, *due_);
    return true;
  }
  void disarm() noexcept override { timer_.stop(); }

 private:
  const time_point* due_;
  detail::wait_timer timer_;
};

}  // namespace troupe::generated

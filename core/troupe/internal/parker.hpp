#pragma once

// A place for one thread to sleep until it is told, or a deadline passes: a futex.

#include <troupe/clock.hpp>

#include <atomic>
#include <cstdint>

namespace troupe::internal {

class parker {
 public:
  /// Sleeps until wake() has been called since the last return, or `until`.
  void sleep(time_point until) noexcept;
  /// Any thread. A wake before the sleep is remembered, once.
  void wake() noexcept;

 private:
  // 0: nothing told. 1: told. wake() stores 1 (release), sleep() takes it back to 0 (acquire): what
  // the waker did before is seen after.
  std::atomic<std::uint32_t> told_{0};
};

}  // namespace troupe::internal

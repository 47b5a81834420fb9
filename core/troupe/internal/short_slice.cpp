#include <troupe/internal/short_slice.hpp>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdint>

namespace troupe::internal {

namespace {

// The kernel's `struct sched_attr` in its first version. Its own header and newer C libraries both
// define that name, and not everywhere the same.
struct attributes {
  std::uint32_t size = 0;
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // a slice, in nanoseconds; 0 before 6.12
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};
static_assert(sizeof(attributes) == 48);

}  // namespace

void ask_for_short_slices() noexcept {
  attributes own;
  if (syscall(SYS_sched_getattr, 0, &own, sizeof own, 0) != 0) return;
  const bool shares = own.policy == SCHED_OTHER || own.policy == SCHED_BATCH;
  constexpr auto wanted = static_cast<std::uint64_t>(short_slice.count());
  if (!shares || own.runtime <= wanted) return;
  own.size = sizeof own;
  own.runtime = wanted;
  static_cast<void>(syscall(SYS_sched_setattr, 0, &own, 0));
}

}  // namespace troupe::internal

#include "measure.hpp"

#include <sched.h>

namespace bench {

namespace {

cpu_set_t allowed() noexcept {
  static const cpu_set_t all = [] {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    sched_getaffinity(0, sizeof mask, &mask);
    return mask;
  }();
  return all;
}

}  // namespace

std::size_t usable_cores() noexcept {
  const cpu_set_t mask = allowed();
  return static_cast<std::size_t>(CPU_COUNT(&mask));
}

pinned_to::pinned_to(std::size_t core) noexcept {
  const cpu_set_t usable = allowed();
  cpu_set_t one;
  CPU_ZERO(&one);
  std::size_t seen = 0;
  for (std::size_t i = 0; i != CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &usable) && seen++ == core % usable_cores()) CPU_SET(i, &one);
  }
  sched_setaffinity(0, sizeof one, &one);
}

pinned_to::~pinned_to() {
  const cpu_set_t usable = allowed();
  sched_setaffinity(0, sizeof usable, &usable);
}

}  // namespace bench

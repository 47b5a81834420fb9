#include <troupe/detail/stamp.hpp>

#include <algorithm>
#include <atomic>

namespace troupe::detail {

void merge_into(stamp& into, const stamp& other) {
  for (const origin_change& one : other) {
    const auto at = std::ranges::lower_bound(into, one.origin, {}, &origin_change::origin);
    if (at == into.end() || at->origin != one.origin) {
      into.insert(at, one);
    } else {
      at->change = std::max(at->change, one.change);
    }
  }
}

stamp before_all(stamp of) noexcept {
  for (origin_change& one : of) one.change = 0;
  return of;
}

namespace {

bool is_older(const stamp& one, const stamp& other) noexcept {
  auto theirs = other.begin();
  for (const origin_change& mine : one) {
    while (theirs != other.end() && theirs->origin < mine.origin) ++theirs;
    if (theirs == other.end()) return false;
    if (theirs->origin == mine.origin && mine.change < theirs->change) return true;
  }
  return false;
}

}  // namespace

bool find_behind(std::span<input_state> inputs) noexcept {
  bool any = false;
  for (input_state& one : inputs) {
    one.behind = one.live && std::ranges::any_of(inputs, [&](const input_state& other) {
                   return is_older(*one.at, *other.at);
                 });
    any = any || one.behind;
  }
  return any;
}

std::uint64_t next_origin() noexcept {
  static constinit std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace troupe::detail

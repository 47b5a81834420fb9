#pragma once

// What keeps a computed signal from mixing old and new. A signal whose values come from outside, or
// at a time of its own choosing (periodic, pushed, debounced, throttled, sampled), is an origin: it
// counts its changes. A value that is computed carries a stamp: which change of each of its origins
// it comes from. Two inputs fit together when their stamps agree on every origin that both have;
// where they do not, the one with the older change is behind, and will catch up: each signal
// hands on the stamp of every change that reaches it, also where its own value stays the same.

#include <troupe/detail/pooled.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::detail {

struct origin_change {
  std::uint64_t origin;  // an id that no other signal of the process ever has
  std::uint64_t change;  // counts from 1
  bool operator==(const origin_change&) const = default;
};

/// Sorted by origin. Empty: from no origin at all.
using stamp = std::vector<origin_change, pool_allocator<origin_change>>;

/// Adds what `other` knows: the newer change of each origin.
void merge_into(stamp& into, const stamp& other);

/// The same origins, before their first changes.
[[nodiscard]] stamp before_all(stamp of) noexcept;

/// One input of a computed signal.
struct input_state {
  const stamp* at;
  bool live = true;     // false: it will never change again
  bool behind = false;  // find_behind's answer
};

/// Marks the inputs that have still to show the change that another input shows already. False:
/// there are none, the inputs fit together. One that will never change is not waited for.
/// Pure. Cost: quadratic in the number of inputs times origins; nothing for a single input.
bool find_behind(std::span<input_state> inputs) noexcept;

/// A new id for an origin. Any thread.
[[nodiscard]] std::uint64_t next_origin() noexcept;

}  // namespace troupe::detail

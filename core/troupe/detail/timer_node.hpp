#pragma once

// A timer, in the memory of whoever waits for it. The heap of a scheduler only points at it.

#include <troupe/clock.hpp>

#include <cstdint>

namespace troupe::detail {

struct timer_node {
  static constexpr std::uint32_t npos = ~0U;

  time_point deadline{};
  std::uint64_t sequence = 0;  // given by the heap: equal deadlines fire in the order of setting
  std::uint32_t index = npos;  // position in the heap; npos while not in one
  void (*fire)(timer_node* self) noexcept = nullptr;
};

}  // namespace troupe::detail

#pragma once

// The half of a context's state that most do not need, made when first asked for: what is below it,
// who waits for it, the timer of its own deadline, the runtime whose clock counts, and a
// std::stop_source.

#include <troupe/detail/context_state.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/timer_node.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>

namespace troupe::detail {

class evaluation;

struct deadline_timer : timer_node {
  explicit deadline_timer(context_extra& whole) noexcept : extra(whole) {}
  context_extra& extra;
};

/// Cancels a state when a std::stop_token's stop is requested.
struct stop_bridge {
  context_state* of;
  void operator()() const noexcept;  // the state may be dying: context_state.cpp
};

struct context_extra : pooled {
  explicit context_extra(context_state& state) noexcept : of(state), timer(*this) {}

  context_state& of;
  context_state* first_child = nullptr;  // under the state's lock, as are the children's siblings
  context_waiter* waiters = nullptr;     // under the state's lock
  deadline_timer timer;
  std::shared_ptr<scheduler> home;         // set once, before `clock`
  std::atomic<scheduler*> clock{nullptr};  // home, for now_for() on other threads (release/acquire)
  void settle_in(scheduler& sched) {
    home = sched.shared_from_this();
    clock.store(&sched, std::memory_order_release);
  }

  const evaluation* evaluating = nullptr;  // of a fiber: the computed signal whose update it runs
  // Of a fiber: the type of the last message from a shared inbox; see fiber::handling.
  std::atomic<const element_ops*> handling{nullptr};
  bool armed = false;                       // under the state's lock; stays true once set
  bool pinned = false;                      // see pin(); under the state's lock, as `spare` is
  std::uint32_t spare = 0;                  // references for children to come
  std::stop_source stop{std::nostopstate};  // made when first asked for; under the state's lock
  std::optional<std::stop_callback<stop_bridge>> bridge;
};

/// Where the scope lies in its fiber: the way back from an embedded state.
inline constexpr std::size_t scope_offset = offsetof(fiber, scope);

[[nodiscard]] inline fiber& fiber_of(context_state& scope) noexcept {
  return *reinterpret_cast<fiber*>(reinterpret_cast<char*>(&scope) - scope_offset);
}

/// The computed signal whose update the fiber runs, if any; see signal.hpp.
[[nodiscard]] inline const evaluation* evaluation_of(const fiber& self) noexcept {
  const context_extra* const extra = self.scope.extra.load(std::memory_order_relaxed);
  return extra != nullptr ? extra->evaluating : nullptr;
}

[[nodiscard]] std::stop_token stop_token_of(context_state& state);
[[nodiscard]] context_extra& extra_of(context_state& state);

}  // namespace troupe::detail

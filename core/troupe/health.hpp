#pragma once

// Health: whether an actor still comes back to its inboxes, and whether a worker is stuck.
//
// An actor is healthy while it waits for messages, or has done so since the last look. One that has
// not for `limit` is unhealthy: whoever supervises it (super_inbox.hpp) is told, and told again
// when it comes back. Reasons are a handler that computes for long, one that waits for a reply that
// does not come, or a worker that does not get round to it. An actor that never receives (its loop
// only sleeps, or waits for events) is healthy while it waits.
//
// A look costs the actors nothing: a thread of its own reads what they leave behind anyway.

#include <troupe/actor_id.hpp>
#include <troupe/clock.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

/// For a runtime (runtime_options) or one actor (actor::set_health).
struct health_options {
  /// Time between looks. `duration::max()`: it is not looked after. Not below 1 ms.
  duration interval = std::chrono::seconds(1);
  /// How long an actor may be seen away from its inboxes, or a worker in one turn. What begins
  /// between two looks is noticed at the second, so the news comes after `limit` to
  /// `limit + interval`.
  duration limit = std::chrono::seconds(1);
};

/// A worker thread that does not come out of a turn: what it runs computes for long, or blocks.
struct blocked_worker {
  std::size_t worker = 0;  ///< which, from 0 on
  actor_id who{};          ///< 0 for a task that is no actor
  std::string actor;       ///< its name, "(task)" for none
  std::string message;     ///< the type of the message received last; empty before the first
  duration at_least{};     ///< how long it has been seen in this turn
  /// What the thread is doing, one "function (file:line)" a frame, innermost first. Empty where it
  /// cannot be had: see runtime_options::stack_signal.
  std::vector<std::string> stack;

  /// All of it, a line for the whole and one for each frame.
  [[nodiscard]] std::string to_string() const;
};

}  // namespace troupe

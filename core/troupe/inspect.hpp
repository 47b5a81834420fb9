#pragma once

// What a runtime looks like at a moment: every live actor, its inboxes, what it does, and the
// workers. Plain data, and JSON.
//
// Nothing is stopped for it. What is told of one actor was true of it at one moment, while others
// went on: an actor that is idle has no message in hand, one that waits for a reply names whom it
// asked. Between two actors there is no such moment.

#include <troupe/actor_id.hpp>
#include <troupe/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

enum class actor_state : std::uint8_t {
  starting,    ///< has not waited for anything yet
  idle,        ///< waits for messages
  ready,       ///< has been woken, and waits for a worker
  running,     ///< on a worker
  waiting,     ///< waits for something other than messages
  restarting,  ///< its last run has ended, the next has not begun
  stopping,    ///< its context has ended, and it has not ended yet
};

[[nodiscard]] std::string_view to_string(actor_state state) noexcept;

struct inbox_view {
  std::string message;   ///< the type of its messages
  std::size_t size = 0;  ///< how many wait
  std::size_t capacity = 0;
};

/// Times of a part of the messages: one in 256, and the first after a worker has slept.
struct time_view {
  std::uint64_t samples = 0;
  duration mean{};
  duration most{};
};

struct actor_view {
  actor_id id{};
  std::string name;
  /// Its supervisor; 0 for one that was spawned on the runtime itself.
  actor_id parent{};
  actor_state state{};
  /// What it waits for: "waiting for a reply". Empty where it is idle or does not wait.
  std::string waiting;
  /// Whose reply it waits for, if that is known.
  actor_id waiting_on{};
  /// The type of the message in hand; empty where there is none.
  std::string handling;
  /// While it is running: how long, to within a few turns of its worker.
  std::optional<duration> running_for;
  std::vector<inbox_view> inboxes;  ///< its members, in the order of construction, then others
  std::uint64_t handled = 0;        ///< messages received, over all runs
  std::uint32_t restarts = 0;
  time_view in_inbox;    ///< from being put into an inbox to being received
  time_view in_handler;  ///< from being received to the next wait for messages
  bool healthy = true;
};

struct worker_state_view {
  std::size_t worker = 0;
  bool own_thread = false;  ///< of one actor alone
  bool asleep = false;
  actor_id running{};  ///< 0: none, or a task that is no actor
  std::optional<duration> running_for;
};

struct runtime_view {
  time_point at{};
  std::vector<actor_view> actors;  ///< by id
  std::vector<worker_state_view> workers;
  std::size_t tasks = 0;  ///< fibers that are no actor's run

  /// Null if there is none. Takes time in proportion to the number of actors.
  [[nodiscard]] const actor_view* find(actor_id who) const noexcept;
  [[nodiscard]] const actor_view* find(std::string_view called) const noexcept;
};

/// One object, without line breaks. Durations are numbers of nanoseconds (keys end in _ns), ids are
/// texts (they exceed what a number in JSON holds exactly).
[[nodiscard]] std::string to_json(const runtime_view& view);

}  // namespace troupe

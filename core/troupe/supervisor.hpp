#pragma once

// supervisor: an actor whose work is to keep other actors alive. What is decided, and the whole
// protocol of restarting and stopping, is in supervision.hpp, a pure function of events and time;
// the supervisor carries it out.
//
// Children start from left to right and stop from right to left, each when the one before has. A
// child that has ended for good has its inboxes closed; so have all children when the supervisor
// itself has ended for good. Names are for people and need not differ; an actor object has one
// owner at most.

#include <troupe/actor.hpp>
#include <troupe/actor_id.hpp>
#include <troupe/child_spec.hpp>
#include <troupe/event.hpp>
#include <troupe/exit_reason.hpp>
#include <troupe/logger.hpp>
#include <troupe/restart_policy.hpp>
#include <troupe/supervisor_observer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

namespace internal {
class supervisor_core;
}

/// What holds for all children, unless a child's own options say otherwise. See restart_policy.hpp
/// for the meaning of each.
struct supervisor_options {
  restart_policy policy = restart_policy::permanent;
  restart_strategy strategy = restart_strategy::one_for_one;
  std::chrono::nanoseconds restart_delay{0};
  troupe::restart_limit restart_limit{};
  troupe::backoff backoff{};
  double jitter = 0.1;
  std::chrono::nanoseconds shutdown_timeout = std::chrono::seconds(5);
  /// Called in the supervisor's own turn when a child ended with an error or an exception, also
  /// while it was being stopped, and before anything is decided. Should be short; what it throws is
  /// logged.
  std::function<void(const actor&, const exit_reason&)> on_error{};
  std::vector<supervisor_observer> observers{};
  /// Parent of the children's loggers. Left silent, the one handed down by the own supervisor.
  logger log{};
  std::vector<child_spec> children{};
};

class supervisor : public actor {
 public:
  /// Throws usage_error, with the reason, for options that contradict each other, a null child, or
  /// a child that has an owner already.
  explicit supervisor(std::string name, supervisor_options options = {});
  ~supervisor() override;

  /// Adds a child at the end of the order; it starts as soon as the supervisor runs. Any thread.
  /// errc::actor_stopped if the supervisor has ended or is stopping; a child taken while
  /// that began never runs, and its inboxes are closed. Throws usage_error as the constructor does.
  /// Where the supervisor waits, the caller's thread does its work: run() of the child may be
  /// called there (its body begins in a turn of its own), and a child that ended long ago be
  /// destroyed, so hold no lock that they take. A spawned child belongs to this life of the
  /// supervisor: a restart of the supervisor does not bring it back.
  result<> spawn(child_spec child);

  /// Ends one child for good, by the id of its actor, of `fresh_child` of its handle: it is told to
  /// stop, has its shutdown time, is not restarted, and then its inboxes are closed, as those of a
  /// temporary child that has ended. Its siblings go on, whatever the strategy. Does not wait for
  /// that: a `super_inbox` tells when it has stopped. Any thread, also a child for itself.
  /// Harmless where no child has that id. errc::actor_stopped if the supervisor has ended or is
  /// stopping. A declared child comes back if the supervisor itself is restarted.
  result<> stop_child(actor_id id);

  /// Awaitable -> result<>: until no child is left that runs or will run, or this life of the
  /// supervisor has ended.
  [[nodiscard]] event::awaiter wait() noexcept;
  [[nodiscard]] event::awaiter wait(const context& ctx) noexcept;

  /// Children that run or will run. A moment's view from any thread.
  [[nodiscard]] std::size_t live_children() const noexcept;
  /// Events that slow observers have missed.
  [[nodiscard]] std::uint64_t dropped_observations() const noexcept;

 protected:
  task<result<>> run(context ctx) override;

 private:
  void ended_for_good() noexcept override;
  [[nodiscard]] bool has_children() const noexcept override { return true; }

  std::shared_ptr<internal::supervisor_core> core_;
};

}  // namespace troupe

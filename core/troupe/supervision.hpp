// Supervision as a pure state machine: what happened and the time go in, decisions come out. No
// clock, no thread, no I/O, no randomness of its own; `supervisor` executes what is decided here.
//
// The protocol between the machine and its executor
// --------------------------------------------------
// The executor reports each event once and carries out the decisions in order. Carrying out
// `start_child` yields an event at once, which may append to the same buffer, so the loop is
//
//     state.child_exited(id, how, now, random, out);
//     for (std::size_t i = 0; i < out.size(); ++i) execute(decision{out[i]});   // copy: out may
//     grow out.clear();
//
// and no other event is reported before the loop is through.
//   start_child         build and spawn it; report `child_started`, or `start_failed` if that
//   threw. stop_child          cancel it and arm its shutdown timer (none for `wait_for_ever`). The
//   timer is
//                       void once the child has exited.
//   abandon_child       it did not stop in time. Tell the user; keep its record until it exits.
//   arm_restart_timer   after `delay` report `restart_timer_fired` with the same token.
//   cancel_restart_timer
//   report_restarting   for logs and observers; always comes before the start it announces.
//   retire_child        it ended for good: close its inboxes. The id of a spawned child is free.
//   finish              the supervisor is over; the last decision of this life.
// A child has at most one timer at a time, of either kind. Tokens are never reused: a timer that
// fires although it was cancelled is recognised by its token and ignored, as is every event that
// does not fit the child's state.
//
// Order
// -----
// Children have an order: declared ones (added before `start`) as added, spawned ones at the end.
// Starting goes left to right: the next is started when the one before has reported `child_started`
// or has failed to. Stopping goes right to left: the next is stopped when the one before has
// exited or was abandoned. A child that has already ended when its turn to be stopped comes is
// passed over.
//
// Restarting
// ----------
// The policy table is in restart_policy.hpp. `canceled` counts as an error unless the supervisor
// asked for the stop, and after a stop was asked for every way of ending is the same. A failed
// start counts as an exception. A child that is not restarted ended for good and never comes back
// in this life of the supervisor, not even when its group is restarted.
// - one_for_one: the child waits for its delay, alone, and is started. The start sequence does
//   not wait for it.
// - one_for_all, rest_for_one: the group is every child, or the failed one and those right of it.
//   Stop the group, wait for the delay of the failed child, start the group. Temporary members are
//   stopped and retired. The restart counts once, for the child that failed; only it is reported.
// A temporary child that ends, or a transient one that ends clean, does not touch its siblings.
//
// While a group is being restarted
// - a member not yet told to stop ends by itself: its policy decides between coming back with the
//   group and ending for good; it is not counted again, as its end is likely part of the same
//   fault.
// - a child left of the group fails (rest_for_one): counted; the group widens to begin at it, and
//   its delay replaces the one before.
// - a member fails while the group is being started: a new failure, counted, and the restart begins
//   again with the group of that child.
// - a child is added: it is started at the end of the sequence.
// - a member does not stop in time: it is abandoned, and because its run may still use its state it
//   is not started beside it. The sequence halts there until the old run has exited. An executor
//   that can build a fresh instance may report `child_exited` right after `abandon_child`, and then
//   drops the report of the old run. A temporary one is passed over and retired when it exits.
//
// One child is to go
// ------------------
// `stop_child_requested` ends one child for good, as a temporary one: it is told to stop, beside
// whatever else is under way, and retired when it has exited; it does not touch its siblings. One
// that waits to be started or restarted is retired at once. A member of a group that is being
// stopped is told when its turn comes. If the child whose failure restarts a group goes, the rest
// of the group is started without its delay. A declared child comes back in the next life.
//
// Ending
// ------
// `stop_requested`, or a restart beyond a limit, ends the supervisor: pending restarts are dropped,
// the running children are stopped, then `finish` says why. The first cause stays. Whatever ends
// now is neither restarted nor retired one by one. A supervisor whose children all ended for good
// does not end: more may be spawned. `idle()` tells `wait()` that no child is left.
// After `finish` nothing is decided any more. `start` begins a new life (a supervisor restarted by
// its own supervisor): declared children come back, spawned ones are gone, the counts begin at
// zero. An abandoned child that still runs keeps its id; a declared one is started when it has
// exited.
//
// Cost: all events are O(1) apart from walking over the children of a group. Nothing is allocated
// but by `add`, and by `out` while it grows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <troupe/exit_kind.hpp>
#include <troupe/restart_policy.hpp>
#include <vector>

namespace troupe {

/// A small dense number, good as an index; reused after the spawned child it named was retired.
using child_id = std::uint32_t;
inline constexpr child_id no_child = std::numeric_limits<child_id>::max();

using timer_token = std::uint64_t;  ///< names one arming of a timer; 0 is none

enum class decision_kind : std::uint8_t {
  start_child,
  stop_child,
  abandon_child,
  arm_restart_timer,
  cancel_restart_timer,
  report_restarting,
  retire_child,
  finish,
};

/// Why a supervisor is over: it was told to stop, the restarts of all its children exceeded its
/// limit, or those of one child exceeded that child's own.
enum class terminal_reason : std::uint8_t { canceled, limit_exceeded, child_limit_exceeded };

struct supervision_decision {
  decision_kind kind{};
  terminal_reason reason{};           ///< finish
  child_id child = no_child;          ///< all; of finish: whose restart was one too many
  timer_token timer = 0;              ///< stop_child, arm_restart_timer, cancel_restart_timer
  std::chrono::nanoseconds delay{0};  ///< arm_restart_timer, report_restarting; stop_child: timeout
  std::uint64_t restart_count = 0;    ///< report_restarting: of this child in this life, from 1

  bool operator==(const supervision_decision&) const = default;
};

/// Whether a child with this policy that ended by itself in this way is started again.
[[nodiscard]] constexpr bool restarts_after(restart_policy policy, exit_kind how) {
  return policy == restart_policy::permanent ||
         (policy == restart_policy::transient && how != exit_kind::clean);
}

namespace detail {

using supervision_time = std::chrono::steady_clock::time_point;

/// The restarts within a sliding window; a ring as large as the limit, made by the constructor.
class restart_history {
 public:
  void reset(restart_limit limit);
  void clear() { used_ = next_ = 0; }
  /// Notes a restart; false if it is one too many.
  [[nodiscard]] bool record(supervision_time now);

 private:
  restart_limit limit_{};
  std::vector<supervision_time> ring_;
  std::size_t used_ = 0;
  std::size_t next_ = 0;  // when the ring is full this is its oldest entry
};

/// The delays before the restarts of one child: growth, cap, reset after a healthy run, jitter.
class restart_delays {
 public:
  restart_delays() = default;
  restart_delays(std::chrono::nanoseconds first, const backoff& growth, double jitter);
  void clear() { next_ = first_; }
  /// The delay after a run that lasted `healthy_for`; `random` is uniform over its 64 bits.
  [[nodiscard]] std::chrono::nanoseconds next(std::chrono::nanoseconds healthy_for,
                                              std::uint64_t random);

 private:
  double first_ = 0;  // nanoseconds, as is next_
  double next_ = 0;
  backoff growth_{};
  double jitter_ = 0;
};

}  // namespace detail

/// The state machine described above. Not synchronised; one owner at a time.
class supervision_state {
 public:
  using time_point = detail::supervision_time;
  using decisions = std::vector<supervision_decision>;

  /// The options must have passed `validate`.
  explicit supervision_state(const supervision_options& options);

  /// A child at the end of the order; the options must have passed `validate`. Before `start` it is
  /// declared, afterwards spawned. `no_child` once the supervisor is stopping or has finished.
  child_id add(const child_options& options, decisions& out);

  void start(decisions& out);
  void child_started(child_id id, time_point now, decisions& out);
  void child_exited(child_id id, exit_kind how, time_point now, std::uint64_t random,
                    decisions& out);
  void start_failed(child_id id, time_point now, std::uint64_t random, decisions& out) {
    child_exited(id, exit_kind::exception, now, random, out);
  }
  void restart_timer_fired(child_id id, timer_token timer, decisions& out);
  void shutdown_timer_fired(child_id id, timer_token timer, decisions& out);
  void stop_child_requested(child_id id, decisions& out);
  void stop_requested(decisions& out);

  /// Children that have not ended for good: running, to be started, or abandoned but still running.
  [[nodiscard]] std::size_t live_children() const { return live_; }
  [[nodiscard]] bool idle() const { return live_ == 0; }
  [[nodiscard]] bool finished() const { return phase_ == phase::finished; }
  /// Whether any decision can depend on the times given: else they need not be true.
  [[nodiscard]] bool uses_time() const { return uses_time_; }

 private:
  enum class phase : std::uint8_t { created, running, stopping, finished };

  // What the group, or all children, are going through while phase::running.
  // steady: nothing. starting: cursor_ is the child whose start (or late exit) is awaited.
  // group_stopping: cursor_ is the child being stopped. group_waiting: the delay of group_child_.
  enum class stage : std::uint8_t { steady, starting, group_stopping, group_waiting };

  enum class child_state : std::uint8_t {
    unused,     // on the free list
    pending,    // to be started when the sequence reaches it
    delayed,    // one_for_one: its restart timer is armed
    starting,   // start_child was decided
    running,    // child_started was reported
    stopping,   // stop_child was decided
    abandoned,  // did not stop in time and still runs
    ended,      // for good, in this life
  };

  struct child {
    child_state state = child_state::unused;
    restart_policy policy{};
    bool declared = false;
    bool comes_back = false;  // stopping or abandoned: pending after its exit, not ended
    bool is_to_go = false;    // in this life
    child_id previous = no_child;
    child_id next = no_child;  // also links the free list
    std::uint64_t order = 0;   // grows from left to right; 0 is left of all
    timer_token timer = 0;
    std::uint64_t restarts = 0;
    time_point started_at{};
    std::chrono::nanoseconds shutdown_timeout{};
    detail::restart_delays delays;
    detail::restart_history history;

    /// One that is to go is as if it were temporary.
    [[nodiscard]] restart_policy policy_now() const {
      return is_to_go ? restart_policy::temporary : policy;
    }
  };

  [[nodiscard]] bool in_stop_pass(child_id id) const;
  void decide_stop(child_id id, bool comes_back, decisions& out);
  void drop_waiting(child_id id, decisions& out);
  [[nodiscard]] child_id first_of_group() const;
  void begin_life();
  void set_restarts(child& c, const child_options& options);
  child_id take_slot();
  void free_slot(child_id id);
  void end_for_good(child_id id, decisions& out);
  void ended_by_itself(child_id id, exit_kind how, time_point now, std::uint64_t random,
                       decisions& out);
  void restart(child_id id, time_point now, std::uint64_t random, decisions& out);
  void stopped(child_id id, decisions& out);
  void abandoned_exited(child_id id, decisions& out);
  void begin_group(child_id failed, std::chrono::nanoseconds delay, decisions& out);
  void begin_starting(child_id from, decisions& out);
  void begin_stopping(terminal_reason reason, child_id culprit, decisions& out);
  void advance_start(decisions& out);
  void advance_stop(decisions& out);
  void group_stopped(decisions& out);
  void decide_start(child_id id, decisions& out);
  void decide_timer(child_id id, std::chrono::nanoseconds delay, decisions& out);

  supervision_options options_;
  std::vector<child> children_;
  detail::restart_history history_;
  child_id head_ = no_child;
  child_id tail_ = no_child;
  child_id free_ = no_child;
  child_id cursor_ = no_child;
  child_id group_child_ = no_child;  // whose failure restarts the group, unless it is to go
  child_id culprit_ = no_child;
  phase phase_ = phase::created;
  stage stage_ = stage::steady;
  terminal_reason reason_{};
  std::chrono::nanoseconds group_delay_{0};
  std::uint64_t group_order_ = 0;  // the group is every child of this order and beyond
  std::uint64_t last_order_ = 0;
  timer_token last_timer_ = 0;
  std::size_t live_ = 0;
  bool uses_time_ = false;  // there is a limit, or a delay
};

}  // namespace troupe

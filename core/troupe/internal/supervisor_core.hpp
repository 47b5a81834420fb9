#pragma once

// What a supervisor does: takes events, asks supervision_state what they mean, and carries it out.
//
// Whose turn it is: the core belongs to the supervisor's fiber, except while that waits for its
// next event. Then a worker of its runtime that brings an event may take the turn (`acting_`),
// handle the event on the spot, and give the turn back: a spawn or an end costs no switch to the
// fiber and none back. That is so for events that ask nothing of the user (acts_here()). A decision
// among those that follow that is not of that kind is left for the fiber, which goes on where the
// worker stopped.
//
// All other events, and those that come while somebody has the turn, are posted: they go to a list,
// on whichever thread they are, and wake the fiber, or whoever acts finds them. An event is part of
// what it is about (a child's record has one for its end and one for its timer), so posting these
// allocates nothing; what is asked for, a spawn or a stop, has a block of its own. A run that
// outlives its supervisor's keeps the core alive (leave()).

#include <troupe/detail/actor_run.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/event.hpp>
#include <troupe/internal/observer_hub.hpp>
#include <troupe/supervision.hpp>
#include <troupe/supervisor.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::internal {

enum class posted_kind : std::uint8_t { ended, timer, spawn, stop };

struct posted {
  posted_kind kind{};
  bool linked = false;  // under the core's post lock
  posted* next = nullptr;
};

struct child_record;

struct child_ended : posted {
  child_record* of = nullptr;
};

struct child_timer : posted, detail::timer_node {
  child_record* of = nullptr;
  timer_token armed = 0;  // the arming that runs; only the supervisor's fiber
  std::atomic<timer_token> fired{0};
  bool restarts = false;  // a restart timer; else a shutdown timer
};

struct spawn_request : posted, detail::pooled {
  explicit spawn_request(child_spec&& wanted) : child(std::move(wanted)) {
    kind = posted_kind::spawn;
  }
  child_spec child;
};

struct stop_request : posted, detail::pooled {
  explicit stop_request(actor_id whom) noexcept : child(whom) { kind = posted_kind::stop; }
  actor_id child;
};

/// One child, over all its runs.
struct child_record : detail::run_owner, detail::pooled {
  child_record(supervisor_core& core, child_id place);
  /// For another child in its place, which gives `first`; this one has ended for good.
  void reset() noexcept;
  /// `current`, to keep.
  [[nodiscard]] const std::shared_ptr<actor>& owned() const noexcept {
    return current == first ? first : current;
  }

  // Once the supervisor's own run is over, while this one is alive. Under the post lock.
  std::shared_ptr<supervisor_core> keep;
  supervisor_core* home = nullptr;
  child_id id = no_child;
  std::shared_ptr<actor> first;  // whose inboxes the handles know
  // The object of this run; where that is `first`, it does not own it.
  std::shared_ptr<actor> current;
  std::function<std::shared_ptr<actor>()> factory;
  exit_reason last = exit_reason::clean();
  bool stopping = false;       // we asked it to
  bool left_behind = false;    // and it did not stop in time
  bool spawned = false;        // and not declared
  bool start_failed = false;   // `end` is posted, and there was no run
  bool closes_at_end = false;  // the end of the run is for good; under the post lock
  bool wants_thread = false;
  detail::scheduler* thread = nullptr;  // the one lent to it, from its first run to its end
  child_ended end;
  child_timer timer;
};

class supervisor_core : public std::enable_shared_from_this<supervisor_core> {
 public:
  supervisor_core(std::string name, supervisor_options options);
  supervisor_core(const supervisor_core&) = delete;
  supervisor_core& operator=(const supervisor_core&) = delete;
  ~supervisor_core();

  /// Refuses what cannot be supervised; throws usage_error.
  void check(child_spec& child) const;
  result<> spawn(child_spec&& child);
  result<> stop_child(actor_id id);

  // --- in the supervisor's fiber ---
  void begin(detail::scheduler& sched, logger inherited);
  void stop();
  void handle(posted& what);
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  [[nodiscard]] bool finished() const noexcept { return state_.finished(); }
  [[nodiscard]] result<> outcome() const;
  void finish();
  void cancel_children() noexcept;
  /// The run is over, or its frame destroyed: its timers must not stay with a scheduler that goes.
  void disarm_all() noexcept;

  /// Awaits the next event. Null: the fiber was canceled, which only happens with `cancelable`, or
  /// somebody who acted for it has left it something to do.
  class next_event;
  [[nodiscard]] next_event next(bool cancelable) noexcept;
  /// It was canceled while somebody else has the turn: next() has to be awaited again.
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }
  /// What was left to do by somebody who acted for the fiber.
  void go_on();
  /// The fiber's frame goes: nobody may act for it any more, and the runs that are left keep us.
  void leave() noexcept;

  void close_children() noexcept;
  event& idle() noexcept { return idle_; }
  [[nodiscard]] std::size_t live() const noexcept { return live_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t dropped() const noexcept;

  /// Any thread. False: the supervisor takes no more children, and `what` asked for that.
  bool post(posted& what, bool needs_acceptance = false) noexcept;
  /// Any thread: the run of `child` is over, and told of. Both may be gone afterwards.
  void run_ended(child_record& child) noexcept;
  /// The same where nobody is to be told: its runtime goes.
  void run_abandoned(child_record& child) noexcept;

 private:
  template <class Request>
  result<> ask(std::unique_ptr<Request>& request);
  template <class Locked>
  bool post_with(posted& what, bool needs_acceptance, Locked also) noexcept;
  void drop_scope() noexcept;
  posted* take_first_locked() noexcept;
  /// For the fiber. `regained`: it was interrupted, and has the turn now.
  posted* take_posted(bool& regained) noexcept;
  [[nodiscard]] bool may_act() const noexcept;
  [[nodiscard]] bool acts_here(child_spec& child) const noexcept;
  [[nodiscard]] bool acts_here(posted& what) const noexcept;
  template <class Event>
  void act(detail::fiber& self, Event first) noexcept;
  void take(posted& what);
  void add(child_spec&& child);
  [[nodiscard]] child_id find(actor_id id) const noexcept;
  /// One that has been asked for, and is no part of a child.
  static void drop(posted& what) noexcept;
  static void refuse_late(child_spec& child) noexcept;
  void refuse_rest() noexcept;
  void carry_out();
  /// For who acts for the fiber. False: the rest is the fiber's.
  [[nodiscard]] bool carry_out_here();
  /// Up to the first decision that `may` says no to.
  template <class May>
  bool carry_out_while(May may) {
    while (carried_out_ < decided_.size()) {  // carrying out can add more
      if (!may(decided_[carried_out_])) return false;
      execute(decided_[carried_out_++]);
    }
    decided_.clear();
    carried_out_ = 0;
    return true;
  }
  /// A start can add to the decisions, and move them: nothing is read from `decided` after it.
  void execute(const supervision_decision& decided);
  void start_child(child_record& child);
  void make_instance(child_record& child);
  void stop_child(child_record& child, timer_token timer, duration patience);
  void abandon(child_record& child);
  void tell_user(const child_record& child, const exit_reason& why) noexcept;
  void retire(child_record& child) noexcept;
  void close_inboxes(child_record& child) noexcept;
  static void end_for_good(child_record& child) noexcept {
    end_for_good(child, child.current ? &child.last : nullptr);
  }
  static void end_for_good(child_record& child, const exit_reason* why) noexcept;
  void return_thread(child_record& child) noexcept;
  void arm(child_record& child, timer_token token, duration delay, bool restarts);
  void disarm(child_record& child) noexcept;
  void withdraw(posted& what) noexcept;
  void child_has_ended(child_record& child);
  void report(observation&& what);
  void update_idle() noexcept;
  void update_idle_locked() noexcept;
  [[nodiscard]] std::uint64_t random() noexcept;
  /// The time of what is being handled: reading the clock is a good part of a restart.
  [[nodiscard]] time_point event_time() noexcept;

  const std::string name_;
  supervisor_options options_;
  supervision_state state_;
  supervision_state::decisions decided_;
  std::size_t carried_out_ = 0;                          // of the decisions
  std::vector<std::unique_ptr<child_record>> children_;  // by child_id
  std::vector<std::shared_ptr<observer_hub>> observers_;
  logger log_;
  actor_id id_{};  // the supervisor's
  detail::scheduler* sched_ = nullptr;
  // Parent of the children's contexts. Not below the supervisor's own: canceling that must not
  // cancel all children at once, but let the supervisor stop them in order.
  context scope_;  // parent of the children's
  std::optional<error> end_;
  bool stopping_ = false;
  std::uint64_t random_state_ = 0;
  time_point event_time_ = never;  // never: not read yet

  event idle_;
  std::atomic<std::size_t> live_{0};

  detail::spin_lock post_lock_;  // guards all below
  posted* first_posted_ = nullptr;
  posted* last_posted_ = nullptr;
  detail::fiber* waiter_ = nullptr;
  std::uint64_t wait_ = 0;
  bool accepting_ = true;
  bool acting_ = false;         // a worker has the turn, and the fiber has not
  bool interrupted_ = false;    // the fiber waits for the turn; only the fiber writes it
  std::exception_ptr failure_;  // of who acted; whoever has the turn
};

class supervisor_core::next_event {
 public:
  next_event(supervisor_core& core, bool cancelable) noexcept
      : core_(&core), cancelable_(cancelable) {}
  [[nodiscard]] bool await_ready() noexcept {
    got_ = core_->take_posted(regained_);
    return regained_ || (got_ != nullptr && !detail::spend_budget());
  }
  bool await_suspend(std::coroutine_handle<> at) noexcept;
  posted* await_resume() noexcept;

 private:
  supervisor_core* core_;
  bool cancelable_;
  bool regained_ = false;
  posted* got_ = nullptr;
};

inline supervisor_core::next_event supervisor_core::next(bool cancelable) noexcept {
  return {*this, cancelable};
}

}  // namespace troupe::internal

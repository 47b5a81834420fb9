#pragma once

// What a `context` points at. A tree: a child is canceled when its parent is.
//
// Protocol. `status` goes once from alive to canceled or expired, under `lock`, and never back.
// A state keeps its parent alive (it holds a reference); a parent only knows its children, in a
// list guarded by the parent's lock, and takes a reference for the time it cancels one. Locks are
// taken one at a time. A fiber embeds the state of the context that it runs under, so that
// canceling an actor wakes it without any registration (fiber.hpp).
// A child's reference is a counted one, or one of those that a pinned parent has counted before.
//
// A deadline is armed lazily: the timer is set by the first one who waits in a runtime, so that a
// deadline around operations that complete at once costs no timer.

#include <troupe/clock.hpp>
#include <troupe/detail/spin_lock.hpp>

#include <atomic>
#include <cstdint>

namespace troupe::detail {

struct fiber;
class scheduler;
struct context_extra;  // children, waits, deadline timer, ..., made when first needed

enum class context_status : std::uint8_t { alive, canceled, expired };

/// Whether a state has a deadline: its own (then it is a deadline_state), or one from above.
enum class context_limit : std::uint8_t { none, inherited, own };

/// One wait for the end of a context. Lives in the waiting coroutine's frame; linked while waiting.
struct context_waiter {
  fiber* who = nullptr;
  std::uint64_t wait = 0;
  std::uint32_t index = 0;
  bool linked = false;  // guarded by the state's lock
  context_waiter* previous = nullptr;
  context_waiter* next = nullptr;
};

struct context_state {
  std::atomic<std::uint32_t> references{1};
  // alive → canceled | expired, once. seq_cst store in end(), paired with the loads in status():
  // a fiber that parks without its lock reads it after publishing that it is parked (fiber.hpp).
  std::atomic<context_status> status{context_status::alive};
  spin_lock lock;
  // Both written before anybody else knows the state, and one byte.
  const bool in_fiber : 1;       // this state is part of a fiber
  bool is_shielded : 1 = false;  // waits given it are not ended with the fiber; so are those below
  context_limit limit = context_limit::none;  // written before anybody else knows the state

  context_state* parent = nullptr;
  context_state* previous_sibling = nullptr;  // guarded by the parent's lock
  context_state* next_sibling = nullptr;
  std::atomic<context_extra*> extra{nullptr};

  explicit context_state(bool is_in_fiber) noexcept : in_fiber(is_in_fiber) {}
  context_state(const context_state&) = delete;
  context_state& operator=(const context_state&) = delete;

  [[nodiscard]] bool ended() const noexcept {
    return status.load(std::memory_order_seq_cst) != context_status::alive;
  }
};

/// One with a deadline that is earlier than any above it.
struct deadline_state : context_state {
  explicit deadline_state(time_point when) noexcept : context_state(false), deadline(when) {
    limit = context_limit::own;
  }
  const time_point deadline;
};

/// The deadline that holds, `never` if there is none.
[[nodiscard]] time_point deadline_of(const context_state& state) noexcept;

void retain(context_state& state) noexcept;
/// `many`: how many references the caller gives up.
void release(context_state& state, std::uint32_t many = 1) noexcept;

/// Says that many children will come and go, and that the caller keeps its reference until it has
/// called unpin(): meanwhile references that children give back are kept for the next ones, under
/// the lock that both need anyway. `state` is nobody else's yet.
void pin(context_state& state);
void unpin(context_state& state) noexcept;

/// Makes `child` (fresh, unlinked) a child of `parent`: takes a reference on it, inherits deadline
/// and status.
void attach(context_state& child, context_state* parent) noexcept;

/// Ends the state and everything below it; the first reason stays. Runs stop callbacks inline.
void end(context_state& state, context_status why) noexcept;

/// The same for the scope of a fiber that has finished, where nobody waits for it and nothing is
/// below it; else false, and nothing has been done.
bool end_alone(context_state& state, context_status why) noexcept;

/// Registers a wait. False: the state has ended already and nothing was registered.
bool add_waiter(context_state& state, context_waiter& waiter, scheduler& sched) noexcept;
void remove_waiter(context_state& state, context_waiter& waiter) noexcept;

/// Sets the timer of the nearest deadline at or above `state`, if it is not set yet.
void arm_deadline(context_state& state, scheduler& sched);

/// The clock that the deadlines of this context are read on.
[[nodiscard]] time_point now_for(context_state* state) noexcept;

/// Status with the deadline compared to the clock: also right where no timer has fired yet.
[[nodiscard]] context_status poll(context_state& state) noexcept;

/// A state of its own (not in a fiber), with one reference.
[[nodiscard]] context_state* make_context_state(context_state* parent, time_point deadline,
                                                scheduler* home);

}  // namespace troupe::detail

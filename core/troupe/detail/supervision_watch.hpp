#pragma once

// One actor's watch on another: in the list of the watched one's slot, with room for the two events
// that may wait, one of its health and one of its end.
//
// Protocol. Whoever tells of an event holds the lock of the watched actor's slot (actor_slot.hpp),
// and offers it to the inbox: it goes to a receiver that waits, or waits itself, as a sender that
// nobody wakes. A watch leaves the slot's list under the slot's lock; afterwards nobody tells it
// anything, and what still waits can be withdrawn.

#include <troupe/clock.hpp>
#include <troupe/detail/actor_slot.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/super_event.hpp>

namespace troupe::detail {

/// An event that waits in an inbox of no capacity until it is received or withdrawn.
class waiting_event {
 public:
  waiting_event() noexcept {}
  waiting_event(const waiting_event&) = delete;
  waiting_event& operator=(const waiting_event&) = delete;
  ~waiting_event() { drop_refused(); }

  /// Not while it waits already.
  void tell(inbox_core& to, super_event&& what) noexcept;
  /// True: it was waiting, and is no more.
  bool withdraw(inbox_core& from) noexcept;
  [[nodiscard]] bool was_told() const noexcept {
    const send_state now = waiter_.state.load(std::memory_order_acquire);
    return now == send_state::sent || now == send_state::closed;
  }

 private:
  void drop_refused() noexcept;

  union {
    super_event event_;  // while it waits, and after it was refused
  };
  send_waiter waiter_;
};

class supervision_watch {
 public:
  supervision_watch(inbox_core& to, actor_id who) noexcept : to_(&to), who_(who) {}
  supervision_watch(const supervision_watch&) = delete;
  supervision_watch& operator=(const supervision_watch&) = delete;
  ~supervision_watch() { end(); }

  /// Joins the slot's list, or tells `stopped` at once. Throws std::bad_alloc.
  void begin();
  /// Leaves the list, and takes back what waits.
  void end() noexcept;
  /// `stopped` has been received: nothing will come any more.
  [[nodiscard]] bool finished() const noexcept { return stopped_.was_told(); }

  // --- with the slot's lock held ---
  void tell_stopped(const exit_reason* why) noexcept;
  void tell_health(bool healthy, duration how_long) noexcept;
  supervision_watch* next = nullptr;

 private:
  inbox_core* to_;
  actor_id who_;
  actor_slot* slot_ = nullptr;  // in whose list it is; cleared under the slot's lock
  waiting_event health_;
  waiting_event stopped_;
};

}  // namespace troupe::detail

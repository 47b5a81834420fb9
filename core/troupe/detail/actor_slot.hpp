#pragma once

// What is known of an actor beside the actor itself: whether it is alive, and who wants to hear of
// it. A slot is found by the actor's id, which holds the slot's index and generation; the memory of
// slots is never used for anything else (stable_pool.hpp), so an id that is too old finds a slot
// of another generation and knows.
//
// Life: made → running → stopped, and from stopped to running again where a supervisor that was
// restarted starts its children anew. All of it is guarded by the slot's lock; the lock of a
// super_inbox is taken inside it.

#include <troupe/actor_id.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/exit_reason.hpp>

#include <cstdint>

namespace troupe::detail {

class supervision_watch;

struct actor_slot {
  enum class life : std::uint8_t { made, running, stopped };

  spin_lock lock;
  life is = life::made;                  // under the lock, as all but `index`
  std::uint32_t generation = 0;          // counts the actors that had this slot
  std::uint32_t index = 0;               // of the pool
  supervision_watch* watches = nullptr;  // who supervises the actor
  actor_slot* next = nullptr;            // of the pool
};

/// An actor's hold on its slot.
class actor_registration {
 public:
  actor_registration();
  actor_registration(const actor_registration&) = delete;
  actor_registration& operator=(const actor_registration&) = delete;
  /// Whoever supervises it still is told that it has stopped.
  ~actor_registration();

  [[nodiscard]] actor_id id() const noexcept { return id_; }
  void started() noexcept;
  /// It has ended for good; null: without ever having run.
  void stopped(const exit_reason* why) noexcept;

 private:
  actor_slot* slot_;
  actor_id id_;
};

}  // namespace troupe::detail

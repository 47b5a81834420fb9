#pragma once

// What is known of an actor beside the actor itself: whether it is alive, what runs it, and who
// wants to hear of it. A slot is found by the actor's id, which holds the slot's index and
// generation; the memory of slots is never used for anything else (stable_pool.hpp), so an id that
// is too old finds a slot of another generation and knows.
//
// Life: made → running → stopped, and from stopped to running again where a supervisor that was
// restarted starts its children anew. All of it is guarded by the slot's lock; the locks of
// inboxes and fibers are taken inside it. While `who` is there the actor's name and its list of
// inboxes are; while `run` is there so is the fiber's actor.
//
// Where a factory makes an object for each run, the slot of the first one stands for all of them:
// its id is the one that handles know.

#include <troupe/actor_id.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/exit_reason.hpp>
#include <troupe/health.hpp>

#include <atomic>
#include <cstdint>

namespace troupe {
class actor;
}

namespace troupe::detail {

class scheduler;
struct actor_record;
struct fiber;

struct actor_slot {
  enum class life : std::uint8_t { made, running, stopped };

  spin_lock lock;
  life is = life::stopped;       // under the lock, as all that is not said to be otherwise
  bool unhealthy = false;        // the overseer's last word
  std::uint32_t generation = 0;  // counts the actors that had this slot
  std::uint32_t index = 0;       // of the pool; never changes
  std::uint32_t starts = 0;      // runs so far
  union {
    actor* who;                  // the object, while it lives
    actor_slot* next = nullptr;  // of the pool
  };
  actor_id parent{};  // its supervisor; none for one that a runtime started
  // Made once, by the actor's run or under the lock; goes with the actor.
  std::atomic<actor_record*> record{nullptr};

  /// Of the run that goes on; null: there is none.
  [[nodiscard]] fiber* run() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
    return (where_ & is_home) == 0 ? reinterpret_cast<fiber*>(where_) : nullptr;
  }
  void run_begins(fiber& one) noexcept { where_ = reinterpret_cast<std::uintptr_t>(&one); }
  /// The runtime that it runs in, while `running`; null once stopped.
  [[nodiscard]] const scheduler* home() const noexcept;
  /// Between two runs.
  void set_home(const scheduler* root) noexcept {
    where_ = root != nullptr ? reinterpret_cast<std::uintptr_t>(root) | is_home : 0;
  }

  [[nodiscard]] actor_id id() const noexcept {
    return actor_id{(std::uint64_t{generation} << 32U) | index};
  }
  /// Makes it if need be. Null: there is no memory. The actor's run, or under the lock.
  actor_record* record_or_null() noexcept;

 private:
  // The run, which knows where it is; between two runs the runtime, with the lowest bit set.
  static constexpr std::uintptr_t is_home = 1;
  std::uintptr_t where_ = 0;
};

/// Null if there is none of that index. It may be of another generation by now.
[[nodiscard]] actor_slot* find_slot(actor_id who) noexcept;

/// Calls `visit(slot, data)`, with the slot's lock held, for each actor that is alive in `home`.
/// Actors come and go meanwhile; each is visited once at most.
void for_each_actor(const scheduler& home, void (*visit)(actor_slot&, void*), void* data);

/// For a runtime that goes, with all its coroutines gone: actors that have not ended have stopped.
void abandon_actors(const scheduler& gone);

/// An actor's hold on its slot.
class actor_registration {
 public:
  explicit actor_registration(actor& who);
  actor_registration(const actor_registration&) = delete;
  actor_registration& operator=(const actor_registration&) = delete;
  /// Whoever supervises it still is told that it has stopped.
  ~actor_registration();

  [[nodiscard]] actor_id id() const noexcept { return slot_->id(); }
  /// Between this and stopped() runs come and go. A null run: one that failed before it had begun.
  void run_begins(scheduler& home, actor_id parent, fiber* run) noexcept;
  static void run_ended(actor_slot& slot, const fiber& run) noexcept;
  /// It has ended for good; null: without ever having run.
  void stopped(const exit_reason* why) noexcept;
  void set_health(const health_options& wanted);

 private:
  actor_slot* slot_;
};

/// For the overseer, with the slot's lock held: tells whoever supervises the actor, if that is
/// news.
void tell_health(actor_slot& slot, bool healthy, duration how_long) noexcept;

}  // namespace troupe::detail

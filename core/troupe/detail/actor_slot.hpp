#pragma once

// What is known of an actor beside the actor itself: whether it is alive, what runs it, and who
// wants to hear of it. A slot is found by the actor's id, which holds the slot's index and
// generation; the memory of slots is never used for anything else (stable_pool.hpp), so an id that
// is too old finds a slot of another generation and knows.
//
// Life: made → running → stopped, and from stopped to running again where a supervisor that was
// restarted starts its children anew. All of it is guarded by the slot's lock; the locks of
// inboxes and fibers are taken inside it. While `who` is there the actor's name and its list of
// inboxes are; while `run` is there so is the fiber's actor. A run that is over is named until its
// owner has been told, who mostly lets the slot name something else (run_is_over() does, where
// nobody else has); to those who look on it is there no more. The next run may have the fiber of
// the last one: then the slot names it already, and nothing is written under the lock.
//
// An actor is made, and goes once it has stopped with nobody to tell, without the lock: of an actor
// that does not run those who look on read its generation and state alone, which are atomic.
// Generation first, then state, when one is made (released by the latter); state, and then
// generation again, by who wants to know that it has not stopped: is_alive().
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
struct construction_site;
struct fiber;

struct actor_slot {
  enum class life : std::uint8_t { made, running, stopped };

  spin_lock lock;

 private:
  static constexpr std::uint8_t unhealthy_bit = 4;
  // The life, and the overseer's last word. Written under the lock, or by who makes the actor.
  std::atomic<std::uint8_t> state_{static_cast<std::uint8_t>(life::stopped)};

 public:
  // Runs so far; what does not fit is carried to the record, under the lock. The owner writes it.
  std::atomic<std::uint16_t> starts{0};

 private:
  std::atomic<std::uint32_t> generation_{0};  // counts the actors that had this slot; below 2^31

 public:
  union {
    actor* who;                  // the object, while it runs
    actor_slot* next = nullptr;  // of the pool
  };

  [[nodiscard]] life is() const noexcept {
    return life{static_cast<std::uint8_t>(state_.load(std::memory_order_acquire) & ~unhealthy_bit)};
  }
  [[nodiscard]] bool unhealthy() const noexcept {
    return (state_.load(std::memory_order_relaxed) & unhealthy_bit) != 0;
  }
  void set_unhealthy(bool yes) noexcept { set_state(is(), yes); }
  [[nodiscard]] std::uint32_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }
  /// With the lock held: it is that actor's, which has not stopped, and cannot until the lock is
  /// given up.
  [[nodiscard]] bool is_alive(actor_id whose) const noexcept {
    return id() == whose && is() != life::stopped && id() == whose;
  }

  /// Null where there is none. Made once; goes with the actor.
  [[nodiscard]] actor_record* record() const noexcept {
    return record_in(beside_.load(std::memory_order_acquire));
  }
  /// Makes it if need be. Null: there is no memory. The actor's run, or under the lock.
  actor_record* record_or_null() noexcept;
  /// Its supervisor; none for one that a runtime started.
  [[nodiscard]] actor_id parent() const noexcept;
  /// While nothing runs.
  void set_parent(actor_id whose_child) noexcept;
  /// The slot that stands for the actor that runs: this one or, where a factory has made the object
  /// for a later run, that of the first. By the run, or while it is kept from ending.
  [[nodiscard]] actor_slot& known_as() noexcept;
  /// While nothing runs.
  void stand_behind(actor_slot& first) noexcept;

  /// The run that goes on; null: there is none, or it has just ended. Any thread; under the lock
  /// the fiber is the actor's until that is given up.
  [[nodiscard]] fiber* run() const noexcept;
  /// Null: there is none, and it runs in no runtime.
  void set_run(fiber* one) noexcept { set_where(reinterpret_cast<std::uintptr_t>(one)); }
  /// The runtime that it runs in, while `running`; null once stopped.
  [[nodiscard]] const scheduler* home() const noexcept;
  /// Between two runs.
  void set_home(const scheduler& root) noexcept {
    set_where(reinterpret_cast<std::uintptr_t>(&root) | is_home);
  }

  /// Whether the actor belongs to a supervisor or a runtime. Any thread, as the next two.
  [[nodiscard]] bool is_claimed() const noexcept { return (where_.load() & is_claimed_bit) != 0; }
  /// False: it does already.
  [[nodiscard]] bool claim() noexcept {
    return (where_.fetch_or(is_claimed_bit) & is_claimed_bit) == 0;
  }
  void unclaim() noexcept { where_.fetch_and(~is_claimed_bit); }

  /// The run is over, or will be destroyed, and everybody else has been told who is to be told
  /// before this. Of an actor that may be gone.
  void run_is_over(const fiber& run) noexcept;

  /// For actor_inboxes, of an actor that is being made; without the lock.
  void open_site(construction_site& of) noexcept {
    where_.store(reinterpret_cast<std::uintptr_t>(&of) | is_site, std::memory_order_relaxed);
  }
  [[nodiscard]] bool has_site() const noexcept {
    return (where_.load(std::memory_order_relaxed) & is_site) != 0;
  }
  /// Null: that has been done.
  construction_site* close_site() noexcept {
    std::uintptr_t seen = where_.load(std::memory_order_relaxed);
    do {
      if ((seen & is_site) == 0) return nullptr;
    } while (!where_.compare_exchange_weak(seen, seen & is_claimed_bit));
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and two bits
    return reinterpret_cast<construction_site*>(seen & ~(is_site | is_claimed_bit));
  }

  /// Of the pool; never changes.
  [[nodiscard]] std::uint32_t index() const noexcept;
  [[nodiscard]] actor_id id() const noexcept {
    return actor_id{(std::uint64_t{generation()} << 32U) | index()};
  }

 private:
  friend class actor_registration;

  void set_state(life now, bool is_unhealthy) noexcept {
    const auto state = static_cast<unsigned>(now) | (is_unhealthy ? unhealthy_bit : 0U);
    state_.store(static_cast<std::uint8_t>(state), std::memory_order_release);
  }

  // The run that is named, over or not.
  [[nodiscard]] fiber* named_run() const noexcept {
    const std::uintptr_t seen = where_.load(std::memory_order_acquire);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
    return (seen & (is_home | is_site)) == 0 ? reinterpret_cast<fiber*>(seen & ~is_claimed_bit)
                                             : nullptr;
  }
  [[nodiscard]] bool names_already(const fiber* run, actor_id parent) const noexcept;
  // Under the lock, before another run takes its place, or none.
  void keep_handled(const fiber& run) noexcept;
  void stop(const exit_reason* why) noexcept;
  friend void abandon_actors(const scheduler& gone);

  // Whoever sets what it names is the actor's owner, or holds the lock after the actor has been
  // started; the bit of the claim is written by read-modify-writes, and changes only while neither
  // has anything to set.
  void set_where(std::uintptr_t what) noexcept {
    const std::uintptr_t claim = where_.load(std::memory_order_relaxed) & is_claimed_bit;
    where_.store(what | claim, std::memory_order_release);
  }

  // The record. While there is none, what it would hold: the parent's id, shifted past its bit, or
  // the first slot of the same factory, with its bit. Changes once to a record.
  static constexpr std::uint64_t is_parent = 1;
  static constexpr std::uint64_t is_first = 2;  // where is_parent is not set
  static actor_record* record_in(std::uint64_t beside) noexcept {
    if ((beside & (is_parent | is_first)) != 0) return nullptr;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, as neither bit is set
    return reinterpret_cast<actor_record*>(static_cast<std::uintptr_t>(beside));
  }
  static actor_id parent_in(std::uint64_t beside) noexcept;
  static actor_slot* first_in(std::uint64_t beside) noexcept;
  std::atomic<std::uint64_t> beside_{0};

  // Until the object is known to be complete its construction_site; then the run, which knows where
  // it is; between two runs the runtime. With a bit for what it is, and the bit of the claim.
  static constexpr std::uintptr_t is_home = 1;
  static constexpr std::uintptr_t is_site = 2;
  static constexpr std::uintptr_t is_claimed_bit = 4;
  std::atomic<std::uintptr_t> where_{0};
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
  ~actor_registration();
  /// Before the rest of the actor goes. Whoever supervises it still is told that it has stopped.
  void leave() noexcept;

  [[nodiscard]] actor_slot& slot() const noexcept { return *slot_; }
  [[nodiscard]] actor_id id() const noexcept { return slot_->id(); }
  /// Between this and stopped() runs come and go. A null run: one that failed before it had begun.
  void run_begins(scheduler& home, actor_id parent, fiber* run) noexcept;
  /// The slot that a run of this object is registered in, to be told run_is_over().
  [[nodiscard]] actor_slot& leave_run() noexcept;
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

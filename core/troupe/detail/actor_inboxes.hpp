#pragma once

// Which inboxes belong to an actor. An inbox does not know the actor it is a member of, and callers
// must not wait for ever on the inbox of an actor that has ended, even one that never got to
// receiving. So the base class `actor` notes on its thread that an actor is being constructed,
// inboxes constructed after it join its list, and when the actor is given to a supervisor or a
// runtime, whose templates know its size, those that do not lie inside the object leave the list
// again. (Where an actor makes another one among its members, inboxes after that join the inner
// one, leave it, and come home when they are first received from.) An actor handed over as a plain
// shared_ptr<actor> keeps only what its run has bound.
//
// Threads: lists are guarded by a striped lock, because an inbox that joined by mistake may be
// destroyed on another thread than the actor.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe {
struct inbox_view;
}

namespace troupe::detail {

class inbox_core;
struct fiber;
struct construction_site;

class actor_inboxes {
 public:
  actor_inboxes();  // becomes the list under construction on this thread
  actor_inboxes(const actor_inboxes&) = delete;
  actor_inboxes& operator=(const actor_inboxes&) = delete;
  ~actor_inboxes();

  /// Keeps those within [begin, begin + size).
  void keep_within(const void* begin, std::size_t size) noexcept;
  /// The actor's full type is not known: keeps none.
  void keep_none() noexcept { keep_within(nullptr, 0); }

  void close_all() noexcept;   // the actor has ended for good
  void reopen_all() noexcept;  // a run begins

  /// The actor's run receives from an inbox without a home: it becomes this actor's.
  void adopt(inbox_core& homeless) noexcept;

  /// What is in them now. Any thread, while the actor lives.
  void view(std::vector<inbox_view>& into) const;

  /// The fiber of the actor's run, null between runs. For call_cycle.hpp.
  void set_run(fiber* run) noexcept {
    const std::uintptr_t kept = state_.load(std::memory_order_relaxed) & is_claimed_bit;
    state_.store(reinterpret_cast<std::uintptr_t>(run) | kept, std::memory_order_release);
  }
  [[nodiscard]] fiber* run() const noexcept {
    const std::uintptr_t seen = state_.load(std::memory_order_acquire);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the word is an address and two bits
    return (seen & is_site_bit) != 0 ? nullptr : reinterpret_cast<fiber*>(seen & ~is_claimed_bit);
  }

  /// Whether the actor belongs to a supervisor or a runtime.
  [[nodiscard]] bool is_claimed() const noexcept { return (state_.load() & is_claimed_bit) != 0; }
  /// False: it does already.
  [[nodiscard]] bool claim() noexcept {
    return (state_.fetch_or(is_claimed_bit) & is_claimed_bit) == 0;
  }
  void unclaim() noexcept { state_.fetch_and(~is_claimed_bit); }

  /// The restart of an actor from a factory: our inboxes forward to those of `first`, one by one in
  /// the order of construction. False, and nothing done, if the lists do not match.
  bool redirect_to(actor_inboxes& first) noexcept;

 private:
  friend void join_home(inbox_core& made) noexcept;
  friend void leave_home(inbox_core& gone) noexcept;
  void close_site() noexcept;
  void link(inbox_core& member) noexcept;
  void unlink(inbox_core& member) noexcept;

  static constexpr std::uintptr_t is_claimed_bit = 1;
  static constexpr std::uintptr_t is_site_bit = 2;

  // In the order of construction. Written under the lock; who finds it empty without, where nobody
  // can join, need not take the lock. Release/acquire: then nobody who left touches the list.
  std::atomic<inbox_core*> first_{nullptr};
  // Until the object is known to be complete the construction_site, marked; then the fiber of the
  // run. Who writes the pointer is the actor's owner; the bit of the claim is written by
  // read-modify-writes, and changes only while there is no run.
  std::atomic<std::uintptr_t> state_;
};

/// For an inbox's constructor and destructor.
void join_home(inbox_core& made) noexcept;
void leave_home(inbox_core& gone) noexcept;

}  // namespace troupe::detail

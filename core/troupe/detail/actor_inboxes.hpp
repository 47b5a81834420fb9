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

#include <troupe/detail/actor_slot.hpp>
#include <troupe/detail/inbox_table.hpp>

#include <cstddef>
#include <vector>

namespace troupe {
class actor;
struct inbox_view;
}  // namespace troupe

namespace troupe::detail {

class inbox_core;

class actor_inboxes {
 public:
  explicit actor_inboxes(actor& of);  // becomes the list under construction on this thread
  actor_inboxes(const actor_inboxes&) = delete;
  actor_inboxes& operator=(const actor_inboxes&) = delete;
  ~actor_inboxes();

  /// Keeps those within [begin, begin + size).
  void keep_within(const void* begin, std::size_t size) noexcept;
  /// The actor's full type is not known: keeps none.
  void keep_none() noexcept { keep_within(nullptr, 0); }

  void close_all() noexcept;   // the actor has ended for good
  void reopen_all() noexcept;  // it runs, for the first time or again after that

  /// The actor's run receives from an inbox without a home: it becomes this actor's, and is open
  /// again if the end of another one had closed it, which is gone.
  void adopt(inbox_core& homeless) noexcept;

  /// What is in them now. Any thread, while the actor lives.
  void view(std::vector<inbox_view>& into) const;

  /// The actor's slot. It is here so that an inbox finds the run of the actor it is a member of.
  [[nodiscard]] const actor_registration& registration() const noexcept { return registration_; }
  [[nodiscard]] actor_registration& registration() noexcept { return registration_; }

  /// The restart of an actor from a factory: our inboxes forward to those of `first`, one by one in
  /// the order of construction. False, and nothing done, if the lists do not match in number,
  /// capacity and type of message.
  bool redirect_to(actor_inboxes& first) noexcept;

 private:
  friend void join_home(inbox_core& made);
  friend void leave_home(inbox_core& gone) noexcept;
  void close_site() noexcept;
  bool link(inbox_core& member) noexcept;
  void unlink(inbox_core& member) noexcept;

  // In the order of construction. Under the lock, except for looking whether it is empty where
  // nobody can join.
  inbox_table members_;
  actor_registration registration_;
};

/// For an inbox's constructor, where it may throw std::bad_alloc, and destructor.
void join_home(inbox_core& made);
void leave_home(inbox_core& gone) noexcept;

}  // namespace troupe::detail

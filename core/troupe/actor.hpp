#pragma once

// actor: a named run loop with private state. What it receives from are its inboxes, members of
// the derived class; who starts it, and starts it again, is a supervisor or a runtime.

#include <troupe/actor_id.hpp>
#include <troupe/context.hpp>
#include <troupe/detail/actor_inboxes.hpp>
#include <troupe/detail/shared_name.hpp>
#include <troupe/error.hpp>
#include <troupe/health.hpp>
#include <troupe/logger.hpp>
#include <troupe/task.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe {

namespace detail {
struct actor_internals;
}

/// The base class of all actors. Derive from it, give it inboxes as members, and override run().
///
/// An actor runs in at most one place at a time. Its state needs no locks: only run() and what it
/// calls touch it. The object, its inboxes and what waits in them outlive a run that crashed.
class actor {
 public:
  /// Throws usage_error if the name is empty.
  explicit actor(std::string name);
  actor(const actor&) = delete;
  actor& operator=(const actor&) = delete;
  virtual ~actor();

  [[nodiscard]] const std::string& name() const noexcept { return name_.text(); }
  /// This object's own, over all its runs. Any thread.
  [[nodiscard]] actor_id id() const noexcept { return inboxes_.registration().id(); }

  /// How it is looked after, instead of how runtime_options::health says. Any thread, at any time.
  /// Throws usage_error for an interval below 1 ms or a limit below 0.
  void set_health(const health_options& wanted) { inboxes_.registration().set_health(wanted); }

 protected:
  /// The actor's life. Success ends it clean, an error or an exception makes it fail; its
  /// supervisor's policy says what happens then. It must end when `ctx` does: waits without a
  /// context of their own do. Called anew for each run.
  virtual task<result<>> run(context ctx) = 0;

  /// A child of the supervisor's logger, with this actor's name. Silent until one is given.
  [[nodiscard]] logger& log() noexcept { return log_; }

 private:
  friend struct detail::actor_internals;

  // For a supervisor, which closes its children's inboxes, and a signal, which ends its
  // subscriptions.
  virtual void ended_for_good() noexcept {}
  // A run is being started, perhaps after that: before anybody can know.
  virtual void run_begins() noexcept {}
  // A supervisor: it stops in its children's time.
  [[nodiscard]] virtual bool has_children() const noexcept { return false; }
  // A later object of the same factory: whoever holds `first` is to meet this one instead. False:
  // they do not fit together.
  virtual bool take_over(actor& first) noexcept { return &first != this; }

  detail::shared_name name_;
  logger log_;
  // Goes first, and in it the registration: who looks on finds name and inboxes through that.
  detail::actor_inboxes inboxes_{*this};
};

/// An actor from a function `(context, logger&) -> task<result<>>`, for one that needs no inbox of
/// its own. The function is kept alive as long as the actor, so a capturing lambda is fine. Throws
/// usage_error if the name or the function is empty.
[[nodiscard]] std::shared_ptr<actor> make_actor(
    std::string name, std::function<task<result<>>(context, logger&)> run);

namespace detail {

/// What the library may do with an actor and its users may not.
struct actor_internals {
  static task<result<>> run(actor& one, context ctx) { return one.run(std::move(ctx)); }
  static actor_inboxes& inboxes(actor& one) noexcept { return one.inboxes_; }
  static void set_logger(actor& one, logger log) noexcept { one.log_ = std::move(log); }
  [[nodiscard]] static logger& log(actor& one) noexcept { return one.log_; }
  static actor_registration& registration(actor& one) noexcept {
    return one.inboxes_.registration();
  }
  static void run_begins(actor& one) noexcept {
    // What closes them is ended_for_good(), and then it has stopped.
    if (registration(one).slot().is() != actor_slot::life::running) one.inboxes_.reopen_all();
    one.run_begins();
  }
  /// `why`: how its last run ended; null if it never ran.
  static void ended_for_good(actor& one, const exit_reason* why) noexcept {
    one.inboxes_.close_all();
    one.ended_for_good();
    registration(one).stopped(why);
  }
  [[nodiscard]] static bool has_children(const actor& one) noexcept { return one.has_children(); }
  /// For the later ones of a factory's objects. False: they differ from the first in what others
  /// hold on to.
  [[nodiscard]] static bool take_over(actor& later, actor& first) noexcept {
    return later.inboxes_.redirect_to(first.inboxes_) && later.take_over(first);
  }
  /// Belongs to a supervisor or a runtime.
  [[nodiscard]] static bool is_claimed(const actor& one) noexcept {
    return one.inboxes_.registration().slot().is_claimed();
  }
  /// False: it has an owner already.
  [[nodiscard]] static bool claim(actor& one) noexcept { return registration(one).slot().claim(); }
  static void unclaim(actor& one) noexcept { registration(one).slot().unclaim(); }
};

/// Tells the actor which inboxes are its members, from the size of its full type.
template <class Actor>
void settle_inboxes(Actor& one) noexcept {
  if constexpr (std::is_same_v<Actor, actor>) {
    actor_internals::inboxes(one).keep_none();
  } else {
    actor_internals::inboxes(one).keep_within(std::addressof(one), sizeof(Actor));
  }
}

}  // namespace detail
}  // namespace troupe

#pragma once

// Looks after the actors and workers of a runtime: who has not come back to its inboxes, which
// worker does not come out of a turn. See health.hpp for what that means, health_judgement.hpp for
// the decision, look_thread.hpp for the thread.
//
// A look goes through the actors' slots, one at a time under the slot's lock, and reads what their
// fibers leave behind anyway. Where nothing has run since the last look and nobody is suspected, it
// goes through nothing; where nothing can change any more until something runs, it asks for no next
// look. Actors with a health of their own have dates of their own.

#include <troupe/detail/actor_slot.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/health.hpp>
#include <troupe/internal/health_judgement.hpp>
#include <troupe/logger.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::internal {

struct overseer_options {
  health_options health;
  std::function<void(const blocked_worker&)> on_blocked_worker;
  int stack_signal = 0;  // 0: none
  logger log;
};

class overseer final : public detail::periodic_look {
 public:
  /// `home` outlives it.
  overseer(detail::scheduler& home, overseer_options options)
      : home_(&home), options_(std::move(options)) {}

  time_point look(time_point now) noexcept override;
  /// The shortest of all.
  [[nodiscard]] duration interval() const noexcept override;
  void health_was_set(const detail::actor_slot& of) noexcept override;

 private:
  using slot_index = std::uint32_t;
  struct suspect {
    std::uint32_t generation = 0;
    std::uint64_t seen_in = 0;  // the look
    std::optional<suspicion> about;
  };
  struct own_date {
    actor_id who{};
    time_point due{};
    duration interval{};
  };
  struct news {
    actor_id who{};
    std::string name;
    std::string_view message;
    verdict what;
  };
  struct worker_note {
    std::uint64_t progress = 0;
    time_point seen{};
    bool told = false;
  };

  void look_at_actors(time_point now);
  void look_at_own(time_point now);
  bool look_at_one(own_date& date, time_point now);
  void look_at_workers(time_point now);
  void visit(detail::actor_slot& one, time_point now, duration limit);
  void forget(detail::actor_slot& one, time_point now);
  void forget_gone();
  void tell_news();
  void tell_blocked(const detail::worker_view& stuck, duration at_least);
  [[nodiscard]] bool can_rest() const noexcept;
  [[nodiscard]] time_point next_date() const noexcept;

  detail::scheduler* home_;
  overseer_options options_;
  std::uint64_t looks_ = 0;
  std::uint64_t progress_ = 0;  // of the scheduler, at the last look
  bool unseen_ = false;         // something has run since the last look at all
  time_point due_{};            // of that
  std::unordered_map<slot_index, suspect> suspects_;
  std::unordered_map<slot_index, own_date> own_;
  std::vector<worker_note> workers_;
  std::vector<detail::worker_view> stuck_;
  std::vector<news> news_;

  detail::spin_lock added_lock_;  // taken inside a slot's lock
  std::vector<actor_id> added_;   // actors whose health was set since the last look
};

}  // namespace troupe::internal

// Random histories of a supervisor against what must hold whatever happens: the order of starting
// and stopping, no start beside an old run, and that everything settles and ends.
#include <troupe/supervision.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

namespace troupe {
namespace {

using namespace std::chrono_literals;

constexpr auto permanent = restart_policy::permanent;
constexpr auto transient = restart_policy::transient;
constexpr auto temporary = restart_policy::temporary;
constexpr auto one_for_one = restart_strategy::one_for_one;

// The world outside of the state machine: which children really run. It checks each decision
// against what must hold whatever happened before.
class world {
 public:
  enum class life : std::uint8_t { down, starting, up, stopping, abandoned };

  explicit world(const supervision_options& options)
      : state_(options), strategy_(options.strategy) {}

  void add(const child_options& options) {
    // Known to the world before the decisions of `add` are checked.
    supervision_state::decisions decided;
    const child_id id = state_.add(options, decided);
    if (id == no_child) return;
    RC_ASSERT(!children_.contains(id) || children_[id].gone);
    children_[id] = {.order = ++last_order_, .policy = *options.policy, .spawned = begun_};
    check(decided);
  }

  // One random event; those that make no sense at the moment must be harmless.
  void happen(std::uint32_t what, child_id id, exit_kind how, std::uint64_t random) {
    supervision_state::decisions decided;
    const bool known = children_.contains(id);
    const life before = known ? children_[id].now : life::down;
    const timer_token timer = known ? children_[id].timer : random;
    switch (what % 9) {
      case 0:
      case 1:
        if (before == life::starting) start_done(id, decided);
        break;
      case 2:
      case 3:
        if (before != life::down) exit(id, how, random, decided);
        break;
      case 4:
        if (known && children_[id].armed) {
          children_[id].armed = false;
          state_.restart_timer_fired(id, timer, decided);
        }
        break;
      case 5:
        if (before == life::stopping) state_.shutdown_timer_fired(id, timer, decided);
        break;
      case 8:
        if (known) children_[id].to_go = true;
        state_.stop_child_requested(id, decided);
        break;
      case 6: now_ += std::chrono::milliseconds(random % 3000); break;
      default:  // nothing of this fits: nothing may come of it
        if (before == life::down) state_.child_exited(id, how, now_, random, decided);
        if (before != life::starting) state_.child_started(id, now_, decided);
        state_.restart_timer_fired(id, timer + 1000000, decided);
        if (before != life::stopping) state_.shutdown_timer_fired(id, timer, decided);
        RC_ASSERT(decided.empty());
    }
    check(decided);
  }

  void begin() {
    begun_ = true;
    for (auto& [id, c] : children_) c.attempted = false;
    std::erase_if(children_, [](const auto& entry) {
      return entry.second.spawned && entry.second.now == life::down;
    });
    for (auto& [id, c] : children_) c.gone = c.to_go = false;
    finished_ = false;
    supervision_state::decisions decided;
    state_.start(decided);
    check(decided);
  }

  void stop() {
    supervision_state::decisions decided;
    state_.stop_requested(decided);
    check(decided);
  }

  // Lets everything that is under way come to its end; false if it does not.
  bool settle() {
    for (std::size_t turn = 0; turn < 20 * (children_.size() + 1); ++turn) {
      const auto busy = std::ranges::find_if(children_, [](const auto& entry) {
        const record& c = entry.second;
        return c.armed || (c.now != life::down && c.now != life::up);
      });
      if (busy == children_.end()) return true;
      const child_id id = busy->first;
      supervision_state::decisions decided;
      if (busy->second.armed) {
        busy->second.armed = false;
        state_.restart_timer_fired(id, busy->second.timer, decided);
      } else if (busy->second.now == life::starting) {
        start_done(id, decided);
      } else {
        exit(id, exit_kind::canceled, 0, decided);
      }
      check(decided);
    }
    return false;
  }

  void check_all_up() const {
    std::size_t up = 0;
    for (const auto& [id, c] : children_) {
      if (c.gone) continue;
      RC_ASSERT(c.now == life::up);
      ++up;
    }
    RC_ASSERT(state_.live_children() == up);
  }

  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct record {
    life now = life::down;
    std::uint64_t order = 0;
    timer_token timer = 0;
    restart_policy policy{};
    bool spawned = false;
    bool armed = false;
    bool attempted = false;  // to start it, in this life
    bool gone = false;       // ended for good
    bool to_go = false;      // it was asked for
  };

  void start_done(child_id id, supervision_state::decisions& decided) {
    children_[id].now = life::up;
    state_.child_started(id, now_, decided);
  }

  void exit(child_id id, exit_kind how, std::uint64_t random,
            supervision_state::decisions& decided) {
    children_[id].now = life::down;
    state_.child_exited(id, how, now_, random, decided);
  }

  static bool runs(const record& c) {
    return c.now == life::starting || c.now == life::up || c.now == life::stopping;
  }

  void check(const supervision_state::decisions& decided) {
    for (const auto& d : decided) {
      RC_ASSERT(!finished_);
      if (d.kind == decision_kind::finish) {
        check_finish();
        continue;
      }
      RC_ASSERT(children_.contains(d.child));
      check(d, children_[d.child]);
    }
    RC_ASSERT(state_.finished() == finished_);
  }

  void check(const supervision_decision& d, record& c) {
    RC_ASSERT(!c.gone);
    switch (d.kind) {
      case decision_kind::start_child:
        check_start(c);
        c.now = life::starting;
        c.attempted = true;
        break;
      case decision_kind::stop_child:
        RC_ASSERT(c.now == life::starting || c.now == life::up);
        for (const auto& [id, other] : children_) {  // one by one, but for those that are to go
          RC_ASSERT(other.now != life::stopping || other.to_go || c.to_go);
          if (other.order > c.order) RC_ASSERT(!runs(other) || c.to_go);
        }
        c.now = life::stopping;
        c.timer = d.timer;
        break;
      case decision_kind::abandon_child:
        RC_ASSERT(c.now == life::stopping);
        c.now = life::abandoned;
        break;
      case decision_kind::arm_restart_timer:
        RC_ASSERT(c.now == life::down && !c.armed);
        RC_ASSERT(d.delay >= 90ms && d.delay <= 1100ms);
        c.armed = true;
        c.timer = d.timer;
        break;
      case decision_kind::cancel_restart_timer:
        RC_ASSERT(c.armed && c.timer == d.timer);
        c.armed = false;
        break;
      case decision_kind::report_restarting: RC_ASSERT(c.now == life::down); break;
      case decision_kind::retire_child:
        RC_ASSERT(c.now == life::down && !c.armed);
        c.gone = true;
        break;
      case decision_kind::finish: break;
    }
  }

  void check_start(const record& c) {
    RC_ASSERT(c.now == life::down);
    RC_ASSERT(!c.armed);
    for (const auto& [id, other] : children_) {
      if (other.order < c.order && !other.gone) {
        const bool left_is_there =
            strategy_ == one_for_one ? other.attempted : other.now == life::up;
        // Abandoned and not to come back: temporary, or spawned in an earlier life.
        const bool left_is_lost = other.now == life::abandoned &&
                                  (other.attempted ? other.policy == temporary : other.spawned);
        RC_ASSERT(left_is_there || left_is_lost || other.to_go);
      }
      if (other.order > c.order && strategy_ != one_for_one) RC_ASSERT(!runs(other));
    }
  }

  void check_finish() {
    for (auto& [id, c] : children_) {
      RC_ASSERT(!runs(c) && !c.armed);
      c.gone = c.now == life::down;
    }
    finished_ = true;
  }

  supervision_state state_;
  restart_strategy strategy_;
  std::map<child_id, record> children_;
  supervision_state::time_point now_{};
  std::uint64_t last_order_ = 0;
  bool begun_ = false;
  bool finished_ = false;
};

supervision_options any_options() {
  const bool limited = *rc::gen::arbitrary<bool>();
  return {.strategy = static_cast<restart_strategy>(*rc::gen::inRange(0, 3)),
          .restart_delay = *rc::gen::element(0ms, 100ms),
          .restart_limit =
              limited ? restart_limit{.max_restarts = *rc::gen::inRange(0U, 6U), .window = 2s}
                      : restart_limit{},
          .backoff = {.factor = 2, .max_delay = 1s}};
}

child_options any_child() {
  return {.policy = *rc::gen::weightedElement<restart_policy>(
              {{3, permanent}, {2, transient}, {1, temporary}})};
}

void live(world& w) {
  const int events = *rc::gen::inRange(0, 80);
  for (int i = 0; i < events; ++i) {
    const auto what = *rc::gen::inRange(0U, 28U);
    if (what == 27) {
      w.add(any_child());
    } else {
      w.happen(what, *rc::gen::inRange(0U, 7U), static_cast<exit_kind>(*rc::gen::inRange(0, 4)),
               *rc::gen::arbitrary<std::uint64_t>());
    }
  }
}

TEST(supervision_properties, any_history_keeps_the_order_settles_and_ends) {
  EXPECT_TRUE(rc::check([] {
    world w(any_options());
    const int declared = *rc::gen::inRange(0, 5);
    for (int i = 0; i < declared; ++i) w.add(any_child());
    for (int lives = *rc::gen::inRange(1, 4); lives > 0; --lives) {
      w.begin();
      live(w);
      if (*rc::gen::arbitrary<bool>()) {
        RC_ASSERT(w.settle());
        if (!w.finished()) w.check_all_up();
      }
      w.stop();
      live(w);
      if (*rc::gen::arbitrary<bool>()) RC_ASSERT(w.settle());
      if (!w.finished()) RC_ASSERT(w.settle());
      RC_ASSERT(w.finished());
    }
  }));
}

}  // namespace
}  // namespace troupe

// How workers sleep (internal/worker.cpp, thread_scheduler.cpp) under every interleaving: work that
// is injected wakes a sleeper or is seen by it; nobody sleeps past a timer that was added while it
// lay down; stop() ends every sleep; empty() is never true while a fiber is alive. A step is named
// after the function it mirrors. The mutations are what the code must not be.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"

namespace {

using model::check;
using model::program;

constexpr int never = 1000;
constexpr int nap = 1;

enum class mutation {
  none,
  looks_before_lying_down,   // at the injected work, and only there
  sleeps_through_stop,       // stop() wakes nobody
  decides_before_giving_up,  // a watcher looks at the others and the timers, and then gives up
  gives_away_unseen,         // looks who is awake, gives its work away, and sleeps
  sums_differences           // started minus ended, worker by worker
};

struct worker {
  model::atomic<bool> asleep{false};
  model::atomic<int> told{0};  // the parker
};

struct scheduler {
  worker workers[2];
  model::atomic<int> sleepers{0};
  model::atomic<int> injected{0};
  model::atomic<bool> stopping{false};
  model::atomic<bool> watching{false};
  model::atomic<int> next_timer{never};
  mutation broken = mutation::none;

  /// thread_scheduler::wake_one
  void wake_one() {
    for (worker& one : workers) {
      if (one.asleep.load() && one.asleep.exchange(false)) {
        sleepers.fetch_sub(1);
        one.told.exchange(1);
        return;
      }
    }
  }
  /// thread_scheduler::inject
  void inject() {
    injected.fetch_add(1);
    if (sleepers.load() != 0) wake_one();
  }
  /// thread_scheduler::take_injected; the list is under a lock
  bool take_injected() {
    int seen = injected.load();
    return seen != 0 && injected.compare_exchange_strong(seen, seen - 1);
  }
  /// thread_scheduler::others_active, of two
  bool other_active(const worker& self) {
    return !workers[&self == &workers[0] ? 1 : 0].asleep.load();
  }
  /// thread_scheduler::give_away, of one fiber, and the sleep after it
  void leave(worker& self) {
    const bool other_was = other_active(self);
    injected.fetch_add(1);
    sleep(self, true, other_was);
  }
  /// thread_scheduler::sleep, of a worker that is no watcher and knows of no timer
  void sleep(worker& self, bool leaving = false, bool other_was = false) {
    const bool early = broken == mutation::looks_before_lying_down && injected.load() == 0;
    self.asleep.store(true);
    sleepers.fetch_add(1);
    const bool other = broken == mutation::gives_away_unseen ? other_was : other_active(self);
    const bool ours = injected.load() != 0 && !(leaving && other);
    if (early || (!ours && !stopping.load())) {
      while (self.told.exchange(0) == 0) model::pause();  // parker::sleep
    }
    if (self.asleep.exchange(false)) sleepers.fetch_sub(1);
  }
  /// thread_scheduler::stop
  void stop() {
    stopping.store(true);
    if (broken == mutation::sleeps_through_stop) return;
    for (worker& one : workers) one.told.exchange(1);
  }
  /// thread_scheduler::run, of a worker that stops everything once it has had the one piece of work
  void work(int me) {
    while (!stopping.load()) {
      if (take_injected()) return stop();
      sleep(workers[me]);
    }
  }
};

// A worker sleeps until it has done the one thing there is to do.
program one_sleeper(mutation broken) {
  auto s = std::make_shared<scheduler>();
  s->broken = broken;
  return {{[s] { s->inject(); },
           [s] {
             while (!s->take_injected()) s->sleep(s->workers[0]);
           }},
          {}};
}

TEST(sleep_protocol, injected_work_finds_the_only_worker) {
  const auto found = model::explore([] { return one_sleeper(mutation::none); });
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(sleep_protocol, a_look_before_lying_down_alone_is_found_to_lose_work) {
  EXPECT_FALSE(model::explore([] { return one_sleeper(mutation::looks_before_lying_down); }).ok());
}

// Two workers; whoever gets the work stops the scheduler, and both have to come home.
program two_sleepers(mutation broken) {
  auto s = std::make_shared<scheduler>();
  s->broken = broken;
  return {{[s] { s->inject(); }, [s] { s->work(0); }, [s] { s->work(1); }}, {}};
}

TEST(sleep_protocol, one_of_two_takes_the_work_and_both_are_stopped) {
  const auto found =
      model::explore([] { return two_sleepers(mutation::none); }, {.max_preemptions = 3});
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(sleep_protocol, a_stop_that_wakes_nobody_is_found) {
  EXPECT_FALSE(model::explore([] { return two_sleepers(mutation::sleeps_through_stop); },
                              {.max_preemptions = 3})
                   .ok());
}

// Worker 1 is beyond the limit: it leaves what it has to worker 0, which is about to sleep.
program one_leaves(mutation broken) {
  auto s = std::make_shared<scheduler>();
  s->broken = broken;
  return {{[s] { s->work(0); },
           [s] {
             s->leave(s->workers[1]);
             s->work(1);
           }},
          {}};
}

TEST(sleep_protocol, what_a_worker_gives_away_is_taken) {
  const auto found = model::explore([] { return one_leaves(mutation::none); });
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(sleep_protocol, work_given_to_one_who_lies_down_is_found_to_be_lost) {
  EXPECT_FALSE(model::explore([] { return one_leaves(mutation::gives_away_unseen); }).ok());
}

// Worker 1 is the watcher and takes its last nap while worker 0 sleeps. Worker 0 is woken, adds a
// timer (add_timer, ensure_watcher) and then computes for ever: the watcher must not sleep past it.
program last_nap(mutation broken) {
  struct world : scheduler {
    int until = 0;
  };
  auto s = std::make_shared<world>();
  s->workers[0].asleep.store(true);
  s->sleepers.store(1);
  s->watching.store(true);
  return {{[s] {
             if (!s->workers[0].asleep.exchange(false)) return;  // wake_one
             s->sleepers.fetch_sub(1);
             s->next_timer.store(5);
             if (!s->watching.load() && s->sleepers.load() != 0) s->wake_one();
           },
           [s, broken] {
             worker& self = s->workers[1];
             self.asleep.store(true);
             s->sleepers.fetch_add(1);
             bool watcher = true;
             if (broken == mutation::decides_before_giving_up) {
               const bool active = !s->workers[0].asleep.load();
               s->until = s->next_timer.load();
               if (active) s->until = std::min(s->until, nap);
               if (!active) s->watching.store(false);
             } else {
               watcher = false;
               s->watching.store(false);
               if (!s->workers[0].asleep.load()) watcher = !s->watching.exchange(true);
               s->until = s->next_timer.load();
               if (watcher) s->until = std::min(s->until, nap);
             }
           }},
          [s] { check(s->until <= 5 || s->workers[1].told.load() == 1, "sleeps past the timer"); }};
}

TEST(sleep_protocol, a_watcher_gives_up_without_missing_a_timer) {
  const auto found = model::explore([] { return last_nap(mutation::none); });
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(sleep_protocol, a_watcher_that_decides_before_it_gives_up_is_found) {
  EXPECT_FALSE(model::explore([] { return last_nap(mutation::decides_before_giving_up); }).ok());
}

// One fiber, from outside, is alive all the time. Worker 0 starts another, which ends on worker 1.
program counting(mutation broken) {
  struct world {
    model::atomic<int> started[3];  // elsewhere, worker 0, worker 1
    model::atomic<int> ended[3];
    model::atomic<bool> handed_on{false};
  };
  auto w = std::make_shared<world>();
  w->started[0].store(1);
  return {{[w] {
             w->started[1].store(1);
             w->handed_on.store(true);
           },
           [w] {
             if (w->handed_on.load()) w->ended[2].store(1);
           },
           [w, broken] {
             int ended = 0;
             int started = 0;
             if (broken == mutation::sums_differences) {
               for (int i = 0; i != 3; ++i) {
                 started += w->started[i].load();
                 ended += w->ended[i].load();
               }
             } else {  // thread_scheduler::empty
               for (auto& one : w->ended) ended += one.load();
               for (auto& one : w->started) started += one.load();
             }
             check(started != ended, "empty, though a fiber is alive");
           }},
          {}};
}

TEST(sleep_protocol, nothing_is_empty_while_a_fiber_is_alive) {
  const auto found = model::explore([] { return counting(mutation::none); });
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(sleep_protocol, a_sum_of_differences_is_found_wanting) {
  EXPECT_FALSE(model::explore([] { return counting(mutation::sums_differences); }).ok());
}

}  // namespace

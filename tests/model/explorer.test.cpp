// The explorer must find bugs that are there, say nothing about right code, and never pass a
// search that it did not finish.
#include "explorer.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "atomic.hpp"

namespace {

using model::check;
using model::explore;
using model::program;

template <bool Atomically>
program counter() {
  auto n = std::make_shared<model::atomic<int>>(0);
  auto add = [n] {
    if constexpr (Atomically)
      n->fetch_add(1);
    else
      n->store(n->load() + 1);
  };
  return {{add, add}, [n] { check(n->load() == 2, "an update was lost"); }};
}

TEST(explorer, finds_a_lost_update) {
  const auto found = explore(counter<false>);
  EXPECT_FALSE(found.ok());
  EXPECT_NE(found.failure.find("an update was lost"), std::string::npos) << found.failure;
}

TEST(explorer, passes_an_atomic_update) {
  const auto found = explore(counter<true>);
  EXPECT_TRUE(found.ok()) << found.failure;
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.schedules, 2u);
}

TEST(explorer, replays_a_failing_schedule) {
  const auto found = explore(counter<false>);
  ASSERT_FALSE(found.schedule.empty());
  const auto again = explore(counter<false>, {.replay = found.schedule});
  EXPECT_EQ(again.schedules, 1u);
  EXPECT_EQ(again.failure, found.failure);
  EXPECT_TRUE(explore(counter<false>, {.replay = "0011"}).ok());
  EXPECT_FALSE(explore(counter<false>, {.replay = "07"}).ok());
}

// Two bits and a turn. Broken: the turn is given away before the own wish is shown.
template <bool Broken>
program peterson() {
  struct state {
    model::atomic<int> wants[2];
    model::atomic<int> turn{0};
    model::atomic<int> inside{0};
  };
  auto s = std::make_shared<state>();
  auto enter = [s](int me) {
    const int other = 1 - me;
    if (Broken) s->turn.store(other);
    s->wants[me].store(1);
    if (!Broken) s->turn.store(other);
    while (s->wants[other].load() == 1 && s->turn.load() == other) model::pause();
    check(s->inside.fetch_add(1) == 0, "two threads in the critical section");
    s->inside.fetch_sub(1);
    s->wants[me].store(0);
  };
  return {{[=] { enter(0); }, [=] { enter(1); }}, {}};
}

TEST(explorer, finds_the_fault_in_a_broken_peterson_lock) {
  const auto found = explore(peterson<true>);
  EXPECT_NE(found.failure.find("two threads"), std::string::npos) << found.failure;
}

TEST(explorer, passes_the_peterson_lock) {
  for (const bool reduce : {true, false}) {
    const auto found = explore(peterson<false>, {.reduce = reduce});
    EXPECT_TRUE(found.ok()) << found.failure;
    EXPECT_TRUE(found.complete);
  }
}

// The sleeper looks for work, then parks. Right: it looks once more after it said so.
template <bool Recheck>
program wake_up() {
  struct state {
    model::atomic<int> work{0}, parked{0}, token{0};
  };
  auto s = std::make_shared<state>();
  return {{[s] {
             if (s->work.load() != 0) return;
             s->parked.store(1);
             if (Recheck && s->work.load() != 0) return;
             while (s->token.load() == 0) model::pause();
           },
           [s] {
             s->work.store(1);
             if (s->parked.load() == 1) s->token.store(1);
           }},
          {}};
}

TEST(explorer, finds_a_lost_wake_up) {
  const auto found = explore(wake_up<false>);
  EXPECT_NE(found.failure.find("deadlock"), std::string::npos) << found.failure;
}

TEST(explorer, passes_park_with_a_second_look) {
  const auto found = explore(wake_up<true>);
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(explorer, spinning_threads_that_change_nothing_are_a_deadlock) {
  const auto found = explore([]() -> program {
    auto held = std::make_shared<model::atomic<bool>>(true);
    auto spin = [held] {
      while (held->exchange(true)) model::pause();
    };
    return {{spin, spin}, {}};
  });
  EXPECT_NE(found.failure.find("deadlock"), std::string::npos) << found.failure;
}

TEST(explorer, a_loop_without_pause_is_a_livelock) {
  const auto found = explore([]() -> program {
    auto go = std::make_shared<model::atomic<int>>(0);
    return {{[go] {
              while (go->load() == 0) {
              }
            }},
            {}};
  });
  EXPECT_NE(found.failure.find("livelock"), std::string::npos) << found.failure;
}

TEST(explorer, an_unfinished_search_fails_unless_asked_for) {
  const auto found = explore(counter<true>, {.max_schedules = 1});
  EXPECT_NE(found.failure.find("incomplete"), std::string::npos) << found.failure;
  const auto asked = explore(counter<true>, {.max_schedules = 1, .allow_incomplete = true});
  EXPECT_TRUE(asked.ok());
  EXPECT_FALSE(asked.complete);
}

TEST(explorer, an_exception_fails_the_schedule) {
  const auto found =
      explore([]() -> program { return {{[] { throw std::runtime_error("oops"); }}, {}}; });
  EXPECT_NE(found.failure.find("oops"), std::string::npos) << found.failure;
}

TEST(explorer, preemptions_can_be_bounded) {
  EXPECT_TRUE(explore(counter<false>, {.max_preemptions = 0}).ok());
  EXPECT_FALSE(explore(counter<false>, {.max_preemptions = 1}).ok());
}

// Three threads, three variables: everything the full search can end in, the reduced one must
// reach too, in fewer schedules.
TEST(explorer, the_reduced_search_reaches_every_outcome) {
  auto outcomes = [](bool reduce) {
    std::set<std::string> seen;
    auto found = explore(
        [&seen]() -> program {
          struct state {
            model::atomic<int> v[3];
            int got[3][2] = {};
          };
          auto s = std::make_shared<state>();
          auto body = [s](int me) {
            s->v[me].store(me + 1);
            s->got[me][0] = s->v[(me + 1) % 3].load();
            s->got[me][1] = s->v[me].exchange(7 + s->got[me][0]);
            s->v[(me + 2) % 3].fetch_add(1);
          };
          return {{[=] { body(0); }, [=] { body(1); }, [=] { body(2); }}, [s, &seen] {
                    std::string end;
                    for (int i = 0; i < 3; ++i)
                      for (int n : {s->v[i].load(), s->got[i][0], s->got[i][1]})
                        end += std::to_string(n) + ' ';
                    seen.insert(end);
                  }};
        },
        {.reduce = reduce});
    EXPECT_TRUE(found.ok()) << found.failure;
    return std::pair(seen, found.schedules);
  };
  const auto [all, slow] = outcomes(false);
  const auto [reduced, fast] = outcomes(true);
  EXPECT_EQ(slow, 34650u);  // 12! / 4!^3
  EXPECT_EQ(all, reduced);
  EXPECT_LT(fast, slow / 4);
}

}  // namespace

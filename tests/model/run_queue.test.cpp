// The run queue under every interleaving of its owner and its thieves: each item is taken exactly
// once, none is lost, and every thread meets items in the order they were pushed.
#include <troupe/internal/run_queue.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "atomic.hpp"
#include "explorer.hpp"

namespace {

struct item {
  int number;
};

template <std::size_t Capacity>
using queue = troupe::internal::run_queue<item, Capacity, model::atomic>;

template <std::size_t Capacity>
struct world {
  explicit world(std::uint32_t position)
      : victim(position), thieves{queue<Capacity>(position), queue<Capacity>(position)} {}

  queue<Capacity> victim;
  queue<Capacity> thieves[2];
  item items[8] = {{0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}};
  std::vector<int> owner_got;
  std::vector<int> thief_got[2];
  int pushed = 0;

  void push() {
    if (victim.push(&items[pushed])) ++pushed;
  }
  void pop() {
    if (item* i = victim.pop()) owner_got.push_back(i->number);
  }
  void steal(int who) { victim.steal_into(thieves[who]); }
  void drain(int who) {
    while (item* i = thieves[who].pop()) thief_got[who].push_back(i->number);
  }

  void settle() {
    while (item* i = victim.pop()) owner_got.push_back(i->number);
    int taken[8] = {};
    for (int who = 0; who < 2; ++who) drain(who);
    for (const auto* got : {&owner_got, &thief_got[0], &thief_got[1]}) {
      int last = -1;
      for (int n : *got) {
        model::check(n > last, "out of order");
        last = n;
        ++taken[n];
      }
    }
    for (int n = 0; n < 8; ++n)
      model::check(taken[n] == (n < pushed ? 1 : 0),
                   "item " + std::to_string(n) + " taken " + std::to_string(taken[n]) + " times");
  }
};

// The letters are what the owner does: + pushes, - pops.
template <std::size_t Capacity>
model::report run(const char* owner, int steals_of_first, int steals_of_second,
                  std::uint32_t position) {
  return model::explore(
      [=]() -> model::program {
        auto w = std::make_shared<world<Capacity>>(position);
        auto thief = [w](int who, int steals) {
          for (; steals > 0; --steals) {
            w->steal(who);
            if (steals > 1) w->drain(who);  // slots of the thief are reused
          }
        };
        model::program p;
        p.threads.push_back([=] {
          for (const char* c = owner; *c != '\0'; ++c) *c == '+' ? w->push() : w->pop();
        });
        p.threads.push_back([=] { thief(0, steals_of_first); });
        if (steals_of_second > 0) p.threads.push_back([=] { thief(1, steals_of_second); });
        p.finally = [w] { w->settle(); };
        return p;
      },
      {.max_schedules = 3'000'000});
}

class run_queue_model : public testing::TestWithParam<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(positions, run_queue_model,
                         testing::Values(0u, 0xFFFFFFFFu, 0xFFFFFFFEu, 0xFFFFFFFDu));

TEST_P(run_queue_model, owner_and_one_thief) {
  for (const char* owner : {"++--", "+-+-", "++-+-", "+++--+"}) {
    const auto two = run<2>(owner, 2, 0, GetParam());
    EXPECT_TRUE(two.ok()) << owner << ": " << two.failure;
    const auto four = run<4>(owner, 2, 0, GetParam());
    EXPECT_TRUE(four.ok()) << owner << ": " << four.failure;
    RecordProperty(owner, std::to_string(two.schedules + four.schedules));
  }
}

TEST_P(run_queue_model, slots_are_refilled_under_a_slow_thief) {
  const auto found = run<2>("++--++--", 1, 0, GetParam());
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST_P(run_queue_model, owner_and_two_thieves) {
  for (const char* owner : {"+-", "++-", "++--"}) {
    const auto found = run<2>(owner, 1, 1, GetParam());
    EXPECT_TRUE(found.ok()) << owner << ": " << found.failure;
    RecordProperty(owner, std::to_string(found.schedules));
  }
}

TEST_P(run_queue_model, a_thief_is_robbed) {
  const auto found = model::explore([]() -> model::program {
    auto w = std::make_shared<world<2>>(GetParam());
    w->push();
    w->push();
    return {{[w] { w->pop(); },
             [w] {
               w->steal(0);
               w->drain(0);
             },
             [w] { w->thieves[0].steal_into(w->thieves[1]); }},
            [w] { w->settle(); }};
  });
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST_P(run_queue_model, a_full_thief_is_robbed_while_it_steals) {
  const auto found = model::explore([]() -> model::program {
    auto w = std::make_shared<world<2>>(GetParam());
    for (; w->pushed < 2; ++w->pushed) w->thieves[0].push(&w->items[w->pushed]);
    w->push();
    w->push();
    return {{[w] { w->pop(); },
             [w] {
               w->steal(0);
               w->drain(0);
             },
             [w] { w->thieves[0].steal_into(w->thieves[1]); }},
            [w] { w->settle(); }};
  });
  EXPECT_TRUE(found.ok()) << found.failure;
}

}  // namespace

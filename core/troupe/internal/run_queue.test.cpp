#include <troupe/internal/run_queue.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using troupe::internal::run_queue;

struct job {
  std::size_t number = 0;
  int taken = 0;  // plain: whoever took the job owns it
};

std::vector<job> jobs(std::size_t n) {
  std::vector<job> made(n);
  for (std::size_t i = 0; i < n; ++i) made[i].number = i;
  return made;
}

TEST(run_queue, is_first_in_first_out_and_bounded) {
  auto all = jobs(5);
  run_queue<job, 4> q;
  EXPECT_EQ(q.pop(), nullptr);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(q.push(&all[i]));
  EXPECT_FALSE(q.push(&all[4]));
  EXPECT_EQ(q.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(q.pop(), &all[i]);
  EXPECT_EQ(q.pop(), nullptr);
  EXPECT_EQ(q.size(), 0u);
}

TEST(run_queue, a_thief_takes_the_older_half_rounded_up) {
  auto all = jobs(8);
  for (const auto& [waiting, stolen] :
       {std::pair<std::size_t, std::size_t>{0, 0}, {1, 1}, {2, 1}, {3, 2}, {7, 4}, {8, 4}}) {
    run_queue<job, 8> victim, thief;
    for (std::size_t i = 0; i < waiting; ++i) victim.push(&all[i]);
    EXPECT_EQ(victim.steal_into(thief), stolen);
    EXPECT_EQ(thief.size(), stolen);
    EXPECT_EQ(victim.size(), waiting - stolen);
    for (std::size_t i = 0; i < stolen; ++i) EXPECT_EQ(thief.pop(), &all[i]);
    for (std::size_t i = stolen; i < waiting; ++i) EXPECT_EQ(victim.pop(), &all[i]);
  }
}

TEST(run_queue, a_thief_takes_no_more_than_fits) {
  auto all = jobs(7);
  run_queue<job, 4> victim, thief;
  for (std::size_t i = 0; i < 4; ++i) victim.push(&all[i]);
  for (std::size_t i = 4; i < 7; ++i) thief.push(&all[i]);
  EXPECT_EQ(victim.steal_into(thief), 1u);
  EXPECT_EQ(victim.steal_into(thief), 0u);
  for (std::size_t i : {4u, 5u, 6u, 0u}) EXPECT_EQ(thief.pop(), &all[i]);
  EXPECT_EQ(victim.size(), 3u);
}

TEST(run_queue, stealing_from_oneself_does_nothing) {
  auto all = jobs(2);
  run_queue<job, 4> q;
  q.push(&all[0]);
  q.push(&all[1]);
  EXPECT_EQ(q.steal_into(q), 0u);
  EXPECT_EQ(q.pop(), &all[0]);
  EXPECT_EQ(q.pop(), &all[1]);
}

TEST(run_queue, the_head_position_counts_what_was_taken) {
  auto all = jobs(4);
  run_queue<job, 4> victim, thief;
  for (auto& j : all) victim.push(&j);
  const auto before = victim.head_position();
  victim.pop();
  EXPECT_EQ(victim.head_position() - before, 1u);
  victim.steal_into(thief);
  EXPECT_EQ(victim.head_position() - before, 3u);
}

// Random operations across the wrap-around of the counters, against two deques.
TEST(run_queue, agrees_with_a_deque_across_the_wrap_around) {
  std::mt19937 random(1);  // NOLINT: a fixed seed on purpose
  auto all = jobs(2000);
  run_queue<job, 8> a(0xFFFFFF00u), b(0xFFFFFFFEu);
  std::deque<job*> model_a, model_b;
  auto pop = [](auto& q, std::deque<job*>& model) {
    job* expected = model.empty() ? nullptr : model.front();
    if (expected) model.pop_front();
    ASSERT_EQ(q.pop(), expected);
  };
  auto steal = [](auto& from, auto& to, std::deque<job*>& model_from, std::deque<job*>& model_to) {
    const auto n = std::min((model_from.size() + 1) / 2, 8 - model_to.size());
    ASSERT_EQ(from.steal_into(to), n);
    for (std::size_t i = 0; i < n; ++i) {
      model_to.push_back(model_from.front());
      model_from.pop_front();
    }
  };
  for (std::size_t next = 0; next < all.size();) {
    switch (random() % 5) {
      case 0:
      case 1: {
        const bool fits = model_a.size() < 8;
        ASSERT_EQ(a.push(&all[next]), fits);
        if (fits) model_a.push_back(&all[next++]);
        break;
      }
      case 2: pop(a, model_a); break;
      case 3: steal(a, b, model_a, model_b); break;
      default: pop(b, model_b); break;
    }
    ASSERT_EQ(a.size(), model_a.size());
    ASSERT_EQ(b.size(), model_b.size());
  }
}

// One owner, two thieves, real threads: every job is taken exactly once, and each thread meets the
// jobs in the order they were pushed. The counters wrap on the way.
template <std::size_t Capacity>
void stress(std::uint32_t seed) {
  constexpr std::size_t total = 200'000;
  auto all = jobs(total);
  run_queue<job, Capacity> victim(0xFFFFFFFFu - total / 2);
  std::atomic<bool> done{false};
  std::atomic<std::size_t> stolen{0};

  std::vector<std::jthread> thieves;
  for (std::uint32_t t = 0; t < 2; ++t) {
    thieves.emplace_back([&, t] {
      std::mt19937 random(seed + 1 + t);
      auto mine = std::make_unique<run_queue<job, Capacity>>(0xFFFFFFF0u);
      std::size_t last = 0;
      std::size_t count = 0;
      for (bool ending = false;;) {
        if (mine->size() < 1 + random() % Capacity) victim.steal_into(*mine);
        job* j = mine->pop();
        if (j != nullptr) {
          ++j->taken;
          ++count;
          EXPECT_TRUE(j->number == 0 || j->number > last) << j->number << " after " << last;
          last = j->number;
        } else if (ending) {
          break;
        } else {
          ending = done.load();  // one more look after the owner has ended
        }
      }
      stolen += count;
    });
  }

  std::mt19937 random(seed);
  std::size_t kept = 0;
  std::size_t last = 0;
  auto pop = [&] {
    job* j = victim.pop();
    if (j == nullptr) return false;
    ++j->taken;
    ++kept;
    EXPECT_TRUE(j->number == 0 || j->number > last) << j->number << " after " << last;
    last = j->number;
    return true;
  };
  for (std::size_t next = 0; next < total;) {
    for (auto n = random() % Capacity; n > 0 && next < total && victim.push(&all[next]); --n)
      ++next;
    for (auto n = random() % Capacity; n > 0 && pop(); --n) {
    }
  }
  while (pop()) {
  }
  done = true;
  thieves.clear();

  EXPECT_EQ(kept + stolen, total);
  for (const job& j : all) ASSERT_EQ(j.taken, 1) << j.number;
}

TEST(run_queue, stress_of_a_small_queue) { stress<4>(42); }
TEST(run_queue, stress_of_a_large_queue) { stress<256>(43); }

}  // namespace

// What the scheduler promises beyond running everything: nobody starves, nobody waits behind a
// handler that computes, timers in great numbers.

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;

/// Computes until the flag is set, or gives up: the flag then says who did not get to run.
void compute_until(const std::atomic<bool>& flag) {
  const auto limit = std::chrono::steady_clock::now() + 20s;
  while (!flag && std::chrono::steady_clock::now() < limit) {
  }
}

task<> sets(std::atomic<bool>* flag) {
  *flag = true;
  co_return;
}

TEST(thread_scheduler_test, who_was_woken_by_a_handler_that_computes_runs_elsewhere) {
  for (int round = 0; round != 5; ++round) {
    std::atomic<bool> ran{false};
    bool seen = false;
    runtime rt({.workers = 2});
    rt.block_on([](std::atomic<bool>* other, bool* in_time) -> task<> {
      spawn(sets(other));  // into this worker's slot
      compute_until(*other);
      *in_time = *other;
      co_return;
    }(&ran, &seen));
    EXPECT_TRUE(seen);
  }
}

TEST(thread_scheduler_test, who_is_queued_behind_a_handler_that_computes_runs_elsewhere) {
  std::atomic<int> ran{0};
  std::atomic<bool> all{false};
  bool seen = false;
  runtime rt({.workers = 2});
  rt.block_on([](std::atomic<int>* count, std::atomic<bool>* done, bool* in_time) -> task<> {
    for (int i = 0; i != 20; ++i) {
      spawn([](std::atomic<int>* more, std::atomic<bool>* last) -> task<> {
        if (++*more == 20) *last = true;
        co_return;
      }(count, done));
    }
    compute_until(*done);
    *in_time = *done;
    co_return;
  }(&ran, &all, &seen));
  EXPECT_TRUE(seen);
}

// A third worker has to see to what waits behind both.
TEST(thread_scheduler_test, a_watcher_that_finds_long_work_leaves_the_watch_to_another) {
  for (int round = 0; round != 5; ++round) {
    std::atomic<bool> ran{false};
    std::atomic<bool> taken{false};
    bool seen = false;
    runtime rt({.workers = 3});
    rt.block_on([](std::atomic<bool>* other, std::atomic<bool>* first, bool* in_time) -> task<> {
      spawn([](const std::atomic<bool>* until, std::atomic<bool>* here) -> task<> {
        *here = true;
        compute_until(*until);
        co_return;
      }(other, first));
      spawn(sets(other));
      compute_until(*other);
      *in_time = *other && *first;
      co_return;
    }(&ran, &taken, &seen));
    EXPECT_TRUE(seen);
  }
}

// Senders in each other's way bring the workers down to few (worker_limit.hpp); those who compute
// in between must not hold up what they have woken.
TEST(thread_scheduler_test, who_computes_holds_up_nobody_while_short_work_shares_few_workers) {
  constexpr int senders = 8;
  constexpr int rounds = 20;
  cast_inbox<int> shared(16);
  std::atomic<int> in_time{0};
  std::atomic<bool> stop{false};
  runtime rt({.workers = 4});
  std::vector<join_handle<void>> all;
  for (int i = 0; i != senders; ++i) {
    all.push_back(rt.spawn([](cast_inbox<int>* to, const std::atomic<bool>* over) -> task<> {
      while (!*over) static_cast<void>(co_await to->cast(1));
    }(&shared, &stop)));
  }
  auto receiver = rt.spawn([](cast_inbox<int>* from) -> task<> {
    while (co_await from->receive()) {
    }
  }(&shared));
  rt.block_on([](std::atomic<int>* good, std::atomic<bool>* over) -> task<> {
    for (int i = 0; i != rounds; ++i) {
      std::atomic<bool> ran{false};
      join_handle<void> other = spawn(sets(&ran));
      compute_until(ran);
      if (ran) ++*good;
      static_cast<void>(co_await other);
      co_await sleep_for(1ms);
    }
    *over = true;
  }(&in_time, &stop));
  for (auto& one : all) static_cast<void>(rt.block_on(one));
  shared.close();
  static_cast<void>(rt.block_on(receiver));
  EXPECT_EQ(in_time, rounds);
}

TEST(thread_scheduler_test, a_chain_of_wakes_through_the_slot_starves_nobody) {
  std::atomic<bool> ran{false};
  cast_inbox<int> ping(1);
  cast_inbox<int> pong(1);
  runtime rt({.workers = 1});
  const auto player = [](cast_inbox<int>* in, cast_inbox<int>* out,
                         const std::atomic<bool>* stop) -> task<> {
    while (!*stop) {
      if (!co_await in->receive() || !co_await out->cast(1)) break;
    }
    out->close();
    in->close();
  };
  auto a = rt.spawn(player(&ping, &pong, &ran));
  auto b = rt.spawn(player(&pong, &ping, &ran));
  ASSERT_TRUE(ping.try_cast(1));
  // A third that only ever yields, and a fourth from outside: both must get their turns.
  rt.block_on([]() -> task<> {
    for (int i = 0; i != 100; ++i) co_await sleep_for(0ns);
  }());
  rt.block_on(sets(&ran));
  static_cast<void>(rt.block_on(a));
  static_cast<void>(rt.block_on(b));
}

TEST(thread_scheduler_test, timers_fire_while_all_workers_are_busy) {
  std::atomic<bool> fired{false};
  runtime rt({.workers = 1});
  auto busy = rt.spawn([](const std::atomic<bool>* stop) -> task<> {
    while (!*stop) co_await sleep_for(0ns);
  }(&fired));
  rt.block_on([](std::atomic<bool>* flag) -> task<> {
    co_await sleep_for(1ms);
    *flag = true;
  }(&fired));
  static_cast<void>(rt.block_on(busy));
}

TEST(thread_scheduler_test, a_million_timers_are_set_and_cancelled) {
  constexpr int fibers = 1000;
  constexpr int rounds = 1000;
  std::atomic<int> expired{0};
  runtime rt({.workers = 4});
  std::vector<join_handle<void>> all;
  for (int i = 0; i != fibers; ++i) {
    all.push_back(rt.spawn([](std::atomic<int>* count) -> task<> {
      cast_inbox<int> in(1);
      for (int k = 0; k != rounds; ++k) {
        if (!in.try_cast(k)) std::terminate();
        auto got = co_await select(after(1h), in);
        if (got.get<0>() != nullptr) ++*count;
      }
    }(&expired)));
  }
  for (auto& one : all) static_cast<void>(rt.block_on(one));
  EXPECT_EQ(expired, 0);
}

TEST(thread_scheduler_test, many_sleepers_wake_in_any_number) {
  std::atomic<int> woken{0};
  runtime rt({.workers = 4});
  std::vector<join_handle<void>> all;
  for (int i = 0; i != 10'000; ++i) {
    all.push_back(rt.spawn([](std::atomic<int>* count, int us) -> task<> {
      co_await sleep_for(std::chrono::microseconds(us));
      ++*count;
    }(&woken, i % 1000)));
  }
  for (auto& one : all) static_cast<void>(rt.block_on(one));
  EXPECT_EQ(woken, 10'000);
}

}  // namespace

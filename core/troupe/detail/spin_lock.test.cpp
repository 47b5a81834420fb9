#include <troupe/detail/spin_lock.hpp>

#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using troupe::detail::spin_lock;

static_assert(sizeof(spin_lock) == 1);
static_assert(!std::is_copy_constructible_v<spin_lock>);

TEST(spin_lock, is_held_between_lock_and_unlock) {
  spin_lock lock;
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  {
    const std::lock_guard held(lock);
    EXPECT_FALSE(lock.try_lock());
  }
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

// More threads than cores, so that holders do get preempted.
TEST(spin_lock, lets_one_thread_in_at_a_time) {
  constexpr int threads = 8;
  constexpr int rounds = 20'000;
  spin_lock lock;
  int by_lock = 0;  // plain: the lock is what orders the accesses
  int by_try = 0;
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t) {
      all.emplace_back([&] {
        for (int i = 0; i < rounds; ++i) {
          const std::lock_guard held(lock);
          ++by_lock;
        }
        for (int i = 0; i < rounds;) {
          if (!lock.try_lock()) continue;
          ++by_try;
          ++i;
          lock.unlock();
        }
      });
    }
  }
  EXPECT_EQ(by_lock, threads * rounds);
  EXPECT_EQ(by_try, threads * rounds);
}

std::int64_t used_by_this_thread_ns() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// The holder works for 200 ms: who waits has to give the core away in the end.
TEST(spin_lock, a_long_wait_leaves_the_core_to_others) {
  spin_lock lock;
  std::atomic<bool> waiting{false};
  std::int64_t waited = 0;
  std::int64_t used = 0;
  lock.lock();
  std::thread waiter([&] {
    const auto from = now_ns();
    const auto used_from = used_by_this_thread_ns();
    waiting = true;
    lock.lock();
    used = used_by_this_thread_ns() - used_from;
    waited = now_ns() - from;
    lock.unlock();
  });
  while (!waiting) std::this_thread::yield();
  for (const auto until = now_ns() + 200'000'000; now_ns() < until;) {
  }
  lock.unlock();
  waiter.join();
  EXPECT_GE(waited, 150'000'000);
  EXPECT_LT(used, waited / 2);
}

}  // namespace

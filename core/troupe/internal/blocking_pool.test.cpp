// The pool by itself: bounded, in order of submission, and empty when it has stopped.

#include <troupe/internal/blocking_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using troupe::detail::blocking_job;
using troupe::internal::blocking_pool;

struct job : blocking_job {
  explicit job(std::atomic<int>& count, std::atomic<bool>* gate = nullptr)
      : counter(&count), opened(gate) {
    run = [](blocking_job& self) noexcept {
      auto& mine = static_cast<job&>(self);
      while (mine.opened != nullptr && !*mine.opened) std::this_thread::yield();
      mine.order = (*mine.counter)++;
    };
  }
  std::atomic<int>* counter;
  std::atomic<bool>* opened;
  int order = -1;
};

TEST(blocking_pool_test, stop_runs_what_was_submitted_and_refuses_the_rest) {
  std::atomic<int> ran{0};
  std::atomic<bool> opened{false};
  job first(ran, &opened);
  job second(ran);
  job third(ran);
  job late(ran);
  blocking_pool pool(1, 2);
  ASSERT_TRUE(pool.submit(first));
  ASSERT_TRUE(pool.submit(second));
  opened = true;
  pool.stop();
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(first.order, 0);
  EXPECT_EQ(second.order, 1);
  EXPECT_FALSE(pool.submit(late));
  EXPECT_EQ(late.order, -1);
  pool.stop();
}

TEST(blocking_pool_test, is_bounded_in_threads_and_in_jobs) {
  std::atomic<int> ran{0};
  std::atomic<bool> opened{false};
  std::vector<job> jobs(8, job(ran, &opened));
  blocking_pool pool(2, 3);
  int taken = 0;
  for (job& one : jobs) taken += pool.submit(one) ? 1 : 0;
  // Two run or are about to, three wait; a thread on its way to its first job counts its job as
  // waiting, so that fewer may be taken, never more.
  EXPECT_LE(taken, 5);
  EXPECT_GE(taken, 3);
  opened = true;
  pool.stop();
  EXPECT_EQ(ran, taken);
}

TEST(blocking_pool_test, idle_threads_take_the_next_jobs) {
  std::atomic<int> ran{0};
  blocking_pool pool(1, 0);
  for (int i = 0; i != 200; ++i) {
    job one(ran);
    while (!pool.submit(one)) std::this_thread::yield();
    while (ran != i + 1) std::this_thread::yield();
  }
}

}  // namespace

// The lock between threads. That it holds under every interleaving is
// tests/model/lock_bias.test.cpp's business; here the bias comes and goes beside others that want
// the lock.

#include <troupe/detail/biased_lock.hpp>

#include <troupe/detail/process_barrier.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using troupe::detail::bias_candidate;
using troupe::detail::biased_lock;
using troupe::detail::has_process_barrier;

/// Calls `work` on a thread that may have the bias.
template <class Work>
std::thread candidate(Work work) {
  return std::thread([work] {
    const bias_candidate locks;
    work();
  });
}

TEST(biased_lock, is_taken_with_the_bias_and_without) {
  biased_lock one;
  biased_lock other;
  candidate([&] {
    ASSERT_EQ(bias_candidate::take(), has_process_barrier());
    EXPECT_EQ(bias_candidate::has_it(), has_process_barrier());
    for (int i = 0; i != 3; ++i) {
      const std::lock_guard held(one);
      const std::lock_guard nested(other);
    }
    bias_candidate::give_up();
    EXPECT_FALSE(bias_candidate::has_it());
    const std::lock_guard held(one);
  }).join();
  const std::lock_guard held(one);
}

TEST(biased_lock, is_one_threads_at_a_time) {
  if (!has_process_barrier()) GTEST_SKIP() << "the kernel has no membarrier";
  candidate([] {
    ASSERT_TRUE(bias_candidate::take());
    candidate([] { EXPECT_FALSE(bias_candidate::take()); }).join();
    EXPECT_TRUE(bias_candidate::has_it());
  }).join();
  // A thread that has ended has it no more.
  candidate([] { EXPECT_TRUE(bias_candidate::take()); }).join();
}

TEST(biased_lock, another_thread_takes_it_from_the_bias) {
  if (!has_process_barrier()) GTEST_SKIP() << "the kernel has no membarrier";
  candidate([] {
    biased_lock lock;
    ASSERT_TRUE(bias_candidate::take());
    std::atomic<bool> inside = false;
    std::thread other;
    {
      const std::lock_guard held(lock);
      other = std::thread([&] {
        const std::lock_guard theirs(lock);
        inside = true;
      });
      while (bias_candidate::has_it()) std::this_thread::yield();  // until it has seen that
      EXPECT_FALSE(inside);
    }
    other.join();
    EXPECT_TRUE(inside);
    EXPECT_FALSE(bias_candidate::take()) << "what is marked has to be given up first";
    bias_candidate::give_up();
    EXPECT_TRUE(bias_candidate::take());
  }).join();
}

struct guarded {
  biased_lock lock;
  std::size_t count = 0;
};

TEST(biased_lock, loses_no_step_while_the_bias_comes_and_goes) {
  constexpr std::size_t steps = 20'000;
  std::vector<guarded> all(2);
  const auto step = [&](std::size_t i) {
    const std::lock_guard held(all[i % 2].lock);
    ++all[i % 2].count;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i != 2; ++i) {
    threads.push_back(candidate([&] {
      for (std::size_t done = 0; done != steps; ++done) {
        if (!bias_candidate::has_it()) {
          bias_candidate::give_up();
          bias_candidate::take();
        }
        step(done / 7);
      }
    }));
  }
  threads.emplace_back([&] {
    for (std::size_t done = 0; done != steps / 20; ++done) {
      for (int i = 0; i != 10; ++i) std::this_thread::yield();
      step(done);
    }
  });
  for (auto& one : threads) one.join();
  EXPECT_EQ(all[0].count + all[1].count, 2 * steps + steps / 20);
}

}  // namespace

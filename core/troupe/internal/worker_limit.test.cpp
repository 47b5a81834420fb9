// The limit on machines that are made up: how fast so many workers are is a function.

#include <troupe/internal/worker_limit.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>

namespace {

using namespace std::chrono_literals;
using troupe::duration;
using troupe::time_point;
using troupe::internal::worker_limit;
using troupe::internal::worker_reading;

/// Operations a microsecond of so many workers.
using speed = std::function<double(std::size_t)>;

class machine {
 public:
  machine(std::size_t workers, speed of) : limit_(workers), speed_(std::move(of)) {}

  void run(duration length) {
    const time_point end = now_ + length;
    while (now_ < end) {
      const time_point next =
          std::min({std::max(limit_.next_look(), now_ + 1us), now_ + 200us, end});
      advance(next - now_);
      if (now_ >= limit_.next_look()) limit_.look(reading());
    }
  }
  void advance(duration length) {
    done_ += speed_(limit_.limit()) * static_cast<double>(length.count()) / 1000.0;
    now_ += length;
  }
  [[nodiscard]] worker_reading reading() const {
    return {.now = now_,
            .operations = static_cast<std::uint64_t>(done_),
            .awake = awake ? awake : limit_.limit(),
            .crowded = crowded};
  }
  void becomes(speed other) { speed_ = std::move(other); }
  [[nodiscard]] std::size_t limit() const { return limit_.limit(); }
  [[nodiscard]] worker_limit& control() { return limit_; }
  [[nodiscard]] double done() const { return done_; }

  std::size_t awake = 0;  // 0: as many as may be
  bool crowded = true;

 private:
  worker_limit limit_;
  speed speed_;
  time_point now_ = time_point{} + 1s;
  double done_ = 0;
};

double in_parallel(std::size_t workers) { return 2.0 * static_cast<double>(workers); }
double in_each_others_way(std::size_t workers) { return 20.0 / static_cast<double>(workers); }

TEST(worker_limit, begins_with_all_workers) { EXPECT_EQ(worker_limit(7).limit(), 7U); }

TEST(worker_limit, one_worker_is_left_alone) {
  machine one(1, in_parallel);
  one.run(50ms);
  EXPECT_EQ(one.limit(), 1U);
}

TEST(worker_limit, work_that_gets_in_its_own_way_ends_on_one_worker) {
  machine two(2, in_each_others_way);
  two.run(1ms);
  EXPECT_EQ(two.limit(), 1U);
  two.run(999ms);
  EXPECT_GE(two.done(), 0.99 * 1e6 * in_each_others_way(1));
}

TEST(worker_limit, work_that_does_not_keeps_all_workers) {
  for (const std::size_t workers : {2U, 3U, 16U}) {
    machine many(workers, in_parallel);
    many.run(1s);
    EXPECT_GE(many.done(), 0.99 * 1e6 * in_parallel(workers)) << workers;
  }
}

TEST(worker_limit, finds_the_best_between_one_and_all) {
  machine many(16, [](std::size_t k) { return k <= 4 ? 1.0 * k : 16.0 / static_cast<double>(k); });
  many.run(5ms);
  many.run(1s);
  EXPECT_EQ(many.limit(), 4U);
  EXPECT_GE(many.done(), 0.97 * 1e6 * 4.0);
}

TEST(worker_limit, rises_to_a_number_that_is_no_power_of_two) {
  machine many(6, in_each_others_way);
  many.run(50ms);
  ASSERT_EQ(many.limit(), 1U);
  many.becomes(in_parallel);
  many.run(500ms);
  EXPECT_EQ(many.limit(), 6U);
}

TEST(worker_limit, fewer_workers_do_where_more_gain_little) {
  machine two(2, [](std::size_t k) { return k == 1 ? 10.0 : 10.2; });
  two.run(1s);
  EXPECT_EQ(two.limit(), 1U);
}

TEST(worker_limit, follows_work_that_changes) {
  machine two(2, in_parallel);
  for (int round = 0; round != 3; ++round) {
    two.becomes(in_each_others_way);
    two.run(300ms);
    EXPECT_EQ(two.limit(), 1U) << round;
    two.becomes(in_parallel);
    two.run(300ms);
    EXPECT_EQ(two.limit(), 2U) << round;
  }
}

TEST(worker_limit, does_not_rise_while_nobody_waits) {
  machine two(2, in_each_others_way);
  two.run(1ms);
  ASSERT_EQ(two.limit(), 1U);
  two.becomes(in_parallel);
  two.crowded = false;
  two.run(1s);
  EXPECT_EQ(two.limit(), 1U);
}

TEST(worker_limit, tries_nothing_while_some_sleep_of_their_own) {
  machine four(4, in_each_others_way);
  four.awake = 3;
  four.run(1s);
  EXPECT_EQ(four.limit(), 4U);
}

TEST(worker_limit, long_work_is_never_limited) {
  // More than 10 us an operation; that both together are slower must be somebody else's doing.
  machine two(2, [](std::size_t k) { return k == 1 ? 0.18 : 0.15; });
  for (int i = 0; i != 1000; ++i) {
    two.run(100us);
    EXPECT_EQ(two.limit(), 2U);
  }
}

TEST(worker_limit, windows_grow_until_enough_has_been_done_to_compare) {
  machine two(2, [](std::size_t k) { return k == 1 ? 0.8 : 0.4; });
  two.run(2ms);
  EXPECT_EQ(two.limit(), 1U);
  two.run(98ms);
  EXPECT_EQ(two.limit(), 1U);
}

TEST(worker_limit, long_work_lifts_the_limit_at_once) {
  machine two(2, in_each_others_way);
  two.run(1ms);
  ASSERT_EQ(two.limit(), 1U);
  two.control().lift(two.reading().now);
  EXPECT_EQ(two.limit(), 2U);
  two.run(3ms);
  EXPECT_EQ(two.limit(), 2U);  // it rests
  two.run(2ms);
  EXPECT_EQ(two.limit(), 1U);
}

TEST(worker_limit, a_trial_that_was_interrupted_is_undone) {
  machine two(2, in_each_others_way);
  while (two.limit() == 2) two.run(10us);  // the trial has begun
  two.advance(10ms);                       // and the core was somebody else's
  two.control().look(two.reading());       // (settled)
  two.advance(10ms);
  two.control().look(two.reading());
  EXPECT_EQ(two.limit(), 2U);
}

// It was not the second worker's fault: nothing is held against it.
TEST(worker_limit, a_trial_in_which_nothing_ran_is_not_hopeless) {
  machine two(2, in_each_others_way);
  two.run(1ms);
  ASSERT_EQ(two.limit(), 1U);
  while (two.limit() == 1) two.run(10us);  // the trial has begun
  two.run(worker_limit::settling);
  two.becomes([](std::size_t) { return 0.0; });
  two.advance(10ms);
  two.control().look(two.reading());
  EXPECT_EQ(two.limit(), 2U);
}

// How long the only trial with two workers takes.
duration trial_of(machine& two) {
  two.run(1ms);
  EXPECT_EQ(two.limit(), 1U);
  duration length{};
  for (int i = 0; i != 5'000; ++i) {  // it rests for 4 ms before the next one, and 8 ms after that
    two.run(1us);
    if (two.limit() == 2) length += 1us;
  }
  EXPECT_EQ(two.limit(), 1U);
  return length;
}

TEST(worker_limit, a_trial_that_is_hopeless_ends_early) {
  machine two(2, [](std::size_t k) { return k == 1 ? 20.0 : 5.0; });
  const duration length = trial_of(two);
  EXPECT_GE(length, worker_limit::settling + worker_limit::glance);
  EXPECT_LE(length, worker_limit::settling + worker_limit::glance + 10us);
}

TEST(worker_limit, a_trial_that_is_not_is_gone_through_with) {
  machine two(2, [](std::size_t k) { return k == 1 ? 20.0 : 15.0; });
  EXPECT_GE(trial_of(two), worker_limit::settling + worker_limit::window);
}

TEST(worker_limit, too_little_work_for_a_glance_is_not_hopeless) {
  machine two(2, [](std::size_t k) { return k == 1 ? 4.0 : 1.8; });
  EXPECT_GE(trial_of(two), worker_limit::settling + 2 * worker_limit::glance);
}

TEST(worker_limit, rests_longer_after_each_trial_in_vain) {
  machine two(2, in_parallel);
  int trials = 0;
  for (int i = 0; i != 100'000; ++i) {
    const std::size_t before = two.limit();
    two.run(10us);
    trials += before == 2 && two.limit() == 1 ? 1 : 0;
  }
  // 1, 2, 4, ..., 64 and then 128 ms apart in a second
  EXPECT_GE(trials, 11);
  EXPECT_LE(trials, 15);
}

TEST(worker_limit, measures_again_soon_where_some_slept_for_a_moment) {
  machine two(2, in_each_others_way);
  two.awake = 1;
  two.run(10ms);
  ASSERT_EQ(two.limit(), 2U);
  for (int i = 0; i != 3; ++i) {  // they begin to work together, and one lies down again
    two.awake = 2;
    two.run(200us);
    two.awake = 1;
    two.run(200us);
  }
  ASSERT_EQ(two.limit(), 2U);
  two.awake = 0;
  two.run(1ms);
  EXPECT_EQ(two.limit(), 1U);
}

TEST(worker_limit, tries_again_soon_after_the_first_trial_in_vain) {
  bool disturbed = true;
  machine two(2, [&](std::size_t k) { return disturbed && k == 1 ? 5.0 : in_each_others_way(k); });
  two.run(600us);
  ASSERT_EQ(two.limit(), 2U);
  disturbed = false;
  two.run(2ms);
  EXPECT_EQ(two.limit(), 1U);
}

TEST(worker_limit, noise_costs_little) {
  for (const std::uint32_t seed : {1U, 2U, 3U, 4U, 5U}) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(1.0, 0.1);
    for (const auto& of : {in_parallel, in_each_others_way}) {
      machine two(2, [&](std::size_t k) { return of(k) * std::max(0.1, noise(random)); });
      two.run(1s);
      EXPECT_GE(two.done(), 0.95 * 1e6 * std::max(of(1), of(2))) << seed;
    }
  }
}

}  // namespace

// A wake-up is never lost, and is not remembered twice.

#include <troupe/internal/parker.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace {

using namespace std::chrono_literals;
using troupe::never;
using troupe::internal::parker;

TEST(parker_test, a_wake_before_the_sleep_is_remembered_once) {
  parker bed;
  bed.wake();
  bed.wake();
  bed.sleep(never);
  const auto until = std::chrono::steady_clock::now() + 2ms;
  bed.sleep(until);
  EXPECT_GE(std::chrono::steady_clock::now(), until);
}

TEST(parker_test, a_deadline_in_the_past_returns_at_once) {
  parker bed;
  bed.sleep(std::chrono::steady_clock::now() - 1ms);
  bed.sleep(troupe::time_point{});
  bed.sleep(troupe::time_point{} - 1h);  // before the machine was started
}

TEST(parker_test, two_threads_wake_each_other_without_losing_one) {
  constexpr int rounds = 20'000;
  parker here;
  parker there;
  int shared = 0;  // ordered by the wake-ups alone
  std::thread other([&] {
    for (int i = 0; i != rounds; ++i) {
      there.sleep(never);
      ++shared;
      here.wake();
    }
  });
  for (int i = 0; i != rounds; ++i) {
    ++shared;
    there.wake();
    here.sleep(never);
  }
  other.join();
  EXPECT_EQ(shared, 2 * rounds);
}

}  // namespace

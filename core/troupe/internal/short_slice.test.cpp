// A thread's slices become short where the kernel has them, and nothing else about it changes.

#include <troupe/internal/short_slice.hpp>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <thread>

namespace {

using troupe::internal::ask_for_short_slices;
using troupe::internal::short_slice;

// struct sched_attr, word by word: its size and policy, flags, nice and priority, runtime, ...
using attributes = std::array<std::uint64_t, 6>;
constexpr std::size_t runtime = 3;

attributes of_this_thread() {
  attributes own{};
  EXPECT_EQ(syscall(SYS_sched_getattr, 0, own.data(), sizeof own, 0), 0);
  return own;
}

void in_a_thread(auto what) { std::thread(what).join(); }

TEST(short_slice_test, the_slice_is_short_and_nothing_else_changes) {
  in_a_thread([] {
    const auto tid = static_cast<id_t>(syscall(SYS_gettid));
    ASSERT_EQ(setpriority(PRIO_PROCESS, tid, 5), 0);
    attributes expected = of_this_thread();
    ask_for_short_slices();
    const attributes now = of_this_thread();
    // A kernel that knows no slices says 0, and keeps to it.
    if (expected[runtime] != 0) expected[runtime] = static_cast<std::uint64_t>(short_slice.count());
    EXPECT_EQ(now, expected);
    EXPECT_EQ(getpriority(PRIO_PROCESS, tid), 5);
  });
}

TEST(short_slice_test, shorter_ones_are_left_alone) {
  in_a_thread([] {
    attributes own = of_this_thread();
    if (own[runtime] == 0) GTEST_SKIP() << "this kernel knows no slices";
    own[runtime] = 100'000;
    ASSERT_EQ(syscall(SYS_sched_setattr, 0, own.data(), 0), 0);
    ask_for_short_slices();
    EXPECT_EQ(of_this_thread()[runtime], 100'000U);
  });
}

TEST(short_slice_test, a_thread_of_another_policy_is_left_alone) {
  in_a_thread([] {
    const sched_param none{};
    ASSERT_EQ(sched_setscheduler(0, SCHED_IDLE, &none), 0);
    const attributes before = of_this_thread();
    ask_for_short_slices();
    EXPECT_EQ(of_this_thread(), before);
  });
}

}  // namespace

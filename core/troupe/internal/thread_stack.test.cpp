// The stack of a thread that does something else, taken while it does.

#include <troupe/internal/thread_stack.hpp>

#include <gtest/gtest.h>

#include <pthread.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::internal::captured_stack;
using troupe::internal::stack_of_thread;

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TROUPE_THREAD_SANITIZER 1
#endif
#endif

// ThreadSanitizer holds signals back until the thread calls something that it knows, which one that
// computes never does.
#ifdef TROUPE_THREAD_SANITIZER
constexpr bool signals_arrive = false;
#else
constexpr bool signals_arrive = true;
#endif

std::atomic<bool> computing{false};
std::atomic<bool> enough{false};

[[gnu::noinline]] void compute_for_long() {
  computing = true;
  while (!enough) {
  }
}

std::uint64_t handle_of(std::thread& thread) {
  return static_cast<std::uint64_t>(thread.native_handle());
}

bool names(const captured_stack& stack, const std::string& function) {
  const std::vector<std::string> lines = troupe::internal::symbolize(stack.view());
  return std::ranges::any_of(
      lines, [&](const std::string& line) { return line.find(function) != std::string::npos; });
}

TEST(thread_stack, shows_what_a_thread_computes) {
  if (!signals_arrive) GTEST_SKIP() << "signals are held back under ThreadSanitizer";
  computing = enough = false;
  std::thread busy(compute_for_long);
  while (!computing) std::this_thread::yield();
  const captured_stack stack = stack_of_thread(handle_of(busy), SIGURG);
  enough = true;
  busy.join();
  ASSERT_GT(stack.size, 0U);
  if (troupe::internal::names_all_functions()) {
    EXPECT_TRUE(names(stack, "compute_for_long"));
    EXPECT_FALSE(names(stack, "write_frames_down")) << "the handler itself is left out";
  }
}

TEST(thread_stack, is_empty_without_a_signal_and_where_the_signal_is_somebody_elses) {
  std::mutex held;
  held.lock();
  std::thread waiting([&] { const std::lock_guard wait(held); });
  EXPECT_EQ(stack_of_thread(handle_of(waiting), 0).size, 0U);
  struct sigaction theirs{};
  struct sigaction before{};
  theirs.sa_handler = [](int) {};
  sigaction(SIGUSR2, &theirs, &before);
  EXPECT_EQ(stack_of_thread(handle_of(waiting), SIGUSR2).size, 0U);
  struct sigaction now{};
  sigaction(SIGUSR2, &before, &now);
  EXPECT_EQ(now.sa_handler, theirs.sa_handler) << "it was replaced";
  held.unlock();
  waiting.join();
}

TEST(thread_stack, gives_up_on_a_thread_that_blocks_the_signal) {
  std::atomic<bool> blocked{false};
  std::atomic<bool> done{false};
  std::thread deaf([&] {
    sigset_t none;
    sigfillset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    blocked = true;
    while (!done) std::this_thread::yield();
  });
  while (!blocked) std::this_thread::yield();
  EXPECT_EQ(stack_of_thread(handle_of(deaf), SIGURG).size, 0U);
  done = true;
  deaf.join();
}

TEST(thread_stack, may_be_asked_for_by_several_at_once) {
  if (!signals_arrive) GTEST_SKIP() << "signals are held back under ThreadSanitizer";
  computing = enough = false;
  std::thread busy(compute_for_long);
  while (!computing) std::this_thread::yield();
  std::atomic<int> answered{0};
  std::vector<std::thread> asking;
  for (int i = 0; i != 4; ++i) {
    asking.emplace_back([&] {
      for (int k = 0; k != 20; ++k) {
        answered += stack_of_thread(handle_of(busy), SIGURG).size != 0 ? 1 : 0;
      }
    });
  }
  for (auto& one : asking) one.join();
  enough = true;
  busy.join();
  EXPECT_EQ(answered, 80);
}

}  // namespace

// What the machine charges, measured in the same run as the rest: no figure of troupe's can be
// judged without these.

#include "measure.hpp"

#include <benchmark/benchmark.h>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <thread>

namespace {

void raw_locked_add(benchmark::State& state) {
  std::atomic<std::uint64_t> counter{0};
  for (auto _ : state) counter.fetch_add(1);
  benchmark::DoNotOptimize(counter.load());
}
BENCHMARK(raw_locked_add);

void raw_malloc_and_free(benchmark::State& state) {
  for (auto _ : state) {
    void* memory = std::malloc(64);
    benchmark::DoNotOptimize(memory);
    std::free(memory);
  }
}
BENCHMARK(raw_malloc_and_free);

void raw_read_clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::chrono::steady_clock::now());
}
BENCHMARK(raw_read_clock);

struct ticking {
  struct promise_type {
    ticking get_return_object() noexcept {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
    static void return_void() noexcept {}
    static void unhandled_exception() noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> frame;
};

[[gnu::noinline]] ticking tick_for_ever() {
  for (;;) co_await std::suspend_always();
}

void raw_coroutine_switch(benchmark::State& state) {
  const ticking one = tick_for_ever();
  for (auto _ : state) one.frame.resume();
  one.frame.destroy();
}
BENCHMARK(raw_coroutine_switch);

// Two threads on two cores hand a number to and fro; one operation is there and back.
template <class Pass, class Await>
void ping_pong(benchmark::State& state, Pass pass, Await await) {
  if (bench::usable_cores() < 2) return state.SkipWithError("needs two cores");
  alignas(64) static std::atomic<std::uint32_t> ball;
  ball = 0;
  constexpr std::uint32_t end = ~0U;
  std::thread other([&] {
    const bench::pinned_to core(1);
    for (std::uint32_t turn = 1;; turn += 2) {
      if (await(ball, turn - 1) == end) return;
      pass(ball, turn + 1);
    }
  });
  const bench::pinned_to core(0);
  std::uint32_t turn = 0;
  for (auto _ : state) {
    pass(ball, turn + 1);
    await(ball, turn + 1);
    turn += 2;
  }
  pass(ball, end);
  other.join();
}

void raw_cache_line_there_and_back(benchmark::State& state) {
  ping_pong(
      state, [](auto& ball, std::uint32_t to) { ball.store(to, std::memory_order_release); },
      [](auto& ball, std::uint32_t from) {
        std::uint32_t seen = 0;
        while ((seen = ball.load(std::memory_order_acquire)) == from) {
        }
        return seen;
      });
}
BENCHMARK(raw_cache_line_there_and_back)->UseRealTime();

// Each thread sleeps whenever the other runs: one operation is two threads woken.
void raw_wake_parked_thread_twice(benchmark::State& state) {
  ping_pong(
      state,
      [](auto& ball, std::uint32_t to) {
        ball.store(to);
        syscall(SYS_futex, &ball, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
      },
      [](auto& ball, std::uint32_t from) {
        std::uint32_t seen = 0;
        while ((seen = ball.load()) == from) {
          syscall(SYS_futex, &ball, FUTEX_WAIT_PRIVATE, from, nullptr, nullptr, 0);
        }
        return seen;
      });
}
BENCHMARK(raw_wake_parked_thread_twice)->UseRealTime();

}  // namespace

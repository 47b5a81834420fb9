// What the machine charges, measured in the same run as the peers.

#include "measure.hpp"

#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdlib>
#include <exception>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <utility>

namespace peer {

namespace {

measured locked_add(const options& given) {
  std::atomic<std::uint64_t> counter{0};
  return measure_plain(given.get("ops", 20'000'000), [&](std::int64_t n) {
    for (std::int64_t i = 0; i != n; ++i) counter.fetch_add(1);
  });
}

// Adds to a number in memory, each time to what the last one has left there: a count that is kept
// for others to see. keep() makes it one of a loop whose rest the compiler does not know.
measured memory_add(const options& given) {
  std::int64_t counter = 0;
  const measured got = measure_plain(given.get("ops", 20'000'000), [&](std::int64_t n) {
    for (std::int64_t i = 0; i != n; ++i) {
      ++counter;
      keep(&counter);
    }
  });
  keep(counter);
  return got;
}

measured malloc_free(const options& given) {
  return measure_plain(given.get("ops", 20'000'000), [&](std::int64_t n) {
    for (std::int64_t i = 0; i != n; ++i) {
      void* memory = std::malloc(64);
      keep(memory);
      std::free(memory);
    }
  });
}

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

measured coroutine_switch(const options& given) {
  const ticking one = tick_for_ever();
  const measured got = measure_plain(given.get("ops", 20'000'000), [&](std::int64_t n) {
    for (std::int64_t i = 0; i != n; ++i) one.frame.resume();
  });
  one.frame.destroy();
  return got;
}

// What a hundred handlers cost whoever knows no more of them than a pointer to each: one operation
// is one call, of a handler that adds to a number.
measured handler_call(const options& given) {
  struct handler {
    void (*call)(void*, std::int64_t);
    void* of;
  };
  std::int64_t sum = 0;
  std::array<handler, 100> all{};
  all.fill({[](void* to, std::int64_t value) { *static_cast<std::int64_t*>(to) += value; }, &sum});
  keep(all.data());
  return measure_plain(given.get("ops", 20'000'000), [&](std::int64_t n) {
    for (std::int64_t i = 0; i < n; i += static_cast<std::int64_t>(all.size())) {
      for (const handler& one : all) one.call(one.of, i);
    }
    keep(&sum);
  });
}

void run_on(std::size_t core) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) throw std::runtime_error("needs two cores");
}

// Two threads hand a number to and fro; one operation is there and back.
measured cache_line(const options& given) {
  alignas(64) static std::atomic<std::int64_t> ball{0};
  return measure_plain(given.get("ops", 2'000'000), [&](std::int64_t n) {
    ball.store(0);
    run_on(0);
    std::jthread other([n] {
      run_on(1);
      for (std::int64_t turn = 1; turn < 2 * n; turn += 2) {
        while (ball.load(std::memory_order_acquire) != turn) {
        }
        ball.store(turn + 1, std::memory_order_release);
      }
    });
    for (std::int64_t turn = 0; turn != 2 * n; turn += 2) {
      ball.store(turn + 1, std::memory_order_release);
      while (ball.load(std::memory_order_acquire) != turn + 2) {
      }
    }
  });
}

// Between two reads of the clock in a row: what the machine takes from a thread that wants nothing
// of it. Where single operations are timed, the clock and these interruptions are in the figures.
measured clock_gap(const options& given) {
  const std::int64_t many = given.get("ops", 1'000'000);
  samples gaps;
  gaps.reserve(static_cast<std::size_t>(many));
  const auto start = clock::now();
  for (auto last = start; std::cmp_less(gaps.size(), many);) {
    const auto next = clock::now();
    gaps.push_back(std::chrono::duration<double, std::nano>(next - last).count());
    last = next;
  }
  return summed_up(std::move(gaps), seconds_since(start));
}

// From waking a thread that has slept for 2 ms to its first look at the clock.
measured thread_wake(const options& given) {
  using namespace std::chrono_literals;
  const std::int64_t many = given.get("ops", 500);
  samples times;
  times.reserve(static_cast<std::size_t>(many));
  std::binary_semaphore wake(0);
  clock::time_point woken;  // published by the semaphore
  const auto start = clock::now();
  std::jthread sleeper([&] {
    for (std::int64_t i = 0; i != many; ++i) {
      wake.acquire();
      times.push_back(nanoseconds_since(woken));
    }
  });
  for (std::int64_t i = 0; i != many; ++i) {
    std::this_thread::sleep_for(2ms);
    woken = clock::now();
    wake.release();
  }
  sleeper.join();
  return summed_up(std::move(times), seconds_since(start));
}

}  // namespace

std::span<const workload> raw_limits() {
  static constexpr std::array all{workload{"locked_add", locked_add},
                                  workload{"memory_add", memory_add},
                                  workload{"coroutine_switch", coroutine_switch},
                                  workload{"malloc_free", malloc_free},
                                  workload{"handler_call", handler_call},
                                  workload{"cache_line", cache_line},
                                  workload{"clock_gap", clock_gap},
                                  workload{"thread_wake", thread_wake}};
  return all;
}

}  // namespace peer

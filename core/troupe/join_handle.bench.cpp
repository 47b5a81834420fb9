// A task as a fiber of its own: started and waited for.
#include <troupe/join_handle.hpp>
#include <troupe/runtime.hpp>

#include <measure.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using troupe::runtime;
using troupe::task;

[[gnu::noinline]] task<int> short_work() { co_return 1; }

void spawn_task_and_join(benchmark::State& state) {
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 10'000, [](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      benchmark::DoNotOptimize(co_await troupe::spawn(short_work()));
    }
  });
}
BENCHMARK(spawn_task_and_join)->UseManualTime();

// A hundred at a time, then all are joined.
void spawn_tasks_and_join_all(benchmark::State& state) {
  constexpr std::int64_t crowd = 100;
  runtime rt({.workers = static_cast<std::size_t>(state.range(0))});
  bench::run_laps(state, rt, 10'000, [](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<int>> running;
    running.reserve(crowd);
    for (std::int64_t i = 0; i != n; i += crowd) {
      for (std::int64_t k = 0; k != crowd; ++k) running.push_back(troupe::spawn(short_work()));
      for (auto& one : running) benchmark::DoNotOptimize(co_await one);
      running.clear();
    }
  });
}
BENCHMARK(spawn_tasks_and_join_all)->ArgName("workers")->Arg(1)->Arg(2)->UseManualTime();

}  // namespace

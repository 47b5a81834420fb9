// Awaiting a coroutine that ends at once, alone and at the end of a chain.
#include <troupe/runtime.hpp>
#include <troupe/task.hpp>

#include <measure.hpp>

#include <cstdint>

namespace {

using troupe::runtime;
using troupe::task;

[[gnu::noinline]] task<std::int64_t> at_once(std::int64_t value) { co_return value; }

void await_task_that_ends_at_once(benchmark::State& state) {
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [](std::int64_t n) -> task<> {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i != n; ++i) sum += co_await at_once(i);
    benchmark::DoNotOptimize(sum);
  });
}
BENCHMARK(await_task_that_ends_at_once)->UseManualTime();

[[gnu::noinline]] task<std::int64_t> chain(std::int64_t links) {
  if (links == 0) co_return 0;
  co_return 1 + co_await chain(links - 1);
}

// One operation is one link.
void await_chain_of_1000_tasks(benchmark::State& state) {
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; i += 1'000) benchmark::DoNotOptimize(co_await chain(1'000));
  });
}
BENCHMARK(await_chain_of_1000_tasks)->UseManualTime();

}  // namespace

// The runtime as a whole: entering it from outside, and what an idle actor takes up.
#include <troupe/runtime.hpp>

#include <footprint.hpp>
#include <measure.hpp>

#include <cstddef>

namespace {

using troupe::runtime;
using troupe::task;

[[gnu::noinline]] task<int> at_once() { co_return 1; }

// A thread outside hands a task in and sleeps until it has ended: two threads are woken.
void block_on_from_outside(benchmark::State& state) {
  runtime rt({.workers = 1});
  for (int i = 0; i != 1'000; ++i) benchmark::DoNotOptimize(rt.block_on(at_once()));
  const bench::count_allocations count(state);
  for (auto _ : state) benchmark::DoNotOptimize(rt.block_on(at_once()));
}
BENCHMARK(block_on_from_outside)->UseRealTime();

void start_and_stop_runtime(benchmark::State& state) {
  const bench::count_allocations count(state);
  for (auto _ : state) runtime rt({.workers = 2});
}
BENCHMARK(start_and_stop_runtime)->UseRealTime();

// Actors with one cast_inbox of 16 that wait in serve; the time says nothing, the counters do.
void idle_actors(benchmark::State& state, const char* kind) {
  bench::footprint got;
  for (auto _ : state) {
    got = bench::footprint_of_idle_actors(kind, static_cast<std::size_t>(state.range(0)));
  }
  state.counters["heap bytes each"] = got.heap_bytes;
  state.counters["resident bytes each"] = got.resident_bytes;
  state.counters["allocs each"] = got.allocations;
}
BENCHMARK_CAPTURE(idle_actors, on_the_runtime, "runtime")->Arg(100'000)->Iterations(1);
BENCHMARK_CAPTURE(idle_actors, supervised, "supervised")->Arg(100'000)->Iterations(1);

}  // namespace

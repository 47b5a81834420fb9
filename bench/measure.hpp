#pragma once

// How to measure what happens inside a runtime. run_laps() runs laps of many operations in one
// fiber and takes the time, and counts the allocations, inside that fiber: neither the hand-over to
// block_on's thread nor the start of the fiber is in the figure. Benchmarks that use it are
// registered with UseManualTime().
//
// What a fiber refers to must outlive it: declare inboxes before the runtime, whose destructor
// ends the fibers.

#include "allocations.hpp"

#include <troupe/error.hpp>
#include <troupe/runtime.hpp>
#include <troupe/task.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace bench {

inline void report(benchmark::State& state, allocation_totals made) {
  const auto each = static_cast<double>(state.iterations());
  state.counters["allocs/op"] = static_cast<double>(made.count) / each;
  state.counters["bytes/op"] = static_cast<double>(made.bytes) / each;
}

/// For a benchmark that loops over its state itself: from here to the end of the scope.
class count_allocations {
 public:
  explicit count_allocations(benchmark::State& state) noexcept
      : state_(&state), before_(allocations()) {}
  count_allocations(const count_allocations&) = delete;
  count_allocations& operator=(const count_allocations&) = delete;
  ~count_allocations() { report(*state_, allocations() - before_); }

 private:
  benchmark::State* state_;
  allocation_totals before_;
};

struct lap {
  double seconds;
  allocation_totals allocated;
};

template <class Body>
troupe::task<lap> run_lap(Body* body, std::int64_t operations) {
  using clock = std::chrono::steady_clock;
  set_allocation_trap(true);
  const allocation_totals before = allocations();
  const clock::time_point start = clock::now();
  co_await (*body)(operations);
  const clock::time_point end = clock::now();
  const allocation_totals after = allocations();
  set_allocation_trap(false);
  co_return lap{std::chrono::duration<double>(end - start).count(), after - before};
}

/// `body(n)` is a task<> that does n operations. It may capture: it is kept alive.
template <class Body>
void run_laps(benchmark::State& state, troupe::runtime& rt, std::int64_t operations, Body body) {
  constexpr int warm_up = 3;
  for (int i = 0; i != warm_up; ++i) rt.block_on(body(operations));
  allocation_totals made;
  while (state.KeepRunningBatch(operations)) {
    const lap one = rt.block_on(run_lap(&body, operations));
    state.SetIterationTime(one.seconds);
    made += one.allocated;
  }
  report(state, made);
}

/// The calling thread, and the threads it starts meanwhile, run on one core.
class pinned_to {
 public:
  explicit pinned_to(std::size_t core) noexcept;
  pinned_to(const pinned_to&) = delete;
  pinned_to& operator=(const pinned_to&) = delete;
  ~pinned_to();
};

/// Cores that this process may use.
[[nodiscard]] std::size_t usable_cores() noexcept;

/// A runtime whose only worker stays on one core.
class pinned_runtime {
 public:
  explicit pinned_runtime(std::size_t core) {
    const pinned_to there(core);
    runtime_.emplace(troupe::runtime_options{.workers = 1});
  }
  troupe::runtime& operator*() const noexcept { return *runtime_; }
  troupe::runtime* operator->() const noexcept { return &*runtime_; }

 private:
  mutable std::optional<troupe::runtime> runtime_;
};

}  // namespace bench

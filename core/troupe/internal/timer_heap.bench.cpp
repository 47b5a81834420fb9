// What a timer costs: set and canceled before it is due (the usual case), and set and fired.
#include <troupe/internal/timer_heap.hpp>

#include <measure.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

namespace {

using troupe::time_point;
using troupe::detail::timer_node;
using troupe::internal::timer_heap;

constexpr std::int64_t second = 1'000'000'000;

time_point at(std::int64_t ns) { return time_point(std::chrono::nanoseconds(ns)); }

struct crowd {
  explicit crowd(std::int64_t how_many) : nodes(static_cast<std::size_t>(how_many)) {
    for (auto& node : nodes) {
      node.deadline = at(static_cast<std::int64_t>(random() % (10 * second)));
      heap.insert(node);
    }
  }

  std::mt19937_64 random{1};
  std::vector<timer_node> nodes;
  timer_heap heap;
};

// A deadline later than most: it stays near the bottom.
void timer_set_and_cancel(benchmark::State& state) {
  crowd others(state.range(0));
  timer_node node;
  const bench::count_allocations count(state);
  for (auto _ : state) {
    node.deadline = at(11 * second);
    others.heap.insert(node);
    benchmark::DoNotOptimize(others.heap.erase(node));
  }
}
BENCHMARK(timer_set_and_cancel)->Arg(1)->Arg(1'000)->Arg(1'000'000);

// Any deadline among the others.
void timer_set_and_cancel_anywhere(benchmark::State& state) {
  crowd others(state.range(0));
  timer_node node;
  const bench::count_allocations count(state);
  for (auto _ : state) {
    node.deadline = at(static_cast<std::int64_t>(others.random() % (10 * second)));
    others.heap.insert(node);
    benchmark::DoNotOptimize(others.heap.erase(node));
  }
}
BENCHMARK(timer_set_and_cancel_anywhere)->Arg(1)->Arg(1'000)->Arg(1'000'000);

// The earliest fires and is set again, as a periodic timer is.
void timer_fire_and_set(benchmark::State& state) {
  crowd others(state.range(0));
  const bench::count_allocations count(state);
  for (auto _ : state) {
    timer_node* const node = others.heap.pop_due(others.heap.next_deadline());
    node->deadline += std::chrono::nanoseconds(10 * second);
    others.heap.insert(*node);
  }
}
BENCHMARK(timer_fire_and_set)->Arg(1)->Arg(1'000)->Arg(1'000'000);

}  // namespace

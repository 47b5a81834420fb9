// What a call costs, there and back: on one worker, between cores, and with many callers.
#include <troupe/call_inbox.hpp>
#include <troupe/runtime.hpp>

#include <measure.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>

namespace {

using troupe::call_inbox;
using troupe::cast_inbox;
using troupe::runtime;
using troupe::task;

task<> answer(call_inbox<int, int>* in) {
  while (auto asked = co_await in->receive()) static_cast<void>(asked->reply(asked->payload() + 1));
}

void call_on_one_worker(benchmark::State& state) {
  call_inbox<int, int> in(16);
  runtime rt({.workers = 1});
  rt.spawn(answer(&in));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await in.call(1));
  });
}
BENCHMARK(call_on_one_worker)->UseManualTime();

// A second worker that has nothing to do must not make it slower.
void call_beside_an_idle_worker(benchmark::State& state) {
  call_inbox<int, int> in(16);
  runtime rt({.workers = 2});
  rt.spawn(answer(&in));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await in.call(1));
  });
}
BENCHMARK(call_beside_an_idle_worker)->UseManualTime();

// Caller and callee in a runtime of their own, each with one worker on a core of its own: the worst
// placement there is. Both workers sleep between the messages.
void call_across_cores(benchmark::State& state) {
  if (bench::usable_cores() < 2) return state.SkipWithError("needs two cores");
  call_inbox<int, int> in(16);
  const bench::pinned_runtime near(0);
  const bench::pinned_runtime far(1);
  far->spawn(answer(&in));
  bench::run_laps(state, *near, 1'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await in.call(1));
  });
  in.close();
}
BENCHMARK(call_across_cores)->UseManualTime();

task<> call_when_told(cast_inbox<std::int64_t>* told, call_inbox<int, int>* to,
                      cast_inbox<int>* done) {
  while (auto many = co_await told->receive()) {
    for (std::int64_t i = 0; i != *many; ++i) {
      if (!co_await to->call(1)) co_return;
    }
    static_cast<void>(co_await done->cast(1));
  }
}

void call_from_callers(benchmark::State& state) {
  const auto callers = state.range(0);
  call_inbox<int, int> in(16);
  cast_inbox<int> done(16);
  std::deque<cast_inbox<std::int64_t>> told;
  runtime rt({.workers = static_cast<std::size_t>(state.range(1))});
  rt.spawn(answer(&in));
  for (std::int64_t i = 0; i != callers; ++i) {
    rt.spawn(call_when_told(&told.emplace_back(1), &in, &done));
  }
  bench::run_laps(state, rt, 48'000, [&](std::int64_t n) -> task<> {
    for (auto& one : told) static_cast<void>(co_await one.cast(n / callers));
    for (std::int64_t i = 0; i != callers; ++i) static_cast<void>(co_await done.receive());
  });
}
BENCHMARK(call_from_callers)
    ->ArgNames({"callers", "workers"})
    ->ArgsProduct({{1, 4, 16}, {1, 2}})
    ->UseManualTime();

}  // namespace

// What emitting costs for the handlers there are, and what it costs to come and go.
#include <troupe/outbox.hpp>
#include <troupe/runtime.hpp>

#include <measure.hpp>

#include <cstdint>
#include <deque>

namespace {

using troupe::outbox;
using troupe::outbox_subscription;
using troupe::runtime;
using troupe::task;

template <class Handler>
void emit_to(benchmark::State& state, Handler handler) {
  outbox<std::int64_t> out;
  std::deque<outbox_subscription> kept;
  for (std::int64_t i = 0; i != state.range(0); ++i) kept.push_back(out.subscribe(handler));
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 20'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) static_cast<void>(co_await out.emit(i));
  });
}

void emit_to_plain_handlers(benchmark::State& state) {
  std::int64_t sum = 0;
  emit_to(state, [&sum](std::int64_t n) { sum += n; });
  benchmark::DoNotOptimize(sum);
}
BENCHMARK(emit_to_plain_handlers)->Arg(0)->Arg(1)->Arg(10)->Arg(100)->UseManualTime();

void emit_to_coroutine_handlers(benchmark::State& state) {
  std::int64_t last = 0;
  emit_to(state, [&last](std::int64_t n) -> task<> {
    last = n;
    co_return;
  });
  benchmark::DoNotOptimize(last);
}
BENCHMARK(emit_to_coroutine_handlers)->Arg(1)->Arg(10)->UseManualTime();

void subscribe_and_unsubscribe(benchmark::State& state) {
  outbox<std::int64_t> out;
  std::int64_t sum = 0;
  const bench::count_allocations counted(state);
  for (auto _ : state) {
    auto one = out.subscribe([&sum](std::int64_t n) { sum += n; });
    benchmark::DoNotOptimize(one);
  }
}
BENCHMARK(subscribe_and_unsubscribe);

// The same with an emit now and then, which takes back what was unsubscribed.
void subscribe_unsubscribe_and_emit(benchmark::State& state) {
  outbox<std::int64_t> out;
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 20'000, [&](std::int64_t n) -> task<> {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i != n; ++i) {
      const auto one = out.subscribe([&sum](std::int64_t k) { sum += k; });
      static_cast<void>(co_await out.emit(i));
    }
    benchmark::DoNotOptimize(sum);
  });
}
BENCHMARK(subscribe_unsubscribe_and_emit)->UseManualTime();

// Subscribing alone: batches of a thousand, which go again outside of what is measured.
void subscribe(benchmark::State& state) {
  constexpr int batch = 1000;
  outbox<std::int64_t> out;
  std::int64_t sum = 0;
  std::deque<outbox_subscription> kept(batch);
  const auto fill = [&] {
    for (auto& one : kept) one = out.subscribe([&sum](std::int64_t n) { sum += n; });
  };
  const auto clear = [&] {
    for (auto& one : kept) one.unsubscribe();
  };
  fill();
  clear();
  bench::allocation_totals made;
  while (state.KeepRunningBatch(batch)) {
    const auto before = bench::allocations();
    fill();
    made += bench::allocations() - before;
    state.PauseTiming();
    clear();
    state.ResumeTiming();
  }
  bench::report(state, made);
}
BENCHMARK(subscribe);

}  // namespace

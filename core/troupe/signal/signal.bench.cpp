// What a signal's change costs: to nobody, to subscribers that do not look, to watchers, and all
// the way to a subscriber that wakes; what reading costs; and how fast a periodic signal can beat.
#include <troupe/runtime.hpp>
#include <troupe/signal/compose.hpp>
#include <troupe/signal/periodic_signal.hpp>
#include <troupe/signal/pushed_signal.hpp>

#include <measure.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace {

using troupe::keep_latest;
using troupe::pushed_signal;
using troupe::result;
using troupe::runtime;
using troupe::subscription;
using troupe::task;

template <class V>
std::shared_ptr<pushed_signal<V>> started(runtime& rt, std::shared_ptr<pushed_signal<V>> one) {
  rt.spawn(one);
  return one;
}

task<> write_laps(pushed_signal<int>* to, std::int64_t n) {
  for (std::int64_t i = 0; i != n; ++i) {
    static_cast<void>(co_await to->write(static_cast<int>(i)));
  }
}

void pushed_write(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto one = started(rt, std::make_shared<pushed_signal<int>>("one", [](int) {}));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) { return write_laps(one.get(), n); });
}
BENCHMARK(pushed_write)->UseManualTime();

void pushed_write_coroutine_update(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto one = started(rt, std::make_shared<pushed_signal<int>>(
                             "one", [](int) -> task<result<>> { co_return result<>(); }));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) { return write_laps(one.get(), n); });
}
BENCHMARK(pushed_write_coroutine_update)->UseManualTime();

// Each subscriber's buffer is full, so each value drives out the one before.
void notify(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto one = started(rt, std::make_shared<pushed_signal<int>>("one"));
  std::vector<subscription<int>> slow;
  for (std::int64_t i = 0; i != state.range(0); ++i) {
    slow.push_back(one->subscribe(keep_latest(1)));
  }
  bench::run_laps(state, rt, 5'000, [&](std::int64_t n) { return write_laps(one.get(), n); });
}
BENCHMARK(notify)->UseManualTime()->Arg(0)->Arg(1)->Arg(10)->Arg(100);

void notify_watchers(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto one = started(rt, std::make_shared<pushed_signal<int>>("one"));
  std::vector<subscription<troupe::changed>> slow;
  for (std::int64_t i = 0; i != state.range(0); ++i) slow.push_back(one->watch());
  bench::run_laps(state, rt, 5'000, [&](std::int64_t n) { return write_laps(one.get(), n); });
}
BENCHMARK(notify_watchers)->UseManualTime()->Arg(1)->Arg(10)->Arg(100);

task<> drain(subscription<int> from) {
  while (auto value = co_await from.receive()) benchmark::DoNotOptimize(*value);
}

// Each subscriber is a fiber that waits: it is woken, and takes the value, before the next write.
void notify_and_wake(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto one = started(rt, std::make_shared<pushed_signal<int>>("one"));
  for (std::int64_t i = 0; i != state.range(0); ++i) {
    rt.spawn(drain(one->subscribe(keep_latest(1))));
  }
  bench::run_laps(state, rt, 5'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await one->write(static_cast<int>(i)));
      co_await troupe::sleep_for(std::chrono::nanoseconds(0));  // lets them run
    }
  });
}
BENCHMARK(notify_and_wake)->UseManualTime()->Arg(1)->Arg(10)->Arg(100);

// source → map → map → subscriber, there and back in one worker.
void through_computed_signals(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto source = std::make_shared<pushed_signal<int>>("source");
  auto doubled = troupe::map(source, [](int n) { return 2 * n; });
  auto last = troupe::map(doubled, [](int n) { return n + 1; });
  auto seen = last->subscribe(keep_latest(1));
  rt.spawn(source);
  rt.spawn(doubled);
  rt.spawn(last);
  bench::run_laps(state, rt, 20'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await source->write(static_cast<int>(i)));
      benchmark::DoNotOptimize(co_await seen.receive());
    }
  });
}
BENCHMARK(through_computed_signals)->UseManualTime();

void diamond(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto source = std::make_shared<pushed_signal<int>>("source");
  auto left = troupe::map(source, [](int n) { return 2 * n; });
  auto right = troupe::map(source, [](int n) { return 3 * n; });
  auto both = troupe::combine([](int l, int r) { return l + r; }, left, right);
  auto seen = both->subscribe(keep_latest(1));
  for (const auto& one : {left, right, both}) rt.spawn(one);
  rt.spawn(source);
  bench::run_laps(state, rt, 20'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await source->write(static_cast<int>(i)));
      benchmark::DoNotOptimize(co_await seen.receive());
    }
  });
}
BENCHMARK(diamond)->UseManualTime();

template <class V>
void read(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto one = std::make_shared<pushed_signal<V>>("one", troupe::signal_options<V>{.initial = V{}});
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(one->read());
    co_return;
  });
}
BENCHMARK(read<double>)->UseManualTime();
BENCHMARK(read<std::array<double, 8>>)->UseManualTime();

void subscribe_and_unsubscribe(benchmark::State& state) {
  runtime rt({.workers = 1});
  auto one = started(rt, std::make_shared<pushed_signal<int>>("one"));
  bench::run_laps(state, rt, 20'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      benchmark::DoNotOptimize(one->subscribe(keep_latest(1)));
    }
    co_return;
  });
}
BENCHMARK(subscribe_and_unsubscribe)->UseManualTime();

// The time between two values of a signal that is updated every `range` microseconds.
void periodic_update(benchmark::State& state) {
  runtime rt({.workers = 1});
  int count = 0;
  auto one = std::make_shared<troupe::periodic_signal<int>>(
      "one", [&count] { return ++count; }, std::chrono::microseconds(state.range(0)));
  auto seen = one->subscribe(keep_latest(1));
  rt.spawn(one);
  bench::run_laps(state, rt, 1'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await seen.receive());
  });
}
BENCHMARK(periodic_update)->UseManualTime()->Arg(1)->Arg(10)->Arg(100);

}  // namespace

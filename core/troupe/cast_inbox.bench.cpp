// What a message costs: through the ring alone, from actor to actor, to a sleeping actor, and with
// many senders.
#include <troupe/cast_inbox.hpp>
#include <troupe/runtime.hpp>

#include <measure.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>

namespace {

using troupe::cast_inbox;
using troupe::runtime;
using troupe::task;

// One actor sends to itself: no switch, only the way in and out.
void cast_and_receive_in_one_actor(benchmark::State& state) {
  cast_inbox<int> in(16);
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await in.cast(1));
      benchmark::DoNotOptimize(co_await in.receive());
    }
  });
}
BENCHMARK(cast_and_receive_in_one_actor)->UseManualTime();

void try_cast_and_receive_in_one_actor(benchmark::State& state) {
  cast_inbox<int> in(16);
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(in.try_cast(1));
      benchmark::DoNotOptimize(co_await in.receive());
    }
  });
}
BENCHMARK(try_cast_and_receive_in_one_actor)->UseManualTime();

task<> pass_on(cast_inbox<int>* from, cast_inbox<int>* to) {
  while (auto message = co_await from->receive()) {
    if (!co_await to->cast(*message)) break;
  }
}

// Two actors hand a message to and fro: each cast finds its receiver parked and wakes it.
void cast_to_parked_actor(benchmark::State& state) {
  cast_inbox<int> there(16);
  cast_inbox<int> back(16);
  runtime rt({.workers = 1});
  rt.spawn(pass_on(&there, &back));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; i += 2) {
      static_cast<void>(co_await there.cast(1));
      benchmark::DoNotOptimize(co_await back.receive());
    }
  });
}
BENCHMARK(cast_to_parked_actor)->UseManualTime();

// The same between two cores, each with a runtime of one worker: there and back.
void cast_there_and_back_across_cores(benchmark::State& state) {
  if (bench::usable_cores() < 2) return state.SkipWithError("needs two cores");
  cast_inbox<int> there(16);
  cast_inbox<int> back(16);
  const bench::pinned_runtime near(0);
  const bench::pinned_runtime far(1);
  far->spawn(pass_on(&there, &back));
  bench::run_laps(state, *near, 1'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await there.cast(1));
      benchmark::DoNotOptimize(co_await back.receive());
    }
  });
  there.close();
}
BENCHMARK(cast_there_and_back_across_cores)->UseManualTime();

task<> send_when_told(cast_inbox<std::int64_t>* told, cast_inbox<int>* to) {
  while (auto many = co_await told->receive()) {
    for (std::int64_t i = 0; i != *many; ++i) {
      if (!co_await to->cast(1)) co_return;
    }
  }
}

// A stream into one actor: senders keep an inbox of 64 full.
void cast_from_senders(benchmark::State& state) {
  const auto senders = state.range(0);
  cast_inbox<int> in(64);
  std::deque<cast_inbox<std::int64_t>> told;
  runtime rt({.workers = static_cast<std::size_t>(state.range(1))});
  for (std::int64_t i = 0; i != senders; ++i) {
    rt.spawn(send_when_told(&told.emplace_back(1), &in));
  }
  bench::run_laps(state, rt, 48'000, [&](std::int64_t n) -> task<> {
    for (auto& one : told) static_cast<void>(co_await one.cast(n / senders));
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await in.receive());
  });
}
BENCHMARK(cast_from_senders)
    ->ArgNames({"senders", "workers"})
    ->ArgsProduct({{1, 4, 16}, {1, 2}})
    ->UseManualTime();

}  // namespace

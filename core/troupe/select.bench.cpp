// A wait on one inbox against a wait on several; and with a timer that is never due.
#include <troupe/runtime.hpp>
#include <troupe/select.hpp>

#include <measure.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace {

using troupe::cast_inbox;
using troupe::runtime;
using troupe::task;

using inboxes = std::deque<cast_inbox<int>>;

template <std::size_t... I>
auto select_all(inboxes& in, std::index_sequence<I...>) {
  return troupe::select(in[I]...);
}

void open(inboxes& in, std::size_t count) {
  for (std::size_t i = 0; i != count; ++i) in.emplace_back(16);
}

// The actor sends to itself and so finds a message; less the cost of cast, that is the wait.
template <std::size_t Count>
void select_ready(benchmark::State& state) {
  inboxes in;
  open(in, Count);
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(in[static_cast<std::size_t>(i) % Count].try_cast(1));
      benchmark::DoNotOptimize(co_await select_all(in, std::make_index_sequence<Count>()));
    }
  });
}
BENCHMARK(select_ready<1>)->UseManualTime();
BENCHMARK(select_ready<4>)->UseManualTime();
BENCHMARK(select_ready<8>)->UseManualTime();

task<> scatter(cast_inbox<int>* asked, inboxes* to) {
  std::size_t next = 0;
  while (co_await asked->receive()) {
    if (!co_await (*to)[next++ % to->size()].cast(1)) break;
  }
}

// Another actor sends each time: the cast that asks it, two switches, its cast and the wait.
template <std::size_t Count>
void select_parked(benchmark::State& state) {
  inboxes in;
  open(in, Count);
  cast_inbox<int> ask(1);
  runtime rt({.workers = 1});
  rt.spawn(scatter(&ask, &in));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await ask.cast(1));
      benchmark::DoNotOptimize(co_await select_all(in, std::make_index_sequence<Count>()));
    }
  });
}
BENCHMARK(select_parked<1>)->UseManualTime();
BENCHMARK(select_parked<4>)->UseManualTime();
BENCHMARK(select_parked<8>)->UseManualTime();

// As select_parked<1>, and the timer is set and canceled each time.
void select_parked_with_timeout(benchmark::State& state) {
  inboxes in;
  open(in, 1);
  cast_inbox<int> ask(1);
  runtime rt({.workers = 1});
  rt.spawn(scatter(&ask, &in));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await ask.cast(1));
      benchmark::DoNotOptimize(
          co_await troupe::select(in[0], troupe::after(std::chrono::hours(1))));
    }
  });
}
BENCHMARK(select_parked_with_timeout)->UseManualTime();

}  // namespace

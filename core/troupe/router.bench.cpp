// What a choice costs, by strategy, alone and beside another thread that chooses too; and, to
// compare, the shared counter that a router could have instead.
#include <troupe/cast_inbox.hpp>
#include <troupe/router.hpp>

#include <measure.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace {

using troupe::cast_inbox;
using troupe::router;
using troupe::routing;

struct worker {
  int id;
};

std::vector<worker*> workers(std::size_t many) {
  static std::array<worker, 1000> all;
  std::vector<worker*> made;
  for (std::size_t i = 0; i != many; ++i) made.push_back(&all[i]);
  return made;
}

template <class Choose>
void choose(benchmark::State& state, Choose one) {
  const bench::count_allocations counted(state);
  for (auto _ : state) benchmark::DoNotOptimize(one());
}

void next_round_robin(benchmark::State& state) {
  static router<worker*> shared(routing::round_robin, workers(8));
  choose(state, [] { return shared.next(); });
}
BENCHMARK(next_round_robin)->Threads(1)->Threads(2)->UseRealTime();

void next_random(benchmark::State& state) {
  static router<worker*> shared(routing::random, workers(8));
  choose(state, [] { return shared.next(); });
}
BENCHMARK(next_random)->Threads(1)->Threads(2)->UseRealTime();

void next_by_a_shared_counter(benchmark::State& state) {
  static const std::vector<worker*> all = workers(8);
  static std::atomic<std::uint64_t> counter{0};
  choose(state, [] { return all[counter.fetch_add(1, std::memory_order_relaxed) % all.size()]; });
}
BENCHMARK(next_by_a_shared_counter)->Threads(1)->Threads(2)->UseRealTime();

void next_least_loaded(benchmark::State& state) {
  std::deque<cast_inbox<int>> inboxes;
  std::vector<cast_inbox<int>*> all;
  for (std::int64_t i = 0; i != state.range(0); ++i) {
    all.push_back(&inboxes.emplace_back(4));
    for (std::int64_t n = 0; n != 1 + i % 3; ++n) static_cast<void>(all.back()->try_cast(1));
  }
  router<cast_inbox<int>*> shared(routing::least_loaded, std::move(all));
  choose(state, [&] { return shared.next(); });
}
BENCHMARK(next_least_loaded)->Arg(2)->Arg(4)->Arg(100);

void sticky(benchmark::State& state) {
  const router<worker*> shared(routing::random, workers(static_cast<std::size_t>(state.range(0))));
  std::uint64_t key = 0;
  choose(state, [&] { return shared.sticky(++key); });
}
BENCHMARK(sticky)->Arg(3)->Arg(8)->Arg(100);

void broadcast_to_eight(benchmark::State& state) {
  router<worker*> shared(routing::random, workers(8));
  int sum = 0;
  choose(state, [&] {
    shared.broadcast([&](worker* one) { sum += one->id; });
    return sum;
  });
}
BENCHMARK(broadcast_to_eight);

void add_and_remove(benchmark::State& state) {
  router<worker*> shared(routing::random, workers(8));
  worker another{};
  choose(state, [&] { return shared.remove(shared.add(&another)).has_value(); });
}
BENCHMARK(add_and_remove);

}  // namespace

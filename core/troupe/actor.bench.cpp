// An actor's whole life on a runtime, without a supervisor.
#include <troupe/actor.hpp>
#include <troupe/runtime.hpp>

#include <measure.hpp>

#include <cstdint>
#include <memory>

namespace {

using troupe::runtime;
using troupe::task;

class short_lived : public troupe::actor {
 public:
  short_lived() : actor("short_lived") {}

 protected:
  task<troupe::result<>> run(troupe::context) override { co_return troupe::result<>(); }
};

// The object as well as the run.
void make_spawn_and_join_actor(benchmark::State& state) {
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 10'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      benchmark::DoNotOptimize(co_await rt.spawn(std::make_shared<short_lived>()));
    }
  });
}
BENCHMARK(make_spawn_and_join_actor)->UseManualTime();

// The same object again and again: the run alone.
void spawn_and_join_actor(benchmark::State& state) {
  runtime rt({.workers = 1});
  const auto one = std::make_shared<short_lived>();
  bench::run_laps(state, rt, 10'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await rt.spawn(one));
  });
}
BENCHMARK(spawn_and_join_actor)->UseManualTime();

}  // namespace

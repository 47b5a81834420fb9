// What it costs to be looked at: the same messages with nobody looking, with health looked after
// and somebody inspecting all the time; and inspecting itself, an actor.
#include <troupe/troupe.hpp>

#include <measure.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::runtime;
using troupe::task;

class counter : public troupe::actor {
 public:
  counter() : actor("counter") {}
  troupe::cast_inbox<int> in{64};
  troupe::call_inbox<int, int> asked{4};

 protected:
  task<troupe::result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in, [this](int n) { sum_ += n; }),
                                     troupe::on(asked, [this](int) { return sum_; }));
  }

 private:
  int sum_ = 0;
};

task<> send(counter* to, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) benchmark::DoNotOptimize(co_await to->in.cast(1));
  benchmark::DoNotOptimize(co_await to->asked.call(0));
}

constexpr std::int64_t lap = 50'000;

void messages_unobserved(benchmark::State& state) {
  runtime rt({.workers = 1, .health = {.interval = troupe::duration::max()}});
  auto one = std::make_shared<counter>();
  rt.spawn(one);
  bench::run_laps(state, rt, lap, [&](std::int64_t n) { return send(one.get(), n); });
}
BENCHMARK(messages_unobserved)->UseManualTime();

// Looks and inspections each millisecond, among a thousand other actors: a hundred times what a
// dashboard would do.
void messages_observed(benchmark::State& state) {
  runtime rt({.workers = 1, .health = {.interval = 1ms, .limit = 1s}});
  auto one = std::make_shared<counter>();
  rt.spawn(one);
  for (int i = 0; i != 1000; ++i) rt.spawn(std::make_shared<counter>());
  std::atomic<bool> done{false};
  std::thread looks([&] {
    while (!done) {
      benchmark::DoNotOptimize(rt.inspect());
      std::this_thread::sleep_for(1ms);
    }
  });
  bench::run_laps(state, rt, lap, [&](std::int64_t n) { return send(one.get(), n); });
  done = true;
  looks.join();
}
BENCHMARK(messages_observed)->UseManualTime();

// One operation is one actor looked at.
void inspect_actors(benchmark::State& state) {
  const auto many = static_cast<std::size_t>(state.range(0));
  runtime rt({.workers = 1});
  for (std::size_t i = 0; i != many; ++i) rt.spawn(std::make_shared<counter>());
  for (auto _ : state) benchmark::DoNotOptimize(rt.inspect());
  state.SetItemsProcessed(static_cast<std::int64_t>(many) * state.iterations());
  state.counters["ns/actor"] =
      benchmark::Counter(static_cast<double>(many) * static_cast<double>(state.iterations()) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(inspect_actors)->Arg(10)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace

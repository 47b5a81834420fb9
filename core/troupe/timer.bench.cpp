// Time as something to wait for: a sleep that is canceled, one that is over, and the scheduler's
// timers alone.
#include <troupe/cast_inbox.hpp>
#include <troupe/runtime.hpp>
#include <troupe/timer.hpp>

#include <measure.hpp>

#include <chrono>
#include <cstdint>
#include <deque>

namespace {

using troupe::cast_inbox;
using troupe::context;
using troupe::runtime;
using troupe::task;
using namespace std::chrono_literals;

// sleep_for(0): to the back of the queue and on.
void let_others_run(benchmark::State& state) {
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) static_cast<void>(co_await troupe::sleep_for(0ns));
  });
}
BENCHMARK(let_others_run)->UseManualTime();

task<> sleep_until_canceled(cast_inbox<context>* in, cast_inbox<int>* out) {
  while (auto under = co_await in->receive()) {
    static_cast<void>(co_await troupe::sleep_for(*under, 1h));
    if (!co_await out->cast(1)) break;
  }
}

// A context is made, handed to an actor that sleeps under it, and canceled.
void sleep_and_cancel(benchmark::State& state) {
  cast_inbox<context> in(1);
  cast_inbox<int> out(1);
  runtime rt({.workers = 1});
  rt.spawn(sleep_until_canceled(&in, &out));
  bench::run_laps(state, rt, 10'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      const auto limited = context::background().with_cancel();
      static_cast<void>(co_await in.cast(limited));
      static_cast<void>(co_await troupe::sleep_for(0ns));
      limited.cancel();
      static_cast<void>(co_await out.receive());
    }
  });
}
BENCHMARK(sleep_and_cancel)->UseManualTime();

// The shortest sleep there is: the figure is how late it ends.
void sleep_for_1us(benchmark::State& state) {
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 200, [](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) static_cast<void>(co_await troupe::sleep_for(1us));
  });
}
BENCHMARK(sleep_for_1us)->UseManualTime();

// With as many other timers in the heap.
void set_and_cancel_in_scheduler(benchmark::State& state) {
  const auto others = state.range(0);
  runtime rt({.workers = 1});
  std::deque<troupe::detail::timer_node> crowd(static_cast<std::size_t>(others));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    auto& sched = *troupe::detail::current.sched;
    const auto set = [&](troupe::detail::timer_node& node, troupe::duration in) {
      node.deadline = sched.now() + in;
      node.fire = [](troupe::detail::timer_node*) noexcept {};
      sched.add_timer(node);
    };
    for (auto& one : crowd) set(one, 1h);
    troupe::detail::timer_node node;
    for (std::int64_t i = 0; i != n; ++i) {
      set(node, 2h);
      benchmark::DoNotOptimize(sched.remove_timer(node));
    }
    for (auto& one : crowd) sched.remove_timer(one);
    co_return;
  });
}
BENCHMARK(set_and_cancel_in_scheduler)->ArgName("others")->Arg(0)->Arg(1'000)->UseManualTime();

}  // namespace

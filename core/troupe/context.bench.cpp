// Contexts: made and dropped, with a deadline around an operation, and canceled as a tree.
#include <troupe/call_inbox.hpp>
#include <troupe/context.hpp>
#include <troupe/runtime.hpp>

#include <measure.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using troupe::call_inbox;
using troupe::cast_inbox;
using troupe::context;
using troupe::runtime;
using troupe::task;
using namespace std::chrono_literals;

void make_child_context(benchmark::State& state) {
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [](std::int64_t n) -> task<> {
    const context here = context::current();
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(here.with_cancel());
    co_return;
  });
}
BENCHMARK(make_child_context)->UseManualTime();

// The cast completes at once, so that no timer is set.
void cast_with_timeout(benchmark::State& state) {
  cast_inbox<int> in(16);
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    const context here = context::current();
    for (std::int64_t i = 0; i != n; ++i) {
      const context limited = here.with_timeout(1s);
      static_cast<void>(co_await in.cast(limited, 1));
      benchmark::DoNotOptimize(co_await in.receive());
    }
  });
}
BENCHMARK(cast_with_timeout)->UseManualTime();

task<> answer(call_inbox<int, int>* in) {
  while (auto asked = co_await in->receive()) static_cast<void>(asked->reply(asked->payload() + 1));
}

// Each call with a deadline of its own: a context, a timer set and a timer canceled.
void call_with_timeout(benchmark::State& state) {
  call_inbox<int, int> in(16);
  runtime rt({.workers = 1});
  rt.spawn(answer(&in));
  bench::run_laps(state, rt, 20'000, [&](std::int64_t n) -> task<> {
    const context here = context::current();
    for (std::int64_t i = 0; i != n; ++i) {
      const context limited = here.with_timeout(1s);
      benchmark::DoNotOptimize(co_await in.call(limited, 1));
    }
  });
}
BENCHMARK(call_with_timeout)->UseManualTime();

// Many calls under one deadline.
void call_under_one_timeout(benchmark::State& state) {
  call_inbox<int, int> in(16);
  runtime rt({.workers = 1});
  rt.spawn(answer(&in));
  bench::run_laps(state, rt, 20'000, [&](std::int64_t n) -> task<> {
    const context limited = context::current().with_timeout(1h);
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await in.call(limited, 1));
  });
}
BENCHMARK(call_under_one_timeout)->UseManualTime();

// A root, ten children with ten children each; one operation is one context made and canceled.
void cancel_tree_of_111(benchmark::State& state) {
  constexpr std::int64_t tree = 111;
  runtime rt({.workers = 1});
  bench::run_laps(state, rt, 100 * tree, [](std::int64_t n) -> task<> {
    std::vector<context> below;
    below.reserve(tree);
    for (std::int64_t i = 0; i != n; i += tree) {
      const auto root = context::current().with_cancel();
      for (int child = 0; child != 10; ++child) {
        const context middle = root.with_cancel();
        for (int leaf = 0; leaf != 10; ++leaf) below.push_back(middle.with_cancel());
        below.push_back(middle);
      }
      root.cancel();
      below.clear();
    }
    co_return;
  });
}
BENCHMARK(cancel_tree_of_111)->UseManualTime();

}  // namespace

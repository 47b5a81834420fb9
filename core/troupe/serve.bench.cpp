// What serve adds to a loop written by hand: the same messages through both.
#include <troupe/runtime.hpp>
#include <troupe/serve.hpp>

#include <measure.hpp>

#include <cstdint>

namespace {

using troupe::call_inbox;
using troupe::cast_inbox;
using troupe::context;
using troupe::result;
using troupe::runtime;
using troupe::task;

// The last message of a lap is answered, so that the lap ends when all have been handled.
struct counted {
  bool last;
};

struct streams {
  cast_inbox<counted> in{64};
  cast_inbox<int> done{1};
};

task<> by_hand(streams* s) {
  while (auto got = co_await s->in.receive()) {
    if (got->last) static_cast<void>(s->done.try_cast(1));
  }
}
// serve waits under the actor's own context, as in an actor's run().
task<result<>> by_serve(streams* s) {
  co_return co_await troupe::serve(context::current(), troupe::on(s->in, [s](counted m) {
                                     if (m.last) static_cast<void>(s->done.try_cast(1));
                                   }));
}
task<result<>> by_coroutine_handler(streams* s) {
  co_return co_await troupe::serve(context::current(), troupe::on(s->in, [s](counted m) -> task<> {
                                     if (m.last) static_cast<void>(co_await s->done.cast(1));
                                   }));
}
task<result<>> answer(call_inbox<int, int>* in, cast_inbox<int>* other) {
  co_return co_await troupe::serve(context::current(), troupe::on(*in, [](int n) { return n + 1; }),
                                   troupe::on(*other, [](int) {}));
}

void stream(benchmark::State& state, runtime& rt, streams& s) {
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 1; i <= n; ++i) static_cast<void>(co_await s.in.cast({.last = i == n}));
    static_cast<void>(co_await s.done.receive());
  });
}

void handle_casts_by_hand(benchmark::State& state) {
  streams s;
  runtime rt({.workers = 1});
  rt.spawn(by_hand(&s));
  stream(state, rt, s);
}
BENCHMARK(handle_casts_by_hand)->UseManualTime();

void handle_casts_by_serve(benchmark::State& state) {
  streams s;
  runtime rt({.workers = 1});
  rt.spawn(by_serve(&s));
  stream(state, rt, s);
}
BENCHMARK(handle_casts_by_serve)->UseManualTime();

void handle_casts_by_serve_with_coroutine(benchmark::State& state) {
  streams s;
  runtime rt({.workers = 1});
  rt.spawn(by_coroutine_handler(&s));
  stream(state, rt, s);
}
BENCHMARK(handle_casts_by_serve_with_coroutine)->UseManualTime();

void answer_calls_by_serve(benchmark::State& state) {
  call_inbox<int, int> in(16);
  cast_inbox<int> other(16);
  runtime rt({.workers = 1});
  rt.spawn(answer(&in, &other));
  bench::run_laps(state, rt, 50'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) benchmark::DoNotOptimize(co_await in.call(1));
  });
}
BENCHMARK(answer_calls_by_serve)->UseManualTime();

}  // namespace

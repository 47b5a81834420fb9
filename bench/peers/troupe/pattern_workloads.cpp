// Router and outbox.

#include "measure.hpp"

#include <array>
#include <deque>
#include <thread>
#include <vector>

namespace peer {

namespace {

using troupe::routing;
using troupe::task;

constexpr std::size_t routees = 8;

std::vector<int*> workers() {
  static std::array<int, routees> all{};
  std::vector<int*> made;
  for (int& one : all) made.push_back(&one);
  return made;
}

measured next(const options& given, routing how) {
  troupe::router<int*> shared(how, workers());
  return measure_plain(given.get("ops", 20'000'000), [&](std::int64_t n) {
    for (std::int64_t i = 0; i != n; ++i) keep(*shared.next());
  });
}

measured next_round_robin(const options& given) { return next(given, routing::round_robin); }
measured next_random(const options& given) { return next(given, routing::random); }

measured next_parallel(const options& given) {
  const std::int64_t threads = given.get("workers", 2);
  troupe::router<int*> shared(routing::round_robin, workers());
  auto got = measure_plain(in_units(given.get("ops", 20'000'000), threads), [&](std::int64_t n) {
    std::vector<std::jthread> running;
    for (std::int64_t t = 0; t != threads; ++t) {
      running.emplace_back([&shared, many = n / threads] {
        for (std::int64_t i = 0; i != many; ++i) keep(*shared.next());
      });
    }
  });
  got.note = "in turn for each thread; as many as workers, time of all for one choice of any";
  return got;
}

measured emit_all(const options& given, troupe::outbox<std::int64_t>& out, std::int64_t ops) {
  troupe::runtime rt({.workers = given.workers()});
  return measure(rt, given.get("ops", ops), 1, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) static_cast<void>(co_await out.emit(i));
  });
}

measured emit(const options& given) {
  const std::int64_t subscribers = given.get("subscribers", 1);
  troupe::outbox<std::int64_t> out;
  std::int64_t sum = 0;
  std::deque<troupe::outbox_subscription> kept;
  for (std::int64_t i = 0; i != subscribers; ++i) {
    kept.push_back(out.subscribe([&sum](std::int64_t n) { sum += n; }));
  }
  auto got = emit_all(given, out, 5'000'000 / std::max<std::int64_t>(subscribers, 1));
  keep(sum);
  return got;
}

measured fire_and_forget(const options& given) {
  troupe::outbox<std::int64_t> out;
  const auto deaf = out.subscribe([](std::int64_t) {});
  return emit_all(given, out, 5'000'000);
}

measured subscribe(const options& given) {
  constexpr std::int64_t each = 1000;  // to one outbox
  std::int64_t sum = 0;
  auto got = [&] {
    const std::int64_t ops = in_units(given.get("ops", 1'000'000), each);
    std::deque<troupe::outbox<std::int64_t>> all;
    std::deque<troupe::outbox_subscription> kept(static_cast<std::size_t>(ops + ops / 4));
    auto next = kept.begin();
    return measure_plain(ops, [&](std::int64_t n) {
      for (std::int64_t i = 0; i != n; ++i) {
        if (i % each == 0) all.emplace_back();
        *next++ = all.back().subscribe([&sum](std::int64_t m) { sum += m; });
      }
    });
  }();
  keep(sum);
  return got;
}

}  // namespace

std::span<const workload> pattern_workloads() {
  static constexpr std::array all{workload{"Router_Next_RoundRobin", next_round_robin},
                                  workload{"Router_Next_Random", next_random},
                                  workload{"Router_Next_Parallel", next_parallel},
                                  workload{"Outbox_Emit", emit},
                                  workload{"Outbox_Subscribe", subscribe},
                                  workload{"Outbox_EmitFireAndForget", fire_and_forget}};
  return all;
}

}  // namespace peer

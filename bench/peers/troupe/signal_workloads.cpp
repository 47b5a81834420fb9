// Signals: a value that is written, told to subscribers, and measured periodically.

#include "measure.hpp"

#include <array>
#include <memory>
#include <vector>

namespace peer {

namespace {

using troupe::task;

measured write_to(const options& given, std::int64_t subscribers) {
  troupe::runtime rt({.workers = given.workers()});
  const auto value = std::make_shared<troupe::pushed_signal<int>>("value", [](int) {});
  std::vector<troupe::subscription<int>> slow;
  for (std::int64_t i = 0; i != subscribers; ++i) {
    slow.push_back(value->subscribe(troupe::keep_latest(1)));
  }
  rt.spawn(value);
  const std::int64_t ops = given.get("ops", 2'000'000 / (1 + subscribers));
  return measure(rt, ops, 1, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      must((co_await value->write(static_cast<int>(i))).has_value(), "not written");
    }
  });
}

measured write(const options& given) { return write_to(given, 0); }

measured notify(const options& given) {
  auto got = write_to(given, given.get("subscribers", 1));
  got.note = "each subscriber's buffer of one is full: the new value drives the old one out";
  return got;
}

measured periodic(const options& given) {
  const std::chrono::microseconds period(given.get("us", 100));
  troupe::runtime rt({.workers = given.workers()});
  int count = 0;
  const auto value =
      std::make_shared<troupe::periodic_signal<int>>("value", [&count] { return ++count; }, period);
  auto seen = value->subscribe(troupe::keep_latest(1));
  rt.spawn(value);
  auto got = measure(rt, given.get("ops", 5'000), 1, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) must((co_await seen.receive()).has_value(), "no value");
  });
  got.note = "time between two values at a subscriber; the period is the floor";
  return got;
}

}  // namespace

std::span<const workload> signal_workloads() {
  static constexpr std::array all{workload{"PushedSignal_Write", write},
                                  workload{"Broadcaster_Notify", notify},
                                  workload{"PeriodicSignal_Update", periodic}};
  return all;
}

}  // namespace peer

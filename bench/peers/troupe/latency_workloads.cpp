// How long single operations take, not how many there are in a second. Reading the clock is part of
// each figure.

#include "measure.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;
using namespace std::chrono_literals;

class echo : public troupe::actor {
 public:
  echo() : actor("echo") {}
  auto ask(int n) { return asked_.call(n); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(asked_, [](int n) { return n + 1; }));
  }

 private:
  troupe::call_inbox<int, int> asked_{16};
};

task<> call_many(echo* whom, std::int64_t many, samples* times) {
  for (std::int64_t i = 0; i != many; ++i) {
    const auto start = clock::now();
    must((co_await whom->ask(1)).has_value(), "no reply");
    times->push_back(nanoseconds_since(start));
  }
}

measured call_latency(const options& given) {
  const std::int64_t callers = given.get("callers", 4);
  const std::int64_t each = given.get("ops", 400'000) / callers;
  std::vector<samples> times(static_cast<std::size_t>(callers));
  for (auto& one : times) one.reserve(static_cast<std::size_t>(each));
  const auto whom = std::make_shared<echo>();
  troupe::runtime rt({.workers = given.workers(2)});
  rt.spawn(whom);
  const auto lap = [&](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<void>> running;
    for (auto& one : times) {
      one.clear();
      running.push_back(troupe::spawn(call_many(whom.get(), n, &one)));
    }
    for (auto& one : running) static_cast<void>(co_await one);
  };
  rt.block_on(lap(std::max<std::int64_t>(each / 4, 1)));
  const auto start = clock::now();
  rt.block_on(lap(each));
  const double seconds = seconds_since(start);
  samples all;
  for (const auto& one : times) all.insert(all.end(), one.begin(), one.end());
  return summed_up(std::move(all), seconds);
}

/// Notes how old each message is.
class listener : public troupe::actor {
 public:
  explicit listener(samples* times) : actor("listener"), times_(times) {}
  void tell(clock::time_point sent) { must(in_.try_cast(sent).has_value(), "no room"); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in_, [this](clock::time_point sent) {
                                       times_->push_back(nanoseconds_since(sent));
                                     }));
  }

 private:
  troupe::cast_inbox<clock::time_point> in_{16};
  samples* times_;
};

measured wake_latency(const options& given) {
  const std::int64_t many = given.get("ops", 1'000);
  const std::chrono::microseconds pause(given.get("us", 2'000));
  samples times;
  times.reserve(static_cast<std::size_t>(many + 1));
  const auto who = std::make_shared<listener>(&times);
  const auto start = clock::now();
  {
    troupe::runtime rt({.workers = given.workers(2)});
    rt.spawn(who);
    for (std::int64_t i = 0; i <= many; ++i) {
      std::this_thread::sleep_for(pause);  // until all are parked again
      who->tell(clock::now());
    }
    std::this_thread::sleep_for(pause);
  }
  const double seconds = seconds_since(start);
  times.erase(times.begin());  // the first message also warms up
  measured got = summed_up(std::move(times), seconds);
  got.note = "sent by a thread outside, with 2 ms between messages";
  return got;
}

task<> sleep_many(std::int64_t many, samples* times) {
  for (std::int64_t i = 0; i != many; ++i) {
    const auto start = clock::now();
    static_cast<void>(co_await troupe::sleep_for(1ms));
    times->push_back(nanoseconds_since(start) - 1e6);
  }
}

measured timer_latency(const options& given) {
  const std::int64_t many = given.get("ops", 1'000);
  samples times;
  times.reserve(static_cast<std::size_t>(many));
  troupe::runtime rt({.workers = given.workers(2)});
  rt.block_on(sleep_many(std::max<std::int64_t>(many / 10, 1), &times));
  times.clear();
  const auto start = clock::now();
  rt.block_on(sleep_many(many, &times));
  return summed_up(std::move(times), seconds_since(start));
}

}  // namespace

std::span<const workload> latency_workloads() {
  static constexpr std::array all{workload{"CallLatency", call_latency},
                                  workload{"WakeLatency", wake_latency},
                                  workload{"TimerLatency", timer_latency}};
  return all;
}

}  // namespace peer

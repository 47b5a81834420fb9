// Savina's micro benchmarks in which messages flow one way: PingPong, Counting, ThreadRing,
// ForkJoinThroughput, ForkJoinCreate.

#include "measure.hpp"
#include "sink.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;

/// Hands a number that counts down to the next actor; whoever gets a 1 says that it is over.
class passing : public troupe::actor {
 public:
  explicit passing(troupe::event* over) : actor("passing"), over_(over) {}
  auto pass(std::int64_t hops) { return in_.cast(hops); }
  void next_is(passing* one) { next_ = one; }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(in_, [this](std::int64_t hops) -> task<> { co_await go_on(hops); }));
  }

 private:
  task<> go_on(std::int64_t hops) {
    if (hops == 1) {
      over_->set();
    } else {
      static_cast<void>(co_await next_->pass(hops - 1));
    }
  }

  troupe::cast_inbox<std::int64_t> in_{16};
  passing* next_ = nullptr;
  troupe::event* over_;
};

measured ring(const options& given, std::int64_t actors, std::int64_t ops, std::int64_t hops_each) {
  troupe::event over;
  std::vector<std::shared_ptr<passing>> all;
  for (std::int64_t i = 0; i != actors; ++i) all.push_back(std::make_shared<passing>(&over));
  for (std::size_t i = 0; i != all.size(); ++i) all[i]->next_is(all[(i + 1) % all.size()].get());
  troupe::runtime rt({.workers = given.workers()});
  for (const auto& one : all) rt.spawn(one);
  return measure(rt, ops, 1, [&](std::int64_t n) -> task<> {
    over.reset();
    static_cast<void>(co_await all.front()->pass(n * hops_each));
    static_cast<void>(co_await over.wait());
  });
}

measured ping_pong(const options& given) { return ring(given, 2, given.get("ops", 40'000), 2); }
measured thread_ring(const options& given) {
  return ring(given, given.get("actors", 100), given.get("ops", 100'000), 1);
}

/// Counts increments, and answers how many there were. Both come through one inbox, for the order.
class counting : public troupe::actor {
 public:
  static constexpr std::int64_t tell = -1;

  counting() : actor("counting") {}
  auto send(std::int64_t message) { return in_.cast(message); }
  auto answer() { return out_.receive(); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in_, [this](std::int64_t message) {
                                       if (message != tell) {
                                         ++count_;
                                       } else {
                                         static_cast<void>(out_.try_cast(std::exchange(count_, 0)));
                                       }
                                     }));
  }

 private:
  troupe::cast_inbox<std::int64_t> in_{1024};
  troupe::cast_inbox<std::int64_t> out_{1};
  std::int64_t count_ = 0;
};

measured count_up(const options& given) {
  const auto one = std::make_shared<counting>();
  troupe::runtime rt({.workers = given.workers()});
  rt.spawn(one);
  return measure(rt, given.get("ops", 1'000'000), 1, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) static_cast<void>(co_await one->send(i));
    static_cast<void>(co_await one->send(counting::tell));
    must((co_await one->answer()).value_or(0) == n, "the count is wrong");
  });
}

measured fork_join_throughput(const options& given) {
  const std::int64_t actors = given.get("actors", 60);
  std::vector<std::shared_ptr<sink>> all;
  for (std::int64_t i = 0; i != actors; ++i) all.push_back(std::make_shared<sink>(64));
  troupe::runtime rt({.workers = given.workers()});
  for (const auto& one : all) rt.spawn(one);
  return measure(rt, given.get("ops", actors * 10'000), actors, [&](std::int64_t n) -> task<> {
    for (const auto& one : all) one->expect(n / actors);
    for (std::int64_t i = 0; i != n / actors; ++i) {
      for (const auto& one : all) static_cast<void>(co_await one->put(i));
    }
    for (const auto& one : all) static_cast<void>(co_await one->all_here());
  });
}

struct countdown {
  std::atomic<std::int64_t> left{0};
  troupe::event over;
};

/// Takes one message, and ends.
class once : public troupe::actor {
 public:
  explicit once(countdown* left) : actor("once"), left_(left) {}
  auto put(int message) { return in_.cast(message); }

 protected:
  task<result<>> run(troupe::context) override {
    must((co_await in_.receive()).has_value(), "no message");
    if (left_->left.fetch_sub(1) == 1) left_->over.set();
    co_return result<>();
  }

 private:
  troupe::cast_inbox<int> in_{16};
  countdown* left_;
};

measured fork_join_create(const options& given) {
  countdown left;
  troupe::runtime rt({.workers = given.workers()});
  return measure(rt, given.get("ops", 40'000), 1, [&](std::int64_t n) -> task<> {
    left.left = n;
    left.over.reset();
    for (std::int64_t i = 0; i != n; ++i) {
      const auto one = troupe::make<once>(&left);
      rt.spawn(one);
      must((co_await one->put(1)).has_value(), "not sent");
    }
    static_cast<void>(co_await left.over.wait());
  });
}

}  // namespace

std::span<const workload> savina_streams() {
  static constexpr std::array all{workload{"PingPong", ping_pong}, workload{"Counting", count_up},
                                  workload{"ThreadRing", thread_ring},
                                  workload{"ForkJoinThroughput", fork_join_throughput},
                                  workload{"ForkJoinCreate", fork_join_create}};
  return all;
}

}  // namespace peer

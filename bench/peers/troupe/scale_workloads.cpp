// Very many actors: what an idle one takes, and messages to all of them in turn.

#include "measure.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;

struct crowd_state {
  std::atomic<std::int64_t> left{0};
  troupe::event all;

  void expect(std::int64_t many) {
    all.reset();
    left = many;
  }
  void one_done() {
    if (left.fetch_sub(1) == 1) all.set();
  }
};

/// With one inbox of 16 and a serve loop, as most actors are.
template <class Message>
class member : public troupe::actor {
 public:
  explicit member(crowd_state* of) : actor("member"), crowd_(of) {}
  /// `last`: 1 with the last message of a lap to this actor, otherwise 0.
  auto put(Message last) { return in_.cast(last); }

 protected:
  task<result<>> run(troupe::context ctx) override {
    crowd_->one_done();
    co_return co_await troupe::serve(ctx, troupe::on(in_, [this](Message last) {
                                       if (last == 1) crowd_->one_done();
                                     }));
  }

 private:
  troupe::cast_inbox<Message> in_{16};
  crowd_state* crowd_;
};

double resident_bytes() {
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  if (statm == nullptr) throw std::runtime_error("cannot read /proc/self/statm");
  long size = 0;
  long resident = 0;
  const int got = std::fscanf(statm, "%ld %ld", &size, &resident);
  std::fclose(statm);
  if (got != 2) throw std::runtime_error("/proc/self/statm is not as expected");
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

using idle = member<std::int32_t>;

task<> start(troupe::runtime* rt, crowd_state* crowd, std::vector<idle*>* all, std::int64_t many) {
  crowd->expect(many);
  for (std::int64_t i = 0; i != many; ++i) {
    auto one = troupe::make<idle>(crowd);
    (*all)[static_cast<std::size_t>(i)] = one.get();
    rt->spawn(std::move(one));
  }
  static_cast<void>(co_await crowd->all.wait());
}

measured idle_actors(const options& given) {
  const std::int64_t actors = given.get("actors", 1'000'000);
  crowd_state crowd;
  // A way to reach each. The array is written before memory is looked at: it is not an actor's.
  std::vector<idle*> all(static_cast<std::size_t>(actors));
  for (idle*& one : all) {
    one = nullptr;
    keep(&one);
  }
  troupe::runtime rt({.workers = given.workers()});
  rt.block_on(start(&rt, &crowd, &all, 100));
  const double before = resident_bytes();
  const auto body = [&](std::int64_t n) { return start(&rt, &crowd, &all, n); };
  measured got = rt.block_on(timed(&body, actors));
  got.bytes = (resident_bytes() - before) / static_cast<double>(actors);
  return got;
}

measured scale_actors(const options& given) {
  const std::int64_t actors = given.get("actors", 1'000'000);
  crowd_state crowd;
  std::vector<std::shared_ptr<member<std::int64_t>>> all;
  all.reserve(static_cast<std::size_t>(actors));
  for (std::int64_t i = 0; i != actors; ++i)
    all.push_back(std::make_shared<member<std::int64_t>>(&crowd));
  troupe::runtime rt({.workers = given.workers()});
  crowd.expect(actors);
  for (const auto& one : all) rt.spawn(one);
  rt.block_on(crowd.all.wait());
  return measure(rt, given.get("ops", 1'000'000), actors, [&](std::int64_t n) -> task<> {
    crowd.expect(actors);
    for (std::int64_t left = n / actors; left != 0; --left) {
      for (const auto& one : all) static_cast<void>(co_await one->put(left == 1 ? 1 : 0));
    }
    static_cast<void>(co_await crowd.all.wait());
  });
}

}  // namespace

std::span<const workload> scale_workloads() {
  static constexpr std::array all{workload{"IdleActors", idle_actors},
                                  workload{"ScaleActors", scale_actors}};
  return all;
}

}  // namespace peer

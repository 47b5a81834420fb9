// Children that come and go, and one that fails and is restarted without delay.

#include "measure.hpp"

#include <array>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace peer {

namespace {

using troupe::result;
using troupe::task;

class short_lived : public troupe::actor {
 public:
  explicit short_lived(troupe::event* ran = nullptr) : actor("short_lived"), ran_(ran) {}

 protected:
  task<result<>> run(troupe::context) override {
    if (ran_ != nullptr) ran_->set();
    co_return result<>();
  }

 private:
  troupe::event* ran_;
};

std::shared_ptr<troupe::supervisor> start_root(troupe::runtime& rt,
                                               troupe::supervisor_options options) {
  auto root = std::make_shared<troupe::supervisor>("root", std::move(options));
  rt.spawn(root);
  return root;
}

measured spawn_and_exit(const options& given) {
  troupe::runtime rt({.workers = given.workers()});
  const auto root = start_root(rt, {.policy = troupe::restart_policy::temporary});
  return measure(rt, given.get("ops", 200'000), 1, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      must(root->spawn(troupe::make<short_lived>()).has_value(), "not spawned");
      static_cast<void>(co_await root->wait());
    }
  });
}

task<> spawn_many(troupe::supervisor* root, troupe::event* ran, std::int64_t many) {
  for (std::int64_t i = 0; i != many; ++i) {
    must(root->spawn(troupe::make<short_lived>(ran)).has_value(), "not spawned");
    static_cast<void>(co_await ran->wait());
    ran->reset();
  }
}

measured parallel_spawn(const options& given) {
  const std::int64_t spawners = given.get("senders", 8);
  std::deque<troupe::event> ran(static_cast<std::size_t>(spawners));
  troupe::runtime rt({.workers = given.workers()});
  const auto root = start_root(rt, {.policy = troupe::restart_policy::temporary});
  return measure(rt, given.get("ops", 200'000), spawners, [&](std::int64_t n) -> task<> {
    std::vector<troupe::join_handle<void>> running;
    for (auto& one : ran) {
      running.push_back(troupe::spawn(spawn_many(root.get(), &one, n / spawners)));
    }
    for (auto& one : running) static_cast<void>(co_await one);
    static_cast<void>(co_await root->wait());
  });
}

/// Fails as often as it was told to; then waits to be told again.
class failing : public troupe::actor {
 public:
  failing() : actor("failing") {}
  auto fail_times(std::int64_t many) { return told_.cast(many); }
  [[nodiscard]] auto all_done() { return done_.wait(); }
  void begin() { done_.reset(); }

 protected:
  task<result<>> run(troupe::context) override {
    if (left_ == 0) {
      done_.set();
      const auto told = co_await told_.receive();
      if (!told) co_return troupe::fail(told.error());
      left_ = *told;
    }
    --left_;
    co_return troupe::fail(troupe::errc::refused);
  }

 private:
  troupe::cast_inbox<std::int64_t> told_{1};
  std::int64_t left_ = 0;
  troupe::event done_;
};

measured restart_cycle(const options& given) {
  const auto child = std::make_shared<failing>();
  troupe::runtime rt({.workers = given.workers()});
  start_root(rt, {.policy = troupe::restart_policy::permanent, .children = {child}});
  rt.block_on(child->all_done());
  return measure(rt, given.get("ops", 200'000), 1, [&](std::int64_t n) -> task<> {
    child->begin();
    must((co_await child->fail_times(n)).has_value(), "not told");
    static_cast<void>(co_await child->all_done());
  });
}

}  // namespace

std::span<const workload> supervisor_workloads() {
  static constexpr std::array all{workload{"Supervisor_SpawnAndExit", spawn_and_exit},
                                  workload{"Supervisor_ParallelSpawn", parallel_spawn},
                                  workload{"Supervisor_RestartCycle", restart_cycle}};
  return all;
}

}  // namespace peer

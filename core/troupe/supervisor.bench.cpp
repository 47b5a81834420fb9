// Children that come and go, and children that fail and are restarted without delay.
#include <troupe/cast_inbox.hpp>
#include <troupe/make.hpp>
#include <troupe/runtime.hpp>
#include <troupe/supervisor.hpp>

#include <measure.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

namespace {

using troupe::cast_inbox;
using troupe::result;
using troupe::runtime;
using troupe::task;

class short_lived : public troupe::actor {
 public:
  short_lived() : actor("short_lived") {}

 protected:
  task<result<>> run(troupe::context) override { co_return result<>(); }
};

std::shared_ptr<troupe::supervisor> start_root(runtime& rt, troupe::supervisor_options options) {
  auto root = std::make_shared<troupe::supervisor>("root", std::move(options));
  rt.spawn(root);
  return root;
}

// One after the other, the object of each included.
void spawn_child_and_wait(benchmark::State& state) {
  runtime rt({.workers = 1});
  const auto root = start_root(rt, {.policy = troupe::restart_policy::temporary});
  bench::run_laps(state, rt, 2'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(root->spawn(std::make_shared<short_lived>()));
      static_cast<void>(co_await root->wait());
    }
  });
}
BENCHMARK(spawn_child_and_wait)->UseManualTime();

// The same, with the object from the pool.
void make_spawn_child_and_wait(benchmark::State& state) {
  runtime rt({.workers = 1});
  const auto root = start_root(rt, {.policy = troupe::restart_policy::temporary});
  bench::run_laps(state, rt, 2'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(root->spawn(troupe::make<short_lived>()));
      static_cast<void>(co_await root->wait());
    }
  });
}
BENCHMARK(make_spawn_child_and_wait)->UseManualTime();

// A hundred at a time.
void spawn_children_and_wait_for_all(benchmark::State& state) {
  runtime rt({.workers = static_cast<std::size_t>(state.range(0))});
  const auto root = start_root(rt, {.policy = troupe::restart_policy::temporary});
  bench::run_laps(state, rt, 2'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; i += 100) {
      for (int k = 0; k != 100; ++k) {
        static_cast<void>(root->spawn(troupe::make<short_lived>()));
      }
      static_cast<void>(co_await root->wait());
    }
  });
}
BENCHMARK(spawn_children_and_wait_for_all)->ArgName("workers")->Arg(1)->Arg(2)->UseManualTime();

enum class ending { clean, error, exception };

/// Says that it runs, waits to be told, and ends.
template <ending How>
class ends_when_told : public troupe::actor {
 public:
  ends_when_told(cast_inbox<int>& told, cast_inbox<int>& running)
      : actor("ends_when_told"), told_(&told), running_(&running) {}

 protected:
  task<result<>> run(troupe::context) override {
    static_cast<void>(running_->try_cast(1));
    if (auto told = co_await told_->receive(); !told) co_return troupe::fail(told.error());
    if (How == ending::exception) throw std::runtime_error("told to");
    if (How == ending::error) co_return troupe::fail(troupe::errc::refused);
    co_return result<>();
  }

 private:
  cast_inbox<int>* told_;
  cast_inbox<int>* running_;
};

// From the message that ends a run to the first word of the next: two messages more than a restart.
template <ending How>
void restart(benchmark::State& state) {
  cast_inbox<int> told(1);
  cast_inbox<int> running(1);
  runtime rt({.workers = 1});
  start_root(rt, {.policy = troupe::restart_policy::permanent,
                  .children = {std::make_shared<ends_when_told<How>>(told, running)}});
  const auto wait = [&]() -> task<> { static_cast<void>(co_await running.receive()); };
  rt.block_on(wait());
  bench::run_laps(state, rt, 1'000, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await told.cast(1));
      static_cast<void>(co_await running.receive());
    }
  });
}
BENCHMARK(restart<ending::clean>)->Name("restart_after_clean_end")->UseManualTime();
BENCHMARK(restart<ending::error>)->Name("restart_after_error")->UseManualTime();
BENCHMARK(restart<ending::exception>)->Name("restart_after_exception")->UseManualTime();

/// Fails at once, until it has done so as often as wanted.
class fails_at_once : public troupe::actor {
 public:
  explicit fails_at_once(cast_inbox<int>& done) : actor("fails_at_once"), done_(&done) {}

  cast_inbox<std::int64_t> rounds{1};

 protected:
  task<result<>> run(troupe::context) override {
    if (left_ == 0) {
      static_cast<void>(done_->try_cast(1));
      auto more = co_await rounds.receive();
      if (!more) co_return troupe::fail(more.error());
      left_ = *more;
    }
    --left_;
    co_return troupe::fail(troupe::errc::refused);
  }

 private:
  cast_inbox<int>* done_;
  std::int64_t left_ = 0;
};

// The cycle of run, end and restart alone.
void restart_cycle(benchmark::State& state) {
  cast_inbox<int> done(1);
  runtime rt({.workers = 1});
  const auto child = troupe::make<fails_at_once>(done);
  start_root(rt, {.policy = troupe::restart_policy::permanent, .children = {child}});
  const auto wait = [&]() -> task<> { static_cast<void>(co_await done.receive()); };
  rt.block_on(wait());
  bench::run_laps(state, rt, 10'000, [&](std::int64_t n) -> task<> {
    static_cast<void>(co_await child->rounds.cast(n));
    static_cast<void>(co_await done.receive());
  });
}
BENCHMARK(restart_cycle)->UseManualTime();

}  // namespace

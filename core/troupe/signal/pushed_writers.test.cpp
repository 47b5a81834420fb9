// Many writers of one pushed_signal, and writers of signals that write signals.

#include <troupe/signal/pushed_signal.hpp>

#include <troupe/actor.hpp>
#include <troupe/internal/test_signals.hpp>
#include <troupe/runtime.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::pushed_signal;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run_tree;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

using outcomes = std::vector<std::pair<int, result<>>>;

/// A signal whose updates take a second.
std::shared_ptr<pushed_signal<int>> slow_signal(int* inside = nullptr) {
  return std::make_shared<pushed_signal<int>>("slow", [inside](int) -> task<result<>> {
    if (inside != nullptr) EXPECT_EQ(++*inside, 1) << "two writers at a time";
    auto slept = co_await troupe::sleep_for(1s);
    if (inside != nullptr) --*inside;
    co_return slept;
  });
}

void start_writing(troupe::runtime& rt, const std::shared_ptr<pushed_signal<int>>& to, int n,
                   outcomes& into, const context& ctx = context::background()) {
  start(rt, [to, n, &into, ctx]() -> task<> {
    result<> outcome = co_await to->write(ctx, n);
    into.emplace_back(n, std::move(outcome));
  });
}

TEST(pushed_writers, are_served_one_at_a_time_and_in_the_order_in_which_they_came) {
  for_seeds(50, [](std::uint64_t seed) {
    outcomes done;
    taken_down<int> seen;
    int inside = 0;
    auto slow = slow_signal(&inside);
    deterministic_runtime rt(seed);
    take_down(rt, slow->subscribe(), seen);
    rt.spawn(slow);
    for (int n = 1; n <= 5; ++n) {
      start_writing(rt, slow, n, done);
      rt.run_until_idle();
    }
    for (std::size_t served = 0; served <= 5; ++served) {
      EXPECT_EQ(done.size(), served);
      EXPECT_EQ(seen.values.size(), served);
      rt.advance(1s);
    }
    EXPECT_EQ(seen.values, (std::vector{1, 2, 3, 4, 5}));
    for (const auto& [n, outcome] : done) EXPECT_TRUE(outcome);
  });
}

TEST(pushed_writers, a_plain_update_waits_for_nobody_who_only_waits_for_the_start) {
  for_seeds(50, [](std::uint64_t seed) {
    outcomes done;
    auto one = std::make_shared<pushed_signal<int>>("one");
    deterministic_runtime rt(seed);
    for (int n = 1; n <= 4; ++n) start_writing(rt, one, n, done);
    rt.spawn(one);
    for (int n = 5; n <= 8; ++n) start_writing(rt, one, n, done);
    rt.run_until_idle();
    EXPECT_EQ(done.size(), 8U);
  });
}

TEST(pushed_writers, one_whose_context_ends_while_it_waits_leaves_the_queue) {
  for_seeds(50, [](std::uint64_t seed) {
    outcomes done;
    auto slow = slow_signal();
    deterministic_runtime rt(seed);
    rt.spawn(slow);
    const troupe::cancelable_context canceled = context::background().with_cancel();
    start_writing(rt, slow, 1, done);
    rt.run_until_idle();
    start_writing(rt, slow, 2, done, canceled);
    rt.run_until_idle();
    start_writing(rt, slow, 3, done, rt.root_context().with_timeout(1500ms));
    rt.run_until_idle();
    start_writing(rt, slow, 4, done, rt.root_context().with_timeout(500ms));
    rt.run_until_idle();
    rt.advance(500ms);
    ASSERT_EQ(done.size(), 1U);
    EXPECT_EQ(done[0].first, 4);
    EXPECT_EQ(done[0].second.error(), errc::deadline_exceeded);
    canceled.cancel();
    rt.run_until_idle();
    ASSERT_EQ(done.size(), 2U);
    EXPECT_EQ(done[1].first, 2);
    EXPECT_EQ(done[1].second.error(), errc::canceled);
    rt.advance(10s);
    ASSERT_EQ(done.size(), 4U) << "those behind it move up";
    EXPECT_EQ(done[3].first, 3);
    // The deadline passed in its update, which sleeps under the fiber's own context.
    EXPECT_EQ(slow->read(), 3);
  });
}

// The context ends at the moment when the writer is let in: it goes one way or the other, and the
// gate is free afterwards.
TEST(pushed_writers, one_that_is_canceled_as_it_is_let_in_does_not_leave_the_gate_shut) {
  bool was_let_in = false;
  bool was_canceled = false;
  for_seeds(300, [&](std::uint64_t seed) {
    outcomes done;
    auto slow = slow_signal();
    deterministic_runtime rt(seed);
    rt.spawn(slow);
    const troupe::cancelable_context canceled = context::background().with_cancel();
    start_writing(rt, slow, 1, done);
    rt.run_until_idle();
    start_writing(rt, slow, 2, done, canceled);
    rt.run_until_idle();
    start_writing(rt, slow, 3, done);
    rt.run_until_idle();
    start(rt, [&]() -> task<> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      canceled.cancel();
    });
    rt.advance(20s);
    ASSERT_EQ(done.size(), 3U) << "somebody waits for ever";
    EXPECT_EQ(slow->read(), 3);
    for (const auto& [n, outcome] : done) {
      if (n != 2) EXPECT_TRUE(outcome);
      if (n == 2) (outcome ? was_let_in : was_canceled) = true;
    }
  });
  EXPECT_TRUE(was_let_in);
  EXPECT_TRUE(was_canceled);
}

TEST(pushed_writers, one_whose_fiber_is_canceled_leaves_the_queue) {
  for_seeds(50, [](std::uint64_t seed) {
    outcomes done;
    auto slow = slow_signal();
    auto writer =
        troupe::make_actor("writer", [&, slow](context, troupe::logger&) -> task<result<>> {
          result<> outcome = co_await slow->write(2);
          done.emplace_back(2, outcome);
          co_return outcome;
        });
    auto root = std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.children = {writer}});
    deterministic_runtime rt(seed);
    rt.spawn(slow);
    start_writing(rt, slow, 1, done);
    rt.run_until_idle();
    auto handle = rt.spawn(root);
    rt.run_until_idle();
    handle.cancel();
    rt.run_until_idle();
    ASSERT_EQ(done.size(), 1U);
    EXPECT_EQ(done[0].second.error(), errc::canceled);
    start_writing(rt, slow, 3, done);
    rt.advance(5s);
    EXPECT_EQ(slow->read(), 3);
  });
}

TEST(pushed_writers, one_that_writes_the_same_signal_from_its_update_is_told_so) {
  for_seeds(20, [](std::uint64_t seed) {
    class writer : public troupe::actor {
     public:
      explicit writer(std::shared_ptr<pushed_signal<int>> to)
          : actor("ouroboros"), to_(std::move(to)) {}
      std::optional<result<>> outcome;

     protected:
      task<result<>> run(context) override {
        outcome = co_await to_->write(1);
        co_return result<>();
      }

     private:
      std::shared_ptr<pushed_signal<int>> to_;
    };
    pushed_signal<int>* self = nullptr;
    auto one = std::make_shared<pushed_signal<int>>(
        "one", [&self](int n) -> task<result<>> { co_return co_await self->write(n + 1); });
    self = one.get();
    auto who = std::make_shared<writer>(one);
    deterministic_runtime rt(seed);
    rt.spawn(one);
    rt.run_until_idle();
    rt.spawn(who);
    rt.run_until_idle();
    ASSERT_TRUE(who->outcome) << "it waits for itself, and for ever";
    EXPECT_EQ(who->outcome->error(), errc::call_cycle);
    EXPECT_NE(who->outcome->error().text().find("ouroboros -> ouroboros"), std::string::npos)
        << who->outcome->error().message();
    EXPECT_FALSE(one->read());
    EXPECT_FALSE(one->has_ended());
  });
}

TEST(pushed_writers, two_signals_whose_updates_write_each_other_do_not_lock) {
  bool met = false;
  for_seeds(200, [&](std::uint64_t seed) {
    std::shared_ptr<pushed_signal<int>> ones[2];
    for (int i = 0; i < 2; ++i) {
      ones[i] = std::make_shared<pushed_signal<int>>(
          i == 0 ? "a" : "b", [&other = ones[1 - i]](int n) -> task<result<>> {
            if (n % 2 == 0) co_return result<>();
            static_cast<void>(co_await troupe::sleep_for(0s));
            co_return co_await other->write(n + 1);
          });
    }
    outcomes done;
    deterministic_runtime rt(seed);
    rt.spawn(ones[0]);
    rt.spawn(ones[1]);
    rt.run_until_idle();
    start_writing(rt, ones[0], 1, done);
    start_writing(rt, ones[1], 11, done);
    rt.run_until_idle();
    ASSERT_EQ(done.size(), 2U) << "they wait for each other";
    int refused = 0;
    for (const auto& [n, outcome] : done) {
      if (outcome) continue;
      ++refused;
      EXPECT_EQ(outcome.error(), errc::call_cycle) << outcome.error().message();
    }
    EXPECT_LE(refused, 1) << "one of them can go on";
    met = met || refused != 0;
    EXPECT_TRUE(rt.block_on(ones[0]->write(20)));
    EXPECT_TRUE(rt.block_on(ones[1]->write(20)));
  });
  EXPECT_TRUE(met) << "no seed makes them meet";
}

// w waits inside of b for a, which has crashed and will be back; x, whose write crashed it, now
// writes b and waits for w. Nobody waits for x: that is no circle.
TEST(pushed_writers, waiting_for_a_restart_is_no_cycle) {
  for_seeds(50, [](std::uint64_t seed) {
    auto a = std::make_shared<pushed_signal<int>>("a", [](int n) -> task<> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      if (n == 13) throw std::runtime_error("thirteen");
    });
    auto b = std::make_shared<pushed_signal<int>>(
        "b", [&](int n) -> task<result<>> { co_return co_await a->write(n); });
    outcomes done;
    deterministic_runtime rt(seed);
    run_tree(rt, {.restart_delay = 1s}, a, b);
    rt.run_until_idle();
    start(rt, [&]() -> task<> {
      EXPECT_EQ((co_await a->write(13)).error(), errc::no_reply);
      done.emplace_back(2, co_await b->write(2));
    });
    rt.run_until_idle();
    start_writing(rt, b, 1, done);
    rt.advance(10s);
    ASSERT_EQ(done.size(), 2U);
    for (const auto& [n, outcome] : done) EXPECT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(b->read(), 2);
  });
}

// The run is canceled and started again while a writer is in the middle of its update.
TEST(pushed_writers, one_who_is_inside_stays_inside_over_a_restart) {
  for_seeds(50, [](std::uint64_t seed) {
    outcomes done;
    taken_down<int> seen;
    int inside = 0;
    auto slow = slow_signal(&inside);
    auto saboteur = troupe::make_actor("saboteur", [](context, troupe::logger&) -> task<result<>> {
      static_cast<void>(co_await troupe::sleep_for(300ms));
      co_return troupe::fail(errc::internal);
    });
    deterministic_runtime rt(seed);
    take_down(rt, slow->subscribe(), seen);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.strategy = troupe::restart_strategy::one_for_all,
                                           .children = {slow, saboteur}}));
    for (int n = 1; n <= 4; ++n) {
      start_writing(rt, slow, n, done);
      rt.run_until_idle();
    }
    rt.advance(5s);
    EXPECT_EQ(done.size(), 4U);
    EXPECT_EQ(seen.values, (std::vector{1, 2, 3, 4}));
  });
}

TEST(pushed_writers, those_who_wait_when_the_runtime_is_destroyed_leak_nothing) {
  for_seeds(50, [](std::uint64_t seed) {
    outcomes done;
    taken_down<std::string> seen;
    auto slow = std::make_shared<pushed_signal<std::string>>(
        "slow",
        [](const std::string&) -> task<> { static_cast<void>(co_await troupe::sleep_for(1h)); });
    auto unstarted = std::make_shared<pushed_signal<std::string>>("unstarted");
    deterministic_runtime rt(seed);
    take_down(rt, slow->subscribe(), seen);
    rt.spawn(slow);
    for (int n = 1; n <= 4; ++n) {
      start(rt, [=]() -> task<> {
        static_cast<void>(co_await (n % 2 == 0 ? slow : unstarted)->write(std::string(100, 'x')));
      });
    }
    for (std::uint64_t i = 0; i != seed; ++i) rt.step();
  });
}

// Fibers are used again: one that was destroyed while it waited for a writer waits for nobody.
TEST(pushed_writers, who_was_destroyed_while_waiting_leaves_no_trace_of_it) {
  for (int round = 0; round < 4; ++round) {
    outcomes done;
    auto slow = slow_signal();
    auto other = slow_signal();
    deterministic_runtime rt;
    rt.spawn(slow);
    rt.spawn(other);
    rt.run_until_idle();
    // One is inside of `slow`, the other of `other`; in the end they wait for each other's signal,
    // but in different rounds.
    start_writing(rt, slow, 1, done);
    start_writing(rt, other, 2, done);
    rt.run_until_idle();
    start_writing(rt, round % 2 == 0 ? slow : other, 3, done);
    start_writing(rt, round % 2 == 0 ? other : slow, 4, done);
    rt.run_until_idle();
    EXPECT_TRUE(done.empty());
    if (round == 3) {
      rt.advance(10s);
      EXPECT_EQ(done.size(), 4U);
      for (const auto& [n, outcome] : done) EXPECT_TRUE(outcome) << outcome.error().message();
    }
  }
}

TEST(pushed_writers, those_who_wait_when_a_runtime_with_threads_is_destroyed_leak_nothing) {
  auto slow = std::make_shared<pushed_signal<std::string>>(
      "slow",
      [](const std::string&) -> task<> { static_cast<void>(co_await troupe::sleep_for(1h)); });
  troupe::runtime rt({.workers = 2});
  rt.spawn(slow);
  for (int n = 1; n <= 20; ++n) {
    start(rt, [=]() -> task<> {
      static_cast<void>(co_await slow->write(std::string(100, 'x')));
      static_cast<void>(co_await slow->write(std::string(100, 'y')));
    });
  }
}

// Each in a runtime of its own: the one that writes most has the gate's bias again and again, and
// the other one, and those who look and subscribe, take it away. The update, and what the signal
// keeps, are plain data.
TEST(pushed_writers, on_threads_are_one_at_a_time_though_one_of_them_has_the_bias) {
  constexpr int bursts = 20;
  constexpr int burst = 9'000;
  std::int64_t sum = 0;
  auto to = std::make_shared<pushed_signal<int>>("sum", [&sum](int n) -> result<> {
    sum += n;
    if (n == 0) return troupe::fail(errc::invalid_argument);
    return {};
  });
  troupe::runtime home({.workers = 1});
  home.spawn(to);
  home.block_on(to->write(1));
  std::atomic<bool> done{false};
  std::thread other([&] {
    troupe::runtime rt({.workers = 1});
    rt.block_on([](pushed_signal<int>* into) -> task<> {
      for (int i = 0; i != 2'000; ++i) {
        EXPECT_TRUE(co_await into->write(2));
        if (i % 7 == 0) EXPECT_FALSE(co_await into->write(0));
      }
    }(to.get()));
  });
  std::thread looking([&] {
    while (!done.load()) {
      const auto seen = to->subscribe(troupe::keep_latest(1));
      EXPECT_TRUE(to->read());
      std::this_thread::yield();
    }
  });
  home.block_on([](pushed_signal<int>* into) -> task<> {
    for (int i = 0; i != bursts * burst; ++i) {
      EXPECT_TRUE(co_await into->write(i % 2 == 0 ? 3 : 4));
      if (i % burst == 0) EXPECT_FALSE(co_await into->write(0));
    }
  }(to.get()));
  other.join();
  done.store(true);
  looking.join();
  EXPECT_EQ(sum, 1 + 2 * 2'000 + std::int64_t{bursts} * burst / 2 * 7);
  home.shutdown();
}

TEST(pushed_writers, one_with_the_bias_is_told_what_the_update_said_and_crashes_the_signal) {
  deterministic_runtime rt(1);
  auto to = std::make_shared<pushed_signal<int>>("one", [](int n) -> result<> {
    if (n == 7) return troupe::fail(errc::invalid_argument, "seven");
    if (n == 8) throw std::runtime_error("eight");
    return {};
  });
  auto seen = to->subscribe(troupe::keep_latest(1));
  rt.spawn(to);
  std::vector<result<>> said;
  start(rt, [&]() -> task<> {
    for (int i = 0; i != 100; ++i) EXPECT_TRUE(co_await to->write(100 + i));
    for (const int n : {7, 100, 8}) said.push_back(co_await to->write(n));
  });
  rt.run_until_idle();
  ASSERT_EQ(said.size(), 3U);
  EXPECT_EQ(said[0].error(), errc::invalid_argument);
  EXPECT_EQ(said[0].error().text(), "seven");
  EXPECT_TRUE(said[1]);
  EXPECT_EQ(said[2].error(), errc::no_reply);
  EXPECT_EQ(to->read(), 100);
}

}  // namespace

// What a restart without delay leaves of the run before, and what not: the next run mostly has the
// fiber of the last one (make_fiber_again()), and must not be taken for it.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

/// Each order is a run: what `live` gives, then it fails.
class one_order_a_run : public actor {
 public:
  using life = std::function<task<>(context)>;
  explicit one_order_a_run(life live) : actor("one"), live_(std::move(live)) {}
  cast_inbox<int> orders{8};
  int runs = 0;

 protected:
  task<result<>> run(context ctx) override {
    ++runs;
    if (auto order = co_await orders.receive(); !order) co_return fail(order.error());
    co_await live_(std::move(ctx));
    co_return fail(errc::refused);
  }

 private:
  life live_;
};

std::shared_ptr<supervisor> over(std::shared_ptr<actor> child) {
  return std::make_shared<supervisor>("root", supervisor_options{.children = {std::move(child)}});
}

// Runs that leave nothing behind come in between, so that fibers are passed on.
TEST(restart, a_context_that_was_kept_ends_with_its_run) {
  std::vector<context> kept;
  int lived = 0;
  auto one = std::make_shared<one_order_a_run>([&](context ctx) -> task<> {
    if (++lived % 3 == 0) kept.push_back(std::move(ctx));
    co_return;
  });
  deterministic_runtime rt;
  rt.spawn(over(one));
  for (int i = 0; i != 9; ++i) {
    ASSERT_TRUE(one->orders.try_cast(i));
    rt.run_until_idle();
  }
  EXPECT_EQ(one->runs, 10);
  ASSERT_EQ(kept.size(), 3U);
  for (const context& each : kept) EXPECT_EQ(each.err(), errc::canceled);
  EXPECT_EQ(rt.inspect().find("one")->state, actor_state::idle);
}

TEST(restart, what_a_run_spawned_ends_with_it_and_the_next_run_goes_on) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    int begun = 0;
    int ended = 0;
    auto one = std::make_shared<one_order_a_run>([&](context) -> task<> {
      spawn([](int* started, int* told) -> task<> {
        ++*started;
        const result<> slept = co_await sleep_for(1h);
        if (!slept && slept.error() == errc::canceled) ++*told;
      }(&begun, &ended));
      co_await sleep_for(1ms);
    });
    deterministic_runtime rt(seed);
    rt.spawn(over(one));
    for (int i = 1; i <= 3; ++i) {
      ASSERT_TRUE(one->orders.try_cast(i));
      rt.run_until_idle();
      EXPECT_EQ(begun, i);
      EXPECT_EQ(ended, i - 1);
      rt.advance(1ms);
      EXPECT_EQ(ended, i);
      EXPECT_EQ(one->runs, i + 1);
    }
    EXPECT_EQ(rt.inspect().tasks, 0U);
  }
}

// Those that were stopped had their contexts canceled: no next run begins with that.
TEST(restart, a_group_begins_anew_with_contexts_that_are_alive) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    deterministic_runtime rt(seed);
    std::vector<std::shared_ptr<one_order_a_run>> all;
    std::vector<child_spec> children;
    for (int i = 0; i != 3; ++i) {
      all.push_back(std::make_shared<one_order_a_run>([](context) -> task<> { co_return; }));
      children.emplace_back(all.back());
    }
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.strategy = restart_strategy::one_for_all,
                                   .children = std::move(children)}));
    rt.run_until_idle();
    for (int i = 0; i != 6; ++i) {
      ASSERT_TRUE(all[static_cast<std::size_t>(i) % 3]->orders.try_cast(i));
      rt.run_until_idle();
      for (const auto& one : all) {
        EXPECT_EQ(one->runs, i + 2);
        EXPECT_EQ(rt.inspect().find(one->id())->state, actor_state::idle);
      }
    }
  }
}

/// Not a coroutine: every third run fails before it has begun.
class sometimes_unborn : public actor {
 public:
  sometimes_unborn() : actor("unborn") {}
  int runs = 0;

 protected:
  task<result<>> run(context ctx) override {
    if (++runs == 31) return until_end(std::move(ctx));
    if (runs % 3 == 0) throw std::runtime_error("not this time");
    return fail_at_once();
  }

 private:
  static task<result<>> fail_at_once() { co_return fail(errc::refused); }
  static task<result<>> until_end(context ctx) {
    static_cast<void>(co_await ctx.done());
    co_return {};
  }
};

TEST(restart, a_run_that_fails_before_it_begins_takes_and_leaves_nothing) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<sometimes_unborn>();
    rt.spawn(over(one));
    rt.run_until_idle();
    EXPECT_EQ(one->runs, 31);
    const runtime_view view = rt.inspect();
    EXPECT_EQ(view.find("unborn")->restarts, 30U);
    EXPECT_EQ(view.find("unborn")->state, actor_state::waiting);
    EXPECT_EQ(rt.alive(), 2U);
    EXPECT_TRUE(rt.shutdown().empty());
    EXPECT_EQ(rt.alive(), 0U);
  }
}

/// Restarts as often as it is told to, then serves.
class eager : public actor {
 public:
  explicit eager(int crashes) : actor("eager"), left_(crashes) {}
  cast_inbox<int> numbers{4};

 protected:
  task<result<>> run(context ctx) override {
    if (left_-- > 0) co_return fail(errc::refused);
    co_return co_await serve(ctx, on(numbers, [](int) -> result<> { return fail(errc::refused); }));
  }

 private:
  int left_;
};

// A slot counts in 16 bits; what does not fit goes to the actor's record.
TEST(restart, more_of_them_than_a_slot_can_count_are_counted) {
  constexpr std::uint32_t many = (std::uint32_t{1} << 17U) + 5;
  deterministic_runtime rt;
  auto one = std::make_shared<eager>(static_cast<int>(many));
  rt.spawn(over(one));
  rt.run_until_idle();
  EXPECT_EQ(rt.inspect().find("eager")->restarts, many);
  for (int i = 0; i != 3; ++i) {
    ASSERT_TRUE(one->numbers.try_cast(i));
    rt.run_until_idle();
  }
  EXPECT_EQ(rt.inspect().find("eager")->restarts, many + 3);
  EXPECT_EQ(rt.inspect().find("eager")->handled, 3U);
}

struct spawns_when_dropped {
  explicit spawns_when_dropped(std::function<void()> what) : spawn_one(std::move(what)) {}
  spawns_when_dropped(spawns_when_dropped&& other) noexcept
      : spawn_one(std::exchange(other.spawn_one, nullptr)) {}
  spawns_when_dropped& operator=(spawns_when_dropped&&) = delete;
  ~spawns_when_dropped() {
    if (spawn_one) spawn_one();
  }
  std::function<void()> spawn_one;
};

/// Ends clean after so many numbers, and leaves its requests unread.
class leaves_a_request : public actor {
 public:
  leaves_a_request() : actor("first") {}
  cast_inbox<int> numbers{4};
  call_inbox<spawns_when_dropped, int> requests{1};

 protected:
  task<result<>> run(context) override {
    for (int i = 0; i != 3; ++i) static_cast<void>(co_await numbers.receive());
    co_return {};
  }
};

// A child that is spawned from the end of another one has its place with the supervisor, and its
// fiber, but nothing of what that has received.
TEST(restart, another_child_in_the_same_place_begins_with_nothing) {
  deterministic_runtime rt;
  auto first = std::make_shared<leaves_a_request>();
  auto second = std::make_shared<eager>(0);
  auto root =
      std::make_shared<supervisor>("root", supervisor_options{.policy = restart_policy::temporary});
  rt.spawn(root);
  rt.run_until_idle();
  ASSERT_TRUE(root->spawn(first).has_value());
  rt.spawn(make_actor("caller", [&](context, logger&) -> task<result<>> {
    const result<int> got = co_await first->requests.call(
        spawns_when_dropped([&] { EXPECT_TRUE(root->spawn(second).has_value()); }));
    EXPECT_FALSE(got);
    co_return {};
  }));
  rt.run_until_idle();
  for (int i = 0; i != 3; ++i) ASSERT_TRUE(first->numbers.try_cast(i));
  rt.run_until_idle();
  const runtime_view view = rt.inspect();
  EXPECT_EQ(view.find("first"), nullptr);
  ASSERT_NE(view.find("eager"), nullptr);
  EXPECT_EQ(view.find("eager")->handled, 0U);
  EXPECT_EQ(view.find("eager")->restarts, 0U);
  ASSERT_TRUE(second->numbers.try_cast(1));
  rt.run_until_idle();
}

// The end of a run, and its context held, derived from and dropped by another thread.
TEST(restart, contexts_of_runs_may_be_held_by_other_threads) {
  constexpr int runs = 20'000;
  std::mutex lock;
  std::vector<context> given;
  event done;
  int run = 0;
  auto one = make_actor("one", [&](context ctx, logger&) -> task<result<>> {
    if (ctx.err()) co_return fail(*ctx.err());
    if (++run == runs) {
      done.set();
      static_cast<void>(co_await ctx.done());
      co_return {};
    }
    if (run % 2 == 0) {
      const std::lock_guard held(lock);
      given.push_back(std::move(ctx));
    }
    co_return fail(errc::refused);
  });
  std::atomic<bool> stop{false};
  std::atomic<int> alive{0};
  std::thread other([&] {
    std::vector<cancelable_context> derived;
    while (!stop) {
      std::vector<context> taken;
      {
        const std::lock_guard held(lock);
        taken.swap(given);
      }
      for (const context& each : taken) derived.push_back(each.with_cancel());
      taken.clear();
      if (derived.size() > 64) {
        derived.front().cancel();
        derived.clear();
      }
    }
    for (auto& each : derived) alive += each.err() ? 0 : 1;
  });
  {
    runtime rt({.workers = 2});
    auto root = rt.spawn(over(one));
    rt.block_on(done.wait());
    stop = true;
    other.join();
    EXPECT_FALSE(root.done());
    EXPECT_EQ(run, runs);
    EXPECT_EQ(rt.inspect().find("one")->restarts, static_cast<std::uint32_t>(runs - 1));
  }
  for (const context& each : given) EXPECT_TRUE(each.err());
  EXPECT_EQ(alive, 0);
}

// Canceled from outside while runs take each other's fiber.
TEST(restart, a_stop_reaches_whatever_run_there_is) {
  for (int round = 0; round != 200; ++round) {
    runtime rt({.workers = 2});
    std::vector<child_spec> children;
    for (int i = 0; i != 4; ++i) {
      children.emplace_back(make_actor("short", [](context ctx, logger&) -> task<result<>> {
        if (ctx.err()) co_return fail(*ctx.err());
        co_return fail(errc::refused);
      }));
    }
    auto root = rt.spawn(
        std::make_shared<supervisor>("root", supervisor_options{.children = std::move(children)}));
    std::this_thread::sleep_for(std::chrono::microseconds(round));
    root.cancel();
    ASSERT_TRUE(rt.block_on(root.wait(context::background().with_timeout(60s)))) << round;
  }
}

// Why a child whose inbox is closed to end it has to be transient.
TEST(restart, an_inbox_closed_by_its_user_stays_closed_over_restarts) {
  class drains : public actor {
   public:
    drains() : actor("drains") {}
    cast_inbox<int> in{1};
    int runs = 0;

   protected:
    task<result<>> run(context ctx) override {
      ++runs;
      co_return co_await serve(ctx, on(in, [](int) {}));
    }
  };
  for (const auto policy : {restart_policy::transient, restart_policy::permanent}) {
    deterministic_runtime rt;
    auto one = std::make_shared<drains>();
    const auto end = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.policy = policy,
                                   .restart_limit = {.max_restarts = 9, .window = 1h},
                                   .children = {one}}));
    rt.run_until_idle();
    one->in.close();
    rt.run_until_idle();
    EXPECT_EQ(one->runs, policy == restart_policy::transient ? 1 : 10);
    EXPECT_EQ(end.done(), policy == restart_policy::permanent) << "beyond its limit";
  }
}

}  // namespace

#include <troupe/super_inbox.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/runtime.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::actor_id;
using troupe::cast_inbox;
using troupe::context;
using troupe::errc;
using troupe::exit_kind;
using troupe::result;
using troupe::super_event;
using troupe::super_event_kind;
using troupe::super_inbox;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

/// Does what it is told, by number: 0 ends clean, 1 fails, 2 throws.
class worker : public troupe::actor {
 public:
  worker() : actor("worker") {}
  cast_inbox<int> orders{4};

 protected:
  task<result<>> run(context) override {
    auto order = co_await orders.receive();
    if (!order) co_return troupe::fail(order.error());
    if (*order == 1) co_return troupe::fail(errc::refused);
    if (*order == 2) throw std::runtime_error("told to");
    co_return result<>();
  }
};

/// Supervises whom it is told to, and notes what it hears.
class overseer : public troupe::actor {
 public:
  overseer() : actor("overseer") {}
  cast_inbox<actor_id> watch{64};
  cast_inbox<actor_id> forget{64};
  std::vector<super_event> heard;

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(watch, [this](actor_id who) { events_.supervise(who); }),
        troupe::on(forget, [this](actor_id who) { events_.unsupervise(who); }),
        troupe::on(events_, [this](super_event e) { heard.push_back(std::move(e)); }));
  }

 private:
  super_inbox events_;
};

TEST(actor_id, is_never_used_twice) {
  std::set<actor_id> seen;
  for (int i = 0; i != 1000; ++i) {
    const worker one;
    EXPECT_NE(one.id(), actor_id{});
    EXPECT_TRUE(seen.insert(one.id()).second);
  }
}

TEST(super_inbox, hears_of_each_kind_of_end_with_its_reason) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto above = std::make_shared<overseer>();
    rt.spawn(above);
    for (int order = 0; order != 3; ++order) {
      auto one = std::make_shared<worker>();
      rt.spawn(one);
      ASSERT_TRUE(above->watch.try_cast(one->id()));
      rt.run_until_idle();
      ASSERT_TRUE(above->heard.empty());
      ASSERT_TRUE(one->orders.try_cast(order));
      rt.run_until_idle();
      ASSERT_EQ(above->heard.size(), 1U);
      const super_event& e = above->heard.front();
      EXPECT_EQ(e.who, one->id());
      EXPECT_EQ(e.what, super_event_kind::stopped);
      ASSERT_TRUE(e.why);
      constexpr exit_kind kinds[] = {exit_kind::clean, exit_kind::error, exit_kind::exception};
      EXPECT_EQ(e.why->kind(), kinds[order]);
      above->heard.clear();
    }
    rt.shutdown();
  });
}

TEST(super_inbox, is_told_at_once_of_one_that_has_stopped_or_never_was) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto above = std::make_shared<overseer>();
    rt.spawn(above);
    auto stopped = std::make_shared<worker>();
    ASSERT_TRUE(stopped->orders.try_cast(0));
    rt.block_on(rt.spawn(stopped));
    const actor_id gone = worker().id();
    for (const actor_id who : {stopped->id(), gone, actor_id{}, actor_id{~std::uint64_t{0}}}) {
      ASSERT_TRUE(above->watch.try_cast(who));
      rt.run_until_idle();
      ASSERT_EQ(above->heard.size(), 1U);
      EXPECT_EQ(above->heard.front().who, who);
      EXPECT_EQ(above->heard.front().what, super_event_kind::stopped);
      EXPECT_FALSE(above->heard.front().why);
      above->heard.clear();
    }
    rt.shutdown();
  });
}

TEST(super_inbox, is_told_at_once_of_ids_that_were_never_given_out) {
  const worker one;  // so that there are slots
  deterministic_runtime rt(1);
  super_inbox events;
  for (std::uint64_t id = 0; id != 200; ++id) {
    events.supervise(actor_id{id});
    const auto told = rt.block_on(events.receive());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->what, super_event_kind::stopped);
    EXPECT_EQ(told->who, actor_id{id});
  }
}

// Starting, stopping and watching in any order: `stopped` comes once, whoever is first.
TEST(super_inbox, never_loses_an_end_whichever_comes_first) {
  for_seeds(200, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto above = std::make_shared<overseer>();
    rt.spawn(above);
    std::vector<std::shared_ptr<worker>> all;
    for (int i = 0; i != 20; ++i) {
      all.push_back(std::make_shared<worker>());
      if (i % 2 == 0) rt.spawn(all.back());
      ASSERT_TRUE(all.back()->orders.try_cast(0));
      ASSERT_TRUE(above->watch.try_cast(all.back()->id()));
      ASSERT_TRUE(above->watch.try_cast(all.back()->id()));  // twice is once
      if (i % 2 != 0) rt.spawn(all.back());
    }
    rt.run_until_idle();
    std::set<actor_id> told;
    for (const auto& e : above->heard) told.insert(e.who);
    EXPECT_EQ(told.size(), 20U);
    rt.shutdown();
  });
}

TEST(super_inbox, is_not_told_of_a_crash_that_is_answered_with_a_restart) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto above = std::make_shared<overseer>();
    auto one = std::make_shared<worker>();
    rt.spawn(above);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.policy = troupe::restart_policy::transient,
                                           .children = {one}}));
    ASSERT_TRUE(above->watch.try_cast(one->id()));
    rt.run_until_idle();
    ASSERT_TRUE(one->orders.try_cast(2));
    rt.run_until_idle();
    EXPECT_TRUE(above->heard.empty());
    ASSERT_TRUE(one->orders.try_cast(0));  // a clean end is not answered
    rt.run_until_idle();
    ASSERT_EQ(above->heard.size(), 1U);
    ASSERT_TRUE(above->heard.front().why);
    EXPECT_EQ(above->heard.front().why->kind(), exit_kind::clean);
    rt.shutdown();
  });
}

TEST(super_inbox, forgets_whom_it_no_longer_supervises) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto above = std::make_shared<overseer>();
    auto one = std::make_shared<worker>();
    rt.spawn(above);
    rt.spawn(one);
    ASSERT_TRUE(above->watch.try_cast(one->id()));
    rt.run_until_idle();
    ASSERT_TRUE(above->forget.try_cast(one->id()));
    rt.run_until_idle();
    ASSERT_TRUE(one->orders.try_cast(0));
    rt.run_until_idle();
    EXPECT_TRUE(above->heard.empty());
    rt.shutdown();
  });
}

TEST(super_inbox, takes_back_what_waits_when_unsupervised_or_destroyed) {
  deterministic_runtime rt(1);
  auto one = std::make_shared<worker>();
  auto other = std::make_shared<worker>();
  auto keeper = std::make_unique<super_inbox>();
  keeper->supervise(one->id());
  keeper->supervise(other->id());
  for (const auto& each : {one, other}) {
    ASSERT_TRUE(each->orders.try_cast(0));
    rt.block_on(rt.spawn(each));
  }
  keeper->unsupervise(one->id());
  const auto left = rt.block_on(keeper->receive());
  ASSERT_TRUE(left);
  EXPECT_EQ(left->who, other->id());
  keeper->supervise(one->id());  // its end is told again
  keeper.reset();                // with an event that waits
}

TEST(super_inbox, an_actor_that_never_ran_has_stopped_when_it_is_destroyed) {
  deterministic_runtime rt(1);
  super_inbox keeper;
  auto one = std::make_unique<worker>();
  keeper.supervise(one->id());
  one.reset();
  const auto told = rt.block_on(keeper.receive());
  ASSERT_TRUE(told);
  EXPECT_FALSE(told->why);
}

// The events of an actor are there again after its own restart.
TEST(super_inbox, keeps_what_waits_over_a_crash_of_its_owner) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto events = std::make_shared<super_inbox>();
    int runs = 0;
    std::vector<super_event> heard;
    auto above = troupe::make_actor("above", [&](context ctx, troupe::logger&) -> task<result<>> {
      if (++runs == 1) throw std::runtime_error("first run");
      co_return co_await troupe::serve(
          ctx, troupe::on(*events, [&](super_event e) { heard.push_back(std::move(e)); }));
    });
    auto one = std::make_shared<worker>();
    events->supervise(one->id());
    ASSERT_TRUE(one->orders.try_cast(1));
    rt.block_on(rt.spawn(one));
    rt.spawn(std::make_shared<troupe::supervisor>("root",
                                                  troupe::supervisor_options{.children = {above}}));
    rt.run_until_idle();
    EXPECT_EQ(runs, 2);
    EXPECT_EQ(heard.size(), 1U);
    rt.shutdown();
  });
}

// Actors end on one thread while others begin and cease to supervise them on another.
TEST(super_inbox, threads_that_stop_and_watch_at_the_same_time) {
  troupe::runtime rt({.workers = 2});
  constexpr int rounds = 300;
  std::set<actor_id> told;
  auto watching = troupe::internal::start(rt, [&]() -> task<> {
    super_inbox events;
    std::set<actor_id> watched;
    for (int i = 0; i != rounds; ++i) {
      auto one = std::make_shared<worker>();
      rt.spawn(one);
      static_cast<void>(one->orders.try_cast(i % 3));
      events.supervise(one->id());
      if (i % 5 == 0) {
        events.unsupervise(one->id());
      } else {
        watched.insert(one->id());
      }
    }
    while (told != watched) told.insert((co_await events.receive()).value().who);
  });
  rt.block_on(watching);
  EXPECT_EQ(told.size(), rounds - rounds / 5);
}

}  // namespace

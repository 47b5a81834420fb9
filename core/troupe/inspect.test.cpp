// What inspect() tells, state by state, on the deterministic runtime. That it may be called while
// everything runs is in tests/integration/oversight.test.cpp.

#include <troupe/inspect.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace inspect_test {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

struct order {
  duration how_long;
};
struct question {};

class worker : public actor {
 public:
  explicit worker(std::string name = "worker") : actor(std::move(name)) {}
  cast_inbox<order> orders{16};
  call_inbox<question, int> questions{4};

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(ctx,
                             on(orders,
                                [](order one) -> task<> {
                                  if (one.how_long < 0s) throw std::runtime_error("told to");
                                  if (one.how_long > 0s) co_await sleep_for(one.how_long);
                                }),
                             on(questions, [](question) -> task<int> {
                               co_await sleep_for(10s);
                               co_return 1;
                             }));
  }
};

const actor_view& only(const runtime_view& view) {
  EXPECT_EQ(view.actors.size(), 1U);
  return view.actors.at(0);
}

TEST(inspect, knows_nobody_where_nobody_is) {
  const deterministic_runtime rt;
  EXPECT_TRUE(rt.inspect().actors.empty());
  EXPECT_EQ(rt.inspect().tasks, 0U);
  const worker never_started;
  EXPECT_TRUE(rt.inspect().actors.empty());
}

TEST(inspect, follows_an_actor_through_its_states) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<worker>();
    auto handle = rt.spawn(one);
    {
      const runtime_view view = rt.inspect();
      ASSERT_EQ(only(view).state, actor_state::starting);
      EXPECT_EQ(only(view).id, one->id());
      EXPECT_EQ(only(view).name, "worker");
      EXPECT_EQ(only(view).parent, actor_id{});
      EXPECT_EQ(only(view).handled, 0U);
      EXPECT_TRUE(only(view).healthy);
    }
    rt.run_until_idle();
    EXPECT_EQ(only(rt.inspect()).state, actor_state::idle);
    EXPECT_EQ(only(rt.inspect()).handling, "");

    ASSERT_TRUE(one->orders.try_cast({5s}));
    EXPECT_EQ(only(rt.inspect()).state, actor_state::ready);
    rt.run_until_idle();
    ASSERT_TRUE(one->orders.try_cast({0s}));
    ASSERT_TRUE(one->orders.try_cast({0s}));
    {
      const runtime_view view = rt.inspect();
      ASSERT_EQ(only(view).state, actor_state::waiting);
      EXPECT_EQ(only(view).waiting, "sleeping");
      EXPECT_EQ(only(view).handling, "inspect_test::order");
      EXPECT_EQ(only(view).handled, 1U);
      ASSERT_EQ(only(view).inboxes.size(), 2U);
      EXPECT_EQ(only(view).inboxes[0].message, "inspect_test::order");
      EXPECT_EQ(only(view).inboxes[0].size, 2U);
      EXPECT_EQ(only(view).inboxes[0].capacity, 16U);
      EXPECT_EQ(only(view).inboxes[1].message, "inspect_test::question");
      EXPECT_EQ(only(view).inboxes[1].capacity, 4U);
    }
    rt.advance(5s);
    EXPECT_EQ(only(rt.inspect()).state, actor_state::idle);
    EXPECT_EQ(only(rt.inspect()).handled, 3U);

    handle.cancel();
    EXPECT_EQ(only(rt.inspect()).state, actor_state::stopping);
    rt.run_until_idle();
    EXPECT_TRUE(rt.inspect().actors.empty());
  });
}

TEST(inspect, sees_who_runs) {
  deterministic_runtime rt;
  actor_state seen{};
  rt.spawn(make_actor("looks", [&](context, logger&) -> task<result<>> {
    co_await sleep_for(1s);
    seen = rt.inspect().find("looks")->state;
    co_return result<>();
  }));
  rt.advance(1s);
  EXPECT_EQ(seen, actor_state::ready) << "the deterministic runtime has no workers to look at";
}

TEST(inspect, names_whose_reply_is_awaited) {
  deterministic_runtime rt;
  auto asked = std::make_shared<worker>("asked");
  rt.spawn(asked);
  rt.spawn(make_actor("asks", [asked](context, logger&) -> task<result<>> {
    static_cast<void>(co_await asked->questions.call({}));
    co_return result<>();
  }));
  rt.run_until_idle();
  const runtime_view view = rt.inspect();
  const actor_view* asks = view.find("asks");
  ASSERT_NE(asks, nullptr);
  EXPECT_EQ(asks->state, actor_state::waiting);
  EXPECT_EQ(asks->waiting, "waiting for a reply");
  EXPECT_EQ(asks->waiting_on, asked->id());
  EXPECT_EQ(view.find(asked->id())->handling, "inspect_test::question");
  rt.shutdown();
}

TEST(inspect, shows_the_tree_and_counts_restarts_and_messages_over_them) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto one = std::make_shared<worker>();
    auto below = std::make_shared<supervisor>(
        "below", supervisor_options{.restart_delay = 1s, .jitter = 0.0, .children = {one}});
    auto root = std::make_shared<supervisor>("root", supervisor_options{.children = {below}});
    rt.spawn(root);
    rt.run_until_idle();
    for (int i = 0; i != 3; ++i) {
      ASSERT_TRUE(one->orders.try_cast({0s}));
      ASSERT_TRUE(one->orders.try_cast({-1s}));
      rt.run_until_idle();
      const runtime_view view = rt.inspect();
      EXPECT_EQ(view.find(one->id())->state, actor_state::restarting);
      EXPECT_EQ(view.find(one->id())->handled, 2U * (static_cast<unsigned>(i) + 1));
      rt.advance(1s);
    }
    const runtime_view view = rt.inspect();
    ASSERT_EQ(view.actors.size(), 3U);
    EXPECT_EQ(view.find("root")->parent, actor_id{});
    EXPECT_EQ(view.find("below")->parent, root->id());
    EXPECT_EQ(view.find("worker")->parent, below->id());
    EXPECT_EQ(view.find("worker")->restarts, 3U);
    EXPECT_EQ(view.find("worker")->handled, 6U);
    EXPECT_EQ(view.find("below")->state, actor_state::idle);
    rt.shutdown();
    EXPECT_TRUE(rt.inspect().actors.empty());
  });
}

// The fiber counts in 16 bits; what does not fit goes to the actor's record.
TEST(inspect, counts_more_messages_than_a_fiber_can) {
  deterministic_runtime rt;
  cast_inbox<int> numbers{4};
  auto one = make_actor("one", [&](context ctx, logger&) -> task<result<>> {
    detail::current.running->handled.store(0xffff);
    co_return co_await serve(ctx, on(numbers, [](int) {}));
  });
  rt.spawn(one);
  rt.run_until_idle();
  for (int i = 0; i != 3; ++i) static_cast<void>(numbers.try_cast(i));
  rt.run_until_idle();
  EXPECT_EQ(only(rt.inspect()).handled, (std::uint64_t{1} << 16U) + 2);
  rt.shutdown();
}

TEST(inspect, names_the_message_in_hand_wherever_it_came_from) {
  deterministic_runtime rt;
  cast_inbox<order> orders{4};
  const auto in_hand = [&](std::string_view who) {
    return std::string(rt.inspect().find(who)->handling);
  };
  const auto takes_one = [&](context, logger&) -> task<result<>> {
    static_cast<void>(co_await orders.receive());
    co_await sleep_for(1h);
    co_return result<>();
  };
  rt.spawn(make_actor("first", takes_one));
  rt.run_until_idle();
  EXPECT_EQ(in_hand("first"), "");
  ASSERT_TRUE(orders.try_cast({0s}));
  rt.run_until_idle();
  EXPECT_EQ(in_hand("first"), "inspect_test::order");

  rt.spawn(make_actor("second", takes_one));  // the inbox is a shared one from now on
  rt.run_until_idle();
  EXPECT_EQ(in_hand("first"), "inspect_test::order");
  EXPECT_EQ(in_hand("second"), "");
  ASSERT_TRUE(orders.try_cast({0s}));
  rt.run_until_idle();
  EXPECT_EQ(in_hand("second"), "inspect_test::order");

  ASSERT_TRUE(orders.try_cast({0s}));
  rt.spawn(make_actor("third", takes_one));
  rt.run_until_idle();
  EXPECT_EQ(in_hand("third"), "inspect_test::order");

  rt.spawn(make_actor("fourth", [](context, logger&) -> task<result<>> {
    auto own = std::make_unique<cast_inbox<order>>(1);
    static_cast<void>(own->try_cast({0s}));
    static_cast<void>(co_await own->receive());
    own.reset();
    co_await sleep_for(1h);
    co_return result<>();
  }));
  rt.run_until_idle();
  EXPECT_EQ(in_hand("fourth"), "inspect_test::order");
  rt.shutdown();
}

TEST(inspect, an_actor_from_a_factory_is_one_and_the_same_over_its_runs) {
  deterministic_runtime rt;
  fresh_child<worker> child([] { return std::make_shared<worker>(); });
  rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = {child.spec()}}));
  rt.run_until_idle();
  ASSERT_TRUE(child->orders.try_cast({-1s}));
  rt.run_until_idle();
  ASSERT_TRUE(child->orders.try_cast({1h}));
  rt.run_until_idle();
  ASSERT_TRUE(child->orders.try_cast({0s}));
  const runtime_view view = rt.inspect();
  ASSERT_EQ(view.actors.size(), 2U);
  const actor_view* one = view.find(child.handle()->id());
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->restarts, 1U);
  EXPECT_EQ(one->handled, 2U);
  EXPECT_EQ(one->inboxes.at(0).size, 1U);
  EXPECT_EQ(one->handling, "inspect_test::order");
  rt.shutdown();
}

// The first message after a sleep is timed, and one in 256: a thousand messages give some samples.
TEST(inspect, times_some_of_the_messages) {
  deterministic_runtime rt;
  auto one = std::make_shared<worker>();
  rt.spawn(one);
  for (int i = 0; i != 1024; ++i) {
    rt.run_until_idle();
    ASSERT_TRUE(one->orders.try_cast({2ms}));
    ASSERT_TRUE(one->orders.try_cast({2ms}));
    rt.advance(1ms);
    rt.advance(10ms);
  }
  const runtime_view view = rt.inspect();
  EXPECT_EQ(only(view).handled, 2048U);
  const time_view inbox = only(view).in_inbox;
  const time_view handler = only(view).in_handler;
  EXPECT_GE(inbox.samples, 7U);
  EXPECT_LE(inbox.samples, 10U);
  EXPECT_EQ(handler.samples, inbox.samples);
  EXPECT_EQ(handler.mean, 2ms);
  EXPECT_EQ(handler.most, 2ms);
  EXPECT_LE(inbox.most, 2ms) << "the second of two waits while the first is handled";
}

TEST(inspect, what_waits_behind_a_slow_handler_shows_in_the_time_in_the_inbox) {
  deterministic_runtime rt;
  auto one = std::make_shared<worker>();
  rt.spawn(one);
  rt.run_until_idle();
  for (int round = 0; round != 300; ++round) {
    ASSERT_TRUE(one->orders.try_cast({1ms}));
    for (int i = 0; i != 9; ++i) ASSERT_TRUE(one->orders.try_cast({1ms}));
    rt.advance(20ms);
  }
  const time_view inbox = only(rt.inspect()).in_inbox;
  EXPECT_GE(inbox.samples, 10U);
  EXPECT_GE(inbox.most, 1ms);
  EXPECT_LE(inbox.most, 9ms);
  rt.shutdown();
}

TEST(inspect, unhealthy_ones_are_marked) {
  deterministic_runtime rt;
  auto one = std::make_shared<worker>();
  rt.spawn(one);
  ASSERT_TRUE(one->orders.try_cast({1h}));
  rt.advance(5s);
  EXPECT_FALSE(only(rt.inspect()).healthy);
  rt.advance(2h);
  EXPECT_TRUE(only(rt.inspect()).healthy);
  rt.shutdown();
}

TEST(inspect, two_runtimes_do_not_see_each_other) {
  deterministic_runtime here;
  deterministic_runtime there;
  here.spawn(std::make_shared<worker>("here"));
  there.spawn(std::make_shared<worker>("there"));
  EXPECT_EQ(only(here.inspect()).name, "here");
  EXPECT_EQ(only(there.inspect()).name, "there");
}

TEST(inspect, counts_tasks_apart_from_actors) {
  deterministic_runtime rt;
  rt.spawn(std::make_shared<worker>());
  rt.spawn([]() -> task<> { co_await sleep_for(1s); }());
  rt.run_until_idle();
  EXPECT_EQ(rt.inspect().tasks, 1U);
  EXPECT_EQ(rt.inspect().actors.size(), 1U);
  rt.shutdown();
}

TEST(inspect, writes_json) {
  runtime_view view;
  view.at = time_point(5ns);
  actor_view& one = view.actors.emplace_back();
  one.id = actor_id{(std::uint64_t{1} << 32U) | 7U};
  one.name = "say \"hi\"";
  one.parent = actor_id{3};
  one.state = actor_state::waiting;
  one.waiting = "waiting for a reply";
  one.waiting_on = actor_id{9};
  one.handling = "order";
  one.inboxes.push_back({.message = "order", .size = 1, .capacity = 16});
  one.handled = 12;
  one.restarts = 2;
  one.in_inbox = {.samples = 1, .mean = 5ns, .most = 6ns};
  one.healthy = false;
  view.workers.emplace_back().running_for = 3us;
  EXPECT_EQ(
      to_json(view),
      R"({"at_ns":5,"actors":[{"id":"4294967303","name":"say \"hi\"","parent":"3",)"
      R"("state":"waiting","waiting":"waiting for a reply","waiting_on":"9","handling":"order",)"
      R"("inboxes":[{"message":"order","size":1,"capacity":16}],"handled":12,"restarts":2,)"
      R"("in_inbox":{"samples":1,"mean_ns":5,"most_ns":6},)"
      R"("in_handler":{"samples":0,"mean_ns":0,"most_ns":0},"healthy":false}],)"
      R"("workers":[{"worker":0,"own_thread":false,"asleep":false,"running_for_ns":3000}],)"
      R"("tasks":0})");
}

TEST(inspect, names_every_state) {
  using enum actor_state;
  for (const actor_state one : {starting, idle, ready, running, waiting, restarting, stopping}) {
    EXPECT_NE(to_string(one), "unknown");
  }
}

}  // namespace inspect_test

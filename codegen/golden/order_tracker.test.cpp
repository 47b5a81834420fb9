// The order tracker of the documentation, made from golden/accepted/order_tracker.yml.
#include <codegen/golden/accepted/order_tracker.gen.hpp>

#include <troupe/call_inbox.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using troupe::errc;
using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

struct order_tracker : order_tracker_base {
  std::map<int, Order> open_orders{};
  std::vector<std::string>* log = nullptr;
  bool waits = false;  // before it notes that an order is complete

 private:
  friend handlers;

  void handle_start() {
    EXPECT_NE(rx, nullptr);
    EXPECT_NE(rt, nullptr);
    log->push_back("start");
  }
  void handle_stop() { log->push_back("stop"); }
  void handle_new_order(Order order) {
    if (order.id < 0) throw std::invalid_argument("no such order");
    open_orders.emplace(order.id, order);
    log->push_back("new " + std::to_string(order.id));
    rx->order_complete.enable();
  }
  // By reference: the message is alive until the coroutine has ended.
  troupe::task<troupe::result<>> handle_order_complete(const Order& order) {
    if (waits) static_cast<void>(co_await troupe::sleep_for(1s));
    if (open_orders.erase(order.id) == 0) co_return troupe::fail(errc::refused);
    log->push_back("complete " + std::to_string(order.id));
    co_return troupe::result<>();
  }
};

namespace {

using log = std::vector<std::string>;

// The documentation's way of making an actor: a function around the builder.
order_tracker_builder tracker(log& into) {
  return {.data = {.log = &into}, .order_complete = {.disabled = true}};
}

TEST(generated_order_tracker, handles_each_mailbox_and_enables_one_from_the_other) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    log seen;
    const order_tracker_tx tx = tracker(seen).spawn(rt);
    EXPECT_TRUE(rt.block_on(tx.order_complete({.id = 1})));
    rt.run_until_idle();
    EXPECT_EQ(seen, (log{"start"})) << "disabled at the start";
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 1})));
    rt.run_until_idle();
    EXPECT_EQ(seen, (log{"start", "new 1", "complete 1"}));
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(seen.back(), "stop");
    EXPECT_EQ(rt.alive(), 0U);
    EXPECT_EQ(tx.try_new_order({.id = 2}).error(), errc::inbox_closed);
  });
}

TEST(generated_order_tracker, ten_messages_wait_unless_the_builder_says_otherwise) {
  deterministic_runtime rt;
  log seen;
  auto builder = tracker(seen);
  builder.order_complete.capacity = 2;
  const auto [actor, tx] = std::move(builder).build(rt);
  for (int i = 0; i != 10; ++i) EXPECT_TRUE(tx.try_new_order({.id = i}));
  const auto refused = tx.try_new_order({.id = 10});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::inbox_full);
  EXPECT_EQ(refused.error().unsent.id, 10);
  EXPECT_TRUE(tx.try_order_complete({.id = 0}));
  EXPECT_TRUE(tx.try_order_complete({.id = 1}));
  EXPECT_EQ(tx.try_order_complete({.id = 2}).error(), errc::inbox_full);
}

TEST(generated_order_tracker, an_error_of_a_handler_ends_the_actor) {
  deterministic_runtime rt;
  log seen;
  auto builder = tracker(seen);
  builder.order_complete.disabled = false;
  auto [actor, tx] = std::move(builder).build(rt);
  auto ended = rt.spawn(actor);
  EXPECT_TRUE(rt.block_on(tx.order_complete({.id = 1})));
  rt.run_until_idle();
  const auto why = rt.block_on(std::move(ended));
  ASSERT_TRUE(why && why->as_error() != nullptr);
  EXPECT_EQ(*why->as_error(), errc::refused);
  EXPECT_EQ(seen, (log{"start"})) << "that was no clean stop";
}

TEST(generated_order_tracker, two_share_a_mailbox_and_each_message_reaches_one) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    log first;
    log second;
    const auto orders = order_mailbox::make_inbox(4);
    auto one = tracker(first);
    one.new_order.inbox = orders;
    auto other = tracker(second);
    other.new_order.inbox = orders;
    const order_tracker_tx tx = std::move(one).spawn(rt);
    const order_tracker_tx same = std::move(other).spawn(rt);
    auto sender = troupe::internal::start(rt, [&]() -> troupe::task<> {
      for (int i = 0; i != 20; ++i) {
        const Order order{.id = i};
        EXPECT_TRUE(co_await (i % 2 == 0 ? tx : same).new_order(order));
      }
    });
    rt.run_until_idle();
    EXPECT_EQ(first.size() + second.size(), 2U + 20U);
    // The end of one leaves the mailbox to the other.
    tx.stop();
    rt.run_until_idle();
    const std::size_t before = second.size();
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 100})));
    rt.run_until_idle();
    EXPECT_EQ(second.size(), before + 1);
    same.stop();
    rt.run_until_idle();
    EXPECT_EQ(tx.try_new_order({.id = 101}).error(), errc::inbox_closed);
  });
}

TEST(generated_order_tracker, a_restart_keeps_data_messages_and_what_is_enabled) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    log seen;
    auto [actor, tx] = tracker(seen).build(rt);
    std::string crashed;
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{
                    .on_error = [&](const troupe::actor& a,
                                    const troupe::exit_reason&) { crashed = a.name(); },
                    .children = {actor}}));
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 1})));
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = -1})));
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 2})));
    rt.run_until_idle();
    EXPECT_EQ(crashed, "OrderTracker");
    EXPECT_TRUE(rt.block_on(tx.order_complete({.id = 1})));
    EXPECT_TRUE(rt.block_on(tx.order_complete({.id = 2})));
    rt.run_until_idle();
    EXPECT_EQ(seen, (log{"start", "new 1", "start", "new 2", "complete 1", "complete 2"}));
  });
}

TEST(generated_order_tracker, a_factory_gives_fresh_data_behind_the_same_handle) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    log seen;
    troupe::fresh_child child([&] { return tracker(seen).build(rt).actor; });
    const order_tracker_tx tx = child->tx();
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.children = {child.spec()}}));
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 1})));
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = -1})));
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 2})));
    rt.run_until_idle();
    EXPECT_EQ(seen, (log{"start", "new 1", "start", "new 2"}));
    EXPECT_TRUE(rt.block_on(tx.order_complete({.id = 2})));
    rt.run_until_idle();
    EXPECT_EQ(seen.back(), "complete 2");
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(seen[seen.size() - 2], "stop");
    EXPECT_EQ(seen.back(), "start") << "a permanent child comes back";
  });
}

TEST(generated_order_tracker, a_stop_waits_for_the_handler_and_leaves_later_messages) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    log seen;
    auto builder = tracker(seen);
    builder.data.waits = true;
    const order_tracker_tx tx = std::move(builder).spawn(rt);
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 1})));
    EXPECT_TRUE(rt.block_on(tx.order_complete({.id = 1})));
    rt.run_until_idle();
    tx.stop();
    EXPECT_TRUE(rt.block_on(tx.new_order({.id = 2})));
    rt.run_until_idle();
    EXPECT_EQ(seen, (log{"start", "new 1"})) << "the handler is not interrupted";
    rt.advance(1s);
    EXPECT_EQ(seen, (log{"start", "new 1", "complete 1", "stop"}));
  });
}

TEST(generated_order_tracker, asked_to_stop_before_it_runs_it_starts_and_stops) {
  deterministic_runtime rt;
  log seen;
  auto [actor, tx] = tracker(seen).build(rt);
  tx.stop();
  rt.spawn(actor);
  rt.run_until_idle();
  EXPECT_EQ(seen, (log{"start", "stop"}));
}

TEST(generated_order_tracker, one_that_never_ran_refuses_messages_once_it_is_gone) {
  deterministic_runtime rt;
  log seen;
  auto [actor, tx] = tracker(seen).build(rt);
  actor.reset();
  EXPECT_EQ(tx.try_new_order({.id = 1}).error(), errc::inbox_closed);
}

}  // namespace

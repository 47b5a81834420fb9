// Actors without mailboxes, and one that ends itself, made from golden/accepted/supervision.yml.
#include <codegen/golden/accepted/supervision.gen.hpp>

#include <troupe/child_spec.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/super_inbox.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

struct supervisee : supervisee_base {
  int* starts = nullptr;
  int* stops = nullptr;
  troupe::task<> handle_start() {
    ++*starts;
    co_return;
  }
  void handle_stop() { ++*stops; }
};

struct supervisor : supervisor_base {
  std::vector<troupe::super_event>* heard = nullptr;
  void handle_watch(troupe::actor_id who) { rx->supervise(who); }
  void handle_forget(troupe::actor_id who) { rx->unsupervise(who); }
  void handle_super_event(troupe::super_event what) { heard->push_back(std::move(what)); }
};

/// Crashes where it is asked to watch nobody.
struct fragile : supervisor_base {
  std::vector<troupe::super_event>* heard = nullptr;
  void handle_watch(troupe::actor_id who) {
    if (who == troupe::actor_id{}) throw std::runtime_error("crash");
    rx->supervise(who);
  }
  void handle_forget(troupe::actor_id who) { rx->unsupervise(who); }
  void handle_super_event(troupe::super_event what) { heard->push_back(std::move(what)); }
};

struct stopper : stopper_base {
  int* last = nullptr;
  void handle_finish(const finish_request& asked) {
    *last = asked.last;
    tx->stop();
  }
  bool* slept = nullptr;  // handle_stop() takes an hour, and says whether it was left to it
  troupe::task<troupe::result<>> handle_stop() {
    if (slept == nullptr) co_return troupe::fail(troupe::errc::refused);
    const auto start = rt->now();
    static_cast<void>(co_await troupe::sleep_for(1h));
    *slept = rt->now() - start == 1h;
    co_return troupe::result<>();
  }
};

namespace {

TEST(generated_supervision, an_actor_without_mailboxes_starts_and_stops) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    int starts = 0;
    int stops = 0;
    const supervisee_tx tx =
        supervisee_builder{.data = {.starts = &starts, .stops = &stops}}.spawn(rt);
    rt.run_until_idle();
    EXPECT_EQ(starts, 1);
    EXPECT_EQ(rt.alive(), 1U);
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(stops, 1);
    EXPECT_EQ(rt.alive(), 0U);
  });
}

TEST(generated_supervision, the_end_of_its_context_is_no_clean_stop) {
  deterministic_runtime rt;
  int starts = 0;
  int stops = 0;
  supervisee_builder{.data = {.starts = &starts, .stops = &stops}}.spawn(rt);
  rt.run_until_idle();
  rt.shutdown();
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(stops, 0);
}

TEST(generated_supervision, an_actor_stops_itself_and_its_last_handler_may_fail) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    int last = 0;
    auto [actor, tx] = stopper_builder{.data = {.last = &last}}.build(rt);
    auto ended = rt.spawn(actor);
    EXPECT_TRUE(tx.try_finish({.last = 7}));
    EXPECT_TRUE(tx.try_finish({.last = 8}));
    rt.run_until_idle();
    EXPECT_EQ(last, 7) << "it stops before the next message";
    const auto why = rt.block_on(std::move(ended));
    ASSERT_TRUE(why && why->as_error() != nullptr);
    EXPECT_EQ(*why->as_error(), troupe::errc::refused);
  });
}

TEST(generated_supervision, stopping_twice_leaves_handle_stop_alone) {
  deterministic_runtime rt;
  bool slept = false;
  const stopper_tx tx = stopper_builder{.data = {.slept = &slept}}.spawn(rt);
  rt.run_until_idle();
  tx.stop();
  rt.run_until_idle();
  tx.stop();
  rt.run_until_idle();
  EXPECT_EQ(rt.alive(), 1U);
  rt.advance(1h);
  EXPECT_EQ(rt.alive(), 0U);
  EXPECT_TRUE(slept);
}

TEST(generated_supervision, an_actor_hears_of_those_that_it_supervises) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<troupe::super_event> heard;
    int starts = 0;
    int stops = 0;
    const supervisor_tx tx = supervisor_builder{.data = {.heard = &heard}}.spawn(rt);
    const auto make = [&] {
      return supervisee_builder{.data = {.starts = &starts, .stops = &stops}}.spawn(rt);
    };
    const supervisee_tx one = make();
    const supervisee_tx other = make();
    const auto by_hand = troupe::make_actor(
        "by hand", [](troupe::context, troupe::logger&) -> troupe::task<troupe::result<>> {
          co_await troupe::sleep_for(1s);
          throw std::runtime_error("crash");
        });
    rt.spawn(by_hand);
    for (const auto who : {one.id(), other.id(), by_hand->id(), tx.id()}) {
      EXPECT_TRUE(rt.block_on(tx.watch(who)));
    }
    rt.run_until_idle();  // two mailboxes: no order between them
    EXPECT_TRUE(rt.block_on(tx.forget(other.id())));
    rt.run_until_idle();
    EXPECT_TRUE(heard.empty());
    one.stop();
    other.stop();
    rt.run_until_idle();
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].who, one.id());
    EXPECT_EQ(heard[0].what, troupe::super_event_kind::stopped);
    ASSERT_TRUE(heard[0].why);
    EXPECT_EQ(heard[0].why->kind(), troupe::exit_kind::clean);
    rt.advance(1s);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[1].who, by_hand->id());
    EXPECT_EQ(heard[1].why->kind(), troupe::exit_kind::exception);
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(rt.alive(), 0U);
  });
}

TEST(generated_supervision, a_later_object_of_a_factory_supervises_nobody_at_first) {
  for (const bool again : {false, true}) {
    deterministic_runtime rt;
    std::vector<troupe::super_event> heard;
    int starts = 0;
    int stops = 0;
    const supervisee_tx one =
        supervisee_builder{.data = {.starts = &starts, .stops = &stops}}.spawn(rt);
    using builder = supervisor_base::builder<fragile>;
    troupe::fresh_child child([&] { return builder{.data = {.heard = &heard}}.build(rt).actor; });
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.children = {child.spec()}}));
    rt.run_until_idle();
    EXPECT_TRUE(child->tx().try_watch(one.id()));
    rt.run_until_idle();
    EXPECT_TRUE(child->tx().try_watch(troupe::actor_id{}));
    rt.advance(1s);
    EXPECT_TRUE(child->tx().try_watch(again ? one.id() : child->id()));
    rt.run_until_idle();
    one.stop();
    rt.run_until_idle();
    EXPECT_EQ(heard.size(), again ? 1U : 0U);
    rt.shutdown();
  }
}

TEST(generated_supervision, an_actor_hears_of_the_health_of_those_that_it_supervises) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<troupe::super_event> heard;
    const supervisor_tx tx = supervisor_builder{.data = {.heard = &heard}}.spawn(rt);
    const auto slow = troupe::make_actor(
        "slow", [](troupe::context, troupe::logger&) -> troupe::task<troupe::result<>> {
          const auto none = std::make_unique<troupe::cast_inbox<int>>(1);
          none->close();
          static_cast<void>(co_await none->receive());  // from now on it is one that receives
          co_await troupe::sleep_for(5s);
          co_return co_await troupe::serve(troupe::context::current(),
                                           troupe::on(troupe::every(1s), [] {}));
        });
    rt.spawn(slow);
    EXPECT_TRUE(rt.block_on(tx.watch(slow->id())));
    rt.advance(3s);
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].what, troupe::super_event_kind::unhealthy);
    EXPECT_EQ(heard[0].who, slow->id());
    rt.advance(5s);
    ASSERT_EQ(heard.size(), 2U);
    EXPECT_EQ(heard[1].what, troupe::super_event_kind::healthy);
    rt.shutdown();
  });
}

TEST(generated_supervision, one_by_hand_supervises_a_generated_one) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    int starts = 0;
    int stops = 0;
    const supervisee_tx tx =
        supervisee_builder{.data = {.starts = &starts, .stops = &stops}}.spawn(rt);
    std::optional<troupe::super_event> heard;
    rt.spawn(troupe::make_actor(
        "overseer", [&](troupe::context, troupe::logger&) -> troupe::task<troupe::result<>> {
          troupe::super_inbox events;
          events.supervise(tx.id());
          auto event = co_await events.receive();
          if (event) heard = *std::move(event);
          co_return troupe::result<>();
        }));
    rt.run_until_idle();
    EXPECT_FALSE(heard);
    tx.stop();
    rt.run_until_idle();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->who, tx.id());
  });
}

}  // namespace

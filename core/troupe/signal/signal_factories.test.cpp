// Signals that a factory makes anew for each run, behind a handle that stays.

#include <troupe/signal/compose.hpp>
#include <troupe/signal/periodic_signal.hpp>
#include <troupe/signal/pushed_signal.hpp>

#include <troupe/child_spec.hpp>
#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::computed_signal;
using troupe::errc;
using troupe::fresh_child;
using troupe::keep_latest;
using troupe::periodic_signal;
using troupe::pushed_signal;
using troupe::result;
using troupe::supervisor_options;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

auto run_children(troupe::runtime& rt, supervisor_options options) {
  auto root = std::make_shared<troupe::supervisor>("root", std::move(options));
  rt.spawn(root);
  return root;
}

/// Measures 1, 2, 3, …, over all objects; fails and crashes as the number says.
std::shared_ptr<periodic_signal<int>> counting(int& count) {
  return std::make_shared<periodic_signal<int>>(
      "count",
      [&count]() -> result<int> {
        ++count;
        if (count % 10 == 5) return troupe::fail(errc::disconnected);
        if (count % 10 == 6) throw std::runtime_error("six");
        return count;
      },
      1s);
}

TEST(signal_factories, subscribers_and_readers_of_the_handle_meet_the_later_objects) {
  for_seeds(30, [](std::uint64_t seed) {
    int count = 0;
    taken_down<int> seen;
    fresh_child<periodic_signal<int>> child([&count] { return counting(count); });
    auto doubled = troupe::map(child.handle(), [](int n) { return 2 * n; });
    auto watch = child->watch();
    deterministic_runtime rt(seed);
    take_down(rt, child->subscribe(keep_latest(100)), seen);
    run_children(rt, {.children = {child.spec(), doubled}});
    rt.advance(8500ms);
    EXPECT_EQ(seen.values, (std::vector{1, 2, 3, 4, 7, 8, 9, 10}));
    EXPECT_FALSE(seen.end);
    EXPECT_EQ(child->read(), 10);
    EXPECT_EQ(doubled->read(), 20);
    EXPECT_EQ(watch.size(), 1U);
    EXPECT_EQ(child->subscribers(), 2U);
  });
}

TEST(signal_factories, an_error_of_an_earlier_object_is_gone_once_a_later_one_succeeds) {
  int count = 4;  // the first update fails
  fresh_child<periodic_signal<int>> child([&count] { return counting(count); });
  deterministic_runtime rt;
  run_children(rt, {.restart_delay = 1s, .jitter = 0, .children = {child.spec()}});
  rt.run_until_idle();
  EXPECT_EQ(child->last_error(), errc::disconnected);
  rt.advance(1s);  // crashes
  rt.advance(1s);
  EXPECT_EQ(child->read(), 7);
  EXPECT_FALSE(child->last_error());
}

/// Computed signals of which the first crashes at its first update; `updated`: the values since.
auto crashing_once(const std::shared_ptr<pushed_signal<int>>& source, std::vector<int>& updated) {
  return [&updated, source, crashed = std::make_shared<bool>(false)] {
    return std::make_shared<computed_signal<int>>(
        "twice",
        [&updated, crashed](int n) {
          if (!std::exchange(*crashed, true)) throw std::runtime_error("first");
          updated.push_back(n);
          return 2 * n;
        },
        source);
  };
}

TEST(signal_factories, the_first_of_computed_signals_listens_no_more_when_another_runs) {
  for_seeds(20, [](std::uint64_t seed) {
    std::vector<int> updated;
    auto source = std::make_shared<pushed_signal<int>>("source");
    fresh_child<computed_signal<int>> child(crashing_once(source, updated));
    deterministic_runtime rt(seed);
    rt.spawn(source);
    run_children(rt, {.children = {child.spec()}});
    for (int n = 0; n < 100; ++n) {
      EXPECT_TRUE(rt.block_on(source->write(n)));
      rt.run_until_idle();
    }
    EXPECT_EQ(updated.size(), 100U);
    EXPECT_EQ(child->read(), 198);
    EXPECT_EQ(child->missed(), 0U) << "nothing is told to who does not receive";
    EXPECT_EQ(child->sources(), (std::vector<std::shared_ptr<troupe::signal_base>>{source}));
  });
}

TEST(signal_factories, writers_of_the_handle_meet_the_later_objects) {
  for (const bool coroutine : {false, true}) {
    for_seeds(30, [coroutine](std::uint64_t seed) {
      taken_down<int> seen;
      int objects = 0;
      std::vector<int> updated_by;
      const auto make = [&] {
        const int mine = ++objects;
        const auto update = [mine, &updated_by](int n) {
          updated_by.push_back(mine);
          if (n == 13) throw std::runtime_error("thirteen");
        };
        if (!coroutine) return std::make_shared<pushed_signal<int>>("one", update);
        return std::make_shared<pushed_signal<int>>("one", [update](int n) -> task<> {
          static_cast<void>(co_await troupe::sleep_for(0s));
          update(n);
        });
      };
      fresh_child<pushed_signal<int>> child(make);
      std::vector<std::optional<result<>>> outcomes(4);
      deterministic_runtime rt(seed);
      take_down(rt, child->subscribe(), seen);
      run_children(rt, {.children = {child.spec()}});
      start(rt, [&]() -> task<> {
        const int values[] = {1, 13, 2, 3};
        for (std::size_t i = 0; i != 4; ++i) outcomes[i] = co_await child->write(values[i]);
      });
      rt.advance(1s);
      ASSERT_TRUE(outcomes[3]) << "the writer waits for ever";
      EXPECT_TRUE(*outcomes[0]);
      EXPECT_EQ(outcomes[1]->error(), errc::no_reply);
      EXPECT_TRUE(*outcomes[2]);
      EXPECT_TRUE(*outcomes[3]);
      EXPECT_EQ(seen.values, (std::vector{1, 2, 3}));
      EXPECT_EQ(updated_by, (std::vector{1, 1, 1, 1})) << "the handle's update serves all runs";
    });
  }
}

TEST(signal_factories, writers_that_wait_at_the_restart_are_served_in_order) {
  for_seeds(30, [](std::uint64_t seed) {
    taken_down<int> seen;
    fresh_child<pushed_signal<int>> child([] {
      return std::make_shared<pushed_signal<int>>("one", [](int n) {
        if (n == 13) throw std::runtime_error("thirteen");
      });
    });
    int done = 0;
    deterministic_runtime rt(seed);
    take_down(rt, child->subscribe(), seen);
    run_children(rt, {.restart_delay = 1s, .children = {child.spec()}});
    rt.run_until_idle();
    for (int n : {13, 1, 2, 3}) {
      start(rt, [&, n]() -> task<> {
        static_cast<void>(co_await child->write(n));
        ++done;
      });
      rt.run_until_idle();
    }
    EXPECT_EQ(done, 1);
    rt.advance(2s);
    EXPECT_EQ(done, 4);
    EXPECT_EQ(seen.values, (std::vector{1, 2, 3}));
  });
}

// The object whose update is going on is replaced by another meanwhile.
TEST(signal_factories, an_update_that_goes_on_outlives_the_object_that_began_it) {
  for_seeds(30, [](std::uint64_t seed) {
    struct state {
      int alive = 0;
      int updated_when_dead = 0;
    } all;
    class held {
     public:
      explicit held(state& in) : in_(&in) { ++in_->alive; }
      held(const held&) = delete;
      held& operator=(const held&) = delete;
      ~held() { --in_->alive; }

     private:
      state* in_;
    };
    fresh_child<pushed_signal<int>> child([&all] {
      return std::make_shared<pushed_signal<int>>(
          "one", [mine = std::make_shared<held>(all)](int n) -> task<> {
            static_cast<void>(n);
            static_cast<void>(co_await troupe::sleep_for(1s));
          });
    });
    int bombs = 0;
    auto bomb =
        troupe::make_actor("bomb", [&bombs](troupe::context, troupe::logger&) -> task<result<>> {
          static_cast<void>(co_await troupe::sleep_for(300ms));
          if (++bombs > 3) static_cast<void>(co_await troupe::sleep_for(1h));
          co_return troupe::fail(errc::internal);
        });
    std::vector<result<>> outcomes;
    deterministic_runtime rt(seed);
    run_children(
        rt, {.strategy = troupe::restart_strategy::one_for_all, .children = {child.spec(), bomb}});
    for (int n : {1, 2, 3}) {
      start(rt, [&, n]() -> task<> { outcomes.push_back(co_await child->write(n)); });
      rt.run_until_idle();
    }
    rt.advance(10s);
    ASSERT_EQ(outcomes.size(), 3U);
    for (const auto& one : outcomes) EXPECT_TRUE(one);
    EXPECT_EQ(child->read(), 3);
  });
}

TEST(signal_factories, writers_of_the_handle_are_told_when_the_later_object_ends_for_good) {
  for_seeds(30, [](std::uint64_t seed) {
    taken_down<int> seen;
    fresh_child<pushed_signal<int>> child([] {
      return std::make_shared<pushed_signal<int>>("one", [](int n) {
        if (n == 13) throw std::runtime_error("thirteen");
      });
    });
    std::vector<result<>> outcomes;
    deterministic_runtime rt(seed);
    take_down(rt, child->subscribe(), seen);
    run_children(rt, {.restart_delay = 1s,
                      .restart_limit = {.max_restarts = 1, .window = 1h},
                      .children = {child.spec()}});
    rt.run_until_idle();
    for (int n : {13, 1, 13, 2}) {
      start(rt, [&, n]() -> task<> { outcomes.push_back(co_await child->write(n)); });
      rt.run_until_idle();
    }
    rt.advance(5s);
    ASSERT_EQ(outcomes.size(), 4U) << "somebody waits for ever";
    EXPECT_TRUE(outcomes[1]);
    EXPECT_EQ(outcomes[3].error(), errc::actor_stopped);
    ASSERT_TRUE(seen.end) << "the subscriber waits for ever";
    EXPECT_EQ(*seen.end, errc::actor_stopped);
  });
}

TEST(signal_factories, a_factory_that_gives_the_same_signal_again_is_a_failed_start) {
  taken_down<int> seen;
  auto one = std::make_shared<pushed_signal<int>>("one", [](int n) {
    if (n == 13) throw std::runtime_error("thirteen");
  });
  std::vector<std::string> errors;
  deterministic_runtime rt;
  take_down(rt, one->subscribe(), seen);
  run_children(
      rt, {.restart_limit = {.max_restarts = 3, .window = 1h},
           .on_error = [&](const troupe::actor&,
                           const troupe::exit_reason& why) { errors.push_back(why.to_string()); },
           .children = {{[one] { return one; }}}});
  rt.run_until_idle();
  EXPECT_EQ(rt.block_on(one->write(13)).error(), errc::no_reply);
  rt.run_until_idle();
  EXPECT_EQ(errors.size(), 4U);
  ASSERT_TRUE(seen.end) << "the subscriber waits for ever";
  EXPECT_EQ(*seen.end, errc::actor_stopped);
}

TEST(signal_factories, the_end_of_the_handle_ends_the_subscriptions) {
  std::optional<troupe::subscription<int>> values;
  {
    fresh_child<pushed_signal<int>> child(
        [] { return std::make_shared<pushed_signal<int>>("one"); });
    values.emplace(child->subscribe());
  }
  deterministic_runtime rt;
  EXPECT_EQ(rt.block_on(values->receive()).error(), errc::actor_stopped);
}

}  // namespace

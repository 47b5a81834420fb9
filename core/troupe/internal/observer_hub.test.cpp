// Observers as the user sees them: in order, each by itself, bounded.

#include <troupe/internal/observer_hub.hpp>
#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

using journal = std::vector<std::string>;

class crasher : public actor {
 public:
  crasher() : actor("a") {}
  cast_inbox<int> orders{4};
  std::atomic<int> runs{0};

 protected:
  task<result<>> run(context) override {
    ++runs;
    auto order = co_await orders.receive();
    if (!order) co_return fail(order.error());
    throw std::runtime_error("asked to");
  }
};

supervisor_observer noting(journal& into) {
  return {.on_actor_registered = [&](const actor& a) { into.push_back("registered " + a.name()); },
          .on_actor_started = [&](const actor& a) { into.push_back("started " + a.name()); },
          .on_actor_stopped =
              [&](const actor& a, const exit_reason& why) {
                into.push_back("stopped " + a.name() + " " + std::string(to_string(why.kind())));
              },
          .on_actor_restarting =
              [&](const actor& a, std::uint64_t count, const exit_reason& why) {
                into.push_back("restarting " + a.name() + " " + std::to_string(count) + " " +
                               std::string(why.text()));
              },
          .on_supervisor_terminal =
              [&](const error& why) { into.push_back("terminal " + why.message()); }};
}

const journal whole_life{"registered a",
                         "started a",
                         "stopped a exception",
                         "restarting a 1 asked to",
                         "started a",
                         "stopped a canceled",
                         "terminal " + error(errc::canceled).message()};

TEST(observer_hub_test, tells_all_five_events_in_order_to_each_observer) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    journal first;
    journal second;
    deterministic_runtime rt(seed);
    auto a = std::make_shared<crasher>();
    auto handle = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.observers = {noting(first), noting(second)}, .children = {a}}));
    rt.run_until_idle();
    ASSERT_TRUE(a->orders.try_cast(1));
    rt.run_until_idle();
    handle.cancel();
    rt.run_until_idle();
    EXPECT_EQ(first, whole_life);
    EXPECT_EQ(second, whole_life);
  }
}

TEST(observer_hub_test, one_that_throws_harms_nobody) {
  journal other;
  deterministic_runtime rt;
  auto a = std::make_shared<crasher>();
  supervisor_observer thrower{
      .on_actor_started = [](const actor&) { throw std::runtime_error("no"); },
      .on_actor_stopped = [](const actor&, const exit_reason&) { throw 7; }};
  auto handle = rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.observers = {thrower, noting(other)}, .children = {a}}));
  rt.run_until_idle();
  ASSERT_TRUE(a->orders.try_cast(1));
  rt.run_until_idle();
  handle.cancel();
  rt.run_until_idle();
  EXPECT_EQ(other, whole_life);
}

TEST(observer_hub_test, a_registered_factory_child_is_told_when_it_is_made) {
  journal notes;
  deterministic_runtime rt;
  rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.observers = {noting(notes)},
                                 .children = {[] { return std::make_shared<crasher>(); }}}));
  rt.run_until_idle();
  EXPECT_EQ(notes, (journal{"registered a", "started a"}));
}

TEST(observer_hub_test, one_that_blocks_holds_up_no_restart_and_misses_what_is_beyond_its_ring) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  std::promise<void> entered;
  std::atomic<int> heard{0};
  runtime rt({.workers = 2});
  auto a = std::make_shared<crasher>();
  supervisor_observer slow{.on_actor_started = [&, opened](const actor&) {
    if (heard++ == 0) entered.set_value();
    opened.wait();
  }};
  auto root = std::make_shared<supervisor>(
      "root", supervisor_options{.observers = {slow}, .children = {a}});
  rt.spawn(root);
  entered.get_future().wait();
  constexpr int crashes = 1100;
  for (int i = 0; i != crashes; ++i) ASSERT_TRUE(rt.block_on(a->orders.cast(1)).has_value());
  while (a->runs != crashes + 1) std::this_thread::yield();
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(root->dropped_observations(), crashes - internal::observer_hub::most_waiting);
  gate.set_value();
  rt.shutdown();
  while (heard != 1 + static_cast<int>(internal::observer_hub::most_waiting)) {
    std::this_thread::yield();
  }
}

}  // namespace

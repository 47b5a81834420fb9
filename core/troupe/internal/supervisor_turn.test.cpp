// Whoever brings an event to a supervisor that waits handles it: what that saves, what it must not
// do, and that nothing is lost where it meets the supervisor's own turn.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

/// Fails as often as it is told to, then ends clean.
class short_lived : public actor {
 public:
  explicit short_lived(int failures = 0) : actor("short_lived"), failures_(failures) {}
  cast_inbox<int> orders{1};
  std::atomic<int> runs{0};
  std::atomic<int> running{0};
  std::atomic<bool> twice{false};

 protected:
  task<result<>> run(context) override {
    if (running.fetch_add(1) != 0) twice.store(true);
    ++runs;
    running.fetch_sub(1);
    if (failures_-- > 0) co_return fail(errc::refused);
    co_return result<>();
  }

 private:
  int failures_;
};

task<> spawn_one(std::shared_ptr<supervisor> by, std::shared_ptr<actor> one) {
  EXPECT_TRUE(by->spawn(std::move(one)));
  co_return;
}

/// Turns from a spawn by a task to the end of the child, that of the task included.
std::size_t turns_of(std::uint64_t seed, supervisor_options options, std::shared_ptr<actor> child) {
  deterministic_runtime rt(seed);
  const auto root = std::make_shared<supervisor>("root", std::move(options));
  rt.spawn(root);
  rt.run_until_idle();
  rt.spawn(spawn_one(root, std::move(child)));
  const std::size_t turns = rt.run_until_idle();
  EXPECT_EQ(root->live_children(), 0U);
  return turns;
}

TEST(supervisor_turn_test, starting_restarting_and_ending_take_no_turn_of_the_supervisor) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    EXPECT_EQ(
        turns_of(seed, {.policy = restart_policy::temporary}, std::make_shared<short_lived>()), 2U);
    EXPECT_EQ(
        turns_of(seed, {.policy = restart_policy::transient}, std::make_shared<short_lived>(3)),
        5U);
  }
}

TEST(supervisor_turn_test, what_the_user_gave_is_called_in_the_supervisors_own) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    std::vector<context> seen;
    const auto note = [&](const actor&, const exit_reason&) { seen.push_back(context::current()); };
    EXPECT_EQ(turns_of(seed, {.policy = restart_policy::transient, .on_error = note},
                       std::make_shared<short_lived>(2)),
              6U);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].state(), seen[1].state());
    EXPECT_NE(seen[0].state(), nullptr);
  }
}

/// Its run() is no coroutine, and spawns before it gives one.
class spawns_first : public actor {
 public:
  spawns_first() : actor("spawns_first") {}
  int helped = 0;

 protected:
  task<result<>> run(context) override {
    spawn(help(&helped));
    return body(helped_before_++ == 0);
  }

 private:
  static task<> help(int* count) {
    ++*count;
    co_return;
  }
  static task<result<>> body(bool fails) {
    if (fails) co_return fail(errc::refused);
    co_return result<>();
  }
  int helped_before_ = 0;
};

TEST(supervisor_turn_test, a_run_begins_in_the_supervisors_name) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    const auto child = std::make_shared<spawns_first>();
    turns_of(seed, {.policy = restart_policy::transient}, child);
    EXPECT_EQ(child->helped, 2) << "seed " << seed;
  }
}

task<> spawn_until_refused(std::shared_ptr<supervisor> by,
                           std::vector<std::shared_ptr<short_lived>>* accepted) {
  for (int i = 0;; ++i) {
    auto one = std::make_shared<short_lived>(i % 3);
    if (!by->spawn(one)) co_return;
    accepted->push_back(std::move(one));
    if (i % 5 == 0) co_await sleep_for(0ns);
  }
}

TEST(supervisor_turn_test, stress_of_spawns_ends_and_restarts_that_meet_a_cancellation) {
  for (int round = 0; round != 30; ++round) {
    runtime rt({.workers = 3});
    const auto root = std::make_shared<supervisor>(
        "root", supervisor_options{.policy = restart_policy::transient});
    auto handle = rt.spawn(root);
    std::vector<std::vector<std::shared_ptr<short_lived>>> accepted(4);
    std::vector<join_handle<void>> spawning;
    spawning.reserve(accepted.size());
    for (auto& into : accepted) spawning.push_back(rt.spawn(spawn_until_refused(root, &into)));
    rt.spawn([](join_handle<exit_reason> victim, int turns) -> task<> {
      for (int i = 0; i != turns; ++i) co_await sleep_for(0ns);
      victim.cancel();
    }(handle, 1 + round));
    for (auto& one : spawning) EXPECT_TRUE(rt.block_on(one));
    ASSERT_EQ(rt.block_on(handle)->kind(), exit_kind::canceled);
    EXPECT_TRUE(rt.shutdown().empty());
    for (const auto& of_one : accepted) {
      for (const auto& one : of_one) {
        ASSERT_FALSE(one->twice) << round;
        ASSERT_EQ(one->orders.try_cast(1).error(), errc::inbox_closed) << round;
      }
    }
  }
}

}  // namespace

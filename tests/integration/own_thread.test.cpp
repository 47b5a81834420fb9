// Actors that ask for a thread of their own, on a real runtime.

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;

/// Says on which thread it runs, and crashes when told to.
class located : public actor {
 public:
  located() : actor("located") {}
  auto where() { return where_.call({}); }
  auto crash() { return crashes_.cast({}); }

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(ctx, on(where_, [](question) { return std::this_thread::get_id(); }),
                             on(crashes_, [](order) { throw std::runtime_error("told to"); }));
  }

 private:
  struct question {};
  struct order {};
  call_inbox<question, std::thread::id> where_{4};
  cast_inbox<order> crashes_{4};
};

TEST(own_thread, a_child_keeps_its_thread_over_restarts) {
  auto alone = std::make_shared<located>();
  auto other = std::make_shared<located>();
  auto among = std::make_shared<located>();
  auto root = std::make_shared<supervisor>(
      "root",
      supervisor_options{
          .children = {{alone, {.own_thread = true}}, {other, {.own_thread = true}}, among}});
  runtime rt(runtime_options{.workers = 1});
  rt.spawn(root);
  const auto first = rt.block_on(alone->where());
  ASSERT_TRUE(first);
  EXPECT_NE(*first, *rt.block_on(other->where()));
  EXPECT_NE(*first, *rt.block_on(among->where()));
  ASSERT_TRUE(rt.block_on(alone->crash()));
  const auto second = rt.block_on(alone->where());
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_TRUE(rt.shutdown().empty());
}

TEST(own_thread, one_that_blocks_holds_up_nobody) {
  std::latch blocked(1);
  std::latch release(1);
  auto blocker = make_actor("blocker", [&](context, logger&) -> task<result<>> {
    blocked.count_down();
    release.wait();
    co_return result<>();
  });
  auto free = std::make_shared<located>();
  runtime rt(runtime_options{.workers = 1});
  auto handle = rt.spawn(blocker, {.own_thread = true});
  rt.spawn(free);
  blocked.wait();
  EXPECT_TRUE(rt.block_on(free->where()));  // the only worker is free
  release.count_down();
  EXPECT_EQ(rt.block_on(handle)->kind(), exit_kind::clean);
}

TEST(own_thread, one_that_ends_while_the_runtime_goes_gives_its_thread_back) {
  std::latch computes(1);
  runtime rt(runtime_options{.workers = 1});
  rt.spawn(make_actor("slow",
                      [&](context, logger&) -> task<result<>> {
                        computes.count_down();
                        std::this_thread::sleep_for(200ms);
                        co_return result<>();
                      }),
           {.own_thread = true});
  computes.wait();
  EXPECT_EQ(rt.shutdown(1ms).size(), 1U);  // and the destructor waits for it
}

TEST(own_thread, nobody_gets_one_that_comes_too_late) {
  std::latch making(1);
  std::atomic<bool> ran{false};
  {
    runtime rt(runtime_options{.workers = 1});
    const auto slow_to_make = [&] {
      making.count_down();
      std::this_thread::sleep_for(200ms);
      return make_actor("late", [&](context, logger&) -> task<result<>> {
        ran = true;
        co_return result<>();
      });
    };
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.children = {{slow_to_make, {.own_thread = true}}}}));
    making.wait();
    rt.shutdown(1ms);
  }
  EXPECT_FALSE(ran);
}

TEST(own_thread, a_runtime_may_go_at_any_moment_of_the_start) {
  for (int round = 0; round != 300; ++round) {
    runtime rt(runtime_options{.workers = 1});
    rt.spawn(std::make_shared<supervisor>(
        "root",
        supervisor_options{.children = {{std::make_shared<located>(), {.own_thread = true}}}}));
    rt.shutdown(std::chrono::microseconds(round % 50));
  }
}

TEST(own_thread, a_thread_given_back_is_lent_again) {
  runtime rt(runtime_options{.workers = 1});
  std::set<std::thread::id> seen;
  for (int i = 0; i != 20; ++i) {
    auto once = make_actor("once", [&](context, logger&) -> task<result<>> {
      seen.insert(std::this_thread::get_id());
      co_return result<>();
    });
    ASSERT_TRUE(rt.block_on(rt.spawn(once, {.own_thread = true})));
  }
  EXPECT_LE(seen.size(), 2U);  // the last may not be back yet when the next is wanted
}

TEST(own_thread, shutdown_waits_for_them_too) {
  runtime rt(runtime_options{.workers = 1});
  auto sleeper = make_actor("sleeper", [](context, logger&) -> task<result<>> {
    static_cast<void>(co_await sleep_for(context::background(), std::chrono::hours(1)));
    co_return result<>();
  });
  rt.spawn(sleeper, {.own_thread = true});
  const auto alive = rt.shutdown(std::chrono::milliseconds(20));
  ASSERT_EQ(alive.size(), 1U);
  EXPECT_EQ(alive[0].name, "sleeper");
  EXPECT_EQ(alive[0].doing, "sleeping");
}

}  // namespace

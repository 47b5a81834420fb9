// How a runtime goes: everything is canceled, who does not end is named, and what is left waiting
// is destroyed without a leak.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

std::map<std::string, std::string> named(const std::vector<survivor>& alive) {
  std::map<std::string, std::string> by_name;
  for (const survivor& one : alive) by_name[one.name] = one.doing;
  return by_name;
}

/// Waits in ways that no cancellation ends.
class stubborn : public actor {
 public:
  enum class how { receives, calls, sleeps, computes };
  stubborn(std::string name, how what, std::shared_ptr<void> kept)
      : actor(std::move(name)), what_(what), kept_(std::move(kept)) {}
  call_inbox<int, int> never_answered{4};
  // Of somebody else: a call of its own inbox is refused.
  std::shared_ptr<call_inbox<int, int>> nobodys = std::make_shared<call_inbox<int, int>>(4);
  std::atomic<bool> release{false};
  std::promise<void> entered;

 protected:
  task<result<>> run(context) override {
    const std::string local = "something that a leak would be seen by, were it not destroyed";
    const std::shared_ptr<void> held = kept_;
    switch (what_) {
      case how::receives:
        for (;;) {  // looks away from its cancellation
          auto got = co_await never_answered.receive();
          if (!got) co_await sleep_for(context::background(), 1h);
        }
      case how::calls: co_await nobodys->call(context::background(), 1); break;
      case how::sleeps: co_await sleep_for(context::background(), 1h); break;
      case how::computes:
        entered.set_value();
        while (!release) std::this_thread::yield();
    }
    co_return result<>();
  }

 private:
  how what_;
  std::shared_ptr<void> kept_;
};

TEST(shutdown_test, names_who_is_alive_and_what_they_do) {
  auto kept = std::make_shared<int>(0);
  {
    auto computes = std::make_shared<stubborn>("computes", stubborn::how::computes, kept);
    runtime rt({.workers = 2});
    rt.spawn(computes);
    rt.spawn(std::make_shared<stubborn>("calls", stubborn::how::calls, kept));
    rt.spawn(std::make_shared<stubborn>("sleeps", stubborn::how::sleeps, kept));
    rt.spawn([]() -> task<> { co_await sleep_for(context::background(), 1h); }());
    rt.spawn(make_actor("obeys", [](context ctx, logger&) -> task<result<>> {
      co_return fail(co_await ctx.done());
    }));
    computes->entered.get_future().wait();
    rt.block_on([]() -> task<> {
      for (int i = 0; i != 100; ++i) co_await sleep_for(0ns);
    }());
    const std::map<std::string, std::string> expected{{"computes", "running"},
                                                      {"calls", "waiting for a reply"},
                                                      {"sleeps", "sleeping"},
                                                      {"(task)", "sleeping"}};
    EXPECT_EQ(named(rt.shutdown(50ms)), expected);
    computes->release = true;
    auto fewer = expected;
    fewer.erase("computes");
    EXPECT_EQ(named(rt.shutdown(200ms)), fewer) << "repeating it looks again";
    EXPECT_GT(kept.use_count(), 1);
  }
  EXPECT_EQ(kept.use_count(), 1) << "the frames of those left waiting were destroyed";
}

TEST(shutdown_test, destroys_what_waits_in_each_way) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    auto kept = std::make_shared<int>(0);
    {
      deterministic_runtime rt(seed);
      std::vector<child_spec> children;
      for (const auto how :
           {stubborn::how::receives, stubborn::how::calls, stubborn::how::sleeps}) {
        children.emplace_back(std::make_shared<stubborn>("one", how, kept));
      }
      auto inner = std::make_shared<supervisor>(
          "inner", supervisor_options{.shutdown_timeout = wait_for_ever, .children = children});
      rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = {inner}}));
      rt.run_until_idle();
      EXPECT_FALSE(rt.shutdown(1s).empty());
    }
    EXPECT_EQ(kept.use_count(), 1) << "seed " << seed;
  }
}

task<> never_looks() {
  for (;;) static_cast<void>(co_await sleep_for(1h));
}

TEST(shutdown_test, one_that_does_not_look_at_what_its_waits_give_is_named_and_destroyed) {
  std::atomic<int> others = 0;
  {
    runtime rt({.workers = 1});
    rt.spawn(never_looks());
    const auto beside = rt.spawn([](std::atomic<int>* count) -> task<> {
      static_cast<void>(co_await sleep_for(1h));
      for (int i = 0; i != 3; ++i) {
        ++*count;
        static_cast<void>(co_await sleep_for(1h));
      }
    }(&others));
    const std::vector<survivor> alive = rt.shutdown(50ms);
    ASSERT_EQ(alive.size(), 1U);
    EXPECT_EQ(alive.front().name, "(task)");
    EXPECT_TRUE(beside.done()) << "the other has its turns";
  }
  EXPECT_EQ(others, 3);
}

TEST(shutdown_test, a_receiver_says_what_it_waits_for) {
  // Nobody has canceled yet when a receiver is asked: only survivors of a time of zero.
  deterministic_runtime rt;
  cast_inbox<int> in(1);
  rt.spawn([](cast_inbox<int>* from) -> task<> { co_await from->receive(); }(&in));
  rt.run_until_idle();
  EXPECT_EQ(rt.alive(), 1U);
  EXPECT_TRUE(rt.shutdown(0s).empty()) << "a wait of its own context ends at once";
  EXPECT_EQ(rt.alive(), 0U);
}

TEST(shutdown_test, survivors_can_be_asked_for_while_fibers_come_and_go) {
  for (int round = 0; round != 20; ++round) {
    std::atomic<bool> stop{false};
    runtime rt({.workers = 2});
    for (int i = 0; i != 8; ++i) {
      rt.spawn([](const std::atomic<bool>* until) -> task<> {
        while (!*until) {
          spawn([]() -> task<> { co_return; }());
          co_await sleep_for(context::background(), 0ns);
        }
      }(&stop));
    }
    for (int i = 0; i != 20; ++i) EXPECT_GE(rt.shutdown(0s).size(), 8U);
    stop = true;
    EXPECT_TRUE(rt.shutdown().empty());
  }
}

TEST(shutdown_test, waits_for_what_ends_in_time) {
  std::atomic<bool> cleaned_up{false};
  runtime rt({.workers = 2});
  rt.spawn(make_actor("cleans", [&](context ctx, logger&) -> task<result<>> {
    static_cast<void>(co_await ctx.done());
    co_await sleep_for(context::background(), 5ms);
    cleaned_up = true;
    co_return fail(errc::canceled);
  }));
  rt.block_on([]() -> task<> { co_return; }());
  EXPECT_TRUE(rt.shutdown().empty());
  EXPECT_TRUE(cleaned_up);
}

}  // namespace

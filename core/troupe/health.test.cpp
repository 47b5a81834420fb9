// Who is told when an actor does not come back to its inboxes, on a clock that the test moves.

#include <troupe/health.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

/// Handles each message for as long as it says.
class sleeper : public actor {
 public:
  explicit sleeper(std::string name = "sleeper") : actor(std::move(name)) {}
  cast_inbox<duration> in{8};
  call_inbox<int, int> asked{8};

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(
        ctx, on(in, [](duration how_long) -> task<> { co_await sleep_for(how_long); }),
        on(asked, [](int x) { return x; }));
  }
};

/// Supervises whom it is told to, and notes what it hears.
class overseer : public actor {
 public:
  overseer() : actor("overseer") {}
  cast_inbox<actor_id> watch{8};
  std::vector<super_event> heard;

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(ctx, on(watch, [this](actor_id who) { events_.supervise(who); }),
                             on(events_, [this](super_event e) { heard.push_back(std::move(e)); }));
  }

 private:
  super_inbox events_;
};

struct scene {
  explicit scene(std::uint64_t seed = 1, health_options health = {}) : rt(seed, logger(), health) {
    rt.spawn(above);
  }
  template <class Actor>
  std::shared_ptr<Actor> watched(std::shared_ptr<Actor> one) {
    rt.spawn(one);
    EXPECT_TRUE(above->watch.try_cast(one->id()));
    rt.run_until_idle();
    return one;
  }
  [[nodiscard]] std::string heard() const {
    std::string kinds;
    for (const super_event& e : above->heard) kinds.append(to_string(e.what)).append(" ");
    return kinds;
  }

  deterministic_runtime rt;
  std::shared_ptr<overseer> above = std::make_shared<overseer>();
};

TEST(health, one_that_stays_away_is_unhealthy_and_healthy_when_it_comes_back) {
  for_seeds(50, [](std::uint64_t seed) {
    scene s(seed);
    auto one = s.watched(std::make_shared<sleeper>());
    ASSERT_TRUE(one->in.try_cast(10s));
    s.rt.advance(900ms);
    EXPECT_EQ(s.heard(), "");
    s.rt.advance(2s);
    EXPECT_EQ(s.heard(), "unhealthy ");
    EXPECT_EQ(s.above->heard.at(0).who, one->id());
    EXPECT_GE(s.above->heard.at(0).how_long, 1s);
    s.rt.advance(5s);
    EXPECT_EQ(s.heard(), "unhealthy ") << "told once";
    s.rt.advance(5s);
    EXPECT_EQ(s.heard(), "unhealthy healthy ");
    EXPECT_GE(s.above->heard.at(1).how_long, 8s);
    s.rt.shutdown();
  });
}

TEST(health, one_that_is_idle_or_busy_with_short_messages_stays_healthy) {
  scene s;
  auto idle = s.watched(std::make_shared<sleeper>("idle"));
  auto busy = s.watched(std::make_shared<sleeper>("busy"));
  for (int i = 0; i != 100; ++i) {
    ASSERT_TRUE(busy->in.try_cast(400ms));
    s.rt.advance(300ms);
    if (busy->in.size() > 4) s.rt.advance(2s);
  }
  EXPECT_EQ(s.heard(), "");
  s.rt.shutdown();
}

TEST(health, one_whose_loop_only_sleeps_is_healthy) {
  scene s;
  s.watched(make_actor("beat", [](context, logger&) -> task<result<>> {
    for (;;) {
      if (auto slept = co_await sleep_for(1min); !slept) co_return slept;
    }
  }));
  s.rt.advance(10min);
  EXPECT_EQ(s.heard(), "");
  s.rt.shutdown();
}

TEST(health, waiting_for_a_reply_that_does_not_come_is_unhealthy) {
  scene s;
  auto busy = std::make_shared<sleeper>("busy");
  s.rt.spawn(busy);
  ASSERT_TRUE(busy->in.try_cast(1h));
  s.watched(make_actor("caller", [busy](context, logger&) -> task<result<>> {
    static_cast<void>(co_await busy->asked.call(1));
    co_return result<>();
  }));
  s.rt.advance(3s);
  EXPECT_EQ(s.heard(), "unhealthy ");
  s.rt.advance(2h);
  EXPECT_EQ(s.heard(), "unhealthy stopped ");
  s.rt.shutdown();
}

TEST(health, who_supervises_later_is_told_of_what_is) {
  scene s;
  auto one = std::make_shared<sleeper>();
  s.rt.spawn(one);
  ASSERT_TRUE(one->in.try_cast(1h));
  s.rt.advance(5s);
  ASSERT_TRUE(s.above->watch.try_cast(one->id()));
  s.rt.run_until_idle();
  EXPECT_EQ(s.heard(), "unhealthy ");
  s.rt.shutdown();
}

TEST(health, stopped_comes_last_and_is_never_lost) {
  for_seeds(50, [](std::uint64_t seed) {
    scene s(seed);
    auto one = std::make_shared<sleeper>();
    auto handle = s.rt.spawn(one);
    ASSERT_TRUE(s.above->watch.try_cast(one->id()));
    ASSERT_TRUE(one->in.try_cast(1h));
    s.rt.advance(5s);
    handle.cancel();
    s.rt.run_until_idle();
    EXPECT_EQ(s.heard(), "unhealthy stopped ");
    s.rt.shutdown();
  });
}

// Nobody receives meanwhile: of the two words only what is true at the end would be left, nothing.
TEST(health, what_was_not_received_in_time_is_no_news) {
  deterministic_runtime rt;
  auto one = std::make_shared<sleeper>();
  auto handle = rt.spawn(one);
  super_inbox keeper;
  keeper.supervise(one->id());
  ASSERT_TRUE(one->in.try_cast(5s));
  rt.advance(10s);
  handle.cancel();
  rt.run_until_idle();
  auto told = rt.block_on(keeper.receive());
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what, super_event_kind::stopped);
}

/// One message a run.
class fails_late : public sleeper {
 protected:
  task<result<>> run(context) override {
    auto how_long = co_await in.receive();
    if (!how_long) co_return fail(how_long.error());
    co_await sleep_for(*how_long);
    throw std::runtime_error("at last");
  }
};

TEST(health, a_restart_is_a_new_beginning) {
  scene s;
  auto one = std::make_shared<fails_late>();
  s.rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = {one}}));
  ASSERT_TRUE(s.above->watch.try_cast(one->id()));
  s.rt.run_until_idle();
  ASSERT_TRUE(one->in.try_cast(5s));
  s.rt.advance(4s);
  EXPECT_EQ(s.heard(), "unhealthy ");
  s.rt.advance(4s);
  EXPECT_EQ(s.heard(), "unhealthy healthy ");
  s.rt.shutdown();
}

// The next run has the fiber of the last, and has begun to wait for messages as often.
TEST(health, a_run_is_not_taken_for_the_one_before_it) {
  scene s;
  auto one = std::make_shared<fails_late>();
  s.rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = {one}}));
  ASSERT_TRUE(s.above->watch.try_cast(one->id()));
  s.rt.run_until_idle();
  for (int i = 0; i != 8; ++i) ASSERT_TRUE(one->in.try_cast(700ms));
  s.rt.advance(7s);
  EXPECT_EQ(s.heard(), "");
  for (int i = 0; i != 2; ++i) ASSERT_TRUE(one->in.try_cast(5s));
  s.rt.advance(4s);
  EXPECT_EQ(s.heard(), "unhealthy ");
  s.rt.advance(4s);
  EXPECT_EQ(s.heard(), "unhealthy healthy unhealthy ");
  s.rt.shutdown();
}

// While it waits to be restarted nothing is known of it; what was said before is not forgotten.
TEST(health, a_delayed_restart_is_a_new_beginning_too) {
  scene s;
  int runs = 0;
  auto one = make_actor("fails", [&](context ctx, logger&) -> task<result<>> {
    cast_inbox<int> in(1);
    if (++runs == 2) co_return co_await serve(ctx, on(every(1s), [] {}));
    static_cast<void>(in.try_cast(1));
    static_cast<void>(co_await in.receive());
    co_await sleep_for(5s);
    throw std::runtime_error("at last");
  });
  s.rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.restart_delay = 5s, .jitter = 0.0, .children = {one}}));
  ASSERT_TRUE(s.above->watch.try_cast(one->id()));
  s.rt.run_until_idle();
  s.rt.advance(8s);
  EXPECT_EQ(s.heard(), "unhealthy ");
  s.rt.advance(8s);
  EXPECT_EQ(s.heard(), "unhealthy healthy ");
  EXPECT_TRUE(s.rt.inspect().find(one->id())->healthy);
  s.rt.shutdown();
}

TEST(health, an_actor_may_have_a_limit_of_its_own) {
  scene s;
  auto strict = std::make_shared<sleeper>("strict");
  auto lax = std::make_shared<sleeper>("lax");
  auto unwatched = std::make_shared<sleeper>("unwatched");
  strict->set_health({.interval = 50ms, .limit = 100ms});
  lax->set_health({.interval = 1s, .limit = 1min});
  unwatched->set_health({.interval = duration::max()});
  for (const auto& one : {strict, lax, unwatched}) {
    s.watched(one);
    ASSERT_TRUE(one->in.try_cast(30s));
  }
  s.rt.advance(200ms);
  ASSERT_EQ(s.heard(), "unhealthy ");
  EXPECT_EQ(s.above->heard.at(0).who, strict->id());
  s.rt.advance(40s);
  EXPECT_EQ(s.heard(), "unhealthy healthy ");
  ASSERT_TRUE(lax->in.try_cast(90s));
  s.rt.advance(80s);
  ASSERT_EQ(s.heard(), "unhealthy healthy unhealthy ");
  EXPECT_EQ(s.above->heard.at(2).who, lax->id());
  s.rt.shutdown();
}

// Those that are looked at often see that something has run; all others are looked at in their
// time.
TEST(health, one_with_looks_of_its_own_keeps_nobody_else_from_theirs) {
  scene s;
  auto strict = std::make_shared<sleeper>("strict");
  strict->set_health({.interval = 10ms, .limit = 1s});
  s.watched(strict);
  auto one = s.watched(std::make_shared<sleeper>());
  s.rt.advance(100ms);
  ASSERT_TRUE(one->in.try_cast(10s));
  s.rt.advance(5s);
  ASSERT_EQ(s.heard(), "unhealthy ");
  EXPECT_EQ(s.above->heard.at(0).who, one->id());
  s.rt.shutdown();
}

TEST(health, who_is_looked_after_no_more_is_not_unhealthy) {
  scene s(1, {.interval = 1ms, .limit = 100ms});
  auto told = s.watched(std::make_shared<sleeper>("told"));
  auto suspected = s.watched(std::make_shared<sleeper>("suspected"));
  ASSERT_TRUE(told->in.try_cast(24h * 365 * 2));
  s.rt.advance(1s);
  EXPECT_EQ(s.heard(), "unhealthy ");
  ASSERT_TRUE(suspected->in.try_cast(24h * 365 * 2));
  s.rt.advance(50ms);
  told->set_health({.interval = duration::max()});
  suspected->set_health({.interval = duration::max()});
  s.rt.advance(1s);
  EXPECT_EQ(s.heard(), "unhealthy healthy ");
  s.rt.advance(24h * 365);  // see looks_cease_while_nothing_moves
  EXPECT_EQ(s.heard(), "unhealthy healthy ");
  s.rt.shutdown();
}

TEST(health, the_runtimes_interval_and_limit_can_be_set_and_refused) {
  scene s(1, {.interval = 10ms, .limit = 20ms});
  auto one = s.watched(std::make_shared<sleeper>());
  ASSERT_TRUE(one->in.try_cast(1s));
  s.rt.advance(60ms);
  EXPECT_EQ(s.heard(), "unhealthy ");
  s.rt.shutdown();

  scene none(1, {.interval = duration::max()});
  auto other = none.watched(std::make_shared<sleeper>());
  ASSERT_TRUE(other->in.try_cast(1h));
  none.rt.advance(30min);
  EXPECT_EQ(none.heard(), "");
  none.rt.shutdown();

  EXPECT_THROW(deterministic_runtime(1, logger(), {.interval = 1us}), usage_error);
  EXPECT_THROW(deterministic_runtime(1, logger(), {.limit = -1s}), usage_error);
  EXPECT_THROW(one->set_health({.interval = 0s}), usage_error);
}

// Where nothing runs and nobody is suspected there is nothing to look at, however long it takes.
TEST(health, looks_cease_while_nothing_moves) {
  scene s(1, {.interval = 1ms, .limit = 1ms});
  auto one = s.watched(std::make_shared<sleeper>());
  s.rt.advance(24h * 365);  // 30 thousand million looks, if each interval had one: for ever
  ASSERT_TRUE(one->in.try_cast(1s));
  s.rt.advance(100ms);
  EXPECT_EQ(s.heard(), "unhealthy ");
  s.rt.shutdown();
}

TEST(health, a_report_of_a_blocked_worker_says_it_all) {
  const blocked_worker report{.worker = 1,
                              .who = actor_id{7},
                              .actor = "gateway",
                              .message = "order",
                              .at_least = 1500ms,
                              .stack = {"poll (poll.c:29)", "main (main.cpp:3)"}};
  EXPECT_EQ(report.to_string(),
            "worker 1 has been in one turn for 1500 ms: gateway, which received order last\n"
            "  poll (poll.c:29)\n  main (main.cpp:3)");
}

}  // namespace

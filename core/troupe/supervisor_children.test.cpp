// Children that come and go: spawned while the supervisor runs, made by factories, refused; and
// what is told about them: on_error, observers, loggers, wait().

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace breaking {

[[gnu::noinline]] void open_valve(int code) {
  if (code >= 0) throw std::out_of_range("valve is stuck");
}

}  // namespace breaking

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

using journal = std::vector<std::string>;

/// Serves until it is told to crash.
class worker : public actor {
 public:
  explicit worker(std::string name = "worker") : actor(std::move(name)) {}
  cast_inbox<int> orders{4};
  call_inbox<int, int> sums{4};
  std::atomic<int> runs{0};

 protected:
  task<result<>> run(context ctx) override {
    ++runs;
    log().info("here");
    int sum = 0;
    co_return co_await serve(ctx, on(orders, [](int code) { breaking::open_valve(code); }),
                             on(sums, [&sum](int more) { return sum += more; }));
  }
};

template <class Spec>
std::string refused(Spec&& make) {
  try {
    make();
  } catch (const usage_error& wrong) {
    return wrong.what();
  }
  return "nothing was thrown";
}

constexpr std::uint64_t seeds = 24;

// --- refused ---

TEST(supervisor_children_test, misuse_is_refused_with_the_reason) {
  const auto make = [](supervisor_options options) {
    return refused([&] { supervisor("root", std::move(options)); });
  };
  EXPECT_TRUE(make({.children = {std::shared_ptr<worker>()}}).contains("a child is null"));
  auto twice = std::make_shared<worker>("twin");
  const std::string why = make({.children = {twice, twice}});
  EXPECT_TRUE(why.contains("\"root\"") && why.contains("\"twin\"")) << why;
  EXPECT_TRUE(make({.jitter = 1.5}).contains("jitter"));
  EXPECT_TRUE(make({.restart_delay = -1s}).contains("restart_delay"));
  EXPECT_TRUE(make({.restart_limit = {.max_restarts = 3}}).contains("window"));
  EXPECT_TRUE(make({.children = {{twice, {.restart_delay = -1s}}}}).contains("\"twin\""));
  EXPECT_TRUE(refused([] { supervisor(""); }).contains("name"));
  // None of these has kept the actor.
  EXPECT_NO_THROW(supervisor("root", {.children = {twice}}));
}

TEST(supervisor_children_test, an_actor_has_one_owner) {
  deterministic_runtime rt;
  auto one = std::make_shared<worker>("shared");
  auto root = std::make_shared<supervisor>("root", supervisor_options{.children = {one}});
  EXPECT_TRUE(refused([&] { static_cast<void>(root->spawn(one)); }).contains("\"shared\""));
  EXPECT_TRUE(refused([&] { rt.spawn(one); }).contains("\"shared\""));
  rt.spawn(root);
  EXPECT_TRUE(refused([&] { rt.spawn(root); }).contains("\"root\""));
  EXPECT_THROW(supervisor("other", {.children = {root}}), usage_error);
}

TEST(supervisor_children_test, names_need_not_differ) {
  deterministic_runtime rt;
  auto a = std::make_shared<worker>("same");
  auto b = std::make_shared<worker>("same");
  rt.spawn(std::make_shared<supervisor>("same", supervisor_options{.children = {a, b}}));
  rt.run_until_idle();
  EXPECT_EQ(a->runs + b->runs, 2);
}

// --- spawned ---

TEST(supervisor_children_test, spawns_before_during_and_not_after_its_life) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto early = std::make_shared<worker>("early");
    auto late = std::make_shared<worker>("late");
    auto too_late = std::make_shared<worker>("too late");
    auto root = std::make_shared<supervisor>("root");
    ASSERT_TRUE(root->spawn(early));
    auto handle = rt.spawn(root);
    rt.run_until_idle();
    EXPECT_EQ(early->runs, 1);
    ASSERT_TRUE(root->spawn(late));
    rt.run_until_idle();
    EXPECT_EQ(late->runs, 1);
    EXPECT_EQ(rt.block_on(late->sums.call(5)), 5);
    handle.cancel();
    rt.run_until_idle();
    ASSERT_TRUE(handle.done());
    const auto accepted = root->spawn(too_late);
    ASSERT_FALSE(accepted);
    EXPECT_EQ(accepted.error(), errc::actor_stopped);
    EXPECT_TRUE(accepted.error().text().contains("\"root\""));
    EXPECT_NO_THROW(rt.spawn(too_late)) << "a refused child stays its owner's";
  }
}

TEST(supervisor_children_test, spawns_not_after_it_gave_up) {
  deterministic_runtime rt;
  auto bad = std::make_shared<worker>();
  auto root = std::make_shared<supervisor>(
      "root",
      supervisor_options{.restart_limit = {.max_restarts = 0, .window = 1s}, .children = {bad}});
  rt.spawn(root);
  rt.run_until_idle();
  ASSERT_TRUE(bad->orders.try_cast(1));
  rt.run_until_idle();
  const auto accepted = root->spawn(std::make_shared<worker>());
  ASSERT_FALSE(accepted);
  EXPECT_EQ(accepted.error(), errc::actor_stopped);
}

TEST(supervisor_children_test, a_child_that_races_the_end_runs_or_has_its_inboxes_closed) {
  int ran = 0;
  int closed = 0;
  int refusals = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    deterministic_runtime rt(seed);
    auto root = std::make_shared<supervisor>("root");
    auto handle = rt.spawn(root);
    rt.run_until_idle();
    std::vector<std::shared_ptr<worker>> accepted;
    rt.spawn([](std::shared_ptr<supervisor> to, std::vector<std::shared_ptr<worker>>* taken,
                int* no) -> task<> {
      for (int i = 0; i != 6; ++i) {
        auto one = std::make_shared<worker>();
        if (to->spawn(one)) {
          taken->push_back(one);
        } else {
          ++*no;
        }
        co_await sleep_for(0ns);
      }
    }(root, &accepted, &refusals));
    rt.spawn([](join_handle<exit_reason> victim) -> task<> {
      co_await sleep_for(0ns);
      victim.cancel();
    }(handle));
    rt.run_until_idle();
    ASSERT_TRUE(handle.done());
    for (const auto& one : accepted) {
      ++(one->runs != 0 ? ran : closed);
      ASSERT_FALSE(one->orders.try_cast(1)) << "seed " << seed << ", ran " << one->runs;
    }
  }
  EXPECT_GT(ran, 0);
  EXPECT_GT(closed, 0);
  EXPECT_GT(refusals, 0);
}

TEST(supervisor_children_test, spawns_from_other_threads_that_race_the_end) {
  for (int round = 0; round != 30; ++round) {
    runtime rt({.workers = 2});
    auto root = std::make_shared<supervisor>("root");
    auto handle = rt.spawn(root);
    std::vector<std::shared_ptr<worker>> accepted;
    std::thread other([&] {
      for (;;) {
        auto one = std::make_shared<worker>();
        if (!root->spawn(one)) return;
        accepted.push_back(std::move(one));
      }
    });
    if (round % 2 == 0) std::this_thread::yield();
    handle.cancel();
    other.join();
    rt.shutdown();
    for (const auto& one : accepted) ASSERT_FALSE(one->orders.try_cast(1)) << round;
  }
}

// --- told to go ---

TEST(supervisor_children_test, one_child_is_stopped_for_good_and_the_others_stay) {
  for (const auto strategy : {restart_strategy::one_for_one, restart_strategy::one_for_all}) {
    for (std::uint64_t seed = 0; seed != seeds; ++seed) {
      deterministic_runtime rt(seed);
      auto one = std::make_shared<worker>("one");
      auto other = std::make_shared<worker>("other");
      auto root = std::make_shared<supervisor>(
          "root", supervisor_options{.strategy = strategy, .children = {one, other}});
      rt.spawn(root);
      rt.run_until_idle();
      EXPECT_TRUE(root->stop_child(one->id()));
      rt.run_until_idle();
      EXPECT_EQ(one->orders.try_cast(1).error(), errc::inbox_closed);
      EXPECT_EQ(root->live_children(), 1U);
      EXPECT_EQ(one->runs, 1);
      EXPECT_EQ(rt.block_on(other->sums.call(2)), 2);
      EXPECT_EQ(other->runs, 1);
      EXPECT_TRUE(root->stop_child(one->id()));   // it has gone already
      EXPECT_TRUE(root->stop_child(root->id()));  // no child of its own
      EXPECT_TRUE(root->stop_child(other->id()));
      EXPECT_TRUE(rt.block_on(root->wait()));
    }
  }
}

TEST(supervisor_children_test, a_child_may_ask_to_go_itself) {
  deterministic_runtime rt;
  supervisor* above = nullptr;
  const actor* self = nullptr;
  bool ended = false;
  auto leaves = make_actor("leaves", [&](context, logger&) -> task<result<>> {
    EXPECT_TRUE(above->stop_child(self->id()));
    const auto slept = co_await sleep_for(1h);
    ended = !slept && slept.error() == errc::canceled;
    co_return slept;
  });
  auto root = std::make_shared<supervisor>("root", supervisor_options{.children = {leaves}});
  above = root.get();
  self = leaves.get();
  rt.spawn(root);
  rt.run_until_idle();
  EXPECT_TRUE(ended);
  EXPECT_EQ(root->live_children(), 0U);
}

TEST(supervisor_children_test, a_fresh_child_goes_by_the_id_of_its_handle) {
  deterministic_runtime rt;
  fresh_child child([] { return std::make_shared<worker>("fresh"); });
  auto root = std::make_shared<supervisor>("root", supervisor_options{.children = {child.spec()}});
  rt.spawn(root);
  rt.run_until_idle();
  ASSERT_TRUE(child->orders.try_cast(1));  // it crashes, and another object runs
  rt.run_until_idle();
  EXPECT_TRUE(root->stop_child(child->id()));
  rt.run_until_idle();
  EXPECT_EQ(child->orders.try_cast(1).error(), errc::inbox_closed);
  EXPECT_EQ(root->live_children(), 0U);
}

TEST(supervisor_children_test, one_that_does_not_go_in_time_is_left_behind_and_reported) {
  deterministic_runtime rt;
  std::vector<std::string> told;
  event leave;
  auto deaf = make_actor("deaf", [&](context, logger&) -> task<result<>> {
    static_cast<void>(co_await leave.wait(context::background()));
    co_return result<>();
  });
  auto root = std::make_shared<supervisor>(
      "root", supervisor_options{.shutdown_timeout = 1s,
                                 .on_error =
                                     [&](const actor& who, const exit_reason& why) {
                                       told.push_back(who.name() + ": " + std::string(why.text()));
                                     },
                                 .children = {deaf}});
  rt.spawn(root);
  rt.run_until_idle();
  EXPECT_TRUE(root->stop_child(deaf->id()));
  rt.advance(1s);
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(root->live_children(), 1U);
  leave.set();
  rt.run_until_idle();
  EXPECT_EQ(root->live_children(), 0U);
}

/// Takes its time to go: until it is let go. Has an inbox that others wait at.
class deaf_worker : public actor {
 public:
  deaf_worker() : actor("deaf") {}
  call_inbox<int, int> sums{4};
  event leave;

 protected:
  task<result<>> run(context) override {
    static_cast<void>(co_await leave.wait(context::background()));
    co_return result<>();
  }
};

TEST(supervisor_children_test, one_left_behind_stops_for_others_when_its_run_ends) {
  for (const bool spawned : {false, true}) {
    deterministic_runtime rt;
    auto deaf = std::make_shared<deaf_worker>();
    supervisor_options options{.shutdown_timeout = 1s};
    if (!spawned) options.children = {deaf};
    auto root = std::make_shared<supervisor>("root", options);
    auto running = rt.spawn(root);
    if (spawned) ASSERT_TRUE(root->spawn(deaf));
    std::vector<super_event_kind> heard;
    rt.spawn(make_actor("watcher", [&](context ctx, logger&) -> task<result<>> {
      super_inbox events;
      events.supervise(deaf->id());
      co_return co_await serve(ctx, on(events, [&](super_event e) { heard.push_back(e.what); }));
    }));
    auto waits = rt.spawn([](deaf_worker* on) -> task<result<int>> {
      co_return co_await on->sums.call(1);
    }(deaf.get()));
    rt.run_until_idle();
    running.cancel();
    rt.advance(1s);
    ASSERT_TRUE(running.done());
    EXPECT_TRUE(waits.done()) << "nobody will answer";
    EXPECT_TRUE(heard.empty()) << "it runs";
    deaf->leave.set();
    rt.run_until_idle();
    EXPECT_EQ(heard, std::vector{super_event_kind::stopped});
    rt.shutdown();
  }
}

TEST(supervisor_children_test, nobody_is_stopped_by_a_supervisor_that_has_ended) {
  deterministic_runtime rt;
  auto one = std::make_shared<worker>();
  auto root = std::make_shared<supervisor>("root", supervisor_options{.children = {one}});
  EXPECT_TRUE(root->stop_child(one->id()));  // as soon as it runs
  rt.spawn(root);
  rt.run_until_idle();
  EXPECT_EQ(root->live_children(), 0U);
  rt.shutdown();
  EXPECT_EQ(root->stop_child(one->id()).error(), errc::actor_stopped);
}

TEST(supervisor_children_test, what_was_asked_of_one_that_never_runs_goes_with_it) {
  const auto one = std::make_shared<worker>();
  supervisor root("root");
  EXPECT_TRUE(root.spawn(one));
  EXPECT_TRUE(root.stop_child(one->id()));
}

TEST(supervisor_children_test, wait_ends_with_the_last_child) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    auto a = std::make_shared<worker>("a");
    auto b = std::make_shared<worker>("b");
    auto root = std::make_shared<supervisor>(
        "jobs", supervisor_options{.policy = restart_policy::temporary, .children = {a}});
    const auto waits = [](std::shared_ptr<supervisor> on) -> task<result<>> {
      co_return co_await on->wait();
    };
    auto waiting = rt.spawn(waits(root));
    rt.run_until_idle();
    EXPECT_FALSE(waiting.done()) << "it has not even begun";
    rt.spawn(root);
    ASSERT_TRUE(root->spawn(b));
    a->orders.close();
    a->sums.close();
    rt.run_until_idle();
    EXPECT_FALSE(waiting.done());
    EXPECT_EQ(root->live_children(), 1U);
    b->orders.close();
    b->sums.close();
    rt.run_until_idle();
    ASSERT_TRUE(waiting.done());
    EXPECT_TRUE(rt.block_on(waiting)->has_value());
    EXPECT_TRUE(rt.block_on(root->wait())) << "and at once, if none is left";
    ASSERT_TRUE(root->spawn(std::make_shared<worker>("c")));
    auto again = rt.spawn(waits(root));
    rt.run_until_idle();
    EXPECT_FALSE(again.done());
  }
}

TEST(supervisor_children_test, wait_can_be_canceled) {
  deterministic_runtime rt;
  auto root = std::make_shared<supervisor>(
      "root", supervisor_options{.children = {std::make_shared<worker>()}});
  rt.spawn(root);
  const auto ctx = context::background().with_cancel();
  auto waiting = rt.spawn([](std::shared_ptr<supervisor> on, context until) -> task<result<>> {
    co_return co_await on->wait(until);
  }(root, ctx));
  rt.run_until_idle();
  EXPECT_FALSE(waiting.done());
  ctx.cancel();
  rt.run_until_idle();
  ASSERT_TRUE(waiting.done());
  EXPECT_EQ(rt.block_on(waiting)->error(), errc::canceled);
}

// --- factories ---

TEST(supervisor_children_test, a_factory_gives_fresh_state_behind_a_handle_that_stays_good) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    deterministic_runtime rt(seed);
    fresh_child<worker> child([] { return std::make_shared<worker>("fresh"); });
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.restart_delay = 1s, .children = {child.spec()}}));
    EXPECT_EQ(rt.block_on(child->sums.call(5)), 5);
    EXPECT_EQ(rt.block_on(child->sums.call(5)), 10);
    ASSERT_TRUE(child->orders.try_cast(-1));
    ASSERT_TRUE(child->orders.try_cast(7));
    rt.run_until_idle();
    auto waits = rt.spawn([](worker& callee) -> task<result<int>> {
      co_return co_await callee.sums.call(1);
    }(*child.handle()));
    ASSERT_TRUE(child->orders.try_cast(-1));
    rt.run_until_idle();
    EXPECT_FALSE(waits.done());
    EXPECT_EQ(child->orders.size(), 1U);
    rt.advance(2s);
    ASSERT_TRUE(waits.done());
    EXPECT_EQ(**rt.block_on(waits), 1) << "the state is fresh";
    EXPECT_EQ(child->orders.size(), 0U);
    EXPECT_EQ(child->runs, 1) << "the first object ran once";
  }
}

TEST(supervisor_children_test, a_factory_that_fails_counts_as_a_crash) {
  for (const bool throws : {false, true}) {
    for (const int failures : {1, 3}) {
      journal errors;
      int calls = 0;
      std::shared_ptr<worker> made;
      deterministic_runtime rt;
      std::vector<supervisor_observer> observers(1);
      observers[0].on_actor_restarting = [](const actor&, std::uint64_t, const exit_reason&) {};
      rt.spawn(std::make_shared<supervisor>(
          "root", supervisor_options{.restart_delay = 1s,
                                     .on_error =
                                         [&](const actor& who, const exit_reason& why) {
                                           errors.push_back(who.name() + ": " +
                                                            std::string(why.text()));
                                         },
                                     .observers = observers,
                                     .children = {[&]() -> std::shared_ptr<worker> {
                                       if (++calls <= failures) {
                                         if (throws) throw std::runtime_error("no ore");
                                         return nullptr;
                                       }
                                       return made = std::make_shared<worker>("made");
                                     }}}));
      rt.run_until_idle();
      EXPECT_EQ(calls, 1);
      rt.advance(10s);
      EXPECT_EQ(calls, failures + 1);
      ASSERT_NE(made, nullptr);
      EXPECT_EQ(made->runs, 1);
      ASSERT_EQ(errors.size(), static_cast<std::size_t>(failures));
      EXPECT_TRUE(errors[0].contains(throws ? "no ore" : "null")) << errors[0];
    }
  }
}

TEST(supervisor_children_test, a_factory_that_always_fails_without_delay_leaves_the_rest_alive) {
  auto good = std::make_shared<worker>("good");
  int calls = 0;
  deterministic_runtime rt;
  auto handle = rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.children = {good, [&]() -> std::shared_ptr<worker> {
                                                ++calls;
                                                throw std::runtime_error("never");
                                              }}}));
  auto answer = rt.spawn(
      [](worker& callee) -> task<result<int>> { co_return co_await callee.sums.call(3); }(*good));
  for (int i = 0; i != 2000 && !answer.done(); ++i) rt.step();
  EXPECT_TRUE(answer.done());
  EXPECT_GT(calls, 1);
  handle.cancel();
  rt.run_until_idle(10'000);
  EXPECT_TRUE(handle.done());
}

TEST(supervisor_children_test, a_factory_must_not_give_the_same_object_twice) {
  auto same = std::make_shared<worker>("same");
  std::string why_not;
  deterministic_runtime rt;
  rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{
                  .restart_delay = 1s,
                  .on_error = [&](const actor&,
                                  const exit_reason& why) { why_not = std::string(why.text()); },
                  .children = {[&] { return same; }}}));
  rt.run_until_idle();
  ASSERT_TRUE(same->orders.try_cast(1));
  rt.advance(2s);
  EXPECT_EQ(same->runs, 1);
  EXPECT_TRUE(why_not.contains("running already")) << why_not;
}

// --- what is told ---

TEST(supervisor_children_test, on_error_gets_the_type_the_text_and_where_it_was_thrown) {
  std::string name;
  exit_reason reason = exit_reason::clean();
  deterministic_runtime rt;
  auto bad = std::make_shared<worker>("bad");
  rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.on_error =
                                     [&](const actor& who, const exit_reason& why) {
                                       name = who.name();
                                       reason = why;
                                     },
                                 .children = {bad}}));
  rt.run_until_idle();
  ASSERT_TRUE(bad->orders.try_cast(1));
  rt.run_until_idle();
  EXPECT_EQ(name, "bad");
  EXPECT_EQ(reason.kind(), exit_kind::exception);
  EXPECT_EQ(reason.type(), "std::out_of_range");
  EXPECT_EQ(reason.text(), "valve is stuck");
  ASSERT_FALSE(reason.stack().empty());
  EXPECT_TRUE(reason.stack().front().contains("breaking::open_valve")) << reason.stack().front();
}

TEST(supervisor_children_test, an_on_error_that_throws_changes_nothing) {
  for (const bool standard : {true, false}) {
    deterministic_runtime rt;
    auto bad = std::make_shared<worker>("bad");
    auto handle = rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.on_error =
                                       [standard](const actor&, const exit_reason&) {
                                         if (standard) throw std::runtime_error("oh");
                                         throw 7;  // NOLINT: on purpose
                                       },
                                   .children = {bad}}));
    rt.run_until_idle();
    ASSERT_TRUE(bad->orders.try_cast(1));
    rt.run_until_idle();
    EXPECT_EQ(bad->runs, 2);
    EXPECT_FALSE(handle.done());
  }
}

std::shared_ptr<spdlog::logger> to_stream(std::ostringstream& out, std::string name) {
  auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(out);
  sink->set_pattern("%n|%v");
  return std::make_shared<spdlog::logger>(std::move(name), std::move(sink));
}

TEST(supervisor_children_test, loggers_are_handed_down_by_name) {
  for (const std::string name : {"root", ""}) {
    std::ostringstream out;
    deterministic_runtime rt;
    auto inner = std::make_shared<supervisor>(
        "inner", supervisor_options{.children = {std::make_shared<worker>("deep")}});
    rt.spawn(std::make_shared<supervisor>(
        "top", supervisor_options{.log = logger(to_stream(out, name)),
                                  .children = {std::make_shared<worker>("child"), inner}}));
    rt.run_until_idle();
    const std::string prefix = name.empty() ? "" : name + ".";
    EXPECT_TRUE(out.str().contains(prefix + "child|here")) << out.str();
    EXPECT_TRUE(out.str().contains(prefix + "inner.deep|here")) << out.str();
  }
}

TEST(supervisor_children_test, the_runtimes_logger_names_the_root) {
  std::ostringstream out;
  deterministic_runtime rt(1, logger(to_stream(out, "app")));
  rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.children = {std::make_shared<worker>("child")}}));
  rt.run_until_idle();
  EXPECT_TRUE(out.str().contains("app.root.child|here")) << out.str();
}

TEST(supervisor_children_test, a_failure_that_nobody_else_hears_of_is_logged_by_the_runtime) {
  const auto written = [](auto spawn) {
    std::ostringstream out;
    deterministic_runtime rt(1, logger(to_stream(out, "app")));
    spawn(rt);
    rt.run_until_idle();
    return out.str();
  };
  const auto fails = [] {
    return make_actor(
        "fails", [](context, logger&) -> task<result<>> { co_return troupe::fail(errc::refused); });
  };
  const auto crashes = [] {
    return make_actor("crashes", [](context, logger&) -> task<result<>> {
      throw std::runtime_error("no sensor");
      co_return result<>();
    });
  };
  const auto task_that_crashes = []() -> task<> {
    throw std::runtime_error("no sensor");
    co_return;
  };

  EXPECT_TRUE(written([&](auto& rt) { rt.spawn(fails()); }).contains("app.fails|failed why="));
  EXPECT_TRUE(written([&](auto& rt) { rt.spawn(crashes()); }).contains("no sensor"));
  EXPECT_TRUE(written([&](auto& rt) {
                rt.spawn(task_that_crashes());
              }).contains("app|a task failed, and nobody has its handle why="));
  EXPECT_TRUE(written([&](auto& rt) {
                rt.spawn(std::make_shared<supervisor>(
                    "root", supervisor_options{.restart_limit = {.max_restarts = 0},
                                               .children = {fails()}}));
              }).contains("app.root|failed why=\"error: restart limit exceeded"));
  // Who has the handle is told.
  EXPECT_EQ(written([&](auto& rt) {
              const auto end = rt.spawn(crashes());
              const auto other = rt.spawn(task_that_crashes());
              EXPECT_EQ(rt.block_on(end)->kind(), troupe::exit_kind::exception);
              EXPECT_THROW(static_cast<void>(rt.block_on(other)), std::runtime_error);
            }),
            "");
  // And an end that is none is not told of.
  EXPECT_EQ(written([](auto& rt) {
              rt.spawn(make_actor(
                  "ends", [](context, logger&) -> task<result<>> { co_return result<>(); }));
              rt.spawn(make_actor("sleeps", [](context, logger&) -> task<result<>> {
                co_return co_await troupe::sleep_for(1h);
              }));
              rt.run_until_idle();
              rt.shutdown();
            }),
            "");
}

}  // namespace

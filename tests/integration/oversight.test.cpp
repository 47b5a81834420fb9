// Looking at a runtime while everything in it runs: threads, restarts, blocked workers, signals.

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;

struct work {
  std::shared_ptr<std::promise<void>> entered;
  std::shared_future<void> until;
};

class blocks : public actor {
 public:
  blocks() : actor("blocks") {}
  cast_inbox<work> in{4};

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(ctx, on(in, [](work one) { block(one); }));
  }

 private:
  [[gnu::noinline]] static void block(const work& one) {
    one.entered->set_value();
    one.until.wait();
  }
};

TEST(oversight, a_blocked_worker_is_reported_with_actor_message_and_stack) {
  std::promise<blocked_worker> reported;
  std::atomic<int> reports{0};
  std::promise<void> release;
  auto entered = std::make_shared<std::promise<void>>();
  runtime rt({.workers = 2,
              .health = {.interval = 5ms, .limit = 20ms},
              .on_blocked_worker = [&](const blocked_worker& one) {
                if (reports.fetch_add(1) == 0) reported.set_value(one);
              }});
  auto one = std::make_shared<blocks>();
  rt.spawn(one);
  ASSERT_TRUE(one->in.try_cast({entered, release.get_future().share()}));
  const blocked_worker report = reported.get_future().get();
  EXPECT_EQ(report.who, one->id());
  EXPECT_EQ(report.actor, "blocks");
  EXPECT_NE(report.message.find("work"), std::string::npos) << report.message;
  EXPECT_GE(report.at_least, 20ms);
#if !__has_feature(thread_sanitizer)  // which holds the signal back while the thread waits
  EXPECT_FALSE(report.stack.empty());
  EXPECT_TRUE(std::ranges::any_of(report.stack, [](const std::string& line) {
    return line.find("future") != std::string::npos || line.find("block") != std::string::npos;
  })) << report.to_string();
#endif
  const runtime_view view = rt.inspect();
  ASSERT_NE(view.find(one->id()), nullptr);
  EXPECT_EQ(view.find(one->id())->state, actor_state::running);
  EXPECT_NE(view.find(one->id())->handling.find("work"), std::string::npos);
  ASSERT_TRUE(view.find(one->id())->running_for);
  EXPECT_GE(*view.find(one->id())->running_for, 20ms);
  EXPECT_TRUE(std::ranges::any_of(view.workers, [&](const worker_state_view& w) {
    return w.running == one->id() && w.running_for >= 20ms;
  }));
  release.set_value();
  rt.shutdown();
  EXPECT_EQ(reports, 1) << "each turn is reported once";
}

TEST(oversight, all_workers_blocked_is_noticed_too) {
  std::promise<void> release;
  const std::shared_future<void> until = release.get_future().share();
  std::atomic<int> reports{0};
  std::promise<void> both;
  runtime rt({.workers = 2,
              .health = {.interval = 5ms, .limit = 10ms},
              .on_blocked_worker = [&](const blocked_worker&) {
                if (reports.fetch_add(1) == 1) both.set_value();
              }});
  for (int i = 0; i != 2; ++i) {
    auto one = std::make_shared<blocks>();
    auto entered = std::make_shared<std::promise<void>>();
    rt.spawn(one);
    ASSERT_TRUE(one->in.try_cast({entered, until}));
    entered->get_future().wait();
  }
  both.get_future().wait();
  release.set_value();
}

// An actor on a thread of its own may compute for as long as it likes; it is unhealthy all the
// same.
TEST(oversight, own_threads_are_no_blocked_workers) {
  std::promise<void> release;
  std::atomic<int> reports{0};
  runtime rt({.workers = 1,
              .health = {.interval = 2ms, .limit = 4ms},
              .on_blocked_worker = [&](const blocked_worker&) { ++reports; }});
  auto one = std::make_shared<blocks>();
  auto entered = std::make_shared<std::promise<void>>();
  rt.spawn(one, {.own_thread = true});
  super_inbox events;
  events.supervise(one->id());
  ASSERT_TRUE(one->in.try_cast({entered, release.get_future().share()}));
  const auto told = rt.block_on(events.receive());
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what, super_event_kind::unhealthy);
  release.set_value();
  const auto again = rt.block_on(events.receive());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->what, super_event_kind::healthy);
  rt.shutdown();
  EXPECT_EQ(reports, 0);
}

class worker : public actor {
 public:
  explicit worker(int number) : actor("worker " + std::to_string(number)) {}
  cast_inbox<int> in{4};

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(ctx, on(in, [](int n) {
                               if (n % 50 == 0) throw std::runtime_error("told to");
                             }));
  }
};

// Actors come and go, crash, are sent to and watched, while two threads look and looks happen every
// millisecond.
TEST(oversight, stress_of_looking_while_everything_runs) {
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
  constexpr int rounds = 40;
#else
  constexpr int rounds = 200;
#endif
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> seen{0};
  runtime rt({.workers = 2, .health = {.interval = 1ms, .limit = 1ms}});
  auto root = std::make_shared<supervisor>("root");
  rt.spawn(root);
  std::vector<std::thread> lookers;
  for (int i = 0; i != 2; ++i) {
    lookers.emplace_back([&] {
      while (!done) {
        const runtime_view view = rt.inspect();
        std::set<actor_id> ids;
        for (const actor_view& one : view.actors) {
          if (!ids.insert(one.id).second) ADD_FAILURE() << "the same id twice";
          if (one.state == actor_state::idle && !one.handling.empty()) {
            ADD_FAILURE() << "idle with a message in hand";
          }
          if (one.name.empty()) ADD_FAILURE() << "no name";
        }
        for (const actor_view& one : view.actors) {
          if (one.parent != actor_id{} && !ids.contains(one.parent)) {
            ADD_FAILURE() << "a parent that is not there";
          }
        }
        EXPECT_FALSE(to_json(view).empty());
        seen += view.actors.size();
      }
    });
  }
  super_inbox events;
  int sent = 0;
  for (int round = 0; round != rounds; ++round) {
    std::vector<std::shared_ptr<worker>> some;
    std::vector<join_handle<exit_reason>> handles;
    for (int i = 0; i != 10; ++i) {
      some.push_back(std::make_shared<worker>(i));
      if (i % 2 == 0) {
        ASSERT_TRUE(root->spawn({some.back(), {.policy = restart_policy::transient}}));
      } else {
        handles.push_back(rt.spawn(some.back()));
      }
      events.supervise(some.back()->id());
    }
    for (int i = 0; i != 200; ++i) {
      sent += some[static_cast<std::size_t>(i) % 10]->in.try_cast(i + 1) ? 1 : 0;
    }
    for (auto& one : some) one->in.close();
    for (const auto& one : some) {
      for (bool stopped = false; !stopped;) {
        auto told = rt.block_on(events.receive());
        ASSERT_TRUE(told);
        stopped = told->what == super_event_kind::stopped;
      }
      static_cast<void>(one);
    }
  }
  done = true;
  for (auto& one : lookers) one.join();
  rt.shutdown();
  EXPECT_GT(seen, 0U);
  EXPECT_GT(sent, 0);
}

TEST(oversight, a_runtime_that_was_not_started_keeps_everything_until_it_is) {
  std::atomic<int> ran{0};
  runtime rt({.workers = 2, .start = false});
  auto handle = rt.spawn(make_actor("one", [&](context, logger&) -> task<result<>> {
    ++ran;
    co_return result<>();
  }));
  EXPECT_THROW(rt.block_on(handle), usage_error);
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(rt.inspect().actors.at(0).state, actor_state::starting);
  rt.start();
  rt.start();
  rt.block_on(handle);
  EXPECT_EQ(ran, 1);
}

TEST(oversight, one_that_is_never_started_goes_without_a_trace) {
  auto counted = std::make_shared<int>(1);
  {
    runtime rt({.workers = 1, .start = false});
    rt.spawn(make_actor("never", [counted](context, logger&) -> task<result<>> {
      static_cast<void>(counted);
      co_return result<>();
    }));
  }
  EXPECT_EQ(counted.use_count(), 1);
}

// Whether it still waits, or is between two runs, when its runtime goes: it has stopped.
TEST(oversight, an_actor_that_its_runtime_leaves_behind_has_stopped) {
  super_inbox events;
  auto waits = make_actor("waits", [](context, logger&) -> task<result<>> {
    co_await sleep_for(context::background(), 1h);
    co_return result<>();
  });
  auto fails = make_actor("fails", [](context, logger&) -> task<result<>> {
    throw std::runtime_error("told to");
    co_return result<>();
  });
  {
    runtime rt({.workers = 1});
    rt.spawn(waits);
    rt.spawn(std::make_shared<supervisor>(
        "root", supervisor_options{.restart_delay = 1h, .children = {fails}}));
    for (const auto& one : {waits, fails}) events.supervise(one->id());
    const auto is_restarting = [&] {
      const runtime_view view = rt.inspect();
      const actor_view* const found = view.find("fails");
      return found != nullptr && found->state == actor_state::restarting;
    };
    while (!is_restarting()) std::this_thread::yield();
    rt.shutdown(1ms);
  }
  runtime other({.workers = 1});
  std::set<actor_id> stopped;
  for (int i = 0; i != 2; ++i) {
    const auto told = other.block_on(events.receive());
    ASSERT_TRUE(told);
    EXPECT_EQ(told->what, super_event_kind::stopped);
    stopped.insert(told->who);
  }
  EXPECT_EQ(stopped, (std::set<actor_id>{waits->id(), fails->id()}));
  waits->set_health({.interval = 1s});  // nobody is there to be told
  EXPECT_TRUE(other.inspect().actors.empty());
}

TEST(oversight, who_waits_in_another_runtime_is_told_when_one_goes) {
  class asked : public actor {
   public:
    asked() : actor("asked") {}
    call_inbox<int, int> calls{4};

   protected:
    task<result<>> run(context) override {
      auto kept = co_await calls.receive();
      co_await sleep_for(context::background(), 1h);
      co_return result<>();
    }
  };
  auto one = std::make_shared<asked>();
  runtime here({.workers = 1});
  join_handle<exit_reason> ended;
  std::vector<join_handle<result<int>>> calls;
  {
    runtime there({.workers = 1});
    ended = there.spawn(one);
    for (int i = 0; i != 3; ++i) {
      calls.push_back(here.spawn([](std::shared_ptr<asked> whom) -> task<result<int>> {
        co_return co_await whom->calls.call(context::background(), 1);
      }(one)));
    }
    while (one->calls.size() != 2) std::this_thread::yield();
    there.shutdown(1ms);
  }
  EXPECT_EQ(here.block_on(ended)->kind(), exit_kind::canceled);
  for (auto& call : calls) EXPECT_FALSE(*here.block_on(call));
  EXPECT_NO_THROW(here.spawn(one)) << "it belongs to nobody any more";
  here.shutdown(1ms);
}

/// Takes its time to clean up.
std::shared_ptr<actor> tidy_actor(std::atomic<bool>& tidy) {
  return make_actor("tidy", [&](context ctx, logger&) -> task<result<>> {
    const error why = co_await ctx.done();
    co_await sleep_for(context::background(), 30ms);
    tidy = true;
    co_return fail(why);
  });
}

TEST(oversight, the_destructor_waits_for_those_that_only_stop_was_called_for) {
  std::atomic<bool> tidy{false};
  {
    runtime rt({.workers = 1});
    rt.spawn(tidy_actor(tidy));
    rt.stop();
  }
  EXPECT_TRUE(tidy);
}

TEST(oversight, several_may_wait_for_the_end_at_once) {
  std::atomic<bool> tidy{false};
  runtime rt({.workers = 1});
  rt.spawn(tidy_actor(tidy));
  std::thread runs([&] {
    EXPECT_TRUE(rt.run().survivors.empty());
    EXPECT_TRUE(tidy);
  });
  std::thread waits([&] {
    rt.stop(stopping::and_wait);
    EXPECT_TRUE(tidy);
  });
  EXPECT_TRUE(rt.shutdown().empty());
  EXPECT_TRUE(tidy);
  runs.join();
  waits.join();
}

TEST(oversight, one_actor_may_be_looked_after_where_nobody_else_is) {
  runtime rt({.workers = 1, .health = {.interval = duration::max()}});
  auto one = make_actor("away", [](context, logger&) -> task<result<>> {
    cast_inbox<int> none(1);
    none.close();
    static_cast<void>(co_await none.receive());  // from now on it is one that receives
    co_await sleep_for(1h);
    co_return result<>();
  });
  rt.spawn(one);
  while (rt.inspect().actors.at(0).state != actor_state::waiting) std::this_thread::yield();
  super_inbox events;
  events.supervise(one->id());
  one->set_health({.interval = 2ms, .limit = 4ms});  // while the runtime rests
  const auto told = rt.block_on(events.receive());
  ASSERT_TRUE(told);
  EXPECT_EQ(told->what, super_event_kind::unhealthy);
  rt.shutdown();
}

// Nobody is left to look after, and the runtime has no date of its own: the thread that looks rests
// for good, and is to be had back from there.
TEST(oversight, a_rest_without_a_next_date_ends_with_the_runtime) {
  runtime rt({.workers = 1, .health = {.interval = duration::max()}});
  auto one = make_actor("short", [](context, logger&) -> task<result<>> { co_return result<>(); });
  one->set_health({.interval = 1ms, .limit = 1ms});
  rt.block_on(rt.spawn(one));
  std::this_thread::sleep_for(20ms);  // it looks once more, and lies down
  rt.shutdown();
}

TEST(oversight, a_signal_named_twice_is_handled_once) {
  runtime rt({.workers = 1});
  static_cast<void>(rt.run({.stop_on = {SIGUSR1, SIGUSR1}}));
  struct sigaction now{};
  sigaction(SIGUSR1, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST(oversight, run_ends_with_the_last_actor) {
  runtime rt({.workers = 2, .start = false});
  std::atomic<int> ended{0};
  for (int i = 0; i != 5; ++i) {
    rt.spawn(make_actor("one", [&, i](context, logger&) -> task<result<>> {
      for (int k = 0; k != i; ++k) co_await sleep_for(1ms);
      ++ended;
      co_return result<>();
    }));
  }
  const run_outcome outcome = rt.run();
  EXPECT_EQ(ended, 5);
  EXPECT_EQ(outcome.signal, 0);
  EXPECT_TRUE(outcome.survivors.empty());
}

TEST(oversight, run_names_the_roots_that_failed) {
  runtime rt({.workers = 2, .start = false});
  const auto crashes = [](context, logger&) -> task<result<>> {
    throw std::runtime_error("no sensor");
    co_return result<>();
  };
  rt.spawn(std::make_shared<supervisor>(
      "root", supervisor_options{.restart_limit = {.max_restarts = 0},
                                 .children = {make_actor("child", crashes)}}));
  const auto kept = rt.spawn(make_actor("apart", crashes), {.own_thread = true});
  rt.spawn(make_actor("ends", [](context, logger&) -> task<result<>> { co_return result<>(); }));
  run_outcome outcome = rt.run();
  ASSERT_EQ(outcome.failed.size(), 2U) << "the child is its supervisor's business";
  if (outcome.failed[0].name != "root") std::swap(outcome.failed[0], outcome.failed[1]);
  EXPECT_EQ(outcome.failed[0].name, "root");
  ASSERT_NE(outcome.failed[0].why.as_error(), nullptr);
  EXPECT_EQ(*outcome.failed[0].why.as_error(), errc::restart_limit);
  EXPECT_EQ(outcome.failed[1].name, "apart") << "also where its handle is kept";
  EXPECT_EQ(outcome.failed[1].why.kind(), exit_kind::exception);
  EXPECT_TRUE(rt.run().failed.empty()) << "they have been told of";
}

TEST(oversight, who_is_stopped_has_not_failed) {
  runtime rt({.workers = 1, .start = false});
  rt.spawn(make_actor("stops", [&](context ctx, logger&) -> task<result<>> {
    rt.stop();
    co_return fail(co_await ctx.done());
  }));
  EXPECT_TRUE(rt.run().failed.empty());
}

TEST(oversight, run_names_no_more_than_a_hundred) {
  runtime rt({.workers = 1, .start = false});
  for (int i = 0; i != 150; ++i) {
    rt.spawn(make_actor("fails",
                        [](context, logger&) -> task<result<>> { co_return fail(errc::refused); }));
  }
  EXPECT_EQ(rt.run().failed.size(), 100U);
}

TEST(oversight, stop_from_an_actor_ends_a_run) {
  runtime rt({.workers = 2});
  rt.spawn(make_actor("serves", [](context ctx, logger&) -> task<result<>> {
    co_return fail(co_await ctx.done());
  }));
  rt.spawn(make_actor("stops", [&](context, logger&) -> task<result<>> {
    EXPECT_THROW(rt.stop(stopping::and_wait), usage_error) << "it would wait for itself";
    rt.stop();
    co_return result<>();
  }));
  EXPECT_TRUE(rt.run().survivors.empty());
  EXPECT_THROW(rt.spawn(std::make_shared<worker>(1)), usage_error);
  rt.stop(stopping::and_wait);
}

TEST(oversight, a_signal_ends_a_run_and_handlers_are_as_before) {
  struct sigaction before{};
  sigaction(SIGTERM, nullptr, &before);
  for (int round = 0; round != 3; ++round) {
    // The actor must not run before the handlers are there: run() starts it.
    runtime rt({.workers = 1, .start = false});
    rt.spawn(make_actor("serves", [](context ctx, logger&) -> task<result<>> {
      static_cast<void>(kill(getpid(), SIGTERM));
      co_return fail(co_await ctx.done());
    }));
    const run_outcome outcome = rt.run({.stop_on = {SIGINT, SIGTERM}});
    EXPECT_EQ(outcome.signal, SIGTERM);
    EXPECT_TRUE(outcome.survivors.empty());
  }
  struct sigaction after{};
  sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
}

TEST(oversight, run_names_who_did_not_end_in_time) {
  runtime rt({.workers = 1, .start = false});
  rt.spawn(make_actor("deaf", [](context, logger&) -> task<result<>> {
    static_cast<void>(kill(getpid(), SIGINT));
    co_await sleep_for(context::background(), 1h);
    co_return result<>();
  }));
  const run_outcome outcome = rt.run({.stop_on = {SIGINT}, .patience = 10ms});
  EXPECT_EQ(outcome.signal, SIGINT);
  ASSERT_EQ(outcome.survivors.size(), 1U);
  EXPECT_EQ(outcome.survivors[0].name, "deaf");
}

TEST(oversight, signals_that_cannot_be_handled_are_refused) {
  runtime rt({.workers = 1});
  EXPECT_THROW(rt.run({.stop_on = {SIGTERM, SIGKILL}}), usage_error);
  struct sigaction now{};
  sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

}  // namespace

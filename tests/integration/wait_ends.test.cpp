// What is left of a wait once it is over: each test has a wait end by one source while another, a
// second receiver, a restart, a timer or the end of the runtime, still has a hand on it.
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::result;
using troupe::task;
using troupe::testing::deterministic_runtime;

task<> receive_all(troupe::cast_inbox<int>* inbox, std::vector<int>* got) {
  while (auto one = co_await inbox->receive()) got->push_back(*one);
}

// A receiver that is parked on the short way has registered nothing; becoming one of several
// receivers registers it, and its end must undo that.
TEST(wait_ends, a_canceled_receiver_leaves_an_inbox_that_became_shared) {
  for (std::uint64_t seed = 0; seed != 20; ++seed) {
    troupe::cast_inbox<int> inbox(4);
    std::vector<int> first;
    std::vector<int> second;
    deterministic_runtime rt(seed);
    auto one = rt.spawn(receive_all(&inbox, &first));
    rt.run_until_idle();
    ASSERT_TRUE(inbox.try_cast(1));
    rt.run_until_idle();  // now parked on the short way
    auto other = rt.spawn(receive_all(&inbox, &second));
    rt.run_until_idle();
    one.cancel();
    rt.run_until_idle();
    ASSERT_TRUE(one.done());
    ASSERT_TRUE(inbox.try_cast(2));
    rt.run_until_idle();
    EXPECT_EQ(first, std::vector{1});
    EXPECT_EQ(second, std::vector{2});
    other.cancel();
    rt.run_until_idle();
  }
}

class crashing : public troupe::actor {
 public:
  crashing() : actor("crashing") {}
  auto ask(int n) { return calls_.call(n); }

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(calls_, [](int n) {
                                       if (n < 0) throw std::runtime_error("negative");
                                       return n + 1;
                                     }));
  }

 private:
  troupe::call_inbox<int, int> calls_{4};
};

TEST(wait_ends, the_inboxes_of_a_fresh_child_outlive_the_objects_of_later_runs) {
  deterministic_runtime rt(1);
  troupe::fresh_child<crashing> child([] { return std::make_shared<crashing>(); });
  auto root = std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.restart_limit = {.max_restarts = 100, .window = 1s},
                                         .children = {child.spec()}});
  rt.spawn(root);
  for (int round = 0; round != 4; ++round) {
    const auto answer = rt.block_on(child->ask(round));
    ASSERT_TRUE(answer) << "round " << round << ": " << answer.error().message();
    EXPECT_EQ(*answer, round + 1);
    EXPECT_FALSE(rt.block_on(child->ask(-1)));
    rt.run_until_idle();
  }
}

// The caller is answered, but has not run since: it waits for nobody.
TEST(wait_ends, calling_back_a_caller_that_was_just_answered_is_no_cycle) {
  for (std::uint64_t seed = 0; seed != 50; ++seed) {
    troupe::call_inbox<int, int> to_first(2);
    troupe::call_inbox<int, int> to_second(2);
    deterministic_runtime rt(seed);
    struct bodies {
      // Waits for a request, so that the inbox is known to be its own.
      static task<> answer_one(troupe::call_inbox<int, int>* mine) {
        if (auto asked = co_await mine->receive()) static_cast<void>(asked->reply(0));
      }
      static task<> first(troupe::call_inbox<int, int>* mine, troupe::call_inbox<int, int>* other) {
        co_await answer_one(mine);
        for (int i = 0; i != 3; ++i) {
          auto asked = co_await mine->receive();
          if (!asked) co_return;
          static_cast<void>(asked->reply(1));
          auto answer = co_await other->call(1);
          EXPECT_TRUE(answer) << answer.error().message();
        }
      }
      static task<> second(troupe::call_inbox<int, int>* mine,
                           troupe::call_inbox<int, int>* other) {
        co_await answer_one(mine);
        for (int i = 0; i != 3; ++i) {
          auto answer = co_await other->call(1);
          EXPECT_TRUE(answer) << answer.error().message();
          auto asked = co_await mine->receive();
          if (!asked) co_return;
          static_cast<void>(asked->reply(2));
        }
      }
    };
    auto one = rt.spawn(bodies::first(&to_first, &to_second));
    auto two = rt.spawn(bodies::second(&to_second, &to_first));
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(to_first.call(0)));
    EXPECT_TRUE(rt.block_on(to_second.call(0)));
    rt.run_until_idle();
    EXPECT_TRUE(one.done() && two.done());
  }
}

// Moving the request into the inbox happens under the lock of its caller, who owns that inbox.
TEST(wait_ends, a_request_may_be_handed_to_its_own_caller) {
  using asked = troupe::request<int, int>;
  troupe::call_inbox<int, int> questions(2);
  troupe::cast_inbox<asked> returned(2);
  struct bodies {
    static task<> ask(troupe::call_inbox<int, int>* to, troupe::cast_inbox<asked>* back) {
      auto first = co_await back->receive();  // binds it
      if (first) static_cast<void>(first->reply(1));
      auto answer = co_await to->call(2);
      EXPECT_FALSE(answer);
      static_cast<void>(co_await back->receive());
    }
    static task<> hand_back(troupe::call_inbox<int, int>* from, troupe::cast_inbox<asked>* to) {
      while (auto got = co_await from->receive()) {
        EXPECT_TRUE(co_await to->cast(*std::move(got)));
      }
    }
  };
  deterministic_runtime rt(1);
  rt.spawn(bodies::hand_back(&questions, &returned));
  auto asking = rt.spawn(bodies::ask(&questions, &returned));
  rt.run_until_idle();
  EXPECT_TRUE(rt.block_on(questions.call(1)));  // through both, to whoever asks next
  rt.run_until_idle();
  EXPECT_FALSE(asking.done());
  asking.cancel();
  rt.run_until_idle();
  EXPECT_TRUE(asking.done());
}

TEST(wait_ends, a_tick_is_delivered_once) {
  troupe::cast_inbox<int> inbox(4);
  struct body {
    static task<> run(troupe::cast_inbox<int>* from, int* ticks, int* messages) {
      auto tick = troupe::every(1s);
      for (;;) {
        auto got = co_await troupe::select(*from, tick);
        if (got.canceled()) co_return;
        if (got.get<0>() != nullptr) ++*messages;
        if (got.get<1>() != nullptr) ++*ticks;
      }
    }
  };
  int ticks = 0;
  int messages = 0;
  deterministic_runtime rt(1);
  rt.spawn(body::run(&inbox, &ticks, &messages));
  rt.run_until_idle();
  for (int i = 1; i != 5; ++i) {
    rt.advance(500ms);
    ASSERT_TRUE(inbox.try_cast(i));
    rt.advance(500ms);
    EXPECT_EQ(ticks, i);
    EXPECT_EQ(messages, i);
  }
}

TEST(wait_ends, a_ticker_may_stand_at_another_place_in_each_select) {
  troupe::cast_inbox<int> inbox(4);
  struct body {
    static task<> run(troupe::cast_inbox<int>* from, std::vector<std::size_t>* chosen) {
      auto tick = troupe::every(1s);
      for (;;) {
        auto behind = co_await troupe::select(*from, tick);
        if (behind.canceled()) co_return;
        chosen->push_back(behind.index());
        auto before = co_await troupe::select(tick, *from);
        if (before.canceled()) co_return;
        chosen->push_back(before.index());
      }
    }
  };
  std::vector<std::size_t> chosen;
  deterministic_runtime rt(1);
  rt.spawn(body::run(&inbox, &chosen));
  rt.run_until_idle();
  rt.advance(4s);
  EXPECT_EQ(chosen, (std::vector<std::size_t>{1, 0, 1, 0}));
}

// Waits that nothing cancels are still open when their runtime goes. What they had registered must
// go with their frames, and the fibers must be as new for the next runtime.
TEST(wait_ends, waits_that_nobody_cancels_are_taken_back_when_the_runtime_goes) {
  struct bodies {
    static task<> send(troupe::cast_inbox<int>* to) {
      const context never_ends;
      static_cast<void>(co_await to->cast(never_ends, 1));
    }
    static task<> ask(troupe::call_inbox<int, int>* to) {
      const context never_ends;
      static_cast<void>(co_await to->call(never_ends, 1));
    }
    static task<> sleep(troupe::duration how_long) {
      const context never_ends;
      static_cast<void>(co_await troupe::sleep_for(never_ends, how_long));
    }
    static task<> wait(troupe::event* what, const context* ctx) {
      static_cast<void>(co_await what->wait(*ctx));
    }
  };
  troupe::cast_inbox<int> full(0);
  troupe::call_inbox<int, int> unanswered(4);
  troupe::call_inbox<int, int> unread(0);
  troupe::event never_set;
  const auto outside = context().with_cancel();
  {
    deterministic_runtime rt(1);
    for (int i = 0; i != 3; ++i) {
      rt.spawn(bodies::send(&full));
      rt.spawn(bodies::ask(&unanswered));
      rt.spawn(bodies::ask(&unread));
      rt.spawn(bodies::sleep(std::chrono::hours(100 + i)));
      rt.spawn(bodies::wait(&never_set, &outside));
    }
    rt.run_until_idle();
  }
  outside.cancel();
  full.close();
  unread.close();
  deterministic_runtime next(2);
  for (int round = 0; round != 3; ++round) {
    std::vector<int> got;
    troupe::cast_inbox<int> inbox(4);
    std::vector<troupe::join_handle<void>> handles;
    for (int i = 0; i != 20; ++i) handles.push_back(next.spawn(receive_all(&inbox, &got)));
    for (auto& one : handles) one.cancel();
    next.run_until_idle();
    for (auto& one : handles) EXPECT_TRUE(one.done());
  }
}

}  // namespace

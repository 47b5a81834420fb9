// Calls that would wait for themselves, and those that only look like it.

#include <troupe/actor.hpp>
#include <troupe/call_inbox.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/event.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/serve.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using troupe::call_inbox;
using troupe::context;
using troupe::errc;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

using request = troupe::request<int, int>;

/// Passes each request to whatever function it was given.
class node : public troupe::actor {
 public:
  using handler = std::function<task<>(node&, request)>;
  node(std::string name, handler what) : actor(std::move(name)), what_(std::move(what)) {}

  auto call(int n) { return calls_.call(n); }
  auto call(const context& ctx, int n) { return calls_.call(ctx, n); }
  auto send(request asked) { return casts_.cast(std::move(asked)); }

  node* next = nullptr;

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(
        ctx, troupe::on(calls_, [this](request asked) { return what_(*this, std::move(asked)); }),
        troupe::on(casts_, [this](request asked) { return what_(*this, std::move(asked)); }));
  }

 private:
  call_inbox<int, int> calls_{4};
  troupe::cast_inbox<request> casts_{4};
  handler what_;
};

task<> ask_next(node& self, request asked) {
  const int n = asked.payload();
  if (n == 0) {
    static_cast<void>(asked.reply(0));
    co_return;
  }
  static_cast<void>(asked.complete(co_await self.next->call(n - 1)));
}

std::vector<std::shared_ptr<node>> ring(troupe::runtime& rt, const std::vector<std::string>& names,
                                        const node::handler& what) {
  std::vector<std::shared_ptr<node>> all;
  for (const auto& name : names) all.push_back(std::make_shared<node>(name, what));
  for (std::size_t i = 0; i != all.size(); ++i) {
    all[i]->next = all[(i + 1) % all.size()].get();
    rt.spawn(all[i]);
  }
  return all;
}

void expect_cycle(const std::vector<std::string>& names, const std::string& path) {
  for_seeds(50, [&](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const auto all = ring(rt, names, ask_next);
    rt.run_until_idle();
    const auto got = rt.block_on(all[0]->call(1000));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error(), errc::call_cycle);
    EXPECT_EQ(got.error().code(), std::errc::resource_deadlock_would_occur);
    EXPECT_THAT(std::string(got.error().text()), testing::HasSubstr(path));
    // They are alive and well.
    EXPECT_EQ(rt.block_on(all[0]->call(0)), 0);
  });
}

TEST(call_cycle, an_actor_that_calls_itself) { expect_cycle({"a"}, "a -> a"); }
TEST(call_cycle, two_that_call_each_other) { expect_cycle({"a", "b"}, "b -> a -> b"); }
TEST(call_cycle, three_in_a_ring) { expect_cycle({"a", "b", "c"}, "c -> a -> b -> c"); }

TEST(call_cycle, both_ends_begin_at_once) {
  for_seeds(200, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const auto all = ring(rt, {"a", "b"}, ask_next);
    rt.run_until_idle();
    std::optional<result<int>> one;
    std::optional<result<int>> two;
    troupe::internal::start(rt, [&]() -> task<> { one = co_await all[0]->call(1000); });
    troupe::internal::start(rt, [&]() -> task<> { two = co_await all[1]->call(1000); });
    rt.run_until_idle();
    ASSERT_TRUE(one && two) << "somebody waits for ever";
    EXPECT_TRUE(!*one || !*two);
  });
}

// Before its first receive an inbox has no owner to be found in a cycle.
TEST(call_cycle, an_actor_that_calls_itself_before_it_ever_received) {
  class narcissus : public troupe::actor {
   public:
    narcissus() : actor("narcissus") {}
    std::optional<result<int>> got;

   protected:
    task<result<>> run(context) override {
      got = co_await calls_.call(1);
      co_return result<>();
    }

   private:
    call_inbox<int, int> calls_{1};
  };
  deterministic_runtime rt;
  auto one = std::make_shared<narcissus>();
  rt.spawn(one);
  rt.run_until_idle();
  ASSERT_TRUE(one->got && !*one->got) << "it waits for itself, and for ever";
  EXPECT_EQ(one->got->error(), errc::call_cycle);
}

TEST(call_cycle, a_deep_chain_is_none) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<std::string> names;
    for (int i = 0; i < 40; ++i) names.push_back("n" + std::to_string(i));
    const auto all = ring(rt, names, ask_next);
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(all[0]->call(39)), 0);
    // The same actors the other way round, each at rest in between.
    for (std::size_t i = 0; i != all.size(); ++i) {
      EXPECT_EQ(rt.block_on(all[i]->call(39)), 0);
    }
  });
}

// b has called a and got its reply, but has not run since; a calls b, which is no cycle.
TEST(call_cycle, a_call_that_has_been_answered_is_none) {
  for_seeds(200, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<result<int>> got;
    const auto a = std::make_shared<node>("a", [&got](node& self, request asked) -> task<> {
      static_cast<void>(asked.reply(1));
      got.push_back(co_await self.next->call(0));
    });
    const auto b = std::make_shared<node>("b", ask_next);
    a->next = b.get();
    b->next = a.get();
    rt.spawn(a);
    rt.spawn(b);
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(b->call(1)), 1);
    rt.run_until_idle();
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0], 0) << got[0].error().message();
  });
}

TEST(call_cycle, a_call_that_was_given_up_is_none) {
  for_seeds(100, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::optional<request> kept;
    const auto a = std::make_shared<node>("a", [&](node& self, request asked) -> task<> {
      if (asked.payload() == 0) {
        kept.emplace(std::move(asked));
      } else {
        static_cast<void>(asked.complete(co_await self.next->call(5)));
      }
    });
    const auto b = std::make_shared<node>("b", [](node& self, request asked) -> task<> {
      if (asked.payload() == 5) {
        static_cast<void>(asked.reply(55));
      } else {
        const auto got =
            co_await self.next->call(context::current().with_timeout(std::chrono::seconds(1)), 0);
        EXPECT_EQ(got.error(), errc::deadline_exceeded);
        static_cast<void>(asked.reply(9));
      }
    });
    a->next = b.get();
    b->next = a.get();
    rt.spawn(a);
    rt.spawn(b);
    rt.run_until_idle();
    auto asking =
        troupe::internal::start(rt, [&]() -> task<result<int>> { co_return co_await b->call(1); });
    rt.advance(std::chrono::seconds(1));
    EXPECT_TRUE(asking.done());
    EXPECT_EQ(rt.block_on(a->call(1)), 55);
  });
}

// The fiber of a run that is over is another actor's by now.
TEST(call_cycle, whoever_waits_for_an_actor_that_is_to_be_restarted_closes_none) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    troupe::event crash;
    bool crashed = false;
    const auto a = std::make_shared<node>("a", [&](node&, request asked) -> task<> {
      if (!std::exchange(crashed, true)) {
        static_cast<void>(co_await crash.wait());
        throw std::runtime_error("on purpose");
      }
      static_cast<void>(asked.reply(7));
    });
    const auto x = std::make_shared<node>("x", ask_next);
    const auto b = std::make_shared<node>("b", ask_next);
    x->next = a.get();
    b->next = x.get();
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root",
        troupe::supervisor_options{.restart_delay = std::chrono::seconds(1), .children = {a}}));
    rt.spawn(x);
    rt.run_until_idle();
    const auto in_hand =
        troupe::internal::start(rt, [&]() -> task<result<int>> { co_return co_await a->call(1); });
    rt.run_until_idle();
    const auto asks_x =
        troupe::internal::start(rt, [&]() -> task<result<int>> { co_return co_await x->call(1); });
    rt.run_until_idle();
    crash.set();
    rt.run_until_idle();
    ASSERT_TRUE(in_hand.done());
    EXPECT_EQ(rt.block_on(in_hand)->error(), errc::no_reply);
    rt.spawn(b);
    const auto asks_b =
        troupe::internal::start(rt, [&]() -> task<result<int>> { co_return co_await b->call(2); });
    rt.run_until_idle();
    EXPECT_FALSE(asks_x.done());
    EXPECT_FALSE(asks_b.done());
    rt.advance(std::chrono::seconds(2));  // the delay varies a little
    ASSERT_TRUE(asks_x.done());
    EXPECT_EQ(rt.block_on(asks_x), 7);
    ASSERT_TRUE(asks_b.done());
    EXPECT_EQ(rt.block_on(asks_b), 7);
  });
}

// c takes a's request itself, once it has room: b has waited with it.
TEST(call_cycle, a_request_sent_on_to_a_full_inbox_is_no_step) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    troupe::event go_on;
    std::optional<request> kept;
    std::optional<result<int>> call_back;
    const auto a = std::make_shared<node>("a", ask_next);
    const auto b = std::make_shared<node>("b", [&](node& self, request asked) -> task<> {
      static_cast<void>(co_await self.next->send(std::move(asked)));
      call_back = co_await a->call(0);
    });
    const auto c = std::make_shared<node>("c", [&](node&, request asked) -> task<> {
      static_cast<void>(co_await go_on.wait());
      if (asked.payload() == 0) {
        static_cast<void>(asked.reply(0));
      } else {
        kept.emplace(std::move(asked));
      }
    });
    const auto fills = std::make_shared<node>("fills", [&](node&, request asked) -> task<> {
      static_cast<void>(co_await c->send(std::move(asked)));
    });
    a->next = b.get();
    b->next = c.get();
    for (const auto& one : {a, b, c, fills}) rt.spawn(one);
    rt.run_until_idle();
    std::vector<troupe::join_handle<result<int>>> filling;
    for (int i = 0; i != 5; ++i) {  // one in hand, four in the inbox
      filling.push_back(troupe::internal::start(
          rt, [&]() -> task<result<int>> { co_return co_await fills->call(0); }));
      rt.run_until_idle();
    }
    const auto asking =
        troupe::internal::start(rt, [&]() -> task<result<int>> { co_return co_await a->call(2); });
    rt.run_until_idle();
    EXPECT_FALSE(call_back);  // b waits for room
    go_on.set();
    rt.run_until_idle();
    for (auto& one : filling) EXPECT_EQ(rt.block_on(one), 0);
    ASSERT_TRUE(kept);
    EXPECT_FALSE(call_back);  // a waits for c, and b for a
    EXPECT_TRUE(kept->reply(7));
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(asking), 7);
    ASSERT_TRUE(call_back);
    EXPECT_EQ(*call_back, 0);
  });
}

// What a waits for, once b has passed its request on, is c. The chain of calls still names b, and
// so b's call back to a is refused, though c could have freed a. Refusing is what the library
// does: it does not know where a request has gone.
TEST(call_cycle, delegating_and_calling_back_is_taken_for_one) {
  deterministic_runtime rt;
  std::optional<request> passed_on;
  std::optional<result<int>> call_back;
  const auto a = std::make_shared<node>("a", ask_next);
  const auto b = std::make_shared<node>("b", [&](node& self, request asked) -> task<> {
    passed_on.emplace(std::move(asked));
    call_back = co_await self.next->call(0);
  });
  a->next = b.get();
  b->next = a.get();
  rt.spawn(a);
  rt.spawn(b);
  rt.run_until_idle();
  auto asking =
      troupe::internal::start(rt, [&]() -> task<result<int>> { co_return co_await a->call(1); });
  rt.run_until_idle();
  ASSERT_TRUE(call_back && passed_on);
  EXPECT_EQ(call_back->error(), errc::call_cycle);
  EXPECT_TRUE(passed_on->reply(7));
  rt.run_until_idle();
  EXPECT_EQ(rt.block_on(asking), 7);
}

}  // namespace

#include <troupe/request.hpp>

#include <troupe/call_inbox.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/runtime.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::call_inbox;
using troupe::errc;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

using request = troupe::request<int, int>;
static_assert(troupe::message<request>);
static_assert(!std::is_copy_constructible_v<request>);

/// A caller that waits, and its request.
struct asked_once {
  explicit asked_once(deterministic_runtime& rt)
      : caller(start(rt, [this]() -> task<> { got = co_await inbox.call(1); })) {
    kept.emplace(*rt.block_on(inbox.receive()));
  }
  call_inbox<int, int> inbox{1};
  std::optional<result<int>> got;
  std::optional<request> kept;
  troupe::join_handle<void> caller;
};

TEST(request, may_be_kept_and_answered_later) {
  deterministic_runtime rt;
  asked_once one(rt);
  rt.advance(1h);
  EXPECT_FALSE(one.got);
  EXPECT_EQ(one.kept->payload(), 1);
  EXPECT_TRUE(one.kept->reply(2));
  EXPECT_FALSE(one.got) << "a wake-up goes through the run queue";
  rt.run_until_idle();
  ASSERT_TRUE(one.got);
  EXPECT_EQ(*one.got, 2);
}

TEST(request, is_answered_once) {
  deterministic_runtime rt;
  asked_once one(rt);
  EXPECT_TRUE(one.kept->reply(2));
  EXPECT_EQ(one.kept->reply(3).error(), errc::already_replied);
  EXPECT_EQ(one.kept->fail(errc::not_supported).error(), errc::already_replied);
  EXPECT_EQ(one.kept->complete(4).error(), errc::already_replied);
  rt.run_until_idle();
  EXPECT_EQ(one.got.value(), 2);
  EXPECT_EQ(one.kept->reply(5).error(), errc::already_replied);
}

TEST(request, completes_with_a_value_or_an_error) {
  deterministic_runtime rt;
  asked_once good(rt);
  EXPECT_TRUE(good.kept->complete(3));
  asked_once bad(rt);
  EXPECT_TRUE(bad.kept->complete(troupe::fail(errc::refused, "full up")));
  rt.run_until_idle();
  EXPECT_EQ(good.got.value(), 3);
  EXPECT_EQ(bad.got->error(), errc::refused);
  EXPECT_EQ(bad.got->error().text(), "full up");
}

TEST(request, that_is_dropped_fails_its_caller_at_once) {
  deterministic_runtime rt;
  asked_once one(rt);
  request moved = *std::move(one.kept);
  one.kept.reset();  // moved from: it obliges to nothing
  rt.run_until_idle();
  EXPECT_FALSE(one.got);
  {
    const request gone = std::move(moved);
  }
  rt.run_until_idle();
  ASSERT_TRUE(one.got);
  EXPECT_EQ(one.got->error(), errc::no_reply);
}

// What a member keeps goes with the object, not with the run.
TEST(request, kept_in_a_member_outlives_the_run_of_its_actor) {
  class keeps : public troupe::actor {
   public:
    keeps() : actor("keeps") {}
    call_inbox<int, int> in{1};

   protected:
    task<result<>> run(troupe::context) override {
      auto got = co_await in.receive();
      if (got) kept_ = std::move(*got);
      co_return result<>();
    }

   private:
    std::optional<request> kept_;
  };
  deterministic_runtime rt;
  auto one = std::make_shared<keeps>();
  const auto ended = rt.spawn(one);
  std::optional<result<int>> got;
  const auto caller = start(rt, [&]() -> task<> { got = co_await one->in.call(1); });
  rt.run_until_idle();
  EXPECT_TRUE(ended.done());
  EXPECT_FALSE(got) << "nobody has told the caller";
  one.reset();
  rt.run_until_idle();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->error(), errc::no_reply);
}

TEST(request, that_is_overwritten_fails_its_caller) {
  deterministic_runtime rt;
  asked_once one(rt);
  asked_once two(rt);
  one.kept = std::move(two.kept);
  rt.run_until_idle();
  EXPECT_EQ(one.got->error(), errc::no_reply);
  EXPECT_FALSE(two.got);
  EXPECT_TRUE(one.kept->reply(5));
  rt.run_until_idle();
  EXPECT_EQ(two.got.value(), 5);
}

TEST(request, says_when_its_caller_has_given_up) {
  deterministic_runtime rt;
  asked_once one(rt);
  EXPECT_TRUE(one.kept->is_awaited());
  one.caller.cancel();
  rt.run_until_idle();
  EXPECT_EQ(one.got->error(), errc::canceled);
  EXPECT_FALSE(one.kept->is_awaited());
  EXPECT_EQ(one.kept->reply(2).error(), errc::canceled);
  EXPECT_EQ(one.kept->reply(2).error(), errc::already_replied);
}

TEST(request, is_awaited_until_it_has_been_answered_or_its_deadline_is_over) {
  deterministic_runtime rt;
  call_inbox<int, int> inbox(4);
  start(rt, [&]() -> task<> {
    static_cast<void>(co_await inbox.call(troupe::context::current().with_timeout(1s), 1));
    static_cast<void>(co_await inbox.call(2));
  });
  rt.run_until_idle();
  auto first = *rt.block_on(inbox.receive());
  EXPECT_TRUE(first.is_awaited());
  rt.advance(1s);
  EXPECT_FALSE(first.is_awaited());  // its caller waits for another one
  auto second = *rt.block_on(inbox.receive());
  EXPECT_TRUE(second.is_awaited());
  EXPECT_TRUE(second.reply(20));
  EXPECT_FALSE(second.is_awaited());
  rt.run_until_idle();
}

TEST(request, of_a_caller_that_has_gone_on_does_not_disturb_its_next_call) {
  for_seeds(100, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    call_inbox<int, int> inbox(4);
    std::vector<result<int>> got;
    start(rt, [&]() -> task<> {
      got.push_back(co_await inbox.call(troupe::context::current().with_timeout(1s), 1));
      got.push_back(co_await inbox.call(2));
    });
    rt.advance(1s);
    auto first = *rt.block_on(inbox.receive());
    auto second = *rt.block_on(inbox.receive());
    EXPECT_EQ(first.reply(10).error(), errc::canceled);
    EXPECT_TRUE(second.reply(20));
    rt.run_until_idle();
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].error(), errc::deadline_exceeded);
    EXPECT_EQ(got[1], 20);
  });
}

TEST(request, may_be_passed_on_to_another_actor) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    call_inbox<int, int> front(2);
    troupe::cast_inbox<request> back(2);
    start(rt, [&]() -> task<> {
      while (auto asked = co_await front.receive()) {
        EXPECT_TRUE(co_await back.cast(*std::move(asked)));
      }
    });
    start(rt, [&]() -> task<> {
      while (auto asked = co_await back.receive()) EXPECT_TRUE(asked->reply(asked->payload() * 2));
    });
    EXPECT_EQ(rt.block_on(front.call(21)), 42);
    EXPECT_EQ(rt.block_on(front.call(4)), 8);
  });
}

TEST(request, in_a_closed_inbox_that_refused_it_fails_its_caller) {
  deterministic_runtime rt;
  asked_once one(rt);
  troupe::cast_inbox<request> back(2);
  back.close();
  run(rt, [&]() -> task<> { static_cast<void>(co_await back.cast(*std::move(one.kept))); });
  rt.run_until_idle();
  EXPECT_EQ(one.got->error(), errc::no_reply);
}

TEST(request, may_be_answered_from_another_thread) {
  troupe::runtime rt({.workers = 2});
  call_inbox<int, int> inbox(4);
  std::vector<std::jthread> helpers;
  auto server = start(rt, [&]() -> task<> {
    for (int i = 0; i < 200; ++i) {
      auto asked = co_await inbox.receive();
      helpers.emplace_back([mine = *std::move(asked)]() mutable {
        if (mine.payload() % 3 != 0) EXPECT_TRUE(mine.reply(mine.payload() + 1));
      });
    }
  });
  run(rt, [&]() -> task<> {
    for (int i = 0; i < 200; ++i) {
      const auto got = co_await inbox.call(i);
      if (i % 3 == 0) {
        EXPECT_EQ(got.error(), errc::no_reply);
      } else {
        EXPECT_EQ(got, i + 1);
      }
    }
  });
  rt.block_on(server);
}

}  // namespace

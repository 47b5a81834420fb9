#include <troupe/call_inbox.hpp>

#include <troupe/actor.hpp>
#include <troupe/event.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/serve.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::call_inbox;
using troupe::context;
using troupe::errc;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

// Tests end with rt.shutdown() where fibers may still wait on what is destroyed before the runtime.

using box = std::unique_ptr<int>;

/// Answers each request with its payload plus one until the inbox is closed.
void start_adder(troupe::runtime& rt, call_inbox<int, int>& inbox) {
  start(rt, [&inbox]() -> task<> {
    while (auto asked = co_await inbox.receive()) EXPECT_TRUE(asked->reply(asked->payload() + 1));
  });
}

TEST(call_inbox, gives_the_reply) {
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    for_seeds(50, [&](std::uint64_t seed) {
      deterministic_runtime rt(seed);
      call_inbox<int, int> inbox(capacity);
      EXPECT_EQ(inbox.capacity(), capacity);
      start_adder(rt, inbox);
      int answered = 0;
      for (int c = 0; c < 5; ++c) {
        start(rt, [&inbox, &answered, c]() -> task<> {
          for (int i = 0; i < 5; ++i) {
            EXPECT_EQ(co_await inbox.call(100 * c + i), 100 * c + i + 1);
            EXPECT_EQ(co_await inbox.call(context::current(), 7), 8);
            EXPECT_EQ(co_await inbox.call(context::background(), 7), 8);
            ++answered;
          }
        });
      }
      rt.run_until_idle();
      EXPECT_EQ(answered, 25);
      EXPECT_EQ(inbox.size(), 0U);
      inbox.close();
      rt.run_until_idle();
      EXPECT_EQ(rt.alive(), 0U);
      rt.shutdown();
    });
  }
}

TEST(call_inbox, carries_what_can_only_be_moved) {
  deterministic_runtime rt;
  call_inbox<box, box> inbox(1);
  start(rt, [&]() -> task<> {
    auto asked = co_await inbox.receive();
    if (asked) EXPECT_TRUE(asked->reply(std::move(asked->payload())));
  });
  auto answer = rt.block_on(inbox.call(std::make_unique<int>(5)));
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(**answer, 5);
  rt.shutdown();
}

TEST(call_inbox, a_reply_may_be_nothing_or_an_error) {
  deterministic_runtime rt;
  call_inbox<int, void> inbox(1);
  start(rt, [&]() -> task<> {
    auto first = co_await inbox.receive();
    EXPECT_TRUE(first->reply());
    auto second = co_await inbox.receive();
    EXPECT_TRUE(second->fail({errc::not_supported, "not today"}));
  });
  EXPECT_TRUE(rt.block_on(inbox.call(1)));
  const auto refused = rt.block_on(inbox.call(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), errc::not_supported);
  EXPECT_EQ(refused.error().text(), "not today");
  rt.shutdown();
}

TEST(call_inbox, refuses_calls_when_closed) {
  deterministic_runtime rt;
  call_inbox<int, int> inbox(1);
  inbox.close();
  inbox.close();
  EXPECT_EQ(rt.block_on(inbox.call(1)).error(), errc::inbox_closed);
  EXPECT_EQ(rt.block_on(inbox.call(context::background(), 1)).error(), errc::inbox_closed);
  EXPECT_EQ(rt.block_on(inbox.receive()).error(), errc::inbox_closed);
  rt.shutdown();
}

TEST(call_inbox, sends_nothing_for_a_context_that_is_done) {
  deterministic_runtime rt;
  call_inbox<int, int> inbox(1);
  const auto canceled = rt.root_context().with_cancel();
  canceled.cancel();
  EXPECT_EQ(rt.block_on(inbox.call(canceled, 1)).error(), errc::canceled);
  EXPECT_EQ(inbox.size(), 0U);
  const context late = rt.root_context().with_timeout(1s);
  rt.advance(1s);
  EXPECT_EQ(rt.block_on(inbox.call(late, 1)).error(), errc::deadline_exceeded);
  EXPECT_EQ(inbox.size(), 0U);
  rt.shutdown();
}

// A deadline that passed before anybody waited has no timer.
TEST(call_inbox, sends_nothing_for_a_deadline_that_no_timer_has_told) {
  deterministic_runtime rt;
  call_inbox<int, int> inbox(1);
  std::optional<result<int>> got;
  start(rt, [&]() -> task<> { got = co_await inbox.call(context::current().with_timeout(0s), 1); });
  rt.run_until_idle();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error(), errc::deadline_exceeded);
  EXPECT_EQ(inbox.size(), 0U);
  rt.shutdown();
}

TEST(call_inbox, a_wait_for_the_reply_or_for_room_ends_with_its_context) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    call_inbox<int, int> inbox(1);
    const auto scope = rt.root_context().with_cancel();
    const context timed = rt.root_context().with_timeout(1s);
    std::vector<errc> why(6, errc::internal);
    std::vector<troupe::join_handle<void>> all;
    for (std::size_t i = 0; i < 6; ++i) {  // the first to come is in the inbox, the others wait
      all.push_back(start(rt, [&, i]() -> task<> {
        result<int> got;
        if (i % 3 == 0) got = co_await inbox.call(1);
        if (i % 3 == 1) got = co_await inbox.call(scope, 1);
        if (i % 3 == 2) got = co_await inbox.call(timed, 1);
        EXPECT_FALSE(got);
        why[i] = static_cast<errc>(got.error().code().value());
      }));
    }
    rt.run_until_idle();
    EXPECT_EQ(inbox.size(), 1U);
    scope.cancel();
    rt.run_until_idle();
    EXPECT_EQ(why, (std::vector{errc::internal, errc::canceled, errc::internal, errc::internal,
                                errc::canceled, errc::internal}));
    rt.advance(1s);
    for (const auto& one : all) one.cancel();
    rt.run_until_idle();
    EXPECT_EQ(why, (std::vector{errc::canceled, errc::canceled, errc::deadline_exceeded,
                                errc::canceled, errc::canceled, errc::deadline_exceeded}));
    EXPECT_EQ(rt.alive(), 0U);
    // What was sent is still delivered, and its reply goes nowhere.
    run(rt, [&]() -> task<> {
      auto asked = co_await inbox.receive();
      EXPECT_EQ(asked->reply(1).error(), errc::canceled);
    });
    EXPECT_EQ(inbox.size(), 0U);
    rt.shutdown();
  });
}

TEST(call_inbox, closing_sends_those_away_who_wait_for_room_only) {
  for (const std::size_t capacity : {0U, 1U}) {
    for_seeds(50, [&](std::uint64_t seed) {
      deterministic_runtime rt(seed);
      call_inbox<int, int> inbox(capacity);
      std::size_t closed = 0;
      std::size_t answered = 0;
      for (int i = 0; i < 3; ++i) {
        start(rt, [&, i]() -> task<> {
          const auto got = co_await inbox.call(i);
          (got ? answered : closed) += 1;
          if (!got) EXPECT_EQ(got.error(), errc::inbox_closed);
        });
      }
      rt.run_until_idle();
      inbox.close();
      rt.run_until_idle();
      EXPECT_EQ(closed, 3 - capacity);
      start_adder(rt, inbox);
      rt.run_until_idle();
      EXPECT_EQ(answered, capacity);
      EXPECT_EQ(rt.alive(), 0U);
      rt.shutdown();
    });
  }
}

TEST(call_inbox, destroying_it_answers_the_requests_in_it) {
  deterministic_runtime rt;
  auto inbox = std::make_unique<call_inbox<int, int>>(1);
  std::vector<errc> why;
  for (int i = 0; i < 2; ++i) {
    start(rt, [&]() -> task<> {
      const auto got = co_await inbox->call(1);
      why.push_back(static_cast<errc>(got.error().code().value()));
    });
    rt.run_until_idle();
  }
  inbox.reset();
  rt.run_until_idle();
  std::ranges::sort(why);
  EXPECT_EQ(why, (std::vector{errc::inbox_closed, errc::no_reply}));
  rt.shutdown();
}

TEST(call_inbox, each_request_of_many_callers_is_answered_once_by_one_of_many) {
  for (const std::size_t capacity : {0U, 2U}) {
    for_seeds(200, [&](std::uint64_t seed) {
      deterministic_runtime rt(seed);
      call_inbox<int, int> inbox(capacity);
      for (int s = 0; s < 3; ++s) start_adder(rt, inbox);
      int answered = 0;
      std::vector<troupe::join_handle<void>> callers;
      for (int c = 0; c < 4; ++c) {
        callers.push_back(start(rt, [&, c]() -> task<> {
          for (int i = 0; i < 4; ++i) {
            const int asked = 10 * c + i;
            const auto got = co_await inbox.call(asked);
            if (!got) EXPECT_EQ(got.error(), errc::canceled);
            if (got) EXPECT_EQ(*got, asked + 1);
            if (c != 0) EXPECT_TRUE(got);
            answered += got ? 1 : 0;
          }
        }));
      }
      // The servers' EXPECT in start_adder would see a caller that gave up, so cancel none that
      // has been taken: only before the first turn.
      if (seed % 2 == 0) callers[0].cancel();
      rt.run_until_idle();
      EXPECT_EQ(answered, seed % 2 == 0 ? 12 : 16);
      inbox.close();
      rt.run_until_idle();
      EXPECT_EQ(rt.alive(), 0U);
      rt.shutdown();
    });
  }
}

TEST(call_inbox, cancellation_answers_each_request_at_most_once) {
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    for_seeds(200, [&](std::uint64_t seed) {
      deterministic_runtime rt(seed);
      call_inbox<int, int> inbox(capacity);
      std::size_t accepted = 0;
      std::size_t refused = 0;
      for (int s = 0; s < 2; ++s) {
        start(rt, [&]() -> task<> {
          while (auto asked = co_await inbox.receive()) {
            const auto told = asked->reply(asked->payload());
            (told ? accepted : refused) += 1;
            if (!told) EXPECT_EQ(told.error(), errc::canceled);
          }
        });
      }
      std::size_t got = 0;
      std::vector<troupe::join_handle<void>> callers;
      for (int c = 0; c < 4; ++c) {
        callers.push_back(start(rt, [&, c]() -> task<> {
          for (int i = 0; i < 4; ++i) {
            const auto answer = co_await inbox.call(c);
            if (answer) EXPECT_EQ(*answer, c);
            got += answer ? 1 : 0;
          }
        }));
      }
      for (std::uint64_t i = 0; i < 5 + seed % 17; ++i) rt.step();
      callers[seed % 4].cancel();
      for (std::uint64_t i = 0; i < seed % 5; ++i) rt.step();
      callers[seed / 4 % 4].cancel();
      rt.run_until_idle();
      EXPECT_EQ(got, accepted);
      inbox.close();
      rt.run_until_idle();
      EXPECT_EQ(rt.alive(), 0U);
      rt.shutdown();
    });
  }
}

TEST(call_inbox, outlives_a_runtime_in_which_somebody_waits_for_a_reply) {
  std::optional<troupe::request<int, int>> kept;
  call_inbox<int, int> inbox(1);
  {
    deterministic_runtime rt;
    for (int i = 0; i < 3; ++i) {
      start(rt,
            [&]() -> task<> { static_cast<void>(co_await inbox.call(context::background(), 1)); });
    }
    rt.run_until_idle();
    kept.emplace(*rt.block_on(inbox.receive()));
    rt.run_until_idle();
    rt.shutdown();
  }
  EXPECT_EQ(kept->reply(1).error(), errc::canceled);
  inbox.close();
}

TEST(call_inbox, refuses_a_capacity_that_does_not_fit) {
  for (const std::size_t capacity :
       {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 40U}) {
    EXPECT_THROW((call_inbox<int, int>{capacity}), troupe::usage_error) << capacity;
  }
}

TEST(call_inbox, cannot_be_waited_on_outside_of_a_runtime) {
  using troupe::internal::await_outside;
  call_inbox<int, int> inbox(1);
  EXPECT_THROW(await_outside([&] { return inbox.call(1); }), troupe::usage_error);
  EXPECT_THROW(await_outside([&] { return inbox.receive(); }), troupe::usage_error);
  EXPECT_EQ(inbox.size(), 0U);
}

}  // namespace

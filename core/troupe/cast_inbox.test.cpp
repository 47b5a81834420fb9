#include <troupe/cast_inbox.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/select.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::cast_inbox;
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

box boxed(int value) { return std::make_unique<int>(value); }

/// Takes what is left in a closed inbox.
template <class T>
std::vector<T> drain(troupe::runtime& rt, cast_inbox<T>& inbox) {
  inbox.close();
  return run(rt, [&]() -> task<std::vector<T>> {
    std::vector<T> all;
    while (auto got = co_await inbox.receive()) all.push_back(*std::move(got));
    co_return all;
  });
}

static_assert(troupe::message<box>);
static_assert(!troupe::message<const int>);
static_assert(!troupe::message<int&>);

TEST(cast_inbox, takes_messages_while_there_is_room) {
  deterministic_runtime rt;
  cast_inbox<box> inbox(4);
  EXPECT_EQ(inbox.capacity(), 4U);
  EXPECT_EQ(inbox.size(), 0U);
  run(rt, [&]() -> task<> {
    EXPECT_TRUE(co_await inbox.cast(boxed(1)));
    EXPECT_TRUE(co_await inbox.cast(context::current(), boxed(2)));
    EXPECT_TRUE(inbox.try_cast(boxed(3)));
    EXPECT_TRUE(inbox.try_cast(context::background(), boxed(4)));
    EXPECT_EQ(inbox.size(), 4U);
    for (int i = 1; i <= 4; ++i) {
      auto got = co_await inbox.receive();
      EXPECT_TRUE(got && **got == i);
    }
    EXPECT_EQ(inbox.size(), 0U);
  });
  rt.shutdown();
}

TEST(cast_inbox, try_cast_copies_what_the_caller_keeps) {
  deterministic_runtime rt;
  cast_inbox<std::string> inbox(2);
  const std::string kept = "a text that is too long for the small string buffer";
  EXPECT_TRUE(inbox.try_cast(kept));
  EXPECT_TRUE(inbox.try_cast(rt.root_context(), kept));
  EXPECT_EQ(inbox.try_cast(kept).error(), errc::inbox_full);
  EXPECT_EQ(drain(rt, inbox), (std::vector<std::string>{kept, kept}));
  rt.shutdown();
}

TEST(cast_inbox, try_cast_that_fails_leaves_its_argument_unmoved) {
  deterministic_runtime rt;
  cast_inbox<box> inbox(1);
  box message = boxed(7);
  const auto canceled = rt.root_context().with_cancel();
  canceled.cancel();
  const context late = rt.root_context().with_timeout(1s);
  rt.advance(1s);

  EXPECT_EQ(inbox.try_cast(canceled, std::move(message)).error(), errc::canceled);
  EXPECT_TRUE(message);
  EXPECT_EQ(inbox.try_cast(late, std::move(message)).error(), errc::deadline_exceeded);
  EXPECT_TRUE(message);
  EXPECT_EQ(inbox.size(), 0U);

  EXPECT_TRUE(inbox.try_cast(boxed(1)));
  EXPECT_EQ(inbox.try_cast(std::move(message)).error(), errc::inbox_full);
  EXPECT_TRUE(message);
  EXPECT_EQ(inbox.try_cast(rt.root_context(), std::move(message)).error(), errc::inbox_full);
  EXPECT_TRUE(message);
  EXPECT_EQ(inbox.try_cast(canceled, std::move(message)).error(), errc::canceled);
  EXPECT_TRUE(message);

  inbox.close();
  EXPECT_EQ(inbox.try_cast(std::move(message)).error(), errc::inbox_closed);
  EXPECT_TRUE(message);
  EXPECT_EQ(inbox.try_cast(rt.root_context(), std::move(message)).error(), errc::inbox_closed);
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, 7);
  rt.shutdown();
}

TEST(cast_inbox, cast_with_a_context_that_is_done_gives_the_message_back) {
  deterministic_runtime rt;
  cast_inbox<box> inbox(1);
  const auto canceled = rt.root_context().with_cancel();
  canceled.cancel();
  const context late = rt.root_context().with_timeout(1s);
  rt.advance(1s);
  for (const bool full : {false, true}) {
    if (full) EXPECT_TRUE(inbox.try_cast(boxed(0)));
    run(rt, [&]() -> task<> {
      auto no = co_await inbox.cast(canceled, boxed(1));
      EXPECT_TRUE(!no && no.error() == errc::canceled && *no.error().unsent == 1);
      auto over = co_await inbox.cast(late, boxed(2));
      EXPECT_TRUE(!over && over.error() == errc::deadline_exceeded && *over.error().unsent == 2);
    });
    EXPECT_EQ(inbox.size(), full ? 1U : 0U);
  }
  rt.shutdown();
}

TEST(cast_inbox, cast_to_a_closed_inbox_gives_the_message_back) {
  deterministic_runtime rt;
  cast_inbox<box> inbox(1);
  inbox.close();
  inbox.close();
  run(rt, [&]() -> task<> {
    auto no = co_await inbox.cast(boxed(1));
    EXPECT_TRUE(!no && no.error() == errc::inbox_closed && *no.error().unsent == 1);
    auto with = co_await inbox.cast(context::current(), boxed(2));
    EXPECT_TRUE(!with && with.error() == errc::inbox_closed && *with.error().unsent == 2);
    const result<> plain = co_await inbox.cast(boxed(3));
    EXPECT_EQ(plain.error(), errc::inbox_closed);
  });
  rt.shutdown();
}

TEST(cast_inbox, cast_waits_for_room_and_comes_in_order) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> inbox(1);
    int sent = 0;
    auto sender = start(rt, [&]() -> task<> {
      for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(co_await inbox.cast(i));
        ++sent;
      }
    });
    rt.run_until_idle();
    EXPECT_EQ(sent, 1);
    EXPECT_EQ(inbox.size(), 1U);
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(rt.block_on(inbox.receive()), i);
      rt.run_until_idle();
      EXPECT_EQ(sent, std::min(i + 2, 5));
    }
    EXPECT_TRUE(sender.done());
    rt.shutdown();
  });
}

TEST(cast_inbox, a_wait_for_room_ends_with_its_context_or_its_actor) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<box> inbox(1);
    EXPECT_TRUE(inbox.try_cast(boxed(0)));
    const auto scope = rt.root_context().with_cancel();
    const context timed = rt.root_context().with_timeout(1s);
    std::map<int, troupe::send_result<box>> got;
    auto by_context =
        start(rt, [&]() -> task<> { got.emplace(1, co_await inbox.cast(scope, boxed(1))); });
    auto by_deadline =
        start(rt, [&]() -> task<> { got.emplace(2, co_await inbox.cast(timed, boxed(2))); });
    auto by_actor = start(rt, [&]() -> task<> { got.emplace(3, co_await inbox.cast(boxed(3))); });
    auto with_ctx_by_actor =
        start(rt, [&]() -> task<> { got.emplace(4, co_await inbox.cast(scope, boxed(4))); });
    auto never = start(rt, [&]() -> task<> {
      got.emplace(5, co_await inbox.cast(context::background(), boxed(5)));
    });
    rt.run_until_idle();
    EXPECT_TRUE(got.empty());
    with_ctx_by_actor.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(got.size() == 1 && got.contains(4));
    scope.cancel();
    by_actor.cancel();
    never.cancel();
    rt.run_until_idle();
    EXPECT_EQ(got.size(), 3U);
    rt.advance(1s);
    EXPECT_EQ(got.size(), 4U);
    for (auto& [n, outcome] : got) {
      EXPECT_FALSE(outcome);
      if (outcome) continue;
      EXPECT_EQ(outcome.error(), n == 2 ? errc::deadline_exceeded : errc::canceled) << n;
      EXPECT_EQ(*outcome.error().unsent, n);
    }
    // background() outlives the cancellation of its actor: still there, and sent in its turn.
    EXPECT_FALSE(never.done());
    EXPECT_EQ(**rt.block_on(inbox.receive()), 0);
    EXPECT_EQ(**rt.block_on(inbox.receive()), 5);
    rt.run_until_idle();
    EXPECT_TRUE(got.contains(5) && got.at(5));
    rt.shutdown();
  });
}

TEST(cast_inbox, room_is_found_without_a_context_even_when_the_actor_is_canceled) {
  deterministic_runtime rt;
  cast_inbox<int> inbox(1);
  auto fiber = start(rt, [&]() -> task<> { EXPECT_TRUE(co_await inbox.cast(1)); });
  fiber.cancel();
  rt.run_until_idle();
  EXPECT_EQ(inbox.size(), 1U);
  rt.shutdown();
}

TEST(cast_inbox, rendezvous_waits_for_a_receiver) {
  for_seeds(100, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<box> inbox(0);
    EXPECT_EQ(inbox.capacity(), 0U);
    box kept = boxed(1);
    EXPECT_EQ(inbox.try_cast(std::move(kept)).error(), errc::inbox_full);
    EXPECT_TRUE(kept);
    auto sender = start(rt, [&]() -> task<> { EXPECT_TRUE(co_await inbox.cast(boxed(1))); });
    rt.run_until_idle();
    EXPECT_FALSE(sender.done());
    EXPECT_EQ(inbox.size(), 0U);
    EXPECT_EQ(inbox.try_cast(std::move(kept)).error(), errc::inbox_full);

    std::vector<int> seen;
    auto receiver = start(rt, [&]() -> task<> {
      for (int i = 0; i < 2; ++i) {
        auto got = co_await inbox.receive();
        if (got) seen.push_back(**got);
      }
    });
    rt.run_until_idle();
    EXPECT_TRUE(sender.done());
    EXPECT_FALSE(receiver.done());
    EXPECT_TRUE(inbox.try_cast(boxed(2)));                          // it is parked
    EXPECT_EQ(inbox.try_cast(boxed(3)).error(), errc::inbox_full);  // and has its message now
    rt.run_until_idle();
    EXPECT_EQ(seen, (std::vector{1, 2}));
    rt.shutdown();
  });
}

TEST(cast_inbox, a_receiver_does_not_wait_for_itself) {
  for (const std::size_t capacity : {0U, 1U, 3U}) {
    deterministic_runtime rt;
    cast_inbox<box> inbox(capacity);
    start(rt, [&]() -> task<> { EXPECT_TRUE(co_await inbox.cast(boxed(0))); });
    run(rt, [&]() -> task<> {
      EXPECT_TRUE(co_await inbox.receive());
      for (std::size_t i = 0; i != capacity; ++i) EXPECT_TRUE(co_await inbox.cast(boxed(1)));
      for (int i = 0; i != 2; ++i) {
        auto no = co_await inbox.cast(boxed(2));
        EXPECT_TRUE(!no && no.error() == errc::call_cycle && *no.error().unsent == 2);
        if (no) continue;
        EXPECT_EQ(no.error().code(), std::errc::resource_deadlock_would_occur);
        EXPECT_NE(no.error().text().find("for " + std::to_string(capacity)), std::string::npos);
      }
      auto no = co_await inbox.cast(context::background(), boxed(3));
      EXPECT_TRUE(!no && no.error() == errc::call_cycle && *no.error().unsent == 3);
      if (capacity == 0) co_return;
      EXPECT_TRUE(co_await inbox.receive());
      EXPECT_TRUE(co_await inbox.cast(boxed(4)));
    });
    rt.shutdown();
  }
}

TEST(cast_inbox, a_receiver_that_is_canceled_hears_that_when_it_casts_to_itself) {
  deterministic_runtime rt;
  cast_inbox<box> inbox(1);
  EXPECT_TRUE(inbox.try_cast(boxed(0)));
  auto canceled = start(rt, [&]() -> task<> {
    EXPECT_TRUE(co_await inbox.receive());
    EXPECT_EQ((co_await troupe::sleep_for(1h)).error(), errc::canceled);
    EXPECT_TRUE(co_await inbox.cast(boxed(1)));
    EXPECT_EQ((co_await inbox.cast(boxed(2))).error(), errc::canceled);
    // Not what ends the wait.
    EXPECT_EQ((co_await inbox.cast(context::background(), boxed(2))).error(), errc::call_cycle);
  });
  rt.run_until_idle();
  canceled.cancel();
  rt.run_until_idle();
  EXPECT_TRUE(canceled.done());
  rt.shutdown();
}

TEST(cast_inbox, one_of_several_receivers_waits_for_the_others) {
  deterministic_runtime rt;
  cast_inbox<box> inbox(1);
  std::vector<int> got;
  EXPECT_TRUE(inbox.try_cast(boxed(0)));
  bool sent = false;
  auto first = start(rt, [&]() -> task<> {
    EXPECT_TRUE(co_await inbox.receive());
    static_cast<void>(co_await troupe::sleep_for(1s));
    for (int i = 1; i != 4; ++i) EXPECT_TRUE(co_await inbox.cast(boxed(i)));
    sent = true;
  });
  rt.run_until_idle();
  auto second = start(rt, [&]() -> task<> {
    while (auto one = co_await inbox.receive()) got.push_back(**one);
  });
  rt.run_until_idle();
  rt.advance(1s);
  rt.run_until_idle();
  EXPECT_TRUE(sent);
  inbox.close();
  rt.run_until_idle();
  EXPECT_EQ(got, (std::vector{1, 2, 3}));
  rt.shutdown();
}

TEST(cast_inbox, delivers_what_waits_after_it_is_closed) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<box> inbox(2);
    EXPECT_TRUE(inbox.try_cast(boxed(1)));
    EXPECT_TRUE(inbox.try_cast(boxed(2)));
    std::optional<troupe::send_result<box>> waiting;
    auto sender = start(rt, [&]() -> task<> { waiting = co_await inbox.cast(boxed(3)); });
    rt.run_until_idle();
    inbox.close();
    inbox.close();
    rt.run_until_idle();
    ASSERT_TRUE(waiting && !*waiting);
    EXPECT_EQ(waiting->error(), errc::inbox_closed);
    EXPECT_EQ(*waiting->error().unsent, 3);
    EXPECT_EQ(**rt.block_on(inbox.receive()), 1);
    EXPECT_EQ(**rt.block_on(inbox.receive()), 2);
    EXPECT_EQ(rt.block_on(inbox.receive()).error(), errc::inbox_closed);
    EXPECT_EQ(rt.block_on(inbox.receive()).error(), errc::inbox_closed);
    rt.shutdown();
  });
}

TEST(cast_inbox, closing_wakes_all_receivers) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> inbox(2);
    int told = 0;
    for (int i = 0; i < 3; ++i) {
      start(rt, [&]() -> task<> {
        auto got = co_await inbox.receive();
        told += !got && got.error() == errc::inbox_closed ? 1 : 0;
      });
    }
    rt.run_until_idle();
    inbox.close();
    rt.run_until_idle();
    EXPECT_EQ(told, 3);
    rt.shutdown();
  });
}

TEST(cast_inbox, a_receiver_that_is_canceled_is_told_so) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> inbox(2);
    std::optional<result<int>> got;
    auto receiver = start(rt, [&]() -> task<> { got = co_await inbox.receive(); });
    if (seed % 2 == 0) rt.run_until_idle();
    receiver.cancel();
    rt.run_until_idle();
    ASSERT_TRUE(got && !*got);
    EXPECT_EQ(got->error(), errc::canceled);
    EXPECT_TRUE(inbox.try_cast(1));
    EXPECT_EQ(rt.block_on(inbox.receive()), 1);
    rt.shutdown();
  });
}

// For the address sanitizer.
TEST(cast_inbox, a_fiber_that_is_canceled_receives_without_touching_what_may_be_gone) {
  for (const int way : {0, 1, 2}) {
    deterministic_runtime rt;
    cast_inbox<int> other(1);
    auto inbox = std::make_unique<cast_inbox<int>>(1);
    cast_inbox<int>& gone = *inbox;
    bool canceled = false;
    auto receiver = start(rt, [&]() -> task<> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      if (way == 0) canceled = (co_await gone.receive()).error() == errc::canceled;
      if (way == 1) canceled = (co_await troupe::select(gone, other)).canceled();
      if (way == 2) canceled = (co_await troupe::select(gone, troupe::after(1s))).canceled();
    });
    rt.run_until_idle();
    receiver.cancel();
    inbox.reset();
    rt.run_until_idle();
    EXPECT_TRUE(canceled) << way;
  }
}

// The owner waits on both without having registered anywhere: the quick path. Then another fiber
// receives from one of them, which turns it into a shared one, and the owner leaves its wait.
TEST(cast_inbox, becomes_shared_while_its_owner_is_parked) {
  for_seeds(100, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> first(4);
    cast_inbox<int> second(4);
    std::vector<int> seen;
    auto owner = start(rt, [&]() -> task<> {
      for (int i = 0; i < 3; ++i) {
        auto got = co_await troupe::select(first, second);
        if (auto* one = got.get<0>()) seen.push_back(one->value());
        if (auto* two = got.get<1>()) seen.push_back(two->value());
      }
    });
    rt.run_until_idle();
    EXPECT_TRUE(first.try_cast(1));
    rt.run_until_idle();
    EXPECT_TRUE(second.try_cast(2));
    rt.run_until_idle();  // both are bound now, and the owner is parked for its last turn
    int other = 0;
    auto guest = start(rt, [&]() -> task<> {
      auto got = co_await first.receive();
      other = got.value_or(-1);
    });
    rt.run_until_idle();
    EXPECT_TRUE(second.try_cast(3));
    rt.run_until_idle();
    EXPECT_TRUE(owner.done());
    EXPECT_EQ(seen, (std::vector{1, 2, 3}));
    EXPECT_TRUE(first.try_cast(4));
    rt.run_until_idle();
    EXPECT_TRUE(guest.done());
    EXPECT_EQ(other, 4);
    rt.shutdown();
  });
}

TEST(cast_inbox, becomes_shared_and_its_parked_owner_is_canceled) {
  for_seeds(100, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> inbox(4);
    auto owner = start(rt, [&]() -> task<> {
      while (co_await inbox.receive()) {
      }
    });
    rt.run_until_idle();
    EXPECT_TRUE(inbox.try_cast(1));
    rt.run_until_idle();
    int got = 0;
    auto guest = start(rt, [&]() -> task<> { got = (co_await inbox.receive()).value_or(-1); });
    rt.run_until_idle();
    owner.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(owner.done());
    EXPECT_TRUE(inbox.try_cast(2));
    rt.run_until_idle();
    EXPECT_EQ(got, 2);
    rt.shutdown();
  });
}

TEST(cast_inbox, a_shared_message_reaches_the_parked_owner_too) {
  for_seeds(100, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    cast_inbox<int> inbox(4);
    std::map<int, int> seen;
    for (int r = 0; r < 2; ++r) {
      start(rt, [&seen, &inbox, r]() -> task<> {
        while (auto got = co_await inbox.receive()) seen[*got] += 10 + r;
      });
      rt.run_until_idle();
      EXPECT_TRUE(inbox.try_cast(r));
      rt.run_until_idle();
    }
    for (int m = 2; m < 8; ++m) {
      EXPECT_TRUE(inbox.try_cast(m));
      if (m % 2 == 0) rt.run_until_idle();
    }
    rt.run_until_idle();
    EXPECT_EQ(seen.size(), 8U);
    inbox.close();
    rt.run_until_idle();
    rt.shutdown();
  });
}

TEST(cast_inbox, one_fiber_may_wait_on_more_inboxes_than_a_word_has_bits) {
  deterministic_runtime rt;
  std::vector<std::unique_ptr<cast_inbox<int>>> all;
  for (int i = 0; i < 150; ++i) all.push_back(std::make_unique<cast_inbox<int>>(1));
  int sum = 0;
  auto receiver = start(rt, [&]() -> task<> {
    for (int round = 0; round < 3; ++round) {
      for (auto& one : all) sum += (co_await one->receive()).value_or(-1'000'000);
    }
  });
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 150; ++i) {
      rt.run_until_idle();
      EXPECT_TRUE(all[static_cast<std::size_t>(i)]->try_cast(i));
    }
  }
  rt.run_until_idle();
  EXPECT_TRUE(receiver.done());
  EXPECT_EQ(sum, 3 * 150 * 149 / 2);
  rt.shutdown();
}

TEST(cast_inbox, may_be_destroyed_with_messages_and_after_its_receiver) {
  deterministic_runtime rt;
  {
    cast_inbox<box> inbox(8);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(inbox.try_cast(boxed(i)));
    EXPECT_EQ(**rt.block_on(inbox.receive()), 0);
  }
  cast_inbox<box> unused(1'000'000'000);  // costs nothing until the first message has to wait
  rt.shutdown();
}

TEST(cast_inbox, destroying_it_sends_those_away_who_wait) {
  deterministic_runtime rt;
  auto inbox = std::make_unique<cast_inbox<box>>(1);
  EXPECT_TRUE(inbox->try_cast(boxed(0)));
  std::optional<troupe::send_result<box>> got;
  auto sender = start(rt, [&]() -> task<> { got = co_await inbox->cast(boxed(1)); });
  rt.run_until_idle();
  inbox.reset();
  rt.run_until_idle();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error(), errc::inbox_closed);
  rt.shutdown();
}

// A wait that cannot be canceled is destroyed by the runtime's destructor; the inbox lives on.
TEST(cast_inbox, outlives_a_runtime_in_which_somebody_waits_to_send) {
  cast_inbox<box> inbox(1);
  {
    deterministic_runtime rt;
    EXPECT_TRUE(inbox.try_cast(boxed(0)));
    start(rt, [&]() -> task<> {
      static_cast<void>(co_await inbox.cast(context::background(), boxed(1)));
    });
    rt.run_until_idle();
    rt.shutdown();
  }
  deterministic_runtime rt;
  EXPECT_EQ(drain(rt, inbox).size(), 1U);
  rt.shutdown();
}

struct scenario {
  std::uint64_t seed;
  std::size_t capacity;
  int senders;
  int receivers;
  int each;
};

scenario any_scenario() {
  return {.seed = *rc::gen::arbitrary<std::uint64_t>(),
          .capacity = *rc::gen::inRange<std::size_t>(0, 5),
          .senders = *rc::gen::inRange(1, 6),
          .receivers = *rc::gen::inRange(1, 5),
          .each = *rc::gen::inRange(1, 15)};
}

struct numbered {
  int sender;
  int number;
};

TEST(cast_inbox, property_each_message_once_and_in_its_senders_order) {
  EXPECT_TRUE(rc::check("every message exactly once, per-sender order", [] {
    const scenario all = any_scenario();
    deterministic_runtime rt(all.seed);
    cast_inbox<numbered> inbox(all.capacity);
    std::vector<std::vector<numbered>> seen(static_cast<std::size_t>(all.receivers));
    for (auto& mine : seen) {
      start(rt, [&inbox, &mine]() -> task<> {
        while (auto got = co_await inbox.receive()) mine.push_back(*got);
      });
    }
    int left = all.senders;
    for (int s = 0; s < all.senders; ++s) {
      start(rt, [&inbox, &left, s, each = all.each]() -> task<> {
        for (int i = 0; i < each; ++i) {
          RC_ASSERT((co_await inbox.cast(numbered{s, i})).has_value());
        }
        if (--left == 0) inbox.close();
      });
    }
    rt.run_until_idle();
    RC_ASSERT(rt.alive() == 0U);
    std::map<std::pair<int, int>, int> count;
    for (auto& mine : seen) {
      std::map<int, int> last;
      for (const numbered m : mine) {
        ++count[{m.sender, m.number}];
        const auto before = last.find(m.sender);
        RC_ASSERT(before == last.end() || before->second < m.number);
        last[m.sender] = m.number;
      }
    }
    RC_ASSERT(count.size() == static_cast<std::size_t>(all.senders * all.each));
    for (const auto& [which, times] : count) RC_ASSERT(times == 1);
    rt.shutdown();
  }));
}

// Every message ends in one place: with a receiver, back with its sender, or in the inbox.
TEST(cast_inbox, property_cancellation_loses_no_message) {
  EXPECT_TRUE(rc::check("received + returned + left == sent", [] {
    const scenario all = any_scenario();
    const auto cut_at = *rc::gen::container<std::vector<int>>(
        static_cast<std::size_t>(all.senders + all.receivers), rc::gen::inRange(0, 30));
    const bool use_select = *rc::gen::arbitrary<bool>();
    const bool close_early = *rc::gen::arbitrary<bool>();
    deterministic_runtime rt(all.seed);
    cast_inbox<box> inbox(all.capacity);
    cast_inbox<int> idle(1);
    std::vector<int> seen(static_cast<std::size_t>(all.senders * all.each), 0);
    std::vector<int> back(seen.size(), 0);
    std::vector<troupe::join_handle<void>> fibers;
    for (int s = 0; s < all.senders; ++s) {
      fibers.push_back(start(rt, [&, s]() -> task<> {
        const auto mine = context::current().with_timeout(1h);
        for (int i = s * all.each; i < (s + 1) * all.each; ++i) {
          troupe::send_result<box> sent;
          if (i % 2 == 0) {
            sent = co_await inbox.cast(boxed(i));
          } else {
            sent = co_await inbox.cast(mine, boxed(i));
          }
          if (!sent) ++back[static_cast<std::size_t>(*sent.error().unsent)];
        }
      }));
    }
    for (int r = 0; r < all.receivers; ++r) {
      fibers.push_back(start(rt, [&]() -> task<> {
        for (;;) {
          result<box> got;
          if (use_select) {
            auto chosen = co_await troupe::select(idle, inbox, troupe::after(1h));
            if (chosen.get<1>() == nullptr) break;
            got = std::move(*chosen.get<1>());
          } else {
            got = co_await inbox.receive();
          }
          if (!got) break;
          ++seen[static_cast<std::size_t>(**got)];
        }
      }));
    }
    for (int turn = 0; turn < 30; ++turn) {
      for (std::size_t f = 0; f < fibers.size(); ++f) {
        if (cut_at[f] == turn) fibers[f].cancel();
      }
      if (close_early && turn == 15) inbox.close();
      rt.step();
    }
    for (const auto& one : fibers) one.cancel();
    rt.run_until_idle();
    RC_ASSERT(rt.alive() == 0U);
    for (const box& one : drain(rt, inbox)) ++seen[static_cast<std::size_t>(*one)];
    for (std::size_t i = 0; i < seen.size(); ++i) RC_ASSERT(seen[i] + back[i] == 1);
    rt.shutdown();
  }));
}

TEST(cast_inbox, refuses_a_capacity_that_does_not_fit) {
  for (const std::size_t capacity :
       {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 40U, std::size_t{1} << 31U}) {
    EXPECT_THROW(cast_inbox<int>{capacity}, troupe::usage_error) << capacity;
  }
}

TEST(cast_inbox, cannot_be_waited_on_outside_of_a_runtime) {
  using troupe::internal::await_outside;
  cast_inbox<int> inbox(1);
  EXPECT_THROW(await_outside([&] { return inbox.receive(); }), troupe::usage_error);
  EXPECT_TRUE(inbox.try_cast(1));
  EXPECT_THROW(await_outside([&] { return inbox.cast(2); }), troupe::usage_error);
  EXPECT_EQ(inbox.size(), 1U);
}

}  // namespace

// What a subscriber is given, and what becomes of it when it is slow: inbox_core::offer, the three
// policies, and subscriptions in select, serve and other fibers.

#include <troupe/signal/subscription.hpp>

#include <troupe/cast_inbox.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/internal/test_signals.hpp>
#include <troupe/select.hpp>
#include <troupe/serve.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <limits>
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
using troupe::keep_latest;
using troupe::keep_oldest;
using troupe::overflow;
using troupe::pushed_signal;
using troupe::result;
using troupe::subscription;
using troupe::task;
using troupe::wait_for_room;
using troupe::detail::inbox_core;
using troupe::detail::ops_of;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

// --- inbox_core::offer ---

/// An inbox of strings long enough to be on the heap, so that AddressSanitizer sees what is lost.
class offered {
 public:
  explicit offered(std::size_t capacity) : core_(capacity, ops_of<std::string>, "offered") {}
  offered(const offered&) = delete;
  offered& operator=(const offered&) = delete;
  ~offered() { core_.destroy(ops_of<std::string>); }

  /// What became of it, and what was driven out.
  std::pair<inbox_core::offer_result, std::string> offer(int n, overflow when_full) {
    alignas(std::string) std::array<std::byte, sizeof(std::string)> spare;
    alignas(std::string) std::array<std::byte, sizeof(std::string)> given;
    auto* const made = ::new (given.data()) std::string(text(n));
    const auto outcome = core_.offer(ops_of<std::string>, made, spare.data(), when_full);
    std::string out;
    if (outcome == inbox_core::offer_result::replaced) {
      auto* const lost = std::launder(reinterpret_cast<std::string*>(spare.data()));
      out = *lost;
      std::destroy_at(lost);
    } else if (outcome != inbox_core::offer_result::taken) {
      EXPECT_EQ(*made, text(n)) << "it is untouched";
      std::destroy_at(made);
    }
    return {outcome, out};
  }
  std::vector<int> drain() {
    std::vector<int> all;
    deterministic_runtime rt;
    while (core_.size() != 0) {
      const auto got = rt.block_on(troupe::detail::receive_awaiter<std::string>(core_));
      all.push_back(std::stoi(*got));
    }
    return all;
  }
  inbox_core& core() { return core_; }

  static std::string text(int n) { return std::to_string(n) + std::string(60, ' '); }

 private:
  inbox_core core_;
};

TEST(inbox_offer, drives_out_the_oldest_keeps_it_or_replaces_the_newest) {
  using enum inbox_core::offer_result;
  for (const std::size_t capacity : {1U, 2U, 5U}) {
    const int full = static_cast<int>(capacity);
    for (const overflow policy : {overflow::keep_latest, overflow::keep_oldest, overflow::wait}) {
      offered box(capacity);
      for (int n = 0; n < full; ++n) EXPECT_EQ(box.offer(n, policy).first, taken);
      std::vector<int> expected;
      for (int n = full; n < 3 * full; ++n) {
        const auto [outcome, out] = box.offer(n, policy);
        EXPECT_EQ(outcome, policy == overflow::keep_oldest ? left : replaced);
        if (policy == overflow::keep_latest) EXPECT_EQ(out, offered::text(n - full));
        if (policy == overflow::wait) EXPECT_EQ(out, offered::text(n - 1));
      }
      for (int i = 0; i < full; ++i) {
        switch (policy) {
          case overflow::keep_latest: expected.push_back(2 * full + i); break;
          case overflow::keep_oldest: expected.push_back(i); break;
          case overflow::wait: expected.push_back(i + 1 == full ? 3 * full - 1 : i); break;
        }
      }
      EXPECT_EQ(box.core().size(), capacity);
      EXPECT_EQ(box.drain(), expected);
    }
  }
}

TEST(inbox_offer, goes_on_where_the_ring_wraps_around) {
  offered box(3);
  int next = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i <= round % 5; ++i) box.offer(next++, overflow::keep_latest);
    const std::vector<int> got = box.drain();
    ASSERT_EQ(got.size(), static_cast<std::size_t>(std::min(round % 5 + 1, 3)));
    for (std::size_t i = 0; i != got.size(); ++i) {
      EXPECT_EQ(got[i], next - static_cast<int>(got.size() - i));
    }
  }
}

TEST(inbox_offer, is_told_that_the_inbox_is_closed) {
  offered box(2);
  EXPECT_EQ(box.offer(1, overflow::keep_latest).first, inbox_core::offer_result::taken);
  box.core().close(inbox_core::closing::by_user);
  for (const overflow policy : {overflow::keep_latest, overflow::keep_oldest, overflow::wait}) {
    EXPECT_EQ(box.offer(2, policy).first, inbox_core::offer_result::closed);
  }
  EXPECT_EQ(box.drain(), std::vector{1});
}

TEST(inbox_offer, wakes_whoever_waits_though_the_inbox_is_one_of_many) {
  for_seeds(20, [](std::uint64_t seed) {
    offered box(1);
    std::string got;
    deterministic_runtime rt(seed);
    start(rt, [&]() -> task<> {
      got = *(co_await troupe::detail::receive_awaiter<std::string>(box.core()));
    });
    rt.run_until_idle();
    EXPECT_EQ(box.offer(7, overflow::keep_oldest).first, inbox_core::offer_result::taken);
    EXPECT_EQ(box.core().size(), 0U);
    rt.run_until_idle();
    EXPECT_EQ(got, offered::text(7));
  });
}

// --- policies ---

std::shared_ptr<pushed_signal<int>> running_signal(troupe::runtime& rt) {
  auto one = std::make_shared<pushed_signal<int>>("one");
  rt.spawn(one);
  return one;
}

void write_up_to(troupe::runtime& rt, pushed_signal<int>& to, int last) {
  for (int n = 1; n <= last; ++n) EXPECT_TRUE(rt.block_on(to.write(n)));
}

std::vector<int> drain(troupe::runtime& rt, subscription<int>& from) {
  std::vector<int> all;
  while (from.size() != 0) all.push_back(*rt.block_on(from.receive()));
  return all;
}

TEST(subscription, a_slow_subscriber_gets_what_its_policy_says_and_knows_what_it_lost) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto latest = one->subscribe(keep_latest(3));
  auto oldest = one->subscribe(keep_oldest(3));
  auto waits = one->subscribe(wait_for_room(3));
  auto roomy = one->subscribe(keep_latest(100));
  write_up_to(rt, *one, 10);
  EXPECT_EQ(latest.dropped(), 7U);
  EXPECT_EQ(oldest.dropped(), 7U);
  EXPECT_EQ(waits.dropped(), 6U);
  EXPECT_EQ(roomy.dropped(), 0U);
  EXPECT_EQ(drain(rt, latest), (std::vector{8, 9, 10}));
  EXPECT_EQ(drain(rt, oldest), (std::vector{1, 2, 3}));
  EXPECT_EQ(drain(rt, waits), (std::vector{1, 2, 3, 10})) << "the newest waits behind the buffer";
  EXPECT_EQ(drain(rt, roomy).size(), 10U);
}

TEST(subscription, what_waits_behind_the_buffer_moves_up) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe(wait_for_room(2));
  write_up_to(rt, *one, 4);
  EXPECT_EQ(*rt.block_on(values.receive()), 1);
  EXPECT_TRUE(rt.block_on(one->write(5)));
  EXPECT_EQ(drain(rt, values), (std::vector{2, 4, 5})) << "4 is in the buffer by now";
  EXPECT_EQ(values.dropped(), 1U);
}

TEST(subscription, a_buffer_for_nothing_is_refused) {
  pushed_signal<int> one("one");
  for (const auto buffer : {keep_latest(0), keep_oldest(0), wait_for_room(0)}) {
    EXPECT_THROW(static_cast<void>(one.subscribe(buffer)), troupe::usage_error);
  }
  EXPECT_EQ(one.subscribers(), 0U);
}

TEST(subscription, a_buffer_that_no_memory_holds_is_refused) {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  pushed_signal<int> one("one");
  for (const auto buffer : {keep_latest(most), keep_oldest(most), wait_for_room(most),
                            wait_for_room(most - 1), wait_for_room(most / 2)}) {
    EXPECT_THROW(static_cast<void>(one.subscribe(buffer)), troupe::usage_error);
  }
  pushed_signal<int> other("other",
                           troupe::signal_options<int>{.subscribers = wait_for_room(most)});
  EXPECT_THROW(static_cast<void>(other.subscribe()), troupe::usage_error);
  EXPECT_EQ(one.subscribers() + other.subscribers(), 0U);
}

TEST(subscription, a_buffer_of_the_signals_choice_is_used_where_none_is_named) {
  auto one = std::make_shared<pushed_signal<int>>(
      "one", troupe::signal_options<int>{.subscribers = keep_oldest(2)});
  deterministic_runtime rt;
  rt.spawn(one);
  auto values = one->subscribe();
  write_up_to(rt, *one, 5);
  EXPECT_EQ(drain(rt, values), (std::vector{1, 2}));
}

// --- receiving ---

TEST(subscription, gives_every_value_in_order_to_one_who_keeps_up) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    deterministic_runtime rt(seed);
    auto one = running_signal(rt);
    take_down(rt, one->subscribe(keep_latest(1)), seen);
    start(rt, [one]() -> task<> {
      for (int n = 1; n <= 50; ++n) {
        static_cast<void>(co_await one->write(n));
        static_cast<void>(co_await troupe::sleep_for(1ms));
      }
    });
    rt.advance(1s);
    ASSERT_EQ(seen.values.size(), 50U);
    for (int n = 0; n < 50; ++n) EXPECT_EQ(seen.values[static_cast<std::size_t>(n)], n + 1);
  });
}

TEST(subscription, is_a_source_of_select_beside_inboxes_and_timers) {
  for_seeds(50, [](std::uint64_t seed) {
    std::vector<std::string> seen;
    cast_inbox<std::string> inbox(4);
    deterministic_runtime rt(seed);
    auto one = running_signal(rt);
    auto values = one->subscribe(keep_latest(4));
    auto loop = start(rt, [&]() -> task<> {
      for (;;) {
        auto got = co_await troupe::select(values, inbox, troupe::after(10s));
        if (got.canceled()) co_return;
        if (auto* value = got.get<0>()) {
          if (!*value) {
            seen.emplace_back(value->error() == errc::actor_stopped ? "stopped" : "closed");
            co_return;
          }
          seen.push_back(std::to_string(**value));
        } else if (auto* message = got.get<1>()) {
          seen.push_back(**message);
        } else {
          seen.emplace_back("timer");
        }
      }
    });
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(one->write(1)));
    rt.run_until_idle();
    EXPECT_TRUE(inbox.try_cast("cast"));
    rt.run_until_idle();
    rt.advance(10s);
    EXPECT_TRUE(rt.block_on(one->write(2)));
    rt.run_until_idle();
    EXPECT_EQ(seen, (std::vector<std::string>{"1", "cast", "timer", "2"}));
    values.unsubscribe();
    rt.run_until_idle();
    EXPECT_EQ(seen.back(), "closed");
    EXPECT_TRUE(loop.done());
    rt.shutdown();
  });
}

TEST(subscription, is_served_whether_it_is_kept_or_lent) {
  for_seeds(20, [](std::uint64_t seed) {
    std::vector<int> lent;
    std::vector<int> kept;
    std::vector<std::string> cast;
    cast_inbox<std::string> inbox(4);
    std::optional<result<>> ended;
    deterministic_runtime rt(seed);
    auto one = running_signal(rt);
    auto values = one->subscribe();
    start(rt,
          [&, loop = troupe::serve(context::background(),
                                   troupe::on(values, [&](int n) { lent.push_back(n); }),
                                   troupe::on(one->subscribe(),
                                              [&](int n) -> task<result<>> {
                                                static_cast<void>(co_await troupe::sleep_for(0s));
                                                kept.push_back(n);
                                                co_return result<>();
                                              }),
                                   troupe::on(inbox, [&](std::string s) {
                                     cast.push_back(std::move(s));
                                   }))]() mutable -> task<> { ended = co_await std::move(loop); });
    rt.run_until_idle();
    EXPECT_EQ(one->subscribers(), 2U);
    for (int n = 1; n <= 3; ++n) {
      EXPECT_TRUE(rt.block_on(one->write(n)));
      rt.run_until_idle();
    }
    EXPECT_TRUE(inbox.try_cast("cast"));
    rt.run_until_idle();
    EXPECT_EQ(lent, (std::vector{1, 2, 3}));
    EXPECT_EQ(kept, (std::vector{1, 2, 3}));
    EXPECT_EQ(cast.size(), 1U);
    values.unsubscribe();
    inbox.close();
    rt.run_until_idle();
    EXPECT_FALSE(ended);
    rt.shutdown();
    EXPECT_TRUE(ended);
    EXPECT_EQ(one->subscribers(), 0U);
  });
}

TEST(subscription, serve_ends_clean_when_all_that_it_serves_has_ended) {
  deterministic_runtime rt;
  auto one = std::make_shared<pushed_signal<int>>("one");
  auto handle = rt.spawn(one);
  std::optional<result<>> ended;
  int sum = 0;
  start(rt,
        [&, loop = troupe::serve(context::background(), troupe::on(one->subscribe(), [&](int n) {
                                   sum += n;
                                 }))]() mutable -> task<> { ended = co_await std::move(loop); });
  EXPECT_TRUE(rt.block_on(one->write(5)));
  handle.cancel();
  rt.run_until_idle();
  ASSERT_TRUE(ended);
  EXPECT_TRUE(*ended);
  EXPECT_EQ(sum, 5);
}

TEST(subscription, may_be_moved_to_another_fiber_after_it_was_received_from) {
  for_seeds(50, [](std::uint64_t seed) {
    taken_down<int> seen;
    deterministic_runtime rt(seed);
    auto one = running_signal(rt);
    std::optional<subscription<int>> handed_on;
    start(rt, [&]() -> task<> {
      auto mine = one->subscribe();
      EXPECT_EQ(*(co_await mine.receive()), 1);
      handed_on.emplace(std::move(mine));
      static_cast<void>(co_await troupe::sleep_for(1h));
    });
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(one->write(1)));
    rt.run_until_idle();
    ASSERT_TRUE(handed_on);
    take_down(rt, *std::move(handed_on), seen);
    rt.run_until_idle();
    for (int n = 2; n <= 4; ++n) EXPECT_TRUE(rt.block_on(one->write(n)));
    rt.run_until_idle();
    EXPECT_EQ(seen.values, (std::vector{2, 3, 4}));
  });
}

TEST(subscription, may_be_assigned_over) {
  deterministic_runtime rt;
  auto one = running_signal(rt);
  auto values = one->subscribe();
  EXPECT_TRUE(rt.block_on(one->write(1)));
  values = one->subscribe();
  EXPECT_EQ(one->subscribers(), 1U);
  EXPECT_EQ(values.size(), 0U);
}

}  // namespace

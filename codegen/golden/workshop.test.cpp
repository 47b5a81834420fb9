// The kinds rpc, batch, timer and signal, made from golden/accepted/workshop.yml.
#include <codegen/golden/accepted/workshop.gen.hpp>

#include <troupe/child_spec.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/signal/pushed_signal.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace workshop {

struct desk : desk_base {
  std::optional<troupe::request<int, int>> kept{};
  int touched = 0;

  std::string handle_upper(std::string text) {
    for (char& c : text) c = static_cast<char>(c - 'a' + 'A');
    if (text.empty()) throw std::invalid_argument("no text");
    rx->touch.enable();
    return text;
  }
  void handle_later(troupe::request<int, int> asked) {
    if (kept) static_cast<void>(kept->reply(asked.payload()));
    kept = std::move(asked);
  }
  void handle_touch(int n) { touched += n; }
  troupe::task<troupe::result<int>> handle_slow(const int& n) {
    static_cast<void>(co_await troupe::sleep_for(1s));
    if (n < 0) co_return troupe::fail(troupe::errc::refused);
    co_return n + touched;
  }
};

struct seen_by_scale {
  std::vector<std::vector<int>> weights;
  std::vector<std::vector<int>> parcels;
  std::vector<std::string> reminders;
  std::vector<double> warmth;
  std::vector<double> heat;
  const void* memory = nullptr;
};

struct scale : scale_base {
  seen_by_scale* seen = nullptr;
  std::shared_ptr<troupe::signal<double>> furnace{};

  troupe::task<> handle_weights(std::span<box> some) {
    if (seen->memory == nullptr) seen->memory = some.data();
    EXPECT_EQ(seen->memory, some.data()) << "the block is used again";
    std::vector<int> weights;
    for (const box& one : some) weights.push_back(*one);
    static_cast<void>(co_await troupe::sleep_for(1ms));
    seen->weights.push_back(std::move(weights));
    if (seen->weights.back().front() < 0) throw std::runtime_error("less than nothing");
  }
  void handle_parcels(std::span<const int> some) {
    seen->parcels.emplace_back(some.begin(), some.end());
    if (some.front() == 100) rx->parcels.disable();
    for (const int n : some) {
      if (n >= 0 && n < 100) {
        EXPECT_TRUE(rx->reminder.after(std::chrono::seconds(n), "after " + std::to_string(n)));
      }
    }
  }
  void handle_reminder(std::string what) { seen->reminders.push_back(std::move(what)); }
  void handle_warmth(double degrees) {
    seen->warmth.push_back(degrees);
    if (degrees > 100) {
      rx->extra_heat_of_the_furnace.subscribe(*furnace);
      rx->extra_heat_of_the_furnace.enable();
    }
  }
  void handle_extra_heat_of_the_furnace(double degrees) { seen->heat.push_back(degrees); }
};

namespace {

using troupe::errc;
using troupe::internal::for_seeds;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

TEST(generated_rpc, replies_with_what_the_handler_gives) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const desk_tx tx = desk_builder{}.spawn(rt);
    const auto upper = rt.block_on(tx.upper("text"));
    ASSERT_TRUE(upper);
    EXPECT_EQ(*upper, "TEXT");
    EXPECT_TRUE(rt.block_on(tx.touch(3)));
    std::optional<troupe::result<int>> good;
    std::optional<troupe::result<int>> bad;
    const auto asking = start(rt, [&]() -> troupe::task<> {
      good = co_await tx.slow(4);
      bad = co_await tx.slow(-1);
    });
    rt.advance(2s);
    ASSERT_TRUE(good && bad);
    EXPECT_EQ(*good, 7);
    EXPECT_EQ(bad->error(), errc::refused);
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(tx.upper("late")).error(), errc::inbox_closed);
  });
}

TEST(generated_rpc, a_handler_may_keep_the_request) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const desk_tx tx = desk_builder{}.spawn(rt);
    std::vector<int> replies;
    const auto first = start(
        rt, [&]() -> troupe::task<> { replies.push_back((co_await tx.later(1)).value_or(-1)); });
    rt.run_until_idle();
    EXPECT_TRUE(replies.empty());
    const auto second = start(
        rt, [&]() -> troupe::task<> { replies.push_back((co_await tx.later(2)).value_or(-1)); });
    rt.run_until_idle();
    EXPECT_EQ(replies, std::vector<int>{2});
    rt.shutdown();
  });
}

TEST(generated_rpc, a_call_ends_with_its_deadline) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const desk_tx tx = desk_builder{.touch = {.disabled = true}}.spawn(rt);
    std::optional<troupe::result<>> outcome;
    const auto asking = start(rt, [&]() -> troupe::task<> {
      const troupe::context soon = troupe::context::current().with_timeout(5s);
      outcome = co_await tx.touch(soon, 1);
    });
    rt.advance(4s);
    EXPECT_FALSE(outcome);
    rt.advance(1s);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->error(), errc::deadline_exceeded);
    rt.shutdown();
  });
}

TEST(generated_rpc, a_crash_fails_the_caller_at_once) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const desk_tx tx = desk_builder{}.spawn(rt);
    EXPECT_EQ(rt.block_on(tx.upper("")).error(), errc::no_reply);
  });
}

TEST(generated_batch, hands_over_what_is_there_in_one_block) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    seen_by_scale seen;
    auto [actor, tx] = scale_builder{.data = {.seen = &seen}}.build(rt);
    for (int i = 0; i != 6; ++i) EXPECT_TRUE(tx.try_weights(std::make_unique<int>(i)));
    rt.spawn(std::move(actor));
    rt.run_until_idle();
    rt.advance(2ms);
    using batches = std::vector<std::vector<int>>;
    EXPECT_EQ(seen.weights, (batches{{0, 1, 2, 3}, {4, 5}}));
    const auto sender = start(rt, [&]() -> troupe::task<> {
      for (int i = 0; i != 30; ++i) {
        EXPECT_TRUE(co_await tx.weights(std::make_unique<int>(i)));
      }
    });
    rt.advance(100ms);
    std::vector<int> all;
    for (const auto& batch : seen.weights) all.insert(all.end(), batch.begin(), batch.end());
    ASSERT_EQ(all.size(), 36U);
    for (int i = 0; i != 30; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i) + 6], i);
    EXPECT_LT(seen.weights.size(), 2U + 20U);
    rt.shutdown();
  });
}

TEST(generated_batch, one_that_is_shared_reaches_each_with_what_is_its_own) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    seen_by_scale first;
    seen_by_scale second;
    const auto inbox = troupe::generated::batch_mailbox<box>::make_inbox(8);
    const scale_tx tx =
        scale_builder{.data = {.seen = &first}, .weights = {.inbox = inbox}}.spawn(rt);
    const scale_tx same =
        scale_builder{.data = {.seen = &second}, .weights = {.inbox = inbox}}.spawn(rt);
    const auto sender = start(rt, [&]() -> troupe::task<> {
      for (int i = 0; i != 40; ++i) {
        EXPECT_TRUE(co_await tx.weights(std::make_unique<int>(i)));
      }
    });
    rt.advance(100ms);
    std::vector<int> all;
    for (const auto* seen : {&first, &second}) {
      for (const auto& batch : seen->weights) all.insert(all.end(), batch.begin(), batch.end());
    }
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), 40U);
    for (int i = 0; i != 40; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], i);
    rt.shutdown();
  });
}

TEST(generated_batch, waits_for_others_no_longer_than_it_may) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    seen_by_scale seen;
    const scale_tx tx = scale_builder{.data = {.seen = &seen}}.spawn(rt);
    rt.run_until_idle();
    EXPECT_TRUE(tx.try_parcels(-1));
    rt.advance(15ms);
    EXPECT_TRUE(tx.try_parcels(-2));
    rt.advance(4ms);
    EXPECT_TRUE(seen.parcels.empty());
    rt.advance(1ms);
    using batches = std::vector<std::vector<int>>;
    EXPECT_EQ(seen.parcels, (batches{{-1, -2}}));
    const auto sender = start(rt, [&]() -> troupe::task<> {
      for (int i = 0; i != 10; ++i) EXPECT_TRUE(co_await tx.parcels(100));
    });
    rt.run_until_idle();
    ASSERT_EQ(seen.parcels.size(), 2U) << "a full batch does not wait";
    EXPECT_EQ(seen.parcels[1].size(), 10U);
    EXPECT_TRUE(tx.try_parcels(1));
    rt.advance(1s);
    EXPECT_EQ(seen.parcels.size(), 2U) << "disabled";
    rt.shutdown();
  });
}

TEST(generated_batch, a_crash_loses_the_batch_that_was_handed_over_and_no_other) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    seen_by_scale seen;
    auto [actor, tx] = scale_builder{.data = {.seen = &seen}}.build(rt);
    EXPECT_TRUE(tx.try_parcels(-7));
    rt.spawn(std::make_shared<troupe::supervisor>("root",
                                                  troupe::supervisor_options{.children = {actor}}));
    rt.run_until_idle();
    EXPECT_TRUE(tx.try_weights(std::make_unique<int>(-1)));
    rt.run_until_idle();
    EXPECT_TRUE(tx.try_weights(std::make_unique<int>(2)));
    rt.advance(30ms);
    using batches = std::vector<std::vector<int>>;
    EXPECT_EQ(seen.weights, (batches{{-1}, {2}}));
    EXPECT_EQ(seen.parcels, (batches{{-7}})) << "collected before the crash";
    rt.shutdown();
  });
}

TEST(generated_batch, what_was_collected_is_there_for_the_next_object_of_a_factory) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    seen_by_scale seen;
    troupe::fresh_child child(
        [&] { return scale_builder{.data = {.seen = &seen}}.build(rt).actor; });
    const scale_tx tx = child->tx();
    EXPECT_TRUE(tx.try_parcels(-7));
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.children = {child.spec()}}));
    rt.run_until_idle();
    for (const int weight : {-1, -2}) {
      EXPECT_TRUE(tx.try_weights(std::make_unique<int>(weight)));
      rt.run_until_idle();
    }
    rt.advance(30ms);
    EXPECT_EQ(seen.parcels, (std::vector<std::vector<int>>{{-7}}));
    rt.shutdown();
    EXPECT_EQ(tx.try_parcels(1).error(), errc::inbox_closed);
  });
}

TEST(generated_rpc, one_that_is_shared_stays_open_for_who_has_not_come_yet) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const auto shared = troupe::generated::rpc_mailbox<int, int>::make_inbox(4);
    auto [standby, other] = desk_builder{.later = {.inbox = shared}}.build(rt);
    const desk_tx tx = desk_builder{.later = {.inbox = shared}}.spawn(rt);
    rt.run_until_idle();
    const auto busy =
        start(rt, [&]() -> troupe::task<> { static_cast<void>(co_await tx.slow(4)); });
    rt.run_until_idle();
    std::optional<troupe::result<int>> one;
    std::optional<troupe::result<int>> two;
    const auto first = start(rt, [&]() -> troupe::task<> { one = co_await tx.later(1); });
    rt.run_until_idle();
    const auto second = start(rt, [&]() -> troupe::task<> { two = co_await tx.later(2); });
    rt.run_until_idle();
    tx.stop();
    rt.advance(2s);
    EXPECT_FALSE(one || two) << "there is another desk";
    rt.spawn(standby);
    rt.run_until_idle();
    EXPECT_EQ(one.value_or(0), 2);
    EXPECT_FALSE(two);
    other.stop();
    rt.run_until_idle();
    EXPECT_EQ(rt.block_on(tx.later(3)).error(), errc::inbox_closed) << "now nobody is left";
    rt.shutdown();
  });
}

TEST(generated_timer, values_come_back_in_the_order_of_their_times) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    seen_by_scale seen;
    const scale_tx tx = scale_builder{.data = {.seen = &seen}}.spawn(rt);
    for (const int n : {5, 1, 3}) EXPECT_TRUE(tx.try_parcels(n));
    rt.advance(20ms);
    EXPECT_TRUE(seen.reminders.empty());
    rt.advance(1s);
    EXPECT_EQ(seen.reminders, std::vector<std::string>{"after 1"});
    rt.advance(10s);
    EXPECT_EQ(seen.reminders, (std::vector<std::string>{"after 1", "after 3", "after 5"}));
    EXPECT_FALSE(rt.next_timer());
    rt.shutdown();
  });
}

TEST(generated_timer, holds_as_many_as_it_may_and_gives_back_what_is_canceled) {
  deterministic_runtime rt;
  troupe::generated::timer_rx<std::string> timer({.capacity = 3});
  const auto from = rt.now();
  const auto a = timer.at(from + 3s, "a");
  const auto b = timer.at(from + 1s, "b");
  const auto c = timer.at(from + 2s, "c");
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(timer.at(from, "d").error(), errc::inbox_full);
  EXPECT_EQ(timer.cancel(*b), "b");
  EXPECT_EQ(timer.cancel(*b), std::nullopt);
  EXPECT_EQ(timer.size(), 2U);
  timer.clear();
  EXPECT_EQ(timer.cancel(*a), std::nullopt);
}

TEST(generated_signal, values_come_as_messages) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    seen_by_scale seen;
    const auto warmth = std::make_shared<troupe::pushed_signal<double>>("warmth");
    const auto furnace = std::make_shared<troupe::pushed_signal<double>>("furnace");
    rt.spawn(warmth);
    rt.spawn(furnace);
    const scale_tx tx = scale_builder{
        .data = {.seen = &seen, .furnace = furnace},
        .warmth = {
            .from = warmth}}.spawn(rt);
    rt.run_until_idle();
    for (const double value : {1.0, 2.0, 3.0}) {
      EXPECT_TRUE(rt.block_on(warmth->write(value)));
      rt.run_until_idle();
    }
    EXPECT_EQ(seen.warmth, (std::vector<double>{1, 2, 3}));
    EXPECT_TRUE(rt.block_on(furnace->write(500)));
    rt.run_until_idle();
    EXPECT_TRUE(seen.heat.empty());
    EXPECT_TRUE(rt.block_on(warmth->write(101)));
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(furnace->write(600)));
    rt.run_until_idle();
    EXPECT_EQ(seen.heat, std::vector<double>{600});
    EXPECT_EQ(warmth->subscribers(), 1U);
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(warmth->subscribers(), 0U);
    EXPECT_EQ(furnace->subscribers(), 0U);
    rt.shutdown();
  });
}

TEST(generated_signal, the_one_it_was_built_with_is_there_after_an_end_too) {
  deterministic_runtime rt;
  seen_by_scale seen;
  const auto warmth = std::make_shared<troupe::pushed_signal<double>>("warmth");
  rt.spawn(warmth);
  auto [actor, tx] = scale_builder{.data = {.seen = &seen}, .warmth = {.from = warmth}}.build(rt);
  for (const double value : {1.0, 2.0}) {
    rt.spawn(actor);
    rt.run_until_idle();
    EXPECT_EQ(warmth->subscribers(), 1U);
    EXPECT_TRUE(rt.block_on(warmth->write(value)));
    rt.run_until_idle();
    EXPECT_EQ(seen.warmth.back(), value);
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(warmth->subscribers(), 0U);
  }
  rt.shutdown();
}

TEST(generated_signal, the_first_object_of_a_factory_is_told_nothing_any_more) {
  deterministic_runtime rt;
  seen_by_scale seen;
  const auto warmth = std::make_shared<troupe::pushed_signal<double>>("warmth");
  rt.spawn(warmth);
  troupe::fresh_child child([&] {
    return scale_builder{.data = {.seen = &seen}, .warmth = {.from = warmth}}.build(rt).actor;
  });
  rt.spawn(std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.children = {child.spec()}}));
  rt.run_until_idle();
  for (int i = 0; i != 3; ++i) {
    EXPECT_TRUE(child->tx().try_weights(std::make_unique<int>(-1)));  // crashes
    rt.advance(10ms);
    EXPECT_EQ(warmth->subscribers(), 1U);
  }
  rt.shutdown();
}

}  // namespace
}  // namespace workshop

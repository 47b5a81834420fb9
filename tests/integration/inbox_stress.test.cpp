// Inboxes under real threads: senders, receivers, callers, cancellation and closing at once, for
// ThreadSanitizer first of all. What each fiber does is seeded; how they meet is up to the machine.
// The books must balance: each message is received, or comes back, or is left in the inbox.

#include <troupe/call_inbox.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/runtime.hpp>
#include <troupe/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::task;
using troupe::internal::run;
using troupe::internal::start;

using box = std::unique_ptr<std::uint64_t>;
using random_source = std::minstd_rand;

constexpr int senders = 8;
constexpr int receivers = 4;
constexpr int callers = 6;
constexpr int each = 60;

struct books {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> returned{0};
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> answered{0};
};

struct stage {
  explicit stage(std::size_t capacity) : casts(capacity), spare(capacity), calls(capacity) {}
  troupe::cast_inbox<box> casts;
  troupe::cast_inbox<box> spare;
  troupe::call_inbox<int, int> calls;
  books sums;
};

task<> send(stage* on, std::uint64_t seed) {
  random_source random(static_cast<random_source::result_type>(seed));
  for (int i = 0; i < each; ++i) {
    auto message = std::make_unique<std::uint64_t>(random());
    const std::uint64_t value = *message;
    on->sums.sent += value;
    auto& inbox = random() % 2 == 0 ? on->casts : on->spare;
    switch (random() % 4) {
      case 0: {
        if (!inbox.try_cast(std::move(message))) on->sums.returned += *message;
        break;
      }
      case 1: {
        const context brief =
            context::current().with_timeout(std::chrono::microseconds(random() % 50));
        auto told = co_await inbox.cast(brief, std::move(message));
        if (!told) on->sums.returned += *told.error().unsent;
        break;
      }
      default: {
        auto told = co_await inbox.cast(std::move(message));
        if (!told) on->sums.returned += *told.error().unsent;
        break;
      }
    }
  }
}

task<> receive(stage* on, std::uint64_t seed) {
  random_source random(static_cast<random_source::result_type>(seed));
  for (;;) {
    if (random() % 3 == 0) {
      auto got = co_await on->casts.receive();
      if (!got) co_return;
      on->sums.received += **got;
      continue;
    }
    auto got = co_await troupe::select(on->casts, on->spare, on->calls,
                                       troupe::after(std::chrono::microseconds(random() % 200)));
    if (got.canceled()) co_return;
    if (auto* first = got.get<0>()) {
      if (!*first) co_return;
      on->sums.received += ***first;
    } else if (auto* second = got.get<1>()) {
      if (!*second) co_return;
      on->sums.received += ***second;
    } else if (auto* asked = got.get<2>()) {
      if (!*asked) co_return;
      const auto told = (*asked)->reply((*asked)->payload() + 1);
      if (told) ++on->sums.accepted;
    }
  }
}

task<> ask(stage* on, std::uint64_t seed) {
  random_source random(static_cast<random_source::result_type>(seed));
  for (int i = 0; i < each; ++i) {
    const bool brief = random() % 3 == 0;
    const context ctx =
        brief ? context::current().with_timeout(std::chrono::microseconds(random() % 100))
              : context::current();
    const auto got = co_await on->calls.call(ctx, i);
    if (!got) continue;
    EXPECT_EQ(*got, i + 1);
    ++on->sums.answered;
  }
}

std::uint64_t left_in(troupe::runtime& rt, troupe::cast_inbox<box>& inbox) {
  return run(rt, [&]() -> task<std::uint64_t> {
    std::uint64_t sum = 0;
    while (auto got = co_await inbox.receive()) sum += **got;
    co_return sum;
  });
}

void one_round(troupe::runtime& rt, std::uint64_t seed) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  random_source random(static_cast<random_source::result_type>(seed));
  constexpr std::array<std::size_t, 4> capacities{0, 1, 3, 16};
  stage all(capacities[seed % capacities.size()]);
  std::vector<troupe::join_handle<void>> fibers;
  for (int i = 0; i < receivers; ++i) fibers.push_back(rt.spawn(receive(&all, random())));
  for (int i = 0; i < senders; ++i) fibers.push_back(rt.spawn(send(&all, random())));
  for (int i = 0; i < callers; ++i) fibers.push_back(rt.spawn(ask(&all, random())));
  for (int i = 0; i < 6; ++i) {
    rt.block_on(troupe::sleep_for(std::chrono::microseconds(random() % 300)));
    fibers[random() % fibers.size()].cancel();
    if (i == 4 && seed % 3 == 0) all.casts.close();
    if (i == 5 && seed % 5 == 0) all.calls.close();
  }
  rt.block_on(troupe::sleep_for(300us));
  all.casts.close();
  all.spare.close();
  all.calls.close();
  for (const auto& one : fibers) one.cancel();
  for (const auto& one : fibers) EXPECT_TRUE(rt.block_on(one));
  const std::uint64_t left = left_in(rt, all.casts) + left_in(rt, all.spare);
  EXPECT_EQ(all.sums.received + all.sums.returned + left, all.sums.sent);
  EXPECT_EQ(all.sums.accepted, all.sums.answered);
}

TEST(inbox_stress, no_message_is_lost_and_no_reply_made_up) {
  troupe::runtime rt({.workers = 4});
  const auto begin = std::chrono::steady_clock::now();
  // Bounded by rounds, and by time where a sanitizer makes them slow.
  for (std::uint64_t seed = 1; seed <= 300 && !HasFailure(); ++seed) {
    one_round(rt, seed);
    if (std::chrono::steady_clock::now() - begin > 8s) break;
  }
}

}  // namespace

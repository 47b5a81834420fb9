// Routers under real threads: some ask, some change who is asked, threads come and go. For
// ThreadSanitizer and AddressSanitizer first of all: a table that is freed too early shows there.

#include <troupe/internal/test_fiber.hpp>
#include <troupe/router.hpp>
#include <troupe/runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace {

using troupe::result;
using troupe::routee_id;
using troupe::router;
using troupe::routing;
using troupe::task;
using troupe::internal::run;

struct routee {
  explicit routee(std::uint64_t n) : number(n) {}
  const std::uint64_t number;
};
using handle = std::shared_ptr<routee>;

constexpr int readers = 3;
constexpr int writers = 2;
constexpr int changes = 1000;

/// Asks in every way until the writers are done.
void ask(router<handle>& of, const std::atomic<int>& writing, std::uint64_t seed) {
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
  while (writing.load() != 0) {
    switch (random() % 4) {
      case 0: {
        const result<handle> got = of.sticky(random());
        if (got) EXPECT_LT((*got)->number, 1'000'000U);
        break;
      }
      case 1: {
        of.broadcast([](const handle& one) { EXPECT_LT(one->number, 1'000'000U); });
        break;
      }
      case 2: EXPECT_GE(of.size(), 1U); break;
      default: {
        const result<handle> got = of.next();
        EXPECT_TRUE(got) << "one always stays";
        if (got) EXPECT_LT((*got)->number, 1'000'000U);
        break;
      }
    }
  }
}

/// Adds and removes its own routees.
void change(router<handle>& of, std::uint64_t first, std::uint64_t seed) {
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
  std::vector<std::pair<routee_id, handle>> mine;
  for (int i = 0; i != changes; ++i) {
    if (mine.empty() || random() % 2 == 0) {
      auto made = std::make_shared<routee>(first + static_cast<std::uint64_t>(i));
      const routee_id id = of.add(made);
      mine.emplace_back(id, std::move(made));
    } else {
      const auto [id, one] = mine.back();
      mine.pop_back();
      EXPECT_TRUE(random() % 2 == 0 ? of.remove(id) : of.remove(one));
      for (int n = 0; n != 10; ++n) EXPECT_NE(of.next().value(), one) << "it was removed";
    }
  }
  for (const auto& [id, one] : mine) EXPECT_TRUE(of.remove(id));
}

TEST(router_stress, asking_and_changing_at_once) {
  for (const routing by : {routing::round_robin, routing::random, routing::least_loaded}) {
    std::vector<handle> alive;
    for (std::uint64_t i = 0; i != 2; ++i) alive.push_back(std::make_shared<routee>(i));
    {
      router<handle> shared(by, alive, [](const handle& one) { return one->number % 7; });
      std::atomic<int> writing{writers};
      std::vector<std::thread> threads;
      for (std::uint64_t i = 0; i != writers; ++i) {
        threads.emplace_back([&, i] {
          change(shared, 1000 * (i + 1), i);
          writing.fetch_sub(1);
        });
      }
      for (std::uint64_t i = 0; i != readers; ++i) {
        threads.emplace_back([&, i] { ask(shared, writing, i + 1); });
      }
      // Threads that ask once and end: their records come and go.
      while (writing.load() != 0) {
        std::thread([&] { EXPECT_TRUE(shared.next()); }).join();
      }
      for (auto& one : threads) one.join();
      EXPECT_EQ(shared.size(), 2U);
    }
    for (const auto& one : alive) EXPECT_EQ(one.use_count(), 1) << "a copy is left somewhere";
  }
}

// Fibers that fan out, retry and ask on several workers while routees change.
TEST(router_stress, calls_to_several_while_routees_change) {
  constexpr int rounds = 60;
  router<handle> shared(routing::random, std::make_shared<routee>(1));
  std::atomic<int> heard{0};
  std::atomic<int> told{0};
  {
    troupe::runtime rt({.workers = 3});
    std::vector<troupe::join_handle<void>> fibers;
    for (int f = 0; f != 4; ++f) {
      fibers.push_back(troupe::internal::start(rt, [&]() -> task<> {
        for (int i = 0; i != rounds; ++i) {
          const result<> all = co_await shared.fan_out_wait([&](handle one) -> task<> {
            static_cast<void>(co_await troupe::sleep_for(std::chrono::microseconds(1)));
            heard.fetch_add(one->number != 0 ? 1 : 0);
          });
          EXPECT_TRUE(all);
          shared.fan_out([&](const handle&) { told.fetch_add(1); });
          const result<int> tried = co_await shared.retry(3, [](handle one) -> task<result<int>> {
            if (one->number % 2 == 0) co_return troupe::fail(troupe::errc::refused);
            co_return 1;
          });
          EXPECT_TRUE(tried || tried.error() == troupe::errc::refused);
        }
      }));
    }
    change(shared, 100, 5);
    run(rt, [&]() -> task<> {
      for (const auto& one : fibers) static_cast<void>(co_await one);
    });
    EXPECT_GE(heard.load(), 4 * rounds);
    rt.shutdown();
  }
  EXPECT_EQ(shared.next().value().use_count(), 2);
}

}  // namespace

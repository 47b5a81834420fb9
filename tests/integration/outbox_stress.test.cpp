// An outbox under real threads: its actor emits while others subscribe and unsubscribe, and some of
// the handlers wait in the middle of an emit. For the sanitizers first of all: a handler that is
// destroyed while it may still be called shows there.

#include <troupe/internal/test_fiber.hpp>
#include <troupe/outbox.hpp>
#include <troupe/runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace {

using troupe::outbox;
using troupe::outbox_subscription;
using troupe::result;
using troupe::task;

struct witness {
  std::atomic<int> heard{0};
};

constexpr int enough = 1000;  // calls of handlers that come and go

/// Subscribes handlers of both kinds, and lets them go in any order.
void come_and_go(outbox<int>& out, witness& seen, std::uint64_t seed) {
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
  std::vector<outbox_subscription> mine;
  while (seen.heard.load() < enough) {
    auto held = std::make_shared<std::uint64_t>(seed);
    if (random() % 8 == 0) {
      mine.push_back(out.subscribe([&seen, held](int) -> task<> {
        static_cast<void>(co_await troupe::sleep_for(std::chrono::microseconds(20)));
        seen.heard.fetch_add(static_cast<int>(*held != 0));
      }));
    } else {
      mine.push_back(out.subscribe(
          [&seen, held](int) { seen.heard.fetch_add(static_cast<int>(*held != 0)); }));
    }
    while (mine.size() > random() % 8) {
      const std::size_t at = random() % mine.size();
      std::swap(mine[at], mine.back());
      mine.pop_back();
    }
  }
}

TEST(outbox_stress, one_emits_and_others_come_and_go) {
  for (const int pause_every : {0, 64}) {
    witness seen;
    std::optional<outbox_subscription> left;
    {
      outbox<int> out;
      std::vector<int> in_order;
      const auto steady = out.subscribe([&](int n) { in_order.push_back(n); });
      std::atomic<int> changing{3};
      troupe::runtime rt({.workers = 2});
      auto emitter = troupe::internal::start(rt, [&]() -> task<> {
        for (int i = 0; changing.load() != 0; ++i) {
          EXPECT_TRUE(co_await out.emit(i));
          if (pause_every != 0 && i % pause_every == 0) {
            static_cast<void>(co_await troupe::sleep_for(std::chrono::microseconds(50)));
          }
        }
      });
      std::vector<std::thread> threads;
      for (std::uint64_t i = 1; i <= 3; ++i) {
        threads.emplace_back([&, i] {
          come_and_go(out, seen, i);
          changing.fetch_sub(1);
        });
      }
      for (auto& one : threads) one.join();
      static_cast<void>(rt.block_on(emitter));
      EXPECT_EQ(out.size(), 1U);
      for (std::size_t i = 0; i != in_order.size(); ++i) {
        ASSERT_EQ(in_order[i], static_cast<int>(i)) << "who stays hears each, in order";
      }
      left.emplace(out.subscribe([](int) {}));
      rt.shutdown();
    }
    left.reset();
  }
}

}  // namespace

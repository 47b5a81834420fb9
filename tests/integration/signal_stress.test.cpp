// Signals under real threads: readers, writers, subscribers that come and go, and trees whose
// branches crash, for ThreadSanitizer and AddressSanitizer first of all.

#include <troupe/internal/test_fiber.hpp>
#include <troupe/runtime.hpp>
#include <troupe/signal/compose.hpp>
#include <troupe/signal/periodic_signal.hpp>
#include <troupe/signal/pushed_signal.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::cancelable_context;
using troupe::context;
using troupe::errc;
using troupe::keep_latest;
using troupe::keep_oldest;
using troupe::pushed_signal;
using troupe::result;
using troupe::subscription;
using troupe::task;
using troupe::internal::start;

/// 64 bytes that have to be the same.
struct wide {
  std::array<std::uint64_t, 8> words{};
  [[nodiscard]] bool is_whole() const {
    for (const std::uint64_t one : words) {
      if (one != words[0]) return false;
    }
    return true;
  }
  bool operator==(const wide&) const = default;
};
wide wide_of(std::uint64_t n) { return {{n, n, n, n, n, n, n, n}}; }

/// The same on the heap, so that reading what has been let go of is seen.
struct heaped {
  std::uint64_t n = 0;
  std::string text = std::string(40, '0');
  [[nodiscard]] bool is_whole() const {
    return text.size() == 40 && text == std::string(40, static_cast<char>('0' + n % 10));
  }
  bool operator==(const heaped&) const = default;
};
heaped heaped_of(std::uint64_t n) { return {n, std::string(40, static_cast<char>('0' + n % 10))}; }

std::uint64_t number(const wide& one) { return one.words[0]; }
std::uint64_t number(const heaped& one) { return one.n; }

template <class V, class Make>
void read_while_writing(Make make, std::uint64_t writes) {
  troupe::runtime rt({.workers = 2});
  auto one = std::make_shared<pushed_signal<V>>("one");
  rt.spawn(one);
  std::atomic<bool> over{false};
  std::atomic<int> torn{0};
  std::atomic<int> older{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      while (!over.load()) {
        const result<V> seen = one->read();
        if (!seen) continue;
        if (!seen->is_whole()) ++torn;
        if (number(*seen) < last) ++older;
        last = number(*seen);
      }
    });
  }
  rt.block_on([](pushed_signal<V>* to, Make make_one, std::uint64_t last) -> task<> {
    for (std::uint64_t n = 1; n <= last; ++n) EXPECT_TRUE(co_await to->write(make_one(n)));
  }(one.get(), make, writes));
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(older, 0);
  EXPECT_EQ(number(*one->read()), writes);
}

TEST(signal_stress, readers_never_see_a_torn_value) {
  read_while_writing<wide>([](std::uint64_t n) { return wide_of(n); }, 20'000);
}

TEST(signal_stress, readers_never_see_a_value_that_was_let_go_of) {
  read_while_writing<heaped>([](std::uint64_t n) { return heaped_of(n); }, 10'000);
}

TEST(signal_stress, writers_on_two_workers_are_served_one_at_a_time) {
  constexpr int writers = 8;
  constexpr int each = 300;
  for (const bool coroutine : {false, true}) {
    troupe::runtime rt({.workers = 2});
    int inside = 0;  // not atomic on purpose: the gate is what guards it
    std::uint64_t updates = 0;
    const auto plain = [&](int) {
      if (++inside != 1) throw std::logic_error("two at a time");
      ++updates;
      --inside;
    };
    const auto later = [&](int n) -> task<result<>> {
      if (++inside != 1) throw std::logic_error("two at a time");
      ++updates;
      if (n % 8 == 0) static_cast<void>(co_await troupe::sleep_for(0s));
      --inside;
      co_return result<>();
    };
    auto one = coroutine ? std::make_shared<pushed_signal<int>>("one", later)
                         : std::make_shared<pushed_signal<int>>("one", plain);
    rt.spawn(one);
    std::vector<troupe::join_handle<int>> all;
    for (int w = 0; w < writers; ++w) {
      all.push_back(start(rt, [&, w]() -> task<int> {
        int written = 0;
        for (int i = 0; i < each; ++i) {
          if (i % 5 == w % 5) {
            const context brief =
                context::current().with_timeout(std::chrono::microseconds(i % 50));
            written += co_await one->write(brief, i * writers + w) ? 1 : 0;
          } else {
            written += co_await one->write(i * writers + w) ? 1 : 0;
          }
        }
        co_return written;
      }));
    }
    std::uint64_t written = 0;
    for (const auto& handle : all) written += static_cast<std::uint64_t>(*rt.block_on(handle));
    EXPECT_EQ(updates, written);
    EXPECT_GE(written, static_cast<std::uint64_t>(writers * each * 4 / 5));
    EXPECT_FALSE(one->has_ended());
  }
}

TEST(signal_stress, subscribers_come_and_go_beside_a_writer) {
  troupe::runtime rt({.workers = 2});
  auto one = std::make_shared<pushed_signal<heaped>>("one");
  rt.spawn(one);
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::atomic<std::uint64_t> received{0};
  constexpr unsigned int subscribers = 6;
  std::atomic<unsigned int> gone{0};
  std::vector<troupe::join_handle<void>> fibers;
  for (unsigned int i = 0; i < subscribers; ++i) {
    fibers.push_back(start(rt, [&, i]() -> task<> {
      std::minstd_rand random(i + 1);
      while (!over.load()) {
        const cancelable_context ctx = context::current().with_cancel();
        auto values = one->subscribe(ctx, random() % 2 == 0 ? keep_latest(2) : keep_oldest(2));
        auto notices = one->watch();
        std::uint64_t last = 0;
        for (auto n = random() % 6; n != 0; --n) {
          const auto got = co_await values.receive();
          if (!got) {
            ++wrong;
            break;
          }
          if (!got->is_whole() || got->n <= last) ++wrong;
          last = got->n;
          ++received;
        }
        switch (random() % 3) {
          case 0: ctx.cancel(); break;
          case 1: values.unsubscribe(); break;
          default: break;
        }
      }
      ++gone;
    }));
  }
  std::vector<std::thread> threads;  // foreign ones, which subscribe and only look
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!over.load()) {
        auto values = one->subscribe(keep_latest(1));
        if (values.dropped() > 1'000'000 || values.size() > 1) ++wrong;
      }
    });
  }
  auto writer = start(rt, [&]() -> task<> {
    for (std::uint64_t n = 1; received.load() < 4'000; ++n) {
      EXPECT_TRUE(co_await one->write(heaped_of(n)));
    }
    over = true;
    // Whoever waits still is given something; also who had looked at `over` before, and subscribes
    // only now.
    for (std::uint64_t n = 0; gone.load() != subscribers; ++n) {
      EXPECT_TRUE(co_await one->write(heaped_of(1'000'000'000 + n)));
      static_cast<void>(co_await troupe::sleep_for(0s));
    }
  });
  for (const auto& one_fiber : fibers) static_cast<void>(rt.block_on(one_fiber));
  for (auto& thread : threads) thread.join();
  static_cast<void>(rt.block_on(writer));
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(one->subscribers(), 0U);
}

// A context is ended on one thread while the subscription is destroyed on another.
TEST(signal_stress, contexts_end_on_other_threads_than_subscriptions) {
  troupe::runtime rt({.workers = 2});
  auto one = std::make_shared<pushed_signal<int>>("one");
  rt.spawn(one);
  std::atomic<bool> over{false};
  std::thread canceler;
  std::atomic<cancelable_context*> handed_over{nullptr};
  canceler = std::thread([&] {
    for (;;) {
      std::unique_ptr<cancelable_context> ctx(handed_over.exchange(nullptr));
      if (ctx) {
        ctx->cancel();
      } else if (over.load()) {
        return;
      }
    }
  });
  auto writer = start(rt, [&]() -> task<> {
    for (int n = 0; !over.load(); ++n) static_cast<void>(co_await one->write(n));
  });
  auto subscriber = start(rt, [&]() -> task<> {
    for (int round = 0; round < 1'000; ++round) {
      const cancelable_context ctx = context::current().with_cancel();
      std::optional<subscription<int>> values(one->subscribe(ctx, keep_latest(1)));
      delete handed_over.exchange(new cancelable_context(ctx));
      if (round % 3 == 0) {  // until it is canceled, which it need not be before the next round
        const auto got = co_await values->receive();
        if (!got) EXPECT_EQ(got.error(), errc::canceled);
      }
      values.reset();
    }
    over = true;
  });
  static_cast<void>(rt.block_on(subscriber));
  static_cast<void>(rt.block_on(writer));
  canceler.join();
  delete handed_over.load();
  EXPECT_EQ(one->subscribers(), 0U);
}

// Subscriptions are handed from the fiber that receives to a thread that destroys them.
TEST(signal_stress, subscriptions_are_destroyed_on_other_threads) {
  troupe::runtime rt({.workers = 2});
  auto one = std::make_shared<pushed_signal<std::string>>("one");
  rt.spawn(one);
  std::atomic<bool> over{false};
  std::atomic<subscription<std::string>*> handed_over{nullptr};
  std::thread destroyer([&] {
    for (;;) {
      const std::unique_ptr<subscription<std::string>> gone(handed_over.exchange(nullptr));
      if (!gone && over.load()) return;
    }
  });
  auto writer = start(rt, [&]() -> task<> {
    for (int n = 0; !over.load(); ++n) {
      static_cast<void>(co_await one->write(std::to_string(n) + std::string(40, '.')));
    }
  });
  auto subscriber = start(rt, [&]() -> task<> {
    for (int round = 0; round < 1'000; ++round) {
      auto values = std::make_unique<subscription<std::string>>(one->subscribe(keep_latest(2)));
      if (round % 2 == 0) EXPECT_TRUE(co_await values->receive());
      delete handed_over.exchange(values.release());
    }
    over = true;
  });
  static_cast<void>(rt.block_on(subscriber));
  static_cast<void>(rt.block_on(writer));
  destroyer.join();
  delete handed_over.load();
  EXPECT_EQ(one->subscribers(), 0U);
}

// Diamonds over one source, crashes in a branch, restarts: no glitch, and all comes to rest at the
// last change.
TEST(signal_stress, a_tree_with_crashes_shows_no_mixture_and_comes_to_rest) {
  troupe::runtime rt({.workers = 2});
  auto source = std::make_shared<pushed_signal<int>>("source");
  std::atomic<int> crashes{0};
  std::atomic<int> mixed{0};
  std::vector<std::shared_ptr<troupe::computed_signal<int>>> joined;
  troupe::supervisor_options options{
      .on_error = [&](const troupe::actor&, const troupe::exit_reason&) { ++crashes; }};
  for (int i = 0; i < 8; ++i) {
    auto left = troupe::map(source, [i](int n) {
      if (n % 50 == i) throw std::runtime_error("a crash");
      return n;
    });
    auto right = troupe::map(troupe::map(source, [](int n) { return -n; }), [](int n) -> task<int> {
      if (n % 16 == 0) static_cast<void>(co_await troupe::sleep_for(0s));
      co_return n;
    });
    joined.push_back(troupe::combine(
        [&mixed, i](int l, int r) {
          // Where the left branch crashed it shows what it had before.
          if (l + r != 0 && -r % 50 != i) ++mixed;
          return l;
        },
        left, right));
  }
  auto everything =
      troupe::combine([](int a, int b, int c, int d) { return std::array{a, b, c, d}; }, joined[0],
                      joined[1], joined[2], joined[3]);
  options.children = troupe::signal_tree(everything, joined[4], joined[5], joined[6], joined[7]);
  auto root = std::make_shared<troupe::supervisor>("root", std::move(options));
  auto values = everything->subscribe(keep_latest(4));
  rt.spawn(root);
  rt.block_on([](pushed_signal<int>* to) -> task<> {
    for (int n = 1; n <= 2'020; ++n) {
      EXPECT_TRUE(co_await to->write(n));
      if (n % 8 == 0) static_cast<void>(co_await troupe::sleep_for(0s));
    }
  }(source.get()));
  rt.block_on([](subscription<std::array<int, 4>>* from) -> task<> {
    for (;;) {
      const auto got = co_await from->receive();
      if (!got || *got == std::array{2'020, 2'020, 2'020, 2'020}) co_return;
    }
  }(&values));
  EXPECT_EQ(mixed, 0);
  EXPECT_GT(crashes, 0);
  EXPECT_TRUE(rt.shutdown().empty());
}

TEST(signal_stress, a_runtime_that_is_destroyed_under_load_leaves_nothing) {
  for (int round = 0; round < 20; ++round) {
    auto source = std::make_shared<pushed_signal<std::string>>(
        "source", [](const std::string& text) -> task<result<>> {
          if (text.size() % 3 == 0) co_return co_await troupe::sleep_for(10us);
          co_return result<>();
        });
    auto loud = troupe::map(source, [](const std::string& s) { return s + "!"; });
    auto both = troupe::combine([](const std::string& a, const std::string& b) { return a + b; },
                                source, loud);
    auto idle = both->subscribe(keep_latest(3));
    std::atomic<int> received{0};
    troupe::runtime rt({.workers = 2});
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.children = troupe::signal_tree(both)}));
    for (int i = 0; i < 4; ++i) {
      start(rt, [&, values = both->subscribe()]() mutable -> task<> {
        while (co_await values.receive()) ++received;
      });
      start(rt, [source, i]() -> task<> {
        for (int n = 0;; ++n) {
          if (!co_await source->write(std::to_string(i) + std::string(50U + n % 7U, '.')))
            co_return;
        }
      });
    }
    rt.block_on([](std::atomic<int>* count) -> task<> {
      while (count->load() < 20) static_cast<void>(co_await troupe::sleep_for(0s));
    }(&received));
  }
}

}  // namespace

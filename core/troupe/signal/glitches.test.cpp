// No value of a computed signal mixes old and new. Each test builds a graph whose right values obey
// an equation, and writes to its origins; a value that breaks the equation is a glitch.

#include <troupe/signal/compose.hpp>
#include <troupe/signal/computed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::combine;
using troupe::computed_signal;
using troupe::keep_latest;
using troupe::pushed_signal;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run_tree;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

using pair = std::pair<int, int>;
using source = std::shared_ptr<pushed_signal<int>>;
constexpr auto together = [](int a, int b) { return pair(a, b); };

source make_source(const char* name) { return std::make_shared<pushed_signal<int>>(name); }

/// A fiber that writes 1 to `last`, with pauses that the seed chooses: none, a turn, or time.
void write_all(troupe::runtime& rt, source to, int last, std::uint64_t seed) {
  start(rt, [to = std::move(to), last, seed]() -> task<> {
    std::minstd_rand random(static_cast<std::uint32_t>(seed));
    for (int i = 1; i <= last; ++i) {
      static_cast<void>(co_await to->write(i));
      const auto pause = random() % 4;
      if (pause == 0) static_cast<void>(co_await troupe::sleep_for(1ms * (random() % 20)));
      if (pause == 1) static_cast<void>(co_await troupe::sleep_for(0s));
    }
  });
}

template <class Pairs, class Holds>
void expect_each(const Pairs& seen, Holds holds) {
  for (const auto& one : seen) {
    EXPECT_TRUE(holds(one)) << "a glitch: " << one.first << " beside " << one.second;
  }
}

/// Runs until nothing more happens, also in time.
void settle(deterministic_runtime& rt) { rt.advance(10s); }

TEST(glitches, none_in_a_diamond) {
  for_seeds(200, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto left = troupe::map(s, [](int n) { return 10 * n; });
    auto right = troupe::map(s, [](int n) { return -n; });
    auto both = combine(together, left, right);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 30, seed);
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.first == -10 * p.second; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(300, -30));
    if (left->missed() + right->missed() + both->missed() == 0) {
      EXPECT_EQ(seen.values.size(), 30U) << "one update a change";
    }
  });
}

TEST(glitches, none_where_one_branch_is_the_source_itself) {
  for_seeds(200, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto far = troupe::map(
        troupe::map(troupe::map(s, [](int n) { return n + 1; }), [](int n) { return n + 1; }),
        [](int n) { return n + 1; });
    auto both = combine(together, s, far);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 30, seed);
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.first + 3 == p.second; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(30, 33));
  });
}

TEST(glitches, none_in_nested_diamonds) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto s = make_source("s");
    std::shared_ptr<troupe::signal<int>> at = s;
    bool mixed = false;
    for (int depth = 0; depth < 5; ++depth) {
      auto left = troupe::map(at, [](int n) { return n + 1; });
      auto right = troupe::map(at, [](int n) { return n - 1; });
      at = combine(
          [&mixed](int l, int r) {
            mixed = mixed || l - r != 2;
            return (l + r) / 2;
          },
          left, right);
    }
    deterministic_runtime rt(seed);
    take_down(rt, at->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, at);
    write_all(rt, s, 20, seed);
    settle(rt);
    EXPECT_FALSE(mixed) << "an update was called with old and new";
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), 20);
  });
}

TEST(glitches, none_with_two_origins_that_meet_by_different_ways) {
  for_seeds(200, [](std::uint64_t seed) {
    using four = std::pair<pair, pair>;
    taken_down<four> seen;
    auto x = make_source("x");
    auto y = make_source("y");
    auto xy = combine(together, x, y);
    auto x_far = troupe::map(x, [](int n) { return n; });
    auto y_far = troupe::map(troupe::map(y, [](int n) { return n; }), [](int n) { return n; });
    auto apart = combine(together, x_far, y_far);
    auto all = combine([](pair a, pair b) { return four(a, b); }, xy, apart);
    deterministic_runtime rt(seed);
    take_down(rt, all->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, all);
    write_all(rt, x, 20, seed);
    write_all(rt, y, 20, seed + 1);
    settle(rt);
    for (const four& one : seen.values) EXPECT_EQ(one.first, one.second) << "a glitch";
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), four(pair(20, 20), pair(20, 20)));
  });
}

TEST(glitches, none_where_a_branch_is_filtered) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto even = troupe::filter(s, [](int n) { return n % 2 == 0; });
    auto both = combine(together, s, even);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 21, seed);
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.second == p.first / 2 * 2; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(21, 20)) << "a change that a filter swallows still counts";
  });
}

TEST(glitches, none_where_a_branch_stays_equal) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto tens = troupe::map(s, [](int n) { return n / 10; });
    auto both = combine(together, s, tens);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 35, seed);
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.second == p.first / 10; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(35, 3));
  });
}

TEST(glitches, none_where_a_branch_fails_now_and_then) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto picky = troupe::map(s, [](int n) -> result<int> {
      if (n % 3 == 0) return troupe::fail(troupe::errc::invalid_argument);
      return n;
    });
    auto both = combine(together, s, picky);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 30, seed);
    settle(rt);
    // Where it fails, the branch keeps the value that it had.
    expect_each(seen.values,
                [](pair p) { return p.second == (p.first % 3 == 0 ? p.first - 1 : p.first); });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(30, 29));
    EXPECT_EQ(picky->last_error(), troupe::errc::invalid_argument);
  });
}

TEST(glitches, none_where_a_branch_is_a_slow_coroutine) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto slow = troupe::map(s, [](int n) -> task<int> {
      static_cast<void>(co_await troupe::sleep_for(7ms));
      co_return n;
    });
    auto both = combine(together, s, slow);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 60, seed);  // more than the buffers hold
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.first == p.second; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(60, 60)) << "the last change comes through all the same";
  });
}

TEST(glitches, none_in_nested_diamonds_that_lose_changes_in_their_buffers) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto x = make_source("x");
    auto y = make_source("y");
    auto slow = troupe::map(x, [](int n) -> task<int> {
      static_cast<void>(co_await troupe::sleep_for(5ms));
      co_return n;
    });
    auto inner = combine([](int a, int b, int) { return a == b ? a : -1; }, x, slow, y);
    auto slower = troupe::map(y, [](int n) -> task<int> {
      static_cast<void>(co_await troupe::sleep_for(11ms));
      co_return n;
    });
    auto outer = combine([](int i, int n, int m, int) { return pair(i, n == m ? n : -1); }, inner,
                         y, slower, x);
    deterministic_runtime rt(seed);
    take_down(rt, outer->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, outer);
    write_all(rt, x, 50, seed);
    write_all(rt, y, 50, seed + 1);
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.first != -1 && p.second != -1; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(50, 50));
  });
}

TEST(glitches, none_with_a_coalesce_window) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto left = troupe::map(s, [](int n) { return n; });
    auto right = std::make_shared<computed_signal<int>>(
        "right", troupe::computed_options<int>{.coalesce_window = 3ms}, [](int n) { return n; }, s);
    auto both = std::make_shared<computed_signal<pair>>(
        "both", troupe::computed_options<pair>{.coalesce_window = 5ms}, together, left, right);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 30, seed);
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.first == p.second; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(30, 30));
  });
}

// What read() gives outside of the update runs ahead; inside it must not.
TEST(glitches, none_where_the_update_reads_its_sources) {
  for_seeds(200, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    auto slow = troupe::map(s, [](int n) -> task<int> {
      static_cast<void>(co_await troupe::sleep_for(2ms));
      co_return n;
    });
    auto both = std::make_shared<computed_signal<pair>>(
        "both",
        [a = s.get(), b = slow.get()]() -> task<result<pair>> {
          const auto first = a->read();
          static_cast<void>(co_await troupe::sleep_for(3ms));
          const auto second = b->read();
          if (!first || !second || *first != *a->read()) {
            co_return troupe::fail(troupe::errc::internal);
          }
          co_return pair(*first, *second);
        },
        s, slow);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 40, seed);
    settle(rt);
    EXPECT_FALSE(both->last_error());
    expect_each(seen.values, [](pair p) { return p.first == p.second; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(40, 40));
  });
}

TEST(glitches, none_between_initial_and_first_values) {
  for_seeds(200, [](std::uint64_t seed) {
    taken_down<pair> seen;
    auto s = make_source("s");
    const troupe::computed_options<int> from_zero{.signal = {.initial = 0}};
    auto keep = [](int n) { return n; };
    auto left = std::make_shared<computed_signal<int>>("left", from_zero, keep, s);
    auto right = std::make_shared<computed_signal<int>>("right", from_zero, keep, s);
    auto both = combine(together, left, right);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, both);
    write_all(rt, s, 5, seed);
    settle(rt);
    expect_each(seen.values, [](pair p) { return p.first == p.second; });
    ASSERT_FALSE(seen.values.empty());
    EXPECT_EQ(seen.values.back(), pair(5, 5));
  });
}

/// Which change of each origin a value comes from; 0 for an origin that is not in it.
struct made_of {
  int x;
  int y;
  bool operator==(const made_of&) const = default;
};

/// Random graphs over two origins, of plain, slow and coalescing signals of two sources each.
TEST(glitches, none_in_random_graphs) {
  for_seeds(200, [](std::uint64_t seed) {
    std::minstd_rand random(static_cast<std::uint32_t>(seed * 7919));
    bool mixed = false;
    auto meet = [&mixed](const made_of& a, const made_of& b) {
      mixed = mixed || (a.x * b.x != 0 && a.x != b.x) || (a.y * b.y != 0 && a.y != b.y);
      return made_of{std::max(a.x, b.x), std::max(a.y, b.y)};
    };
    auto slowly_meet = [meet](made_of a, made_of b) -> task<made_of> {
      static_cast<void>(co_await troupe::sleep_for(3ms));
      co_return meet(a, b);
    };
    const auto x = make_source("x");
    const auto y = make_source("y");
    std::vector<std::shared_ptr<troupe::signal<made_of>>> nodes{
        troupe::map(x, [](int n) { return made_of{n, 0}; }),
        troupe::map(y, [](int n) { return made_of{0, n}; })};
    std::vector<made_of> in_the_end{{25, 0}, {0, 25}};
    for (int i = 0; i < 12; ++i) {
      const std::size_t first = random() % nodes.size();
      const std::size_t second = random() % nodes.size();
      in_the_end.push_back({std::max(in_the_end[first].x, in_the_end[second].x),
                            std::max(in_the_end[first].y, in_the_end[second].y)});
      const troupe::computed_options<made_of> windowed{.coalesce_window = 4ms};
      switch (random() % 3) {
        case 0: nodes.push_back(combine(meet, nodes[first], nodes[second])); break;
        case 1: nodes.push_back(combine(slowly_meet, nodes[first], nodes[second])); break;
        default:
          nodes.push_back(std::make_shared<computed_signal<made_of>>("windowed", windowed, meet,
                                                                     nodes[first], nodes[second]));
      }
    }
    deterministic_runtime rt(seed);
    for (const auto& one : nodes) run_tree(rt, {}, one);
    write_all(rt, x, 25, seed);
    write_all(rt, y, 25, seed + 1);
    settle(rt);
    EXPECT_FALSE(mixed) << "an update was called with old and new";
    for (std::size_t i = 0; i != nodes.size(); ++i) EXPECT_EQ(nodes[i]->read(), in_the_end[i]);
  });
}

}  // namespace

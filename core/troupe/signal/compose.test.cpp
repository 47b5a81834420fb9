#include <troupe/signal/compose.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::combine;
using troupe::distinct;
using troupe::errc;
using troupe::filter;
using troupe::keep_latest;
using troupe::last_values;
using troupe::map;
using troupe::merge;
using troupe::named;
using troupe::pushed_signal;
using troupe::result;
using troupe::sample;
using troupe::signal_base;
using troupe::signal_tree;
using troupe::task;
using troupe::window;
using troupe::internal::for_seeds;
using troupe::internal::run_tree;
using troupe::internal::start;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

std::shared_ptr<pushed_signal<int>> make_source(const char* name = "source") {
  return std::make_shared<pushed_signal<int>>(name);
}

/// What `out` shows while `values` are written to `in`, one after another.
template <class Out>
std::vector<typename Out::value_type> shown(const std::shared_ptr<pushed_signal<int>>& in,
                                            const std::shared_ptr<Out>& out,
                                            std::vector<int> values) {
  taken_down<typename Out::value_type> seen;
  deterministic_runtime rt;
  take_down(rt, out->subscribe(keep_latest(1000)), seen);
  run_tree(rt, {}, out);
  rt.run_until_idle();
  for (int n : values) {
    EXPECT_TRUE(rt.block_on(in->write(n)));
    rt.run_until_idle();
  }
  return seen.values;
}

TEST(compose, map_makes_each_value_into_another) {
  auto in = make_source();
  EXPECT_EQ(shown(in, map(in, [](int n) { return std::to_string(n); }), {1, 2, 2, 3}),
            (std::vector<std::string>{"1", "2", "3"}));
}

TEST(compose, map_takes_coroutines_and_results) {
  auto in = make_source();
  auto out = map(in, [](int n) -> task<result<int>> {
    if (n < 0) co_return troupe::fail(errc::invalid_argument);
    co_return n + 1;
  });
  EXPECT_EQ(shown(in, out, {1, -1, 2}), (std::vector{2, 3}));
}

TEST(compose, filter_keeps_the_last_value_that_was_wanted) {
  auto in = make_source();
  auto out = filter(in, [](int n) { return n > 2; });
  EXPECT_EQ(shown(in, out, {1, 3, 2, 4, 1}), (std::vector{3, 4}));
  EXPECT_EQ(out->read(), 4);
}

TEST(compose, a_filter_whose_values_are_all_unwanted_has_none) {
  auto in = make_source();
  auto out = filter(in, [](int) { return false; });
  EXPECT_TRUE(shown(in, out, {1, 2}).empty());
  EXPECT_EQ(out->read().error(), errc::no_value);
}

TEST(compose, a_filter_may_keep_state) {
  auto in = make_source();
  auto every_other = filter(in, [n = 0](int) mutable { return n++ % 2 == 0; });
  EXPECT_EQ(shown(in, every_other, {1, 2, 3, 4, 5}), (std::vector{1, 3, 5}));
}

TEST(compose, distinct_hides_changes_that_are_none) {
  auto in = make_source();
  auto tens = distinct(in, [](int a, int b) { return a / 10 == b / 10; });
  EXPECT_EQ(shown(in, tens, {1, 2, 11, 12, 19, 20, 1}), (std::vector{1, 11, 20, 1}));
  in = make_source();
  EXPECT_EQ(shown(in, distinct(in), {1, 1, 2}), (std::vector{1, 2}));
}

TEST(compose, combine_shows_the_present_values_of_all) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<std::string> seen;
    auto a = make_source("a");
    auto b = std::make_shared<pushed_signal<std::string>>("b");
    auto both = combine([](int n, const std::string& s) { return std::to_string(n) + s; }, a, b);
    deterministic_runtime rt(seed);
    take_down(rt, both->subscribe(), seen);
    run_tree(rt, {}, both);
    EXPECT_TRUE(rt.block_on(a->write(1)));
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(b->write("x")));
    rt.run_until_idle();
    EXPECT_TRUE(rt.block_on(a->write(2)));
    rt.run_until_idle();
    EXPECT_EQ(seen.values, (std::vector<std::string>{"1x", "2x"}));
  });
}

TEST(compose, combine_takes_a_function_of_any_number) {
  auto in = make_source();
  auto sum = combine([](auto... n) { return (n + ...); }, in, in, in, in);
  EXPECT_EQ(shown(in, sum, {1, 2}), (std::vector{4, 8}));
}

TEST(compose, merge_shows_whatever_has_changed_last) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto a = make_source("a");
    auto b = make_source("b");
    auto c = make_source("c");
    auto any = merge(a, b, c);
    deterministic_runtime rt(seed);
    take_down(rt, any->subscribe(), seen);
    run_tree(rt, {}, any);
    for (const auto& [to, n] : {std::pair(b, 1), {a, 2}, {a, 3}, {b, 4}, {a, 3}, {a, 5}}) {
      EXPECT_TRUE(rt.block_on(to->write(n)));
      rt.run_until_idle();
    }
    EXPECT_EQ(seen.values, (std::vector{1, 2, 3, 4, 5})) << "3 again was no change of a";
  });
}

TEST(compose, merge_loses_no_change_however_fast_they_come) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto a = make_source("a");
    auto b = make_source("b");
    auto any = merge(a, b);
    deterministic_runtime rt(seed);
    take_down(rt, any->subscribe(keep_latest(100)), seen);
    run_tree(rt, {}, any);
    for (int n = 1; n <= 8; ++n) {
      EXPECT_TRUE(rt.block_on(a->write(n)));
      EXPECT_TRUE(rt.block_on(b->write(100 + n)));
    }
    rt.run_until_idle();
    EXPECT_EQ(seen.values.size(), 16U);
    std::vector<int> from_a;
    for (int n : seen.values) {
      if (n < 100) from_a.push_back(n);
    }
    EXPECT_EQ(from_a, (std::vector{1, 2, 3, 4, 5, 6, 7, 8})) << "each source's in its order";
  });
}

TEST(compose, merge_shows_changes_in_their_order_also_when_it_is_behind) {
  for_seeds(100, [](std::uint64_t seed) {
    taken_down<int> seen;
    std::vector<int> written;
    std::mt19937 random(static_cast<std::mt19937::result_type>(seed));
    const std::vector sources{make_source("a"), make_source("b"), make_source("c")};
    auto any = merge(sources[0], sources[1], sources[2]);
    deterministic_runtime rt(seed);
    take_down(rt, any->subscribe(keep_latest(1000)), seen);
    run_tree(rt, {}, any);
    rt.run_until_idle();
    for (int batch = 0; batch != 20; ++batch) {
      start(rt, [&]() -> task<> {
        for (auto more = 1 + random() % 6; more != 0; --more) {
          written.push_back(static_cast<int>(written.size()));
          static_cast<void>(co_await sources[random() % 3]->write(written.back()));
        }
      });
      rt.run_until_idle();
      ASSERT_EQ(any->read(), written.back());
    }
    EXPECT_EQ(seen.values, written);
  });
}

TEST(compose, merge_of_what_has_one_origin_shows_both_branches) {
  auto in = make_source();
  auto any = merge(filter(in, [](int n) { return n % 2 == 0; }),
                   filter(in, [](int n) { return n % 2 != 0; }));
  EXPECT_EQ(shown(in, any, {1, 2, 3, 4}), (std::vector{1, 2, 3, 4}));
}

TEST(compose, sample_looks_at_an_interval_or_at_a_trigger) {
  taken_down<int> timed;
  taken_down<int> triggered;
  auto in = make_source("in");
  auto trigger = make_source("trigger");
  auto at_interval = sample(in, 1s);
  auto at_trigger = sample(in, trigger);
  deterministic_runtime rt;
  take_down(rt, at_interval->subscribe(), timed);
  take_down(rt, at_trigger->subscribe(), triggered);
  run_tree(rt, {}, at_interval, at_trigger);
  rt.run_until_idle();
  for (int n = 1; n <= 4; ++n) {
    EXPECT_TRUE(rt.block_on(in->write(n)));
    rt.advance(500ms);
    if (n == 3) EXPECT_TRUE(rt.block_on(trigger->write(n)));
    rt.run_until_idle();
  }
  EXPECT_EQ(timed.values, (std::vector{2, 4}));
  EXPECT_EQ(triggered.values, std::vector{3});
}

TEST(compose, window_shows_the_last_values) {
  auto in = make_source();
  std::vector<std::vector<int>> seen;
  for (const auto& one : shown(in, window<3>(in), {1, 2, 3, 4, 5})) {
    std::vector<int> values;
    for (std::size_t i = 0; i != one.size(); ++i) values.push_back(one[i]);
    EXPECT_EQ(one.front(), values.front());
    EXPECT_EQ(one.back(), values.back());
    seen.push_back(std::move(values));
  }
  EXPECT_EQ(seen, (std::vector<std::vector<int>>{{1}, {1, 2}, {1, 2, 3}, {2, 3, 4}, {3, 4, 5}}));
}

TEST(compose, names_are_put_together_or_given) {
  auto a = make_source("a");
  auto b = make_source("b");
  auto id = [](int n) { return n; };
  EXPECT_EQ(map(a, id)->name(), "map(a)");
  EXPECT_EQ(combine([](int x, int) { return x; }, a, b)->name(), "combine(a, b)");
  EXPECT_EQ(filter(map(a, id), [](int) { return true; })->name(), "filter(map(a))");
  EXPECT_EQ(distinct(a)->name(), "distinct(a)");
  EXPECT_EQ(merge(a, b)->name(), "merge(a, b)");
  EXPECT_EQ(sample(a, 1s)->name(), "sample(a)");
  EXPECT_EQ(sample(a, b)->name(), "sample(a)");
  EXPECT_EQ(window<2>(a)->name(), "window(a)");
  const named given("given");
  EXPECT_EQ(given.map(a, id)->name(), "given");
  EXPECT_EQ(given.combine([](int x, int) { return x; }, a, b)->name(), "given");
  EXPECT_EQ(given.filter(a, [](int) { return true; })->name(), "given");
  EXPECT_EQ(given.distinct(a)->name(), "given");
  EXPECT_EQ(given.merge(a, b)->name(), "given");
  EXPECT_EQ(given.sample(a, 1s)->name(), "given");
  EXPECT_EQ(given.window<2>(a)->name(), "given");
}

TEST(compose, a_null_source_is_refused) {
  const std::shared_ptr<pushed_signal<int>> none;
  auto a = make_source("a");
  auto id = [](int n) { return n; };
  EXPECT_THROW(static_cast<void>(map(none, id)), troupe::usage_error);
  EXPECT_THROW(static_cast<void>(combine([](int x, int) { return x; }, a, none)),
               troupe::usage_error);
  EXPECT_THROW(static_cast<void>(filter(none, [](int) { return true; })), troupe::usage_error);
  EXPECT_THROW(static_cast<void>(distinct(none)), troupe::usage_error);
  EXPECT_THROW(static_cast<void>(merge(a, none)), troupe::usage_error);
  EXPECT_THROW(static_cast<void>(sample(none, 1s)), troupe::usage_error);
  EXPECT_THROW(static_cast<void>(window<2>(none)), troupe::usage_error);
  EXPECT_THROW(static_cast<void>(signal_tree(none)), troupe::usage_error);
}

// --- signal_tree ---

std::vector<std::string> names(std::vector<troupe::child_spec> children) {
  std::vector<std::string> all;
  for (auto& one : children) all.push_back(one.first()->name());
  return all;
}

TEST(signal_tree, holds_each_signal_once_and_sources_first) {
  auto a = make_source("a");
  auto b = make_source("b");
  auto left = named("left").map(a, [](int n) { return n; });
  auto right = named("right").combine([](int x, int y) { return x + y; }, a, b);
  auto both = named("both").combine([](int x, int y) { return x + y; }, left, right);
  auto sampled = named("sampled").sample(both, a);
  EXPECT_EQ(names(signal_tree(sampled, left)),
            (std::vector<std::string>{"a", "left", "b", "right", "both", "sampled"}));
}

TEST(signal_tree, leaves_those_to_others_that_belong_to_them) {
  auto a = make_source("a");
  auto twice = named("twice").map(a, [](int n) { return 2 * n; });
  deterministic_runtime rt;
  rt.spawn(a);
  EXPECT_EQ(names(signal_tree(twice)), std::vector<std::string>{"twice"});
  run_tree(rt, {}, twice);
  EXPECT_TRUE(rt.block_on(a->write(3)));
  rt.run_until_idle();
  EXPECT_EQ(twice->read(), 6);
  EXPECT_TRUE(signal_tree(twice).empty());
}

TEST(signal_tree, stops_and_starts_again_as_a_whole) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    auto a = make_source("a");
    auto sum = combine([](int x, int y) { return x + y; }, map(a, [](int n) { return n; }),
                       filter(a, [](int n) { return n % 2 == 0; }));
    auto bomb = troupe::make_actor("bomb", [](troupe::context, troupe::logger&) -> task<result<>> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      co_return troupe::fail(errc::internal);
    });
    auto children = signal_tree(sum);
    children.emplace_back(bomb);
    deterministic_runtime rt(seed);
    take_down(rt, sum->subscribe(keep_latest(100)), seen);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.strategy = troupe::restart_strategy::one_for_all,
                                           .children = std::move(children)}));
    for (int n = 1; n <= 6; ++n) {
      EXPECT_TRUE(rt.block_on(a->write(n)));
      rt.advance(700ms);
    }
    EXPECT_EQ(seen.values, (std::vector{4, 5, 8, 9, 12}));
  });
}

}  // namespace

// What all signals have: reading, subscribing, watching, equality, values of all shapes. With
// pushed_signal, and with a kind of its own that publishes when it is told to.

#include <troupe/signal/signal.hpp>

#include <troupe/cast_inbox.hpp>
#include <troupe/internal/test_signals.hpp>
#include <troupe/signal/pushed_signal.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::changed;
using troupe::context;
using troupe::errc;
using troupe::keep_latest;
using troupe::pushed_signal;
using troupe::result;
using troupe::signal_options;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::take_down;
using troupe::internal::taken_down;
using troupe::testing::deterministic_runtime;

TEST(signal, an_initial_value_is_there_before_the_start) {
  pushed_signal<int> with("with", {.initial = 5});
  pushed_signal<int> without("without");
  pushed_signal<std::string> text("text", {.initial = "a text that is too long to be held inside"});
  EXPECT_EQ(with.read(), 5);
  EXPECT_EQ(without.read().error(), errc::no_value);
  EXPECT_EQ(text.read()->size(), 41U);
}

TEST(signal, an_initial_value_is_no_change) {
  taken_down<int> seen;
  auto one = std::make_shared<pushed_signal<int>>("one", signal_options<int>{.initial = 5});
  deterministic_runtime rt;
  take_down(rt, one->subscribe(), seen);
  auto watch = one->watch();
  rt.spawn(one);
  EXPECT_TRUE(rt.block_on(one->write(5)));
  EXPECT_TRUE(rt.block_on(one->write(6)));
  rt.run_until_idle();
  EXPECT_EQ(seen.values, std::vector{6});
  EXPECT_EQ(watch.size(), 1U);
}

TEST(signal, a_new_subscriber_is_given_the_present_value_where_that_was_asked_for) {
  for (const bool tells : {false, true}) {
    auto one = std::make_shared<pushed_signal<int>>(
        "one", signal_options<int>{.notify_on_subscribe = tells});
    deterministic_runtime rt;
    rt.spawn(one);
    auto early = one->subscribe();
    auto early_watch = one->watch();
    EXPECT_EQ(early.size(), 0U) << "there is none";
    EXPECT_EQ(early_watch.size(), 0U) << "there is none";
    EXPECT_TRUE(rt.block_on(one->write(1)));
    auto values = one->subscribe();
    auto watch = one->watch();
    EXPECT_EQ(values.size(), tells ? 1U : 0U);
    EXPECT_EQ(watch.size(), tells ? 1U : 0U);
    EXPECT_TRUE(rt.block_on(one->write(2)));
    if (tells) EXPECT_EQ(rt.block_on(values.receive()), 1);
    EXPECT_EQ(rt.block_on(values.receive()), 2);
  }
}

TEST(signal, a_watcher_is_told_once_of_any_number_of_changes) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<changed> noticed;
    deterministic_runtime rt(seed);
    auto one = std::make_shared<pushed_signal<int>>("one");
    rt.spawn(one);
    auto watch = one->watch();
    for (int n = 1; n <= 10; ++n) EXPECT_TRUE(rt.block_on(one->write(n)));
    EXPECT_EQ(watch.size(), 1U);
    EXPECT_TRUE(rt.block_on(watch.receive()));
    EXPECT_EQ(watch.size(), 0U);
    EXPECT_EQ(one->read(), 10) << "the value is there when the notice is";
    EXPECT_TRUE(rt.block_on(one->write(10)));
    EXPECT_EQ(watch.size(), 0U) << "an equal value is no change";
    take_down(rt, std::move(watch), noticed);
    rt.run_until_idle();
    for (int n = 11; n <= 13; ++n) {
      EXPECT_TRUE(rt.block_on(one->write(n)));
      rt.run_until_idle();
    }
    EXPECT_EQ(noticed.values.size(), 3U);
  });
}

TEST(signal, what_counts_as_equal_can_be_said) {
  taken_down<double> seen;
  auto one = std::make_shared<pushed_signal<double>>(
      "one", signal_options<double>{
                 .equal = [](double a, double b) { return a - b < 0.5 && b - a < 0.5; }});
  deterministic_runtime rt;
  take_down(rt, one->subscribe(), seen);
  rt.spawn(one);
  for (double x : {1.0, 1.2, 1.4, 1.6, 1.2, 2.5}) EXPECT_TRUE(rt.block_on(one->write(x)));
  rt.run_until_idle();
  EXPECT_EQ(seen.values, (std::vector{1.0, 1.6, 2.5})) << "compared with the last that was told";
  EXPECT_EQ(one->read(), 2.5);
}

struct opaque {
  int n;  // and no ==
};
struct large {
  std::array<std::uint64_t, 8> words{};
  bool operator==(const large&) const = default;
};

TEST(signal, without_an_equality_every_update_is_a_change) {
  auto one = std::make_shared<pushed_signal<opaque>>("one");
  deterministic_runtime rt;
  rt.spawn(one);
  auto values = one->subscribe();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rt.block_on(one->write(opaque{1})));
  EXPECT_EQ(values.size(), 3U);
}

/// No default constructor, and copies are counted.
class counted {
 public:
  counted(int n, int& copies) : n_(std::make_unique<int>(n)), copies_(&copies) {}
  counted(const counted& other) : n_(std::make_unique<int>(*other.n_)), copies_(other.copies_) {
    ++*copies_;
  }
  counted(counted&&) noexcept = default;
  counted& operator=(counted other) noexcept {
    std::swap(n_, other.n_);
    std::swap(copies_, other.copies_);
    return *this;
  }
  ~counted() = default;
  int operator*() const { return *n_; }

 private:
  std::unique_ptr<int> n_;
  int* copies_;
};

TEST(signal, a_value_is_copied_once_for_each_subscriber) {
  int copies = 0;
  auto one = std::make_shared<pushed_signal<counted>>("one");
  deterministic_runtime rt;
  rt.spawn(one);
  auto a = one->subscribe(keep_latest(2));
  auto b = one->subscribe(keep_latest(2));
  auto watch = one->watch();
  EXPECT_TRUE(rt.block_on(one->write(counted(1, copies))));
  EXPECT_EQ(copies, 2);
  EXPECT_EQ(**one->read(), 1);
  EXPECT_EQ(**rt.block_on(a.receive()), 1);
  EXPECT_EQ(**rt.block_on(b.receive()), 1);
}

template <class V>
void expect_round_trip(std::vector<V> values) {
  taken_down<V> seen;
  auto one = std::make_shared<pushed_signal<V>>("one");
  deterministic_runtime rt;
  take_down(rt, one->subscribe(keep_latest(100)), seen);
  rt.spawn(one);
  for (const V& value : values) {
    EXPECT_TRUE(rt.block_on(one->write(value)));
    EXPECT_EQ(*one->read(), value);
  }
  rt.run_until_idle();
  EXPECT_EQ(seen.values, values);
}

TEST(signal, values_of_all_shapes_come_through) {
  expect_round_trip<bool>({true, false, true});
  expect_round_trip<char>({'a', 'b'});
  expect_round_trip<double>({0.5, -1e300});
  expect_round_trip<std::array<char, 3>>({{'a', 'b', 'c'}, {'d', 'e', 'f'}});
  expect_round_trip<std::array<char, 9>>({{'a'}, {'b'}});
  expect_round_trip<large>({large{{1, 2, 3, 4, 5, 6, 7, 8}}, large{}});
  expect_round_trip<std::string>({"a", std::string(100, 'b'), ""});
  expect_round_trip<std::vector<std::string>>({{"a", "b"}, {}, {std::string(100, 'c')}});
  expect_round_trip<std::optional<int>>({1, std::nullopt, 2});
  expect_round_trip<std::shared_ptr<int>>({std::make_shared<int>(1), nullptr});
  expect_round_trip<std::pair<std::string, int>>({{"a", 1}, {"b", 2}});
}

TEST(signal, what_a_value_holds_on_to_is_let_go_of_when_it_is_replaced) {
  std::weak_ptr<int> first;
  auto one = std::make_shared<pushed_signal<std::shared_ptr<int>>>("one");
  deterministic_runtime rt;
  rt.spawn(one);
  {
    auto value = std::make_shared<int>(1);
    first = value;
    EXPECT_TRUE(rt.block_on(one->write(std::move(value))));
  }
  auto values = one->subscribe(keep_latest(1));
  EXPECT_TRUE(rt.block_on(one->write(std::make_shared<int>(2))));
  std::weak_ptr<int> second = *one->read();
  EXPECT_TRUE(first.expired());
  EXPECT_TRUE(rt.block_on(one->write(nullptr)));
  EXPECT_TRUE(second.expired()) << "what is driven out of a buffer too";
}

TEST(signal, read_gives_the_value_on_any_thread) {
  auto one = std::make_shared<pushed_signal<std::string>>(
      "one", signal_options<std::string>{.initial = "before"});
  std::string seen;
  std::thread([&] { seen = *one->read(); }).join();
  EXPECT_EQ(seen, "before");
}

// --- another kind ---

/// Publishes what is cast to it.
class relay : public troupe::signal<int> {
 public:
  explicit relay(const std::string& name) : signal(name) {}
  troupe::cast_inbox<int> casts{16};
  int news = 0;

 protected:
  task<result<>> run(context ctx) override {
    begin();
    co_return co_await troupe::serve(ctx, troupe::on(casts, [this](int n) -> result<> {
                                       if (n < 0) return troupe::fail(errc::internal);
                                       news += publish(n) ? 1 : 0;
                                       return {};
                                     }));
  }
};

TEST(signal, another_kind_is_a_run_that_publishes) {
  for_seeds(20, [](std::uint64_t seed) {
    taken_down<int> seen;
    deterministic_runtime rt(seed);
    auto one = std::make_shared<relay>("relay");
    auto twice = troupe::map(one, [](int n) { return 2 * n; });
    take_down(rt, twice->subscribe(), seen);
    rt.spawn(std::make_shared<troupe::supervisor>(
        "root", troupe::supervisor_options{.children = {one, twice}}));
    for (int n : {1, 1, 2, -1, 2, 3}) EXPECT_TRUE(one->casts.try_cast(n));
    rt.run_until_idle();
    EXPECT_EQ(seen.values, (std::vector{2, 4, 6}));
    EXPECT_EQ(one->news, 3);
  });
}

}  // namespace

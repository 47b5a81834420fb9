// Publishing and listening, by hand; what signals make of it is in signal/*.test.cpp.
#include <troupe/detail/signal_hub.hpp>

#include <troupe/cast_inbox.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using troupe::errc;
using troupe::keep_latest;
using troupe::keep_oldest;
using troupe::detail::hub_of;
using troupe::detail::notice;
using troupe::detail::receive_awaiter;
using troupe::detail::stamped;
using troupe::detail::subscription_state;
using troupe::testing::deterministic_runtime;

using hub = hub_of<std::string>;
using values = subscription_state<std::string>;
using inputs = subscription_state<stamped<std::string>>;

std::shared_ptr<hub> make_hub(bool is_origin = true, std::optional<std::string> initial = {}) {
  return std::make_shared<hub>("hub", is_origin, nullptr, std::move(initial));
}

template <class T>
std::vector<T> drain(subscription_state<T>& from) {
  std::vector<T> all;
  deterministic_runtime rt;
  while (from.inbox.size() != 0) {
    all.push_back(*rt.block_on(receive_awaiter<T>(from.inbox)));
  }
  return all;
}

TEST(signal_hub, an_origin_counts_its_changes_also_those_before_anybody_asks) {
  auto one = make_hub();
  one->publish("a");
  one->publish("b");
  inputs first(one, keep_latest(4));
  EXPECT_EQ(one->link(first).at.at(0).change, 0U) << "what it has is still to be received";
  one->publish("b");
  one->publish("c");
  const auto told = drain(first);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].value, "b");
  EXPECT_EQ(told[0].at.at(0).change, 2U);
  EXPECT_EQ(told[1].value, "c");
  EXPECT_EQ(told[1].at.at(0).change, 3U);
  EXPECT_EQ(told[0].at.at(0).origin, told[1].at.at(0).origin);
}

TEST(signal_hub, origins_differ) {
  auto one = make_hub();
  auto other = make_hub();
  inputs to_one(one, keep_latest(4));
  inputs to_other(other, keep_latest(4));
  EXPECT_NE(one->link(to_one).at.at(0).origin, other->link(to_other).at.at(0).origin);
}

TEST(signal_hub, a_computed_value_goes_on_with_its_stamp_and_so_does_a_change_without_one) {
  auto one = make_hub(false);
  inputs listener(one, keep_latest(4));
  values subscriber(one, keep_latest(4));
  EXPECT_TRUE(one->link(listener).at.empty());
  one->link(subscriber, true);
  EXPECT_FALSE(one->publish(std::nullopt, {{.origin = 1, .change = 1}}));
  EXPECT_TRUE(one->publish("a", {{.origin = 1, .change = 2}}));
  EXPECT_FALSE(one->publish("a", {{.origin = 1, .change = 3}}));
  const auto told = drain(listener);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_FALSE(told[0].value);
  EXPECT_EQ(told[0].version, 0U);
  EXPECT_EQ(told[1].version, 1U);
  EXPECT_EQ(told[2].version, 1U);
  EXPECT_EQ(told[2].value, "a");
  EXPECT_EQ(told[2].at.at(0).change, 3U);
  EXPECT_EQ(drain(subscriber).size(), 1U);
}

TEST(signal_hub, all_are_told_in_the_order_in_which_they_came_and_can_leave_in_any) {
  auto one = make_hub();
  std::vector<std::unique_ptr<values>> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(std::make_unique<values>(one, keep_latest(8)));
    one->link(*all.back(), false);
  }
  EXPECT_EQ(one->listeners(), 6U);
  one->publish("1");
  all[0]->stop();
  all[3].reset();
  all[5]->stop();
  all[5]->stop();
  EXPECT_EQ(one->listeners(), 3U);
  one->publish("2");
  EXPECT_EQ(drain(*all[0]).size(), 1U);
  EXPECT_EQ(drain(*all[1]).size(), 2U);
  EXPECT_EQ(drain(*all[2]).size(), 2U);
  EXPECT_EQ(drain(*all[4]).size(), 2U);
  all.clear();
  EXPECT_EQ(one->listeners(), 0U);
  one->publish("3");
}

TEST(signal_hub, ended_it_closes_subscribers_tells_inputs_and_takes_no_more_values) {
  auto one = make_hub();
  values before(one, keep_latest(4));
  subscription_state<notice> watcher(one, keep_oldest(1));
  inputs listener(one, keep_latest(8));
  one->link(before, false);
  one->link_watcher(watcher, false);
  static_cast<void>(one->link(listener));
  one->publish("a");
  one->end();
  one->end();
  EXPECT_FALSE(one->publish("b"));
  EXPECT_EQ(one->read(), "a");
  values after(one, keep_latest(4));
  one->link(after, true);
  EXPECT_EQ(drain(before).size(), 1U);
  EXPECT_EQ(drain(watcher).size(), 1U);
  EXPECT_EQ(drain(after).size(), 1U);
  EXPECT_EQ(before.why_closed(), errc::actor_stopped);
  one->begin();
  EXPECT_TRUE(one->publish("c"));
  EXPECT_EQ(drain(before), std::vector<std::string>{"c"});
  EXPECT_EQ(drain(after), std::vector<std::string>{"c"});
  const auto told = drain(listener);
  ASSERT_EQ(told.size(), 4U);
  EXPECT_TRUE(told[0].live);
  EXPECT_FALSE(told[1].live);
  EXPECT_EQ(told[1].version, told[0].version);
  EXPECT_TRUE(told[2].live);
  EXPECT_EQ(told[3].value, "c");
}

TEST(signal_hub, one_who_stopped_is_not_opened_when_the_signal_is_back) {
  auto one = make_hub();
  values gone(one, keep_latest(4));
  one->link(gone, false);
  one->end();
  gone.stop();
  one->begin();
  one->publish("a");
  EXPECT_EQ(gone.inbox.size(), 0U);
  EXPECT_EQ(gone.why_closed(), errc::inbox_closed);
}

TEST(signal_hub, whom_its_end_has_closed_is_told_so_until_it_stops) {
  auto one = make_hub();
  values parked(one, keep_latest(4));
  one->link(parked, false);
  one->end();
  one->begin();
  EXPECT_EQ(parked.why_closed(), errc::actor_stopped) << "it may have been woken by the end";
  parked.stop();
  EXPECT_EQ(parked.why_closed(), errc::inbox_closed);
}

TEST(signal_hub, errors_are_noted_and_forgotten) {
  auto one = make_hub();
  EXPECT_FALSE(one->latest_error());
  one->set_error(troupe::error(errc::malformed, "noise"));
  EXPECT_EQ(one->latest_error()->text(), "noise");
  one->set_error(std::nullopt);
  EXPECT_FALSE(one->latest_error());
}

/// A copy throws when `left` copies have been made.
struct rationed {
  std::shared_ptr<int> left;
  explicit rationed(std::shared_ptr<int> ration) : left(std::move(ration)) {}
  rationed(const rationed& other) : left(other.left) {
    if ((*left)-- == 0) throw std::runtime_error("no more copies");
  }
  rationed(rationed&&) noexcept = default;
  rationed& operator=(const rationed&) = delete;
  rationed& operator=(rationed&&) noexcept = default;
  ~rationed() = default;
};

TEST(signal_hub, a_copy_that_throws_leaves_it_usable_and_leaks_nothing) {
  auto one = std::make_shared<hub_of<rationed>>("hub", true, nullptr, std::nullopt);
  auto left = std::make_shared<int>(1);
  {
    subscription_state<rationed> a(one, keep_latest(2));
    subscription_state<rationed> b(one, keep_latest(2));
    one->link(a, false);
    one->link(b, false);
    EXPECT_THROW(one->publish(rationed(left)), std::runtime_error);
    EXPECT_EQ(a.inbox.size(), 1U);
    EXPECT_EQ(b.inbox.size(), 0U);
    *left = 100;
    EXPECT_TRUE(one->publish(rationed(left)));
    EXPECT_EQ(b.inbox.size(), 1U);
  }
  one.reset();
  EXPECT_EQ(left.use_count(), 1);
}

}  // namespace

#include <troupe/internal/bias_pace.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace {

using troupe::duration;
using troupe::time_point;
using troupe::internal::bias_pace;

constexpr time_point start{std::chrono::hours(1)};

duration rest_after(const bias_pace& pace, time_point today) {
  duration waited{};
  while (!pace.may_ask(today + waited)) waited += bias_pace::shortest;
  return waited;
}

TEST(bias_pace, may_ask_at_first) {
  const bias_pace pace;
  EXPECT_TRUE(pace.may_ask(start));
  EXPECT_FALSE(pace.has_it());
}

TEST(bias_pace, rests_for_longer_each_time_it_is_lost_soon) {
  bias_pace pace;
  time_point today = start;
  for (duration expected = 2 * bias_pace::shortest; expected < bias_pace::longest; expected *= 2) {
    pace.asked(today, true);
    EXPECT_FALSE(pace.may_ask(today));
    pace.lost(today + bias_pace::worth_it / 2);
    today += bias_pace::worth_it / 2;
    EXPECT_EQ(rest_after(pace, today), expected);
    today += expected;
  }
  pace.asked(today, true);
  pace.lost(today);
  EXPECT_EQ(rest_after(pace, today), bias_pace::longest);
}

TEST(bias_pace, rests_shortly_where_it_was_worth_it) {
  bias_pace pace;
  for (int i = 0; i != 5; ++i) {
    pace.asked(start, true);
    pace.lost(start);
  }
  pace.asked(start + bias_pace::longest, true);
  const time_point end = start + bias_pace::longest + bias_pace::worth_it;
  pace.lost(end);
  EXPECT_EQ(rest_after(pace, end), bias_pace::shortest);
}

TEST(bias_pace, rests_where_another_has_it) {
  bias_pace pace;
  pace.asked(start, false);
  EXPECT_FALSE(pace.has_it());
  EXPECT_EQ(rest_after(pace, start), bias_pace::shortest);
}

TEST(bias_pace, may_ask_at_once_for_what_it_gave_up) {
  bias_pace pace;
  pace.asked(start, true);
  pace.gave_up();
  EXPECT_TRUE(pace.may_ask(start));
}

}  // namespace

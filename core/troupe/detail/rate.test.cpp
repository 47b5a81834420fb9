#include <troupe/detail/rate.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::duration;
using troupe::never;
using troupe::time_point;
using troupe::detail::debounce;
using troupe::detail::throttle;

constexpr time_point start{1h};

/// When values come, as times since the start; in order, and often close together or at once.
rc::Gen<std::vector<duration>> arrivals() {
  return rc::gen::map(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40)),
                      [](std::vector<int> gaps) {
                        std::vector<duration> times;
                        duration at{0};
                        for (int gap : gaps) times.push_back(at += gap * 1ms);
                        return times;
                      });
}

struct let_through {
  time_point when;
  std::size_t value;
};

/// A source that shows value i at times[i], and what a pace lets through of it.
template <class Pace>
std::vector<let_through> play(Pace pace, const std::vector<duration>& times) {
  std::vector<let_through> shown;
  std::size_t latest = 0;
  const auto until = [&](time_point now) {
    if (pace.due > now || pace.due == never) return;
    shown.push_back({pace.due, latest});
    pace.let_through();
  };
  for (std::size_t i = 0; i != times.size(); ++i) {
    until(start + times[i]);
    latest = i;
    pace.arrived(start + times[i]);
    RC_ASSERT(pace.due != never);
  }
  until(time_point(10000h));
  RC_ASSERT(pace.due == never);
  return shown;
}

TEST(rate, debounce_shows_a_value_once_none_has_come_for_a_while) {
  EXPECT_TRUE(rc::check([] {
    const auto times = *arrivals();
    const duration wait = *rc::gen::inRange(0, 60) * 1ms;
    const duration most = wait + *rc::gen::inRange(0, 100) * 1ms;
    const auto shown = play(debounce{.wait = wait, .max_wait = most}, times);
    RC_ASSERT(shown.empty() == times.empty());
    if (times.empty()) return;
    RC_ASSERT(shown.back().value == times.size() - 1);
    std::size_t first = 0;  // the oldest value that has not been shown, or passed over
    for (const auto& one : shown) {
      RC_ASSERT(one.when <= start + times[first] + most);
      RC_ASSERT(one.when >= start + times[one.value]);
      // It has come to rest, or waited for as long as may be.
      RC_ASSERT(one.when == start + times[one.value] + wait ||
                one.when == start + times[first] + most);
      first = one.value + 1;
    }
  }));
}

TEST(rate, debounce_without_a_longest_wait_waits_for_rest_alone) {
  EXPECT_TRUE(rc::check([] {
    const auto times = *arrivals();
    const duration wait = *rc::gen::inRange(1, 60) * 1ms;
    const auto shown = play(debounce{.wait = wait}, times);
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i != times.size(); ++i) {
      if (i + 1 == times.size() || times[i + 1] - times[i] >= wait) expected.push_back(i);
    }
    RC_ASSERT(shown.size() == expected.size());
    for (std::size_t i = 0; i != shown.size(); ++i) RC_ASSERT(shown[i].value == expected[i]);
  }));
}

TEST(rate, throttle_shows_at_most_one_value_an_interval_and_the_last_one_always) {
  EXPECT_TRUE(rc::check([] {
    const auto times = *arrivals();
    const duration interval = *rc::gen::inRange(1, 100) * 1ms;
    const auto shown = play(throttle{.interval = interval}, times);
    RC_ASSERT(shown.empty() == times.empty());
    if (times.empty()) return;
    RC_ASSERT(shown.back().value == times.size() - 1);
    std::size_t first = 0;
    for (std::size_t i = 0; i != shown.size(); ++i) {
      RC_ASSERT(shown[i].when == start + times[first] + interval);
      if (i != 0) RC_ASSERT(shown[i].when - shown[i - 1].when >= interval);
      first = shown[i].value + 1;
    }
  }));
}

TEST(rate, waits_that_reach_beyond_all_times_do_not_overflow) {
  debounce one{.wait = duration::max()};
  one.arrived(start);
  EXPECT_EQ(one.due, never);
  throttle other{.interval = duration::max()};
  other.arrived(start);
  EXPECT_EQ(other.due, never);
}

}  // namespace

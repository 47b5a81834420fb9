#include <troupe/detail/stamp.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace {

using troupe::detail::before_all;
using troupe::detail::find_behind;
using troupe::detail::input_state;
using troupe::detail::merge_into;
using troupe::detail::origin_change;
using troupe::detail::stamp;

using changes = std::map<std::uint64_t, std::uint64_t>;

stamp made_of(const changes& from) {
  stamp at;
  for (const auto& [origin, change] : from) at.push_back({.origin = origin, .change = change});
  return at;
}
changes taken_apart(const stamp& at) {
  changes all;
  for (const auto& one : at) all[one.origin] = one.change;
  return all;
}

/// Of origins 1 to 5, which those of two inputs have partly in common.
rc::Gen<changes> any_changes() {
  const auto one =
      rc::gen::pair(rc::gen::inRange<std::uint64_t>(1, 6), rc::gen::inRange<std::uint64_t>(0, 5));
  return rc::gen::map(rc::gen::container<std::vector<std::pair<std::uint64_t, std::uint64_t>>>(one),
                      [](const auto& all) { return changes(all.begin(), all.end()); });
}

TEST(stamp, merging_keeps_the_newer_change_of_each_origin) {
  EXPECT_TRUE(rc::check([] {
    const auto a = *any_changes();
    const auto b = *any_changes();
    stamp merged = made_of(a);
    merge_into(merged, made_of(b));
    changes expected = a;
    for (const auto& [origin, change] : b) {
      expected[origin] = std::max(expected[origin], change);
    }
    RC_ASSERT(std::ranges::is_sorted(merged, {}, &origin_change::origin));
    RC_ASSERT(merged.size() == expected.size());
    RC_ASSERT(taken_apart(merged) == expected);
  }));
}

TEST(stamp, before_all_changes_the_origins_are_the_same) {
  EXPECT_TRUE(rc::check([] {
    const auto a = *any_changes();
    const stamp before = before_all(made_of(a));
    RC_ASSERT(before.size() == a.size());
    for (const auto& one : before) RC_ASSERT(a.contains(one.origin) && one.change == 0);
  }));
}

struct inputs {
  std::vector<changes> all;
  std::vector<bool> live;
};

inputs any_inputs() {
  inputs made;
  made.all = *rc::gen::container<std::vector<changes>>(any_changes());
  made.live = *rc::gen::container<std::vector<bool>>(made.all.size(), rc::gen::arbitrary<bool>());
  return made;
}

/// Who is behind, or nobody.
std::vector<bool> behind(const inputs& of, bool* any = nullptr) {
  std::vector<stamp> stamps;
  for (const auto& one : of.all) stamps.push_back(made_of(one));
  std::vector<input_state> states;
  for (std::size_t i = 0; i != stamps.size(); ++i) {
    states.push_back({.at = &stamps[i], .live = of.live[i]});
  }
  const bool found = find_behind(states);
  if (any != nullptr) *any = found;
  std::vector<bool> marks;
  for (const auto& one : states) marks.push_back(one.behind);
  return marks;
}

TEST(find_behind, marks_those_who_live_and_show_an_older_change_than_another) {
  EXPECT_TRUE(rc::check([] {
    const inputs in = any_inputs();
    bool any = false;
    const auto marks = behind(in, &any);
    for (std::size_t i = 0; i != in.all.size(); ++i) {
      bool older = false;
      for (const auto& other : in.all) {
        for (const auto& [origin, change] : in.all[i]) {
          const auto theirs = other.find(origin);
          older = older || (theirs != other.end() && change < theirs->second);
        }
      }
      RC_ASSERT(marks[i] == (in.live[i] && older));
    }
    RC_ASSERT(any == std::ranges::any_of(marks, [](bool one) { return one; }));
  }));
}

// No deadlock: whoever is behind will show what the others show, and then nobody is.
TEST(find_behind, once_all_that_live_have_seen_everything_nobody_is) {
  EXPECT_TRUE(rc::check([] {
    inputs in = any_inputs();
    changes newest;
    for (const auto& one : in.all) {
      for (const auto& [origin, change] : one) newest[origin] = std::max(newest[origin], change);
    }
    for (std::size_t i = 0; i != in.all.size(); ++i) {
      if (!in.live[i]) continue;
      for (auto& [origin, change] : in.all[i]) change = newest[origin];
    }
    bool any = true;
    static_cast<void>(behind(in, &any));
    RC_ASSERT(!any);
  }));
}

// Receiving only from those who are behind, as input_set does, ends in a change that all show, as
// long as each of them shows every change in turn.
TEST(find_behind, receiving_only_from_those_who_are_lets_all_meet_at_the_first_common_change) {
  EXPECT_TRUE(rc::check([] {
    const auto all = *rc::gen::container<std::vector<changes>>(any_changes());
    changes first_common;
    for (const auto& one : all) {
      for (const auto& [origin, change] : one) {
        first_common[origin] = std::max(first_common[origin], change);
      }
    }
    inputs in{.all = all, .live = std::vector<bool>(all.size(), true)};
    for (int steps = 0;; ++steps) {
      RC_ASSERT(steps < 1000);
      bool any = false;
      const auto marks = behind(in, &any);
      if (!any) break;
      // One of those who are behind shows the next change of one origin that it is behind in.
      std::vector<std::size_t> choices;
      for (std::size_t i = 0; i != marks.size(); ++i) {
        if (marks[i]) choices.push_back(i);
      }
      changes& one = in.all[*rc::gen::elementOf(choices)];
      for (auto& [origin, change] : one) {
        if (change < first_common[origin]) {
          ++change;
          break;
        }
      }
    }
    for (const auto& one : in.all) {
      for (const auto& [origin, change] : one) RC_ASSERT(change == first_common[origin]);
    }
  }));
}

TEST(next_origin, is_never_the_same_twice) {
  const auto one = troupe::detail::next_origin();
  EXPECT_LT(one, troupe::detail::next_origin());
}

}  // namespace

#include <troupe/internal/timer_heap.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::never;
using troupe::time_point;
using troupe::detail::timer_node;
using troupe::internal::timer_heap;

constexpr time_point at(std::int64_t tick) { return time_point(std::chrono::nanoseconds(tick)); }

TEST(timer_heap, an_empty_heap_has_nothing_due_and_no_deadline) {
  timer_heap heap;
  timer_node node;
  EXPECT_EQ(heap.next_deadline(), never);
  EXPECT_EQ(heap.pop_due(never), nullptr);
  EXPECT_FALSE(heap.erase(node));
  EXPECT_EQ(heap.size(), 0u);
}

TEST(timer_heap, a_timer_is_due_at_its_deadline_and_not_before) {
  timer_heap heap;
  timer_node node{.deadline = at(5)};
  heap.insert(node);
  EXPECT_EQ(heap.next_deadline(), at(5));
  EXPECT_EQ(heap.pop_due(at(4)), nullptr);
  EXPECT_EQ(heap.pop_due(at(5)), &node);
  EXPECT_EQ(node.index, timer_node::npos);
  EXPECT_EQ(heap.pop_due(never), nullptr);
}

TEST(timer_heap, an_erased_timer_never_fires_and_can_be_set_again) {
  timer_heap heap;
  timer_node node{.deadline = at(5)};
  heap.insert(node);
  EXPECT_TRUE(heap.erase(node));
  EXPECT_EQ(node.index, timer_node::npos);
  EXPECT_FALSE(heap.erase(node));
  EXPECT_EQ(heap.pop_due(never), nullptr);
  node.deadline = at(7);
  heap.insert(node);
  EXPECT_EQ(heap.next_deadline(), at(7));
  EXPECT_EQ(heap.pop_due(at(7)), &node);
  EXPECT_FALSE(heap.erase(node));
}

TEST(timer_heap, equal_deadlines_fire_in_the_order_of_setting) {
  timer_heap heap;
  std::vector<timer_node> nodes(1000);
  for (auto& node : nodes) {
    node.deadline = at(1);
    heap.insert(node);
  }
  // One that is set anew goes to the end, wherever it stood before.
  ASSERT_TRUE(heap.erase(nodes[3]));
  heap.insert(nodes[3]);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i != 3) ASSERT_EQ(heap.pop_due(at(1)), &nodes[i]);
  }
  EXPECT_EQ(heap.pop_due(at(1)), &nodes[3]);
}

// Random commands against a multimap, which keeps equal keys in the order of insertion.
TEST(timer_heap, agrees_with_a_multimap) {
  const bool holds = rc::check("timer_heap is a multimap by deadline", [] {
    constexpr int how_many = 24;
    std::vector<timer_node> nodes(how_many);
    timer_heap heap;
    std::multimap<time_point, timer_node*> model;
    std::map<timer_node*, std::multimap<time_point, timer_node*>::iterator> places;

    for (int steps = *rc::gen::inRange(0, 300); steps > 0; --steps) {
      timer_node& node = nodes[static_cast<std::size_t>(*rc::gen::inRange(0, how_many))];
      const time_point when = at(*rc::gen::inRange(0, 12));
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
        case 1:
          if (places.contains(&node)) break;
          node.deadline = when;
          heap.insert(node);
          places[&node] = model.emplace(when, &node);
          break;
        case 2: {
          const auto place = places.find(&node);
          RC_ASSERT(heap.erase(node) == (place != places.end()));
          if (place == places.end()) break;
          model.erase(place->second);
          places.erase(place);
          break;
        }
        default: {
          timer_node* expected = nullptr;
          if (!model.empty() && model.begin()->first <= when) {
            expected = model.begin()->second;
            model.erase(model.begin());
            places.erase(expected);
          }
          RC_ASSERT(heap.pop_due(when) == expected);
        }
      }
      RC_ASSERT(heap.size() == model.size());
      RC_ASSERT(heap.next_deadline() == (model.empty() ? never : model.begin()->first));
      for (auto& one : nodes) RC_ASSERT((one.index != timer_node::npos) == places.contains(&one));
    }
  });
  EXPECT_TRUE(holds);
}

TEST(timer_heap, a_million_timers_set_canceled_and_fired_in_order) {
  constexpr std::size_t how_many = 1'000'000;
  std::mt19937_64 random(7);  // NOLINT: a fixed seed on purpose
  std::vector<timer_node> nodes(how_many);
  timer_heap heap;
  for (auto& node : nodes) {
    node.deadline = at(static_cast<std::int64_t>(random() % how_many));
    heap.insert(node);
  }
  std::size_t left = how_many;
  for (std::size_t i = 0; i < how_many; i += 3) {
    ASSERT_TRUE(heap.erase(nodes[i]));
    --left;
  }
  ASSERT_EQ(heap.size(), left);

  time_point last = at(0);
  std::uint64_t last_sequence = 0;
  for (std::int64_t now = 0; left > 0; now += 1000) {
    while (timer_node* node = heap.pop_due(at(now))) {
      ASSERT_LE(node->deadline, at(now));
      ASSERT_TRUE(last < node->deadline ||
                  (last == node->deadline && last_sequence < node->sequence) || last == at(0));
      ASSERT_NE((node - nodes.data()) % 3, 0) << "a canceled timer fired";
      last = node->deadline;
      last_sequence = node->sequence;
      --left;
    }
    ASSERT_GT(heap.next_deadline(), at(now));
  }
  EXPECT_EQ(heap.size(), 0u);
}

}  // namespace

#include <troupe/detail/inbox_table.hpp>

#include <troupe/cast_inbox.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace {

using troupe::cast_inbox;
using troupe::detail::inbox_access;
using troupe::detail::inbox_core;
using troupe::detail::inbox_table;

struct inbox_table_test : testing::Test {
  inbox_core& make() {
    made.push_back(std::make_unique<cast_inbox<int>>(1));
    return inbox_access::core(*made.back());
  }
  /// Adds so many, and gives them.
  std::vector<inbox_core*> fill(std::size_t many) {
    std::vector<inbox_core*> all;
    for (std::size_t i = 0; i != many; ++i) {
      all.push_back(&make());
      EXPECT_EQ(table.add(*all.back()), i);
    }
    return all;
  }

  std::vector<std::unique_ptr<cast_inbox<int>>> made;
  inbox_table table;
};

TEST_F(inbox_table_test, the_only_one_has_place_0) {
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.any(), nullptr);
  EXPECT_EQ(table.at(0), nullptr);
  inbox_core& one = make();
  EXPECT_EQ(table.add(one), 0U);
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.any(), &one);
  EXPECT_EQ(table.at(0), &one);
  EXPECT_EQ(table.at(1), nullptr);
  table.take_out(0);
  EXPECT_TRUE(table.empty());
}

TEST_F(inbox_table_test, each_keeps_its_place) {
  const std::vector<inbox_core*> all = fill(100);
  for (std::size_t i = 0; i != all.size(); ++i) EXPECT_EQ(table.at(i), all[i]);
  EXPECT_EQ(table.at(1000), nullptr);
  for (std::size_t i = 0; i != all.size(); ++i) {
    EXPECT_EQ(table.any(), all[i]);
    table.take_out(i);
  }
  EXPECT_TRUE(table.empty());
}

TEST_F(inbox_table_test, a_place_is_given_again_once_it_is_free) {
  fill(10);
  table.take_out(3);
  EXPECT_EQ(table.at(3), nullptr);
  inbox_core& again = make();
  EXPECT_EQ(table.add(again), 3U);
  EXPECT_EQ(table.at(3), &again);
  for (std::size_t i = 0; i != 10; ++i) table.take_out(i);
}

TEST_F(inbox_table_test, there_are_no_more_places_than_were_asked_for) {
  for (std::size_t i = 0; i != 64; ++i) EXPECT_EQ(table.add(make(), 64), i);
  EXPECT_EQ(table.add(make(), 64), inbox_table::no_place);
  table.take_out(63);
  EXPECT_EQ(table.add(make(), 64), 63U);
  for (std::size_t i = 0; i != 64; ++i) table.take_out(i);
}

TEST_F(inbox_table_test, those_behind_one_that_goes_may_move_up) {
  const std::vector<inbox_core*> all = fill(4);
  table.close_up(*all[1]);
  EXPECT_EQ(table.at(0), all[0]);
  EXPECT_EQ(table.at(1), all[2]);
  EXPECT_EQ(table.at(2), all[3]);
  EXPECT_EQ(table.at(3), nullptr);
  table.close_up(*all[3]);
  table.close_up(*all[0]);
  EXPECT_EQ(table.at(0), all[2]);
  EXPECT_EQ(table.at(1), nullptr);
  table.close_up(*all[2]);
  EXPECT_TRUE(table.empty());
  inbox_core& one = make();
  EXPECT_EQ(table.add(one), 0U);
  table.close_up(one);
  EXPECT_TRUE(table.empty());
}

}  // namespace

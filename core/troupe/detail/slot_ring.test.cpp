// One thread; for what threads do to each other see tests/model/slot_ring.test.cpp.
#include <troupe/detail/slot_ring.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <vector>

namespace {

using ring = troupe::detail::slot_ring<4>;

std::size_t write(ring& to) {
  const std::size_t slot = to.claim();
  EXPECT_NE(slot, ring::none);
  static_cast<void>(to.publish(slot));
  return slot;
}

TEST(slot_ring, before_the_first_value_there_is_no_slot_to_read) {
  ring one;
  EXPECT_EQ(one.published(), ring::none);
  EXPECT_EQ(one.enter(), ring::none);
  one.leave(ring::none);
  const std::size_t slot = one.claim();
  EXPECT_EQ(one.enter(), ring::none) << "claimed is not published";
  EXPECT_EQ(one.publish(slot), ring::none);
  EXPECT_EQ(one.enter(), slot);
  one.leave(slot);
}

TEST(slot_ring, a_reader_gets_the_slot_that_was_published_last) {
  ring one;
  for (int i = 0; i < 20; ++i) {
    const std::size_t before = one.published();
    const std::size_t slot = one.claim();
    EXPECT_NE(slot, before);
    EXPECT_EQ(one.publish(slot), before);
    EXPECT_EQ(one.enter(), slot);
    one.leave(slot);
  }
}

TEST(slot_ring, a_slot_that_is_read_is_not_given_to_the_writer) {
  ring one;
  write(one);
  const std::size_t held = one.enter();
  const std::size_t held_too = one.enter();
  EXPECT_EQ(held, held_too);
  for (int i = 0; i < 10; ++i) EXPECT_NE(write(one), held);
  EXPECT_FALSE(one.is_free(held));
  one.leave(held);
  EXPECT_FALSE(one.is_free(held)) << "one of two has left";
  for (int i = 0; i < 10; ++i) EXPECT_NE(write(one), held);
  one.leave(held);
  EXPECT_TRUE(one.is_free(held));
  std::set<std::size_t> used;
  for (int i = 0; i < 10; ++i) used.insert(write(one));
  EXPECT_TRUE(used.contains(held));
}

TEST(slot_ring, readers_of_each_slot_leave_the_writer_none_until_one_of_them_goes) {
  ring one;
  std::vector<std::size_t> held;
  for (int i = 0; i < 4; ++i) {
    write(one);
    held.push_back(one.enter());
  }
  EXPECT_EQ(one.claim(), ring::none);
  EXPECT_EQ(one.claim(), ring::none);
  one.leave(held[3]);
  EXPECT_EQ(one.claim(), ring::none) << "that one is the present value's";
  one.leave(held[1]);
  EXPECT_EQ(one.claim(), held[1]);
}

TEST(slot_ring, what_was_claimed_and_not_published_can_be_claimed_again) {
  ring one;
  write(one);
  for (int i = 0; i < 10; ++i) EXPECT_NE(one.claim(), one.published());
}

}  // namespace

#include <troupe/io/buffer.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::io {
namespace {

TEST(buffer, has_the_room_that_it_was_made_with) {
  for (const std::size_t wanted :
       {0UL, 1UL, 255UL, 256UL, 257UL, 4096UL, 65536UL, 65537UL, 1UL << 20U}) {
    buffer made(wanted);
    EXPECT_GE(made.capacity(), wanted);
    EXPECT_TRUE(made.empty());
    std::memset(made.data(), 7, made.room().size());
    made.resize(wanted);
    EXPECT_EQ(made.bytes().size(), wanted);
    made.resize(1UL << 30U);
    EXPECT_EQ(made.size(), made.capacity());
  }
}

TEST(buffer, is_moved_with_its_bytes) {
  const std::string_view text = "hello";
  buffer one(std::as_bytes(std::span(text)));
  const std::byte* const where = one.data();
  buffer two(std::move(one));
  EXPECT_EQ(two.text(), text);
  EXPECT_EQ(two.data(), where);
  EXPECT_TRUE(one.empty());       // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(one.capacity(), 0U);  // NOLINT(bugprone-use-after-move)
  one = std::move(two);
  EXPECT_EQ(one.text(), text);
  buffer& same = one;
  one = std::move(same);
  EXPECT_EQ(one.text(), text) << "also onto itself";
}

// Under ThreadSanitizer: blocks go from thread to thread.
TEST(buffer, may_go_on_another_thread) {
  std::vector<buffer> made;
  for (int round = 0; round != 50; ++round) {
    for (std::size_t i = 0; i != 32; ++i) {
      made.emplace_back(300U << (i % 8));
      std::memset(made.back().data(), round, 300);
    }
    std::thread other([mine = std::move(made)]() mutable { mine.clear(); });
    made.clear();
    for (std::size_t i = 0; i != 32; ++i) made.emplace_back(300U << (i % 8));
    other.join();
    made.clear();
  }
}

}  // namespace
}  // namespace troupe::io

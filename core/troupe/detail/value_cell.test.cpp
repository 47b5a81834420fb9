// One thread; for readers beside a writer see tests/integration/signal_stress.test.cpp.
#include <troupe/detail/value_cell.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using troupe::detail::fits_in_word;
using troupe::detail::slot_cell;
using troupe::detail::value_cell;
using troupe::detail::word_cell;

static_assert(fits_in_word<int> && fits_in_word<double> && fits_in_word<std::array<char, 3>>);
static_assert(!fits_in_word<std::string> && !fits_in_word<std::array<char, 9>>);
static_assert(!fits_in_word<std::shared_ptr<int>>);
static_assert(std::is_same_v<value_cell<int*>, word_cell<int*>>);
static_assert(std::is_same_v<value_cell<std::string>, slot_cell<std::string>>);

template <class V>
void expect_round_trip(const std::vector<V>& values) {
  value_cell<V> cell;
  EXPECT_FALSE(cell.has_value());
  EXPECT_FALSE(cell.read());
  for (const V& value : values) {
    cell.write(value);
    EXPECT_TRUE(cell.has_value());
    EXPECT_EQ(cell.read(), value);
    EXPECT_EQ(cell.current(), value);
  }
}

/// Neither a default constructor nor all bits in use.
struct odd {
  explicit odd(char c) : letter(c) {}
  char letter;
  bool flag = true;
  bool operator==(const odd&) const = default;
};
static_assert(fits_in_word<odd>);

TEST(value_cell, gives_what_was_written) {
  expect_round_trip<bool>({false, true, false});
  expect_round_trip<std::uint64_t>({0, ~std::uint64_t{0}, 1});
  expect_round_trip<double>({0.0, -1.5, 1e300});
  expect_round_trip<odd>({odd('a'), odd('b')});
  expect_round_trip<std::array<int, 16>>({{1, 2, 3}, {4}});
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back(std::to_string(i) + std::string(50, '.'));
  expect_round_trip<std::string>(many);
}

TEST(value_cell, lets_go_of_what_is_replaced) {
  value_cell<std::shared_ptr<int>> cell;
  std::vector<std::weak_ptr<int>> all;
  for (int i = 0; i < 40; ++i) {
    auto value = std::make_shared<int>(i);
    all.emplace_back(value);
    cell.write(std::move(value));
    for (int j = 0; j < i; ++j) EXPECT_TRUE(all[static_cast<std::size_t>(j)].expired());
    EXPECT_FALSE(all.back().expired());
  }
}

/// Its copy constructor calls back: a reader that is preempted in the middle of a copy.
class interrupted {
 public:
  explicit interrupted(int n) : n_(n), again_(n) {}
  interrupted(const interrupted& other) : n_(other.n_) {
    if (auto run = std::exchange(during_copy, nullptr)) run();
    again_ = other.again_;
  }
  interrupted(interrupted&&) noexcept = default;
  interrupted& operator=(const interrupted&) = delete;
  ~interrupted() { n_ = again_ = -1; }
  [[nodiscard]] bool is_whole() const { return n_ == again_ && n_ >= 0; }
  [[nodiscard]] int n() const { return n_; }

  static inline std::function<void()> during_copy;

 private:
  int n_;
  int again_ = 0;
};

TEST(value_cell, what_is_being_read_stays_whole_while_it_is_replaced_again_and_again) {
  value_cell<interrupted> cell;
  cell.write(interrupted(1));
  int written = 1;
  interrupted::during_copy = [&] {
    for (int i = 0; i < 100; ++i) cell.write(interrupted(++written));
    // A second reader, in the middle of which there are writes as well.
    interrupted::during_copy = [&] {
      for (int i = 0; i < 100; ++i) cell.write(interrupted(++written));
    };
    const auto inner = cell.read();
    ASSERT_TRUE(inner);
    EXPECT_TRUE(inner->is_whole());
    EXPECT_EQ(inner->n(), 101);
  };
  const auto outer = cell.read();
  ASSERT_TRUE(outer);
  EXPECT_TRUE(outer->is_whole());
  EXPECT_EQ(outer->n(), 1);
  EXPECT_EQ(cell.read()->n(), 201);
}

/// Copies throw.
struct fragile {
  explicit fragile(int n) : value(n) {}
  fragile(const fragile& other) : value(other.value) { throw std::runtime_error("no copies"); }
  fragile(fragile&&) noexcept = default;
  int value;
  std::string text = "not trivial";
};

TEST(value_cell, a_read_that_throws_leaves_no_slot_behind) {
  value_cell<fragile> cell;
  for (int i = 0; i < 100; ++i) {
    cell.write(fragile(i));
    EXPECT_THROW(static_cast<void>(cell.read()), std::runtime_error);
  }
  EXPECT_EQ(cell.current().value, 99);
}

}  // namespace

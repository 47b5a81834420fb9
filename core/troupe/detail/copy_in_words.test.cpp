#include <troupe/detail/copy_in_words.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace {

using troupe::detail::copy_in_words;
using troupe::detail::move_construct;

template <std::size_t Size>
void copies_so_many_bytes() {
  std::array<std::uint8_t, Size + 2> from{};
  std::array<std::uint8_t, Size + 2> to{};
  for (std::size_t i = 0; i != from.size(); ++i) from[i] = static_cast<std::uint8_t>(i + 1);
  copy_in_words<Size>(&to[1], &from[1]);
  from.front() = 0;
  from.back() = 0;
  EXPECT_EQ(to, from) << Size;
}

TEST(copy_in_words, copies_all_bytes_and_no_more) {
  []<std::size_t... I>(std::index_sequence<I...>) {
    (copies_so_many_bytes<I + 1>(), ...);
  }(std::make_index_sequence<64>());
}

struct reading {
  std::uint8_t kind = 0;
  std::uint16_t sensor = 0;
  double value = 0;
  const void* from = nullptr;
  bool operator==(const reading&) const = default;
};

TEST(copy_in_words, constructs_a_value) {
  reading one{.kind = 1, .sensor = 2, .value = 3.5, .from = &one};
  alignas(reading) std::array<std::byte, sizeof(reading)> room{};
  move_construct(room.data(), one);
  EXPECT_EQ(*std::launder(reinterpret_cast<reading*>(room.data())), one);
}

TEST(copy_in_words, moves_what_is_not_copied_by_its_bytes) {
  auto one = std::make_unique<std::string>("moved");
  alignas(decltype(one)) std::array<std::byte, sizeof one> room{};
  move_construct(room.data(), one);
  EXPECT_EQ(one, nullptr);
  auto* const made = std::launder(reinterpret_cast<std::unique_ptr<std::string>*>(room.data()));
  EXPECT_EQ(**made, "moved");
  std::destroy_at(made);
}

}  // namespace

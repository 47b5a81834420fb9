#pragma once

// A few inboxes, each in a numbered place: those that are bound to a fiber, and the members of an
// actor. Most have one: that takes no memory beside this word. More take a block from the frame
// pool. Guarded by whoever has it.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace troupe::detail {

class inbox_core;

class inbox_table {
 public:
  inbox_table() noexcept = default;
  inbox_table(const inbox_table&) = delete;
  inbox_table& operator=(const inbox_table&) = delete;
  // (Whoever has it takes them all out in the end.)

  /// Without the guard: where it is empty and nobody can add, nobody who has left touches it.
  [[nodiscard]] bool empty() const noexcept { return word_.load(std::memory_order_acquire) == 0; }
  /// Null if none has that place.
  [[nodiscard]] inbox_core* at(std::size_t place) const noexcept {
    if (has_block()) [[unlikely]]
      return at_more(place);
    return place == 0 ? only() : nullptr;
  }
  /// Null if there is none at all.
  [[nodiscard]] inbox_core* any() const noexcept {
    if (has_block()) [[unlikely]]
      return any_of_more();
    return only();
  }

  static constexpr std::size_t no_place = ~std::size_t{0};
  /// Into the first free place, below `most`; gives that, or no_place: they are all taken, or there
  /// is no memory.
  [[nodiscard]] std::size_t add(inbox_core& one, std::size_t most = no_place) noexcept;
  /// The others keep their places.
  void take_out(std::size_t place) noexcept {
    if (has_block()) [[unlikely]]
      return take_out_of_more(place);
    set(0);
  }
  /// Those behind it move up, where all places up to the last one are taken.
  void close_up(const inbox_core& gone) noexcept;

 private:
  struct block;
  static constexpr std::uintptr_t is_block = 1;
  [[nodiscard]] bool has_block() const noexcept {
    return (word_.load(std::memory_order_relaxed) & is_block) != 0;
  }
  [[nodiscard]] block& more() const noexcept;
  [[nodiscard]] inbox_core* at_more(std::size_t place) const noexcept;
  [[nodiscard]] inbox_core* any_of_more() const noexcept;
  void take_out_of_more(std::size_t place) noexcept;
  /// Where there is no block.
  [[nodiscard]] inbox_core* only() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address
    return reinterpret_cast<inbox_core*>(word_.load(std::memory_order_relaxed));
  }
  bool grow(std::size_t most) noexcept;
  void set(std::uintptr_t word) noexcept { word_.store(word, std::memory_order_release); }

  std::atomic<std::uintptr_t> word_{0};  // the only one, at place 0; or a block, marked
};

}  // namespace troupe::detail

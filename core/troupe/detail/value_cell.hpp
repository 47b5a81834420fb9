#pragma once

// Where a signal keeps its value: one writer at a time, readers on any thread, none of whom waits
// for another. A value of up to eight bytes that may be copied bytewise lies in one atomic word;
// any other in slots that readers pin for the time of a copy (slot_ring.hpp).

#include <troupe/detail/slot_ring.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace troupe::detail {

template <class V>
inline constexpr bool fits_in_word =
    std::is_trivially_copyable_v<V> && sizeof(V) <= sizeof(std::uint64_t);

template <class V>
class word_cell {
 public:
  [[nodiscard]] std::optional<V> read() const {
    if (!has_value()) return std::nullopt;
    return from_word(word_.load(std::memory_order_acquire));
  }
  [[nodiscard]] bool has_value() const noexcept { return written_.load(std::memory_order_acquire); }

  void write(V value) noexcept {
    replace(value);
    if (!written_.load(std::memory_order_relaxed)) written_.store(true, std::memory_order_release);
  }
  /// Writer: the present value, if there is one, by another.
  void replace(V value) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, std::addressof(value), sizeof(V));
    word_.store(word, std::memory_order_release);
  }
  /// Writer: the present value, if there is one.
  [[nodiscard]] V current() const noexcept {
    return from_word(word_.load(std::memory_order_relaxed));
  }

 private:
  static V from_word(std::uint64_t word) noexcept {
    std::array<std::byte, sizeof(V)> bytes;
    std::memcpy(bytes.data(), &word, sizeof(V));
    return std::bit_cast<V>(bytes);
  }

  std::atomic<std::uint64_t> word_{0};  // release in write, acquire in read
  std::atomic<bool> written_{false};    // false → true with the first write, after the word
};

template <class V>
class slot_cell {
 public:
  slot_cell() = default;
  slot_cell(const slot_cell&) = delete;
  slot_cell& operator=(const slot_cell&) = delete;

  [[nodiscard]] std::optional<V> read() const {
    const pin held(ring_);
    if (held.slot == ring::none) return std::nullopt;
    return *places_[held.slot]->value;
  }
  /// Writer only.
  [[nodiscard]] bool has_value() const noexcept { return ring_.published() != ring::none; }

  void write(V value) {
    std::size_t slot = ring_.claim();
    for (; slot == ring::none; slot = ring_.claim()) std::this_thread::yield();
    if (!places_[slot]) places_[slot] = std::make_unique<place>();
    places_[slot]->value.emplace(std::move(value));
    const std::size_t old = ring_.publish(slot);
    // What a value holds on to is let go of with it, unless somebody is just reading it.
    if (old != ring::none && ring_.is_free(old)) places_[old]->value.reset();
  }
  [[nodiscard]] const V& current() const noexcept { return *places_[ring_.published()]->value; }

 private:
  static constexpr std::size_t most = 16;
  using ring = slot_ring<most>;
  struct place {
    std::optional<V> value;
  };
  struct pin {
    explicit pin(ring& in) noexcept : of(in), slot(in.enter()) {}
    pin(const pin&) = delete;
    pin& operator=(const pin&) = delete;
    ~pin() { of.leave(slot); }
    ring& of;
    std::size_t slot;
  };

  mutable ring ring_;
  std::array<std::unique_ptr<place>, most> places_{};  // each made once, before it is published
};

template <class V>
using value_cell = std::conditional_t<fits_in_word<V>, word_cell<V>, slot_cell<V>>;

}  // namespace troupe::detail

#pragma once

// buffer: bytes in memory that is used again. Blocks of 256 bytes to 64 KiB come from a pool and go
// back to it, on whatever thread; larger ones come from the heap. What the pool keeps is bounded.
// Under AddressSanitizer all come from the heap, so that a use after free is found.

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace troupe::io {

/// Owns its bytes, is moved and not copied. Empty when default-constructed or moved from.
class buffer {
 public:
  buffer() noexcept = default;
  /// Room for at least `capacity` bytes, and none in it. Throws std::bad_alloc.
  explicit buffer(std::size_t capacity);
  /// A copy of `bytes`.
  explicit buffer(std::span<const std::byte> bytes);
  buffer(buffer&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  buffer& operator=(buffer&& other) noexcept {
    buffer taken(std::move(other));
    std::swap(memory_, taken.memory_);
    std::swap(capacity_, taken.capacity_);
    std::swap(size_, taken.size_);
    return *this;
  }
  buffer(const buffer&) = delete;
  buffer& operator=(const buffer&) = delete;
  ~buffer();

  [[nodiscard]] std::byte* data() noexcept { return memory_; }
  [[nodiscard]] const std::byte* data() const noexcept { return memory_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// The bytes in it.
  [[nodiscard]] std::span<std::byte> bytes() noexcept { return {memory_, size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {memory_, size_}; }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(memory_), size_};
  }
  /// All its room; what is in it beyond size() is not defined.
  [[nodiscard]] std::span<std::byte> room() noexcept { return {memory_, capacity_}; }
  /// At most capacity().
  void resize(std::size_t size) noexcept { size_ = size < capacity_ ? size : capacity_; }

 private:
  std::byte* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace troupe::io

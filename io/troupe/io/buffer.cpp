#include <troupe/io/buffer.hpp>

#include <troupe/detail/frame_pool.hpp>
#include <troupe/detail/spin_lock.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>

namespace troupe::io {
namespace {

#ifdef TROUPE_FRAMES_FROM_HEAP
constexpr bool is_pooled = false;
#else
constexpr bool is_pooled = true;
#endif
constexpr std::size_t smallest = 256;
constexpr std::size_t largest = 65536;
// Bytes that the pool keeps in blocks of one size.
constexpr std::size_t most_kept = 1U << 22U;

struct free_block {
  free_block* next;
};

struct alignas(64) shelf {
  detail::spin_lock lock;  // guards the list
  free_block* first = nullptr;
  std::size_t count = 0;
};

constexpr std::size_t shelf_of(std::size_t capacity) noexcept {
  return static_cast<std::size_t>(std::countr_zero(capacity) - std::countr_zero(smallest));
}

// Outlives all buffers, also those in static objects.
std::array<shelf, shelf_of(largest) + 1>& shelves() {
  static auto* const only = new std::array<shelf, shelf_of(largest) + 1>;
  return *only;
}

constexpr std::size_t rounded(std::size_t capacity) noexcept {
  if (capacity > largest) return capacity;
  return std::bit_ceil(std::max(capacity, smallest));
}

std::byte* take(std::size_t capacity) {
  if (is_pooled && capacity <= largest) {
    shelf& from = shelves()[shelf_of(capacity)];
    const std::lock_guard held(from.lock);
    if (free_block* const block = from.first) {
      from.first = block->next;
      --from.count;
      return reinterpret_cast<std::byte*>(block);
    }
  }
  return static_cast<std::byte*>(::operator new(capacity));
}

void give(std::byte* memory, std::size_t capacity) noexcept {
  if (is_pooled && capacity <= largest) {
    shelf& to = shelves()[shelf_of(capacity)];
    const std::lock_guard held(to.lock);
    if (to.count < most_kept / capacity) {
      to.first = ::new (static_cast<void*>(memory)) free_block{to.first};
      ++to.count;
      return;
    }
  }
  ::operator delete(memory, capacity);
}

}  // namespace

buffer::buffer(std::size_t capacity)
    : memory_(take(rounded(capacity))), capacity_(rounded(capacity)) {}

buffer::buffer(std::span<const std::byte> bytes) : buffer(bytes.size()) {
  if (!bytes.empty()) std::memcpy(memory_, bytes.data(), bytes.size());
  size_ = bytes.size();
}

buffer::~buffer() {
  if (memory_ != nullptr) give(memory_, capacity_);
}

}  // namespace troupe::io

#pragma once

// Memory for coroutine frames and other small blocks that come and go: size classes of 8 bytes up
// to 1 KiB, a free list for each class and thread, and a shared depot behind them. A block may be
// freed on another thread than it was allocated on: lists that grow too long give half to the
// depot, and empty ones take from there. Memory is kept for reuse until the process ends.
// Classes are this fine because an actor that waits is little more than its object and its frame.
// Frames and whatever else is aligned to 16 bytes only use every other one.
//
// Under AddressSanitizer every block comes from the heap, so that a use after free is found.

#include <array>
#include <cstddef>
#include <new>

namespace troupe::detail {

inline constexpr std::size_t frame_grain = 8;
inline constexpr std::size_t frame_classes = 128;
inline constexpr std::size_t frame_alignment = 16;

/// `alignment`: of the block, 8 or 16.
constexpr std::size_t frame_class(std::size_t size, std::size_t alignment) noexcept {
  return (size - 1) / alignment * (alignment / frame_grain) + alignment / frame_grain - 1;
}

struct free_block {
  free_block* next;
};

/// One thread's free blocks.
struct frame_cache {
  struct list {
    free_block* first = nullptr;
    std::size_t count = 0;
    std::size_t limit = 0;  // 0 before the thread's first use and after its end
  };
  std::array<list, frame_classes> lists{};
};
extern thread_local constinit frame_cache frames;

void* frame_alloc_slow(std::size_t size_class);
void frame_free_slow(void* memory, std::size_t size_class) noexcept;

// The two kinds have names of their own, so that sanitized and other code can be linked together.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TROUPE_FRAMES_FROM_HEAP 1
#endif
#endif
#ifdef TROUPE_FRAMES_FROM_HEAP
inline namespace frames_from_heap {
#else
inline namespace frames_from_pool {
#endif

/// Cost: a few ns, no locked operation, unless the thread's list is empty.
inline void* frame_alloc(std::size_t size, std::size_t alignment = frame_alignment) {
#ifdef TROUPE_FRAMES_FROM_HEAP
  static_cast<void>(alignment);
  return ::operator new(size);
#else
  const std::size_t size_class = frame_class(size, alignment);
  if (size_class >= frame_classes) [[unlikely]]
    return ::operator new(size);
  frame_cache::list& list = frames.lists[size_class];
  free_block* const block = list.first;
  if (block == nullptr) [[unlikely]]
    return frame_alloc_slow(size_class);
  list.first = block->next;
  --list.count;
  return block;
#endif
}

/// With the alignment it was asked for with.
inline void frame_free(void* memory, std::size_t size,
                       std::size_t alignment = frame_alignment) noexcept {
#ifdef TROUPE_FRAMES_FROM_HEAP
  static_cast<void>(alignment);
  ::operator delete(memory, size);
#else
  const std::size_t size_class = frame_class(size, alignment);
  if (size_class >= frame_classes) [[unlikely]] {
    ::operator delete(memory, size);
    return;
  }
  frame_cache::list& list = frames.lists[size_class];
  if (list.count >= list.limit) [[unlikely]]
    return frame_free_slow(memory, size_class);
  list.first = ::new (memory) free_block{list.first};
  ++list.count;
#endif
}

}  // inline namespace

}  // namespace troupe::detail

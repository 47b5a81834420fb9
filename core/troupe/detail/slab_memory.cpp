#include <troupe/detail/slab_memory.hpp>

#include <sys/mman.h>
#include <atomic>
#include <cstdint>
#include <new>

namespace troupe::detail {

namespace {

// A leak checker looks for pointers in the heap only.
#if defined(__has_feature) && __has_feature(address_sanitizer)
constexpr bool from_heap = true;
#else
constexpr bool from_heap = false;
#endif

constinit std::atomic<std::size_t> mapped{0};

/// Aligned to its size, for a system that gives huge pages to everybody: maps twice as much, and
/// gives back what is around.
std::byte* map_large_slab() {
  void* const whole =
      mmap(nullptr, 2 * large_slab, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) throw std::bad_alloc();
  const auto begin = reinterpret_cast<std::uintptr_t>(whole);
  const std::size_t before = (large_slab - begin % large_slab) % large_slab;
  auto* const aligned = static_cast<std::byte*>(whole) + before;
  if (before != 0) munmap(whole, before);
  munmap(aligned + large_slab, large_slab - before);
  mapped.fetch_add(large_slab, std::memory_order_relaxed);
  return aligned;
}

}  // namespace

slab take_slab(std::size_t taken, std::size_t alignment) {
  if (!from_heap && taken >= large_slab) return {map_large_slab(), large_slab};
  void* const memory = ::operator new(small_slab, std::align_val_t{alignment});
  return {static_cast<std::byte*>(memory), small_slab};
}

std::size_t mapped_slab_bytes() noexcept { return mapped.load(std::memory_order_relaxed); }

}  // namespace troupe::detail

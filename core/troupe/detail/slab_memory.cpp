#include <troupe/detail/slab_memory.hpp>

#include <sys/mman.h>
#include <new>

namespace troupe::detail {

slab take_slab(std::size_t taken) {
  constexpr std::size_t cache_line = 64;
  if (taken < large_slab) {
    void* const memory = ::operator new(small_slab, std::align_val_t{cache_line});
    return {static_cast<std::byte*>(memory), small_slab};
  }
  void* const memory = ::operator new(large_slab, std::align_val_t{large_slab});
  madvise(memory, large_slab, MADV_HUGEPAGE);  // where there are none, small ones will do
  return {static_cast<std::byte*>(memory), large_slab};
}

}  // namespace troupe::detail

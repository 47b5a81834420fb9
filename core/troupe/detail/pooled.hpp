#pragma once

// Objects from the frame pool: for what is made and gone with every spawn, call or deadline, so
// that steady state takes nothing from the heap.

#include <troupe/detail/frame_pool.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace troupe::detail {

/// Base class: `new` and `delete` of the derived class use the pool. Delete it as what it is.
struct pooled {
  static void* operator new(std::size_t size) { return frame_alloc(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { frame_free(memory, size); }
};

/// For std::allocate_shared.
template <class T>
struct pool_allocator {
  using value_type = T;

  pool_allocator() noexcept = default;
  template <class U>
  pool_allocator(const pool_allocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(frame_alloc(count * sizeof(T), alignment));
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    frame_free(memory, count * sizeof(T), alignment);
  }

  static constexpr std::size_t alignment =
      alignof(T) <= frame_grain ? frame_grain : frame_alignment;

  template <class U>
  bool operator==(const pool_allocator<U>&) const noexcept {
    return true;
  }
};

template <class T, class... Args>
std::shared_ptr<T> make_pooled(Args&&... args) {
  return std::allocate_shared<T>(pool_allocator<T>(), std::forward<Args>(args)...);
}

}  // namespace troupe::detail

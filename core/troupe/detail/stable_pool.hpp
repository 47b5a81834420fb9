#pragma once

// Objects in memory that is never given back and never used for anything but objects of their type:
// whoever holds a pointer too long finds another one of the kind there, never something else. Each
// thread keeps a few free ones; the rest is in a depot.
//
// T has a member `T* next`, for the list of free ones. Made in slabs, constructed once. A slab is
// aligned to its size and begins with its number: so an object's place among all that were ever
// made, its index, follows from its address.

#include <troupe/detail/slab_memory.hpp>
#include <troupe/detail/spin_lock.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace troupe::detail {

template <class T>
class stable_pool {
 public:
  /// Threads: any. Cost: a few ns, no locked operation, unless the thread has none left.
  static T& take() {
    cache& mine = own;
    if (mine.free == nullptr) mine.refill();
    // refill() leaves at least one.
    T& taken = *mine.free;   // NOLINT(clang-analyzer-core.NullDereference)
    mine.free = taken.next;  // NOLINT(clang-analyzer-core.NullDereference)
    --mine.count;
    taken.next = nullptr;
    return taken;
  }
  static void give(T& unused) noexcept {
    cache& mine = own;
    unused.next = mine.free;
    mine.free = &unused;
    if (++mine.count > 2 * batch) mine.give_back(batch);
  }

  /// All that were ever made, free ones too. The pool goes on meanwhile.
  template <class Visit>
  static void for_each(Visit visit) {
    depot& central = all();
    for (std::size_t next = 0;; ++next) {
      slab_head* slab = nullptr;  // never given back
      {
        const std::lock_guard held(central.lock);
        if (next == central.slabs.size()) return;
        slab = central.slabs[next];
      }
      for (std::size_t i = 0; i != slab_length; ++i) visit(first_of(*slab)[i]);
    }
  }
  /// The one with this index, null if there is none.
  static T* find(std::uint32_t index) noexcept {
    depot& central = all();
    const std::lock_guard held(central.lock);
    const std::size_t slab = index / slab_length;
    return slab < central.slabs.size() ? first_of(*central.slabs[slab]) + index % slab_length
                                       : nullptr;
  }
  static std::uint32_t index_of(const T& one) noexcept {
    return static_cast<std::uint32_t>(slab_of(one).number * slab_length +
                                      (offset_of(one) - sizeof(slab_head)) / sizeof(T));
  }

  /// The same for who needs no small numbers, and wants them sooner. Never 0.
  static std::uint32_t place_of(const T& one) noexcept {
    return static_cast<std::uint32_t>(slab_of(one).number * places + offset_of(one) / alignof(T));
  }
  static T* at_place(std::uint32_t place) noexcept {
    depot& central = all();
    const std::lock_guard held(central.lock);
    auto* const slab = reinterpret_cast<std::byte*>(central.slabs[place / places]);
    return reinterpret_cast<T*>(slab + place % places * alignof(T));
  }

 private:
  struct slab_head {
    std::size_t number;  // of all slabs
  };
  static constexpr std::size_t slab_size = std::size_t{16} * 1024;
  static constexpr std::size_t slab_length = (slab_size - sizeof(slab_head)) / sizeof(T);
  static constexpr std::size_t places = slab_size / alignof(T);
  static constexpr std::size_t batch = 64;
  static_assert(slab_size <= small_slab && alignof(T) <= alignof(slab_head));

  static std::size_t offset_of(const T& one) noexcept {
    return reinterpret_cast<std::uintptr_t>(&one) % slab_size;
  }
  static const slab_head& slab_of(const T& one) noexcept {
    return *reinterpret_cast<const slab_head*>(reinterpret_cast<const std::byte*>(&one) -
                                               offset_of(one));
  }
  static T* first_of(slab_head& slab) noexcept { return reinterpret_cast<T*>(&slab + 1); }

  struct depot {
    spin_lock lock;
    T* free = nullptr;
    std::vector<slab_head*> slabs;
    slab rest{};            // of the newest piece of memory
    std::size_t taken = 0;  // bytes, of all pieces
    void add_slab() {
      if (rest.size < slab_size) {
        rest = take_slab(taken, slab_size);
        taken += rest.size;
      }
      slabs.push_back(reinterpret_cast<slab_head*>(rest.memory));
      auto* const made = ::new (rest.memory) slab_head{slabs.size() - 1};
      T* const first = first_of(*made);
      std::uninitialized_default_construct_n(first, slab_length);
      for (std::size_t i = 0; i != slab_length; ++i) {
        first[i].next = free;
        free = &first[i];
      }
      rest.memory += slab_size;
      rest.size -= slab_size;
    }
  };
  static depot& all() {
    static auto* const only = new depot;  // outlives every thread's cache
    return *only;
  }

  struct cache {
    T* free = nullptr;
    std::size_t count = 0;

    cache() = default;
    cache(const cache&) = delete;
    cache& operator=(const cache&) = delete;
    ~cache() { give_back(count); }

    void refill() {
      depot& central = all();
      const std::lock_guard held(central.lock);
      if (central.free == nullptr) central.add_slab();
      for (; count != batch && central.free != nullptr; ++count) {
        T* one = central.free;
        central.free = one->next;
        one->next = free;
        free = one;
      }
    }
    void give_back(std::size_t many) {
      if (many == 0) return;
      depot& central = all();
      const std::lock_guard held(central.lock);
      for (; many != 0; --many, --count) {
        T* one = free;
        free = one->next;
        one->next = central.free;
        central.free = one;
      }
    }
  };
  static inline thread_local cache own;
};

}  // namespace troupe::detail

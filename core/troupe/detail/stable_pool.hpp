#pragma once

// Objects in memory that is never given back and never used for anything but objects of their type:
// whoever holds a pointer too long finds another one of the kind there, never something else. Each
// thread keeps a few free ones; the rest is in a depot.
//
// T has a member `T* next`, for the list of free ones, and may have a `std::uint32_t index`, which
// is then set once to its place among all that were ever made. Made in slabs, constructed once.

#include <troupe/detail/spin_lock.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
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
    if (++mine.count > cache_limit) mine.give_back(slab_size);
  }

  /// All that were ever made, free ones too. The pool goes on meanwhile.
  template <class Visit>
  static void for_each(Visit visit) {
    depot& central = all();
    for (std::size_t next = 0;; ++next) {
      T* slab = nullptr;  // never given back
      {
        const std::lock_guard held(central.lock);
        if (next == central.slabs.size()) return;
        slab = central.slabs[next].get();
      }
      for (std::size_t i = 0; i != slab_size; ++i) visit(slab[i]);
    }
  }
  /// The one with this index, null if there is none.
  static T* find(std::uint32_t index) noexcept {
    depot& central = all();
    const std::lock_guard held(central.lock);
    const std::size_t slab = index / slab_size;
    return slab < central.slabs.size() ? &central.slabs[slab][index % slab_size] : nullptr;
  }

 private:
  static constexpr std::size_t slab_size = 64;
  static constexpr std::size_t cache_limit = 2 * slab_size;

  struct depot {
    spin_lock lock;
    T* free = nullptr;
    std::vector<std::unique_ptr<T[]>> slabs;
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
      if (central.free == nullptr) add_slab(central);
      for (; count != slab_size && central.free != nullptr; ++count) {
        T* one = central.free;
        central.free = one->next;
        one->next = free;
        free = one;
      }
    }
    static void add_slab(depot& central) {
      auto slab = std::make_unique<T[]>(slab_size);
      for (std::size_t i = 0; i != slab_size; ++i) {
        if constexpr (requires { slab[i].index; }) {
          slab[i].index = static_cast<std::uint32_t>(central.slabs.size() * slab_size + i);
        }
        slab[i].next = central.free;
        central.free = &slab[i];
      }
      central.slabs.push_back(std::move(slab));
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

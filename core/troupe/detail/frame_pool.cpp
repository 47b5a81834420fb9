#include <troupe/detail/frame_pool.hpp>

#include <troupe/detail/slab_memory.hpp>
#include <troupe/detail/spin_lock.hpp>

#include <mutex>
#include <vector>

namespace troupe::detail {

thread_local constinit frame_cache frames{};

namespace {

struct frame_depot {
  struct shelf {
    spin_lock lock;
    free_block* first = nullptr;
    slab rest{};                    // of the newest slab, not cut into blocks yet
    std::size_t taken = 0;          // bytes, of all slabs
    std::vector<std::byte*> slabs;  // for leak checkers: blocks that are in use point at none
  };
  std::array<shelf, frame_classes> shelves;
};

frame_depot& depot() {
  static auto* const only = new frame_depot;  // outlives every thread's cache
  return *only;
}

void move_to_depot(std::size_t size_class, std::size_t many) noexcept {
  frame_cache::list& list = frames.lists[size_class];
  if (many == 0) return;
  free_block* const first = list.first;
  free_block* last = first;
  for (std::size_t i = 1; i != many; ++i) last = last->next;
  list.first = last->next;
  list.count -= many;
  auto& shelf = depot().shelves[size_class];
  const std::lock_guard held(shelf.lock);
  last->next = shelf.first;
  shelf.first = first;
}

constexpr std::size_t cache_limit(std::size_t size_class) noexcept {
  constexpr std::size_t bytes_a_class = std::size_t{128} * 1024;
  return bytes_a_class / ((size_class + 1) * frame_grain);
}

// This thread's blocks have gone to the depot; what other thread_local objects free later follows.
thread_local constinit bool ended = false;

struct return_at_exit {
  return_at_exit() = default;
  return_at_exit(const return_at_exit&) = delete;
  return_at_exit& operator=(const return_at_exit&) = delete;
  ~return_at_exit() {
    ended = true;
    for (std::size_t i = 0; i != frame_classes; ++i) {
      move_to_depot(i, frames.lists[i].count);
      frames.lists[i].limit = 0;
    }
  }
};
thread_local return_at_exit at_exit;

void open_cache() noexcept {
  if (ended || frames.lists[0].limit != 0) return;
  for (std::size_t i = 0; i != frame_classes; ++i) frames.lists[i].limit = cache_limit(i);
  static_cast<void>(&at_exit);
}

}  // namespace

void* frame_alloc_slow(std::size_t size_class) {
  open_cache();
  const std::size_t size = (size_class + 1) * frame_grain;
  frame_cache::list& list = frames.lists[size_class];
  const std::size_t batch = list.limit / 2;
  auto& shelf = depot().shelves[size_class];
  const std::lock_guard held(shelf.lock);
  if (shelf.first == nullptr) {
    if (shelf.rest.size < size) {
      shelf.rest = take_slab(shelf.taken);
      shelf.taken += shelf.rest.size;
      shelf.slabs.push_back(shelf.rest.memory);
    }
    // Not more than a batch at a time: what is not needed yet is not touched.
    for (std::size_t i = 0; i <= batch && shelf.rest.size >= size; ++i) {
      shelf.first = ::new (shelf.rest.memory) free_block{shelf.first};
      shelf.rest.memory += size;
      shelf.rest.size -= size;
    }
  }
  free_block* const taken = shelf.first;
  shelf.first = taken->next;
  while (list.count != batch && shelf.first != nullptr) {
    free_block* const one = shelf.first;
    shelf.first = one->next;
    one->next = list.first;
    list.first = one;
    ++list.count;
  }
  return taken;
}

void frame_free_slow(void* memory, std::size_t size_class) noexcept {
  open_cache();
  frame_cache::list& list = frames.lists[size_class];
  list.first = ::new (memory) free_block{list.first};
  ++list.count;
  if (list.count > list.limit) move_to_depot(size_class, list.count - list.limit / 2);
}

}  // namespace troupe::detail

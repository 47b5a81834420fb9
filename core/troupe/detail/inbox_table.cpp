#include <troupe/detail/inbox_table.hpp>

#include <troupe/detail/frame_pool.hpp>

#include <algorithm>
#include <new>
#include <span>

namespace troupe::detail {

// A place is null where it is free. One at least is not.
struct inbox_table::block {
  std::size_t size;  // in places, which follow

  [[nodiscard]] std::span<inbox_core*> places() noexcept {
    return {reinterpret_cast<inbox_core**>(this + 1), size};
  }

  static block* make(std::size_t size) noexcept {
    try {
      return ::new (frame_alloc(bytes(size), alignof(block))) block{size};
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  static void free(block* gone) noexcept { frame_free(gone, bytes(gone->size), alignof(block)); }

 private:
  static std::size_t bytes(std::size_t size) noexcept {
    return sizeof(block) + size * sizeof(inbox_core*);
  }
};

inbox_table::block* inbox_table::more() const noexcept {
  const std::uintptr_t word = word_.load(std::memory_order_relaxed);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
  return (word & is_block) != 0 ? reinterpret_cast<block*>(word & ~is_block) : nullptr;
}

inbox_core* inbox_table::only() const noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, as there is no block
  return reinterpret_cast<inbox_core*>(word_.load(std::memory_order_relaxed));
}

inbox_core* inbox_table::at(std::size_t place) const noexcept {
  if (block* const there = more()) {
    return place < there->size ? there->places()[place] : nullptr;
  }
  return place == 0 ? only() : nullptr;
}

inbox_core* inbox_table::any() const noexcept {
  block* const there = more();
  if (there == nullptr) return only();
  return *std::ranges::find_if(there->places(),
                               [](const inbox_core* one) { return one != nullptr; });
}

bool inbox_table::grow(std::size_t most) noexcept {
  block* const old = more();
  const std::size_t before = old != nullptr ? old->size : 1;
  if (before >= most) return false;
  block* const made = block::make(2 * before);
  if (made == nullptr) return false;
  const auto places = made->places();
  std::ranges::fill(places, nullptr);
  if (old != nullptr) {
    std::ranges::copy(old->places(), places.begin());
    block::free(old);
  } else {
    places.front() = only();
  }
  set(reinterpret_cast<std::uintptr_t>(made) | is_block);
  return true;
}

std::size_t inbox_table::add(inbox_core& one, std::size_t most) noexcept {
  if (word_.load(std::memory_order_relaxed) == 0) {
    set(reinterpret_cast<std::uintptr_t>(&one));
    return 0;
  }
  for (;;) {
    if (block* const there = more()) {
      const auto places = there->places();
      const auto free = std::ranges::find(places, nullptr);
      if (free != places.end()) {
        *free = &one;
        return static_cast<std::size_t>(free - places.begin());
      }
    }
    if (!grow(most)) return no_place;
  }
}

void inbox_table::take_out(std::size_t place) noexcept {
  block* const there = more();
  if (there == nullptr) return set(0);
  const auto places = there->places();
  places[place] = nullptr;
  if (std::ranges::any_of(places, [](const inbox_core* one) { return one != nullptr; })) return;
  block::free(there);
  set(0);
}

void inbox_table::close_up(const inbox_core& gone) noexcept {
  if (block* const there = more()) {
    const auto places = there->places();
    const auto from = std::ranges::find(places, &gone);
    std::ranges::rotate(from, from + 1, places.end());
    take_out(places.size() - 1);
  } else {
    set(0);
  }
}

}  // namespace troupe::detail

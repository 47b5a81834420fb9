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

inbox_table::block& inbox_table::more() const noexcept {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
  return *reinterpret_cast<block*>(word_.load(std::memory_order_relaxed) & ~is_block);
}

inbox_core* inbox_table::at_more(std::size_t place) const noexcept {
  const auto places = more().places();
  return place < places.size() ? places[place] : nullptr;
}

inbox_core* inbox_table::any_of_more() const noexcept {
  return *std::ranges::find_if(more().places(),
                               [](const inbox_core* one) { return one != nullptr; });
}

bool inbox_table::grow(std::size_t most) noexcept {
  block* const old = has_block() ? &more() : nullptr;
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
    if (has_block()) {
      const auto places = more().places();
      const auto free = std::ranges::find(places, nullptr);
      if (free != places.end()) {
        *free = &one;
        return static_cast<std::size_t>(free - places.begin());
      }
    }
    if (!grow(most)) return no_place;
  }
}

void inbox_table::take_out_of_more(std::size_t place) noexcept {
  block& there = more();
  const auto places = there.places();
  places[place] = nullptr;
  if (std::ranges::any_of(places, [](const inbox_core* one) { return one != nullptr; })) return;
  block::free(&there);
  set(0);
}

void inbox_table::close_up(const inbox_core& gone) noexcept {
  if (!has_block()) return set(0);
  const auto places = more().places();
  const auto from = std::ranges::find(places, &gone);
  std::ranges::rotate(from, from + 1, places.end());
  take_out_of_more(places.size() - 1);
}

}  // namespace troupe::detail

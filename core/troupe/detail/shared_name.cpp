#include <troupe/detail/shared_name.hpp>

#include <troupe/detail/pooled.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

namespace troupe::detail {

struct shared_name::block : pooled {
  explicit block(std::string&& its_text) noexcept : text(std::move(its_text)) {}
  std::atomic<std::uint32_t> references{1};
  const std::string text;
};

namespace {

using block = shared_name::block;

void retain(block& one) noexcept { one.references.fetch_add(1, std::memory_order_relaxed); }
void release(block& one) noexcept {
  // acq_rel pairs with itself: the last one has seen every other's reading as done.
  if (one.references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &one;
}

/// What one thread has named lately; keeps what it holds.
struct name_cache {
  constexpr name_cache() noexcept = default;
  name_cache(const name_cache&) = delete;
  name_cache& operator=(const name_cache&) = delete;
  ~name_cache() {
    ended = true;  // other thread_local objects may still name actors
    for (block*& one : places) {
      if (one != nullptr) release(*std::exchange(one, nullptr));
    }
  }
  block*& place_of(const std::string& text) noexcept {
    if (text.empty()) return places[0];
    // Names that are made alike mostly differ in their last letters.
    const auto last = static_cast<unsigned char>(text.back());
    const auto first = static_cast<unsigned char>(text.front());
    return places[(text.size() + last + std::size_t{3} * first) % places.size()];
  }

  std::array<block*, 16> places{};
  bool ended = false;
};
thread_local constinit name_cache recent{};

block* block_of(std::string&& text) {
  block*& place = recent.place_of(text);
  if (place != nullptr && place->text == text) {
    retain(*place);
    return place;
  }
  auto* const made = new block(std::move(text));
  if (!recent.ended) {
    retain(*made);
    if (block* const other = std::exchange(place, made)) release(*other);
  }
  return made;
}

}  // namespace

shared_name::shared_name(std::string&& text) : of_(block_of(std::move(text))) {}
shared_name::~shared_name() { release(*of_); }
const std::string& shared_name::text() const noexcept { return of_->text; }

}  // namespace troupe::detail

#include <troupe/detail/shared_name.hpp>

#include <troupe/detail/pooled.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace troupe::detail {

struct shared_name::block : pooled {
  explicit block(std::string&& its_text) noexcept : text(std::move(its_text)) {}
  std::atomic<std::uint32_t> references{1};
  const std::string text;
};

namespace {

using block = shared_name::block;

void retain(block& one, std::uint32_t many) noexcept {
  one.references.fetch_add(many, std::memory_order_relaxed);
}
void release(block& one, std::uint32_t many) noexcept {
  // acq_rel pairs with itself: the last one has seen every other's reading as done.
  if (one.references.fetch_sub(many, std::memory_order_acq_rel) == many) delete &one;
}

/// A name, and references to it that the thread has at hand: one of its own, and `spare` ones, so
/// that a name taken and given up on one thread costs no locked operation.
struct named_lately {
  block* of = nullptr;
  std::uint32_t spare = 0;
};
constexpr std::uint32_t batch = 64;

/// What one thread has named lately.
struct name_cache {
  constexpr name_cache() noexcept = default;
  name_cache(const name_cache&) = delete;
  name_cache& operator=(const name_cache&) = delete;
  ~name_cache() {
    ended = true;  // other thread_local objects may still name actors
    for (named_lately& one : places) forget(one);
  }
  static void forget(named_lately& one) noexcept {
    const auto [of, spare] = std::exchange(one, {});
    if (of != nullptr) release(*of, 1 + spare);
  }
  named_lately& place_of(const std::string& text) noexcept {
    if (text.empty()) return places[0];
    // Names that are made alike mostly differ in their last letters.
    const auto last = static_cast<unsigned char>(text.back());
    const auto first = static_cast<unsigned char>(text.front());
    return places[(text.size() + last + std::size_t{3} * first) % places.size()];
  }

  std::array<named_lately, 16> places{};
  bool ended = false;
};
thread_local constinit name_cache recent{};

/// Reads both as they are mostly written, from the front and nothing twice: a text that has just
/// been made is still in the store buffer, from where only what one store has written can be read.
bool same(const std::string& one, const std::string& other) noexcept {
  const std::size_t size = one.size();
  if (other.size() != size) return false;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= size; at += sizeof(std::uint64_t)) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, one.data() + at, sizeof left);
    std::memcpy(&right, other.data() + at, sizeof right);
    if (left != right) return false;
  }
  for (; at != size; ++at) {
    if (one[at] != other[at]) return false;
  }
  return true;
}

block* block_of(std::string&& text) {
  named_lately& place = recent.place_of(text);
  if (place.of != nullptr && same(place.of->text, text)) {
    if (place.spare == 0) {
      retain(*place.of, batch);
      place.spare = batch;
    }
    --place.spare;
    return place.of;
  }
  auto* const made = new block(std::move(text));
  if (!recent.ended) {
    retain(*made, 1);
    name_cache::forget(place);
    place.of = made;
  }
  return made;
}

void give_back(block& one) noexcept {
  named_lately& place = recent.place_of(one.text);
  if (place.of != &one) return release(one, 1);
  if (++place.spare <= 2 * batch) return;
  place.spare -= batch;
  release(one, batch);
}

}  // namespace

shared_name::shared_name(std::string&& text) : of_(block_of(std::move(text))) {}
shared_name::~shared_name() { give_back(*of_); }
const std::string& shared_name::text() const noexcept { return of_->text; }

}  // namespace troupe::detail

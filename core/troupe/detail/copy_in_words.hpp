#pragma once

// Messages are copied soon after they were written, and read soon after they were copied. A
// processor hands a load what a store before it has put into its store buffer only where that one
// store has all of it: to read as a whole what was written in parts waits until the parts are in
// the cache, a few nanoseconds. Compilers copy two words at once, through a vector register, where
// they are free to; values, however, are mostly written word by word, as they come from registers.
// So small messages are copied in words.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace troupe::detail {

/// Longer ones are copied faster than they wait.
inline constexpr std::size_t longest_copy_in_words = 8 * sizeof(std::uint64_t);

template <class Word>
[[gnu::always_inline]] inline void copy_word(void* to, const void* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  asm("" : "+r"(word));  // not to be put together with the next
  std::memcpy(to, &word, sizeof word);
}

template <std::size_t Size>
[[gnu::always_inline]] inline void copy_in_words(void* to, const void* from) noexcept {
  auto* const into = static_cast<std::byte*>(to);
  const auto* const out_of = static_cast<const std::byte*>(from);
  if constexpr (Size >= 8) {
    copy_word<std::uint64_t>(to, from);
    if constexpr (Size > 8) copy_in_words<Size - 8>(into + 8, out_of + 8);
  } else if constexpr (Size >= 4) {
    copy_word<std::uint32_t>(to, from);
    if constexpr (Size > 4) copy_in_words<Size - 4>(into + 4, out_of + 4);
  } else {
    std::memcpy(to, from, Size);
  }
}

/// Move-constructs a T at `to`. `from` lives on.
template <class T>
[[gnu::always_inline]] inline void move_construct(void* to, T& from) noexcept {
  if constexpr (std::is_trivially_copyable_v<T> && sizeof(T) > sizeof(std::uint64_t) &&
                sizeof(T) <= longest_copy_in_words) {
    copy_in_words<sizeof(T)>(to, &from);  // which begins the life of such a type
  } else {
    ::new (to) T(std::move(from));
  }
}

}  // namespace troupe::detail

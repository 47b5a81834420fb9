#pragma once

// Whether two values can be compared. std::equality_comparable says yes of a std::vector of
// anything, and of pairs and tuples: here their elements count too.

#include <concepts>
#include <tuple>
#include <utility>

namespace troupe {

/// May be specialised, for a container of one's own of elements without `==`.
template <class V>
inline constexpr bool has_equality = std::equality_comparable<V>;

template <class V>
  requires requires { typename V::value_type; } && (!std::same_as<typename V::value_type, V>)
inline constexpr bool has_equality<V> =
    std::equality_comparable<V> && has_equality<typename V::value_type>;

template <class First, class Second>
inline constexpr bool has_equality<std::pair<First, Second>> =
    has_equality<First> && has_equality<Second>;
template <class... Elements>
inline constexpr bool has_equality<std::tuple<Elements...>> = (has_equality<Elements> && ...);

}  // namespace troupe

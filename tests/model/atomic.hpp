#pragma once

// The atomic that model programs use in place of std::atomic: each operation is a point where the
// explorer may let another thread go on.

#include <atomic>
#include <concepts>

#include "explorer.hpp"

namespace model {

template <class T>
class atomic {
  using order = std::memory_order;
  static constexpr order seq_cst = std::memory_order_seq_cst;

 public:
  atomic() = default;
  atomic(T v) : value_(v) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(order = seq_cst) const {
    detail::point(this, detail::access::read);
    return value_;
  }
  void store(T v, order = seq_cst) { exchange(v); }
  T exchange(T v, order = seq_cst) {
    return update([v](T) { return v; });
  }
  bool compare_exchange_strong(T& expected, T desired, order = seq_cst, order = seq_cst) {
    const T wanted = expected;
    expected = update([=](T old) { return old == wanted ? desired : old; });
    return expected == wanted;
  }
  bool compare_exchange_weak(T& expected, T desired, order = seq_cst, order = seq_cst) {
    return compare_exchange_strong(expected, desired);
  }
  T fetch_add(T n, order = seq_cst)
    requires std::integral<T>
  {
    return update([n](T old) { return static_cast<T>(old + n); });
  }
  T fetch_sub(T n, order = seq_cst)
    requires std::integral<T>
  {
    return update([n](T old) { return static_cast<T>(old - n); });
  }
  T fetch_or(T n, order = seq_cst)
    requires std::integral<T>
  {
    return update([n](T old) { return static_cast<T>(old | n); });
  }
  T fetch_and(T n, order = seq_cst)
    requires std::integral<T>
  {
    return update([n](T old) { return static_cast<T>(old & n); });
  }

 private:
  template <class F>
  T update(F f) {
    detail::point(this, detail::access::write);
    const T old = value_;
    value_ = f(old);
    if (value_ != old) detail::changed();
    return old;
  }

  T value_{};
};

}  // namespace model

#pragma once

// An atomic that one model thread writes through a store buffer, as a core does: its store reaches
// the memory that others see when the explorer lets a thread of its own, drain(), carry it there,
// which may be long after its later loads. So a protocol that leaves a barrier out is found out,
// and one that calls for the barrier from elsewhere (membarrier) can be shown to hold.
//
// As in the protocols that are modelled, only the owner loads relaxed, and sees its own newest
// store; a load with any other order sees memory. It shares plain data between threads: explore
// with max_preemptions, which turns the reduction off.

#include <array>
#include <atomic>
#include <cstddef>

#include "atomic.hpp"
#include "explorer.hpp"

namespace model {

template <class T>
class buffered_atomic {
  using order = std::memory_order;

 public:
  buffered_atomic() = default;
  buffered_atomic(T v) : newest_(v), memory_(in_memory{v, 0}) {}

  T load(order how = std::memory_order_seq_cst) const {
    return how == std::memory_order_relaxed ? newest_ : memory_.load().value;
  }
  void store(T v, order = std::memory_order_seq_cst) {
    newest_ = v;
    if (!in_model_thread()) return memory_.store({v, 0});
    check(stored_ < pending_.size(), "buffered_atomic: too many stores");
    pending_[stored_++] = v;
    put_.store(stored_);
  }
  /// A locked instruction: its store is in memory before anything after it.
  T exchange(T v, order = std::memory_order_seq_cst) {
    const T before = newest_;
    store(v);
    barrier();
    return before;
  }

  /// What makes the owner's core pass a full barrier does: waits until all it has stored is in
  /// memory. Any thread.
  void barrier() const {
    const std::size_t all = stored_;
    while (memory_.load().stores < all) pause();
  }
  /// The owner, at its end, where nobody knows how often it stores: so that drain() ends.
  void close() { put_.store(stored_ | closed); }
  /// The body of a thread: carries `many` stores to memory, in their order, or those before
  /// close().
  void drain(std::size_t many = closed) {
    for (std::size_t i = 0; i != many; ++i) {
      std::size_t put = put_.load();
      for (; put == i; put = put_.load()) pause();
      if (put == (i | closed)) return;
      memory_.store({pending_[i], i + 1});
    }
  }

 private:
  static constexpr std::size_t closed = ~(~std::size_t{0} >> 1);

  static bool in_model_thread() {
    return detail::engine::active != nullptr && detail::engine::active->in_thread();
  }

  struct in_memory {
    T value{};
    std::size_t stores = 0;  // for those who wait: a store need not change the value
    bool operator==(const in_memory&) const = default;
  };

  T newest_{};  // the owner's
  atomic<in_memory> memory_{};
  std::array<T, 16> pending_{};
  std::size_t stored_ = 0;
  atomic<std::size_t> put_{0};  // stored_, and closed
};

}  // namespace model

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
  buffered_atomic(T v) : newest_(v), memory_(v) {}

  T load(order how = std::memory_order_seq_cst) const {
    return how == std::memory_order_relaxed ? newest_ : memory_.load();
  }
  void store(T v, order = std::memory_order_seq_cst) {
    newest_ = v;
    if (!in_model_thread()) return memory_.store(v);
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
    while (taken_.load() < all) pause();
  }
  /// The owner, at its end, where it has stored as often as it happened: so that drain() ends.
  void fill_up(std::size_t many) {
    while (stored_ < many) store(newest_);
  }
  /// The body of a thread: carries `many` stores to memory, in their order.
  void drain(std::size_t many) {
    for (std::size_t i = 0; i != many; ++i) {
      while (put_.load() == i) pause();
      memory_.store(pending_[i]);
      taken_.store(i + 1);
    }
  }

 private:
  static bool in_model_thread() {
    return detail::engine::active != nullptr && detail::engine::active->in_thread();
  }

  T newest_{};  // the owner's
  atomic<T> memory_{};
  std::array<T, 16> pending_{};
  std::size_t stored_ = 0;
  // For those who wait: a store need not change the value.
  atomic<std::size_t> put_{0};    // stored_
  atomic<std::size_t> taken_{0};  // in memory
};

}  // namespace model

#pragma once

// A 4-ary min-heap of timers that live in their owners' memory. Each node knows its place, so that
// it can be taken out in O(log n); the keys lie next to each other. Memory grows to the most timers
// there ever were and stays: nothing is allocated in steady state. Not synchronised.

#include <troupe/clock.hpp>
#include <troupe/detail/timer_node.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::internal {

class timer_heap {
 public:
  using timer_node = detail::timer_node;

  /// O(log n). The node must not be in a heap.
  void insert(timer_node& node) {
    node.sequence = next_sequence_++;
    entries_.push_back({node.deadline, node.sequence, &node});
    rise(entries_.size() - 1);
  }

  /// O(log n). False: it is not in the heap.
  bool erase(timer_node& node) noexcept {
    if (node.index == timer_node::npos) return false;
    take_out(node.index);
    return true;
  }

  /// The earliest timer whose deadline has come, taken out; null if there is none.
  timer_node* pop_due(time_point now) noexcept {
    if (entries_.empty() || entries_.front().deadline > now) return nullptr;
    timer_node* const due = entries_.front().node;
    take_out(0);
    return due;
  }

  /// `never` if there is no timer.
  [[nodiscard]] time_point next_deadline() const noexcept {
    return entries_.empty() ? never : entries_.front().deadline;
  }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  static constexpr std::size_t arity = 4;

  struct entry {
    time_point deadline;
    std::uint64_t sequence;
    timer_node* node;

    [[nodiscard]] bool before(const entry& other) const noexcept {
      return deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence;
    }
  };

  void put(std::size_t at, const entry& one) noexcept {
    entries_[at] = one;
    one.node->index = static_cast<std::uint32_t>(at);
  }

  void rise(std::size_t at) noexcept {
    const entry moving = entries_[at];
    while (at != 0) {
      const std::size_t parent = (at - 1) / arity;
      if (!moving.before(entries_[parent])) break;
      put(at, entries_[parent]);
      at = parent;
    }
    put(at, moving);
  }

  void sink(std::size_t at) noexcept {
    const entry moving = entries_[at];
    for (;;) {
      const std::size_t first = at * arity + 1;
      if (first >= entries_.size()) break;
      std::size_t least = first;
      for (std::size_t i = first + 1; i < first + arity && i < entries_.size(); ++i) {
        if (entries_[i].before(entries_[least])) least = i;
      }
      if (!entries_[least].before(moving)) break;
      put(at, entries_[least]);
      at = least;
    }
    put(at, moving);
  }

  void take_out(std::size_t at) noexcept {
    entries_[at].node->index = timer_node::npos;
    const entry last = entries_.back();
    entries_.pop_back();
    if (at == entries_.size()) return;
    put(at, last);
    if (at != 0 && last.before(entries_[(at - 1) / arity])) {
      rise(at);
    } else {
      sink(at);
    }
  }

  std::vector<entry> entries_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace troupe::internal

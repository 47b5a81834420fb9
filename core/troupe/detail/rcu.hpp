#pragma once

// Read-copy-update in user space, for what is read millions of times a second and hardly ever
// changed: readers take no lock, execute no locked instruction and write no shared cache line; a
// writer publishes a new version, waits until nobody can see the old one, and destroys that.
// (Desnoyers, McKenney and others: User-level implementations of read-copy update, 2012; this is
// their "memb" flavour.)
//
// A global epoch counts the writers' waits. Each thread has a record with one word: 0 outside of
// sections, the epoch of its beginning inside of one.
//   reader: load the epoch, store it in the word; load the pointer; use what it points to; store 0.
//   writer: store the pointer; raise the epoch; make every thread pass a full barrier; wait until
//           each word is 0 or the new epoch.
// Why it holds: a reader's store of the word and its load of the pointer stand in program order,
// and its barrier either comes after both, or before the load. In the first case the writer sees
// the word, or that the section is over. In the second the load gives the new pointer. A word with
// the new epoch is of a section that loaded the epoch, and so the pointer, after the writer stored
// both. An epoch that was loaded long before it is stored only makes a writer wait in vain.
//
// Bit 0 of the word keeps its thread on the slow path, which is for
//   - a thread that has no record in the list yet: it is put there, and the bit cleared;
//   - a kernel without membarrier: the store of the word is sequentially consistent, and so are the
//     load of the pointer, the writer's store of it and the writer's look at the word, of which one
//     thereby sees the other's store;
//   - a thread whose record has left the list already, in destructors of its thread_local
//     objects: it holds the lock of the list, which a writer's look takes.
//
// Atomics: the word is written by its thread alone, always released. It pairs with the writer's
// acquire load: what the section, and those before it, have read is not destroyed before. The epoch
// is stored by a writer under the lock of the list, and acquired by readers: who sees it sees the
// pointer. The pointer is published and loaded with rcu_cell.
//
// A section is for a few instructions: it must not wait, and no fiber may be suspended inside it.
// Sections nest; the inner ones do nothing.

#include <atomic>
#include <cstdint>

namespace troupe::detail {

/// One thread's word. A template so that tests/model can explore it.
template <template <class> class Atomic = std::atomic>
class rcu_word {
 public:
  static constexpr std::uint64_t slow = 1;
  static constexpr std::uint64_t one_epoch = 2;

  [[nodiscard]] std::uint64_t load() const noexcept {
    return word_.load(std::memory_order_relaxed);
  }

  // Owner only, outside of sections.
  void enter(std::uint64_t epoch) noexcept {
    word_.store(epoch, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  void leave() noexcept { word_.store(0, std::memory_order_release); }
  void enter_slowly(std::uint64_t epoch) noexcept { word_.exchange(epoch | slow); }
  void leave_slowly() noexcept { word_.store(slow, std::memory_order_release); }

  /// For the model.
  [[nodiscard]] Atomic<std::uint64_t>& core() noexcept { return word_; }

  /// Any thread: waits until no section from before `epoch` is open.
  template <class Pause>
  void wait_for(std::uint64_t epoch, Pause pause) const {
    for (;;) {
      const std::uint64_t began = word_.load(std::memory_order_seq_cst) & ~slow;
      if (began == 0 || began >= epoch) return;
      pause();
    }
  }

 private:
  Atomic<std::uint64_t> word_{slow};
};

struct rcu_thread {
  rcu_word<> word;
  // A small number that no other thread has at the time; 0 before the first section. For whoever
  // keeps something for each thread.
  std::uint32_t index = 0;
  rcu_thread* next = nullptr;  // under the lock of the list
};
extern thread_local constinit rcu_thread rcu_self;
extern constinit std::atomic<std::uint64_t> rcu_epoch;

/// True: the section is on the fast path after all.
bool rcu_enter_slowly(std::uint64_t before) noexcept;
void rcu_leave_slowly(std::uint64_t before) noexcept;

/// A read-side section of the calling thread, from its construction to its end. Cost: two loads and
/// two stores, none of them to memory that another thread writes or, but for a writer, reads; the
/// first on a thread takes a lock.
class rcu_section {
 public:
  rcu_section() noexcept : before_(rcu_self.word.load()) {
    if (before_ != 0) [[unlikely]] {
      if (!rcu_enter_slowly(before_)) return;
      before_ = 0;
    }
    rcu_self.word.enter(rcu_epoch.load(std::memory_order_acquire));
  }
  rcu_section(const rcu_section&) = delete;
  rcu_section& operator=(const rcu_section&) = delete;
  ~rcu_section() {
    if (before_ != 0) [[unlikely]] {
      rcu_leave_slowly(before_);
    } else {
      rcu_self.word.leave();
    }
  }

 private:
  std::uint64_t before_;  // the word's value: not 0 inside another section or on the slow path
};

/// The same without the slow path, for where a call in the way would cost more than the section.
class rcu_quick_section {
 public:
  /// False: take an rcu_section. True holds until the next section.
  [[nodiscard]] static bool possible() noexcept { return rcu_self.word.load() == 0; }

  rcu_quick_section() noexcept { rcu_self.word.enter(rcu_epoch.load(std::memory_order_acquire)); }
  rcu_quick_section(const rcu_quick_section&) = delete;
  rcu_quick_section& operator=(const rcu_quick_section&) = delete;
  ~rcu_quick_section() { rcu_self.word.leave(); }
};

/// The pointer to the present version.
template <class T>
class rcu_cell {
 public:
  /// The writer's own view, outside of sections.
  [[nodiscard]] T* writer() const noexcept { return value_.load(std::memory_order_relaxed); }
  /// Inside a section: valid until its end. With publish, and for the slow path with the word.
  [[nodiscard]] T* load() const noexcept { return value_.load(std::memory_order_seq_cst); }
  /// One writer at a time. The version before may be destroyed after rcu_wait().
  void publish(T* next) noexcept { value_.store(next, std::memory_order_seq_cst); }

 private:
  std::atomic<T*> value_{nullptr};
};

/// Waits until every section of any thread that is open now has ended. Never inside a section.
/// Cost: a barrier on all threads, some microseconds; longer when a reader was preempted.
void rcu_wait() noexcept;

/// Whether the calling thread is inside a section.
[[nodiscard]] inline bool rcu_inside() noexcept {
  return (rcu_self.word.load() & ~rcu_word<>::slow) != 0;
}

}  // namespace troupe::detail

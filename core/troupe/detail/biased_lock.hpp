#pragma once

// A spin_lock that costs a thread that works alone no locked instruction: see lock_bias.hpp. For
// locks that an actor's every message takes, and that other threads take seldom: who does takes the
// bias of all of them. One byte. The thread has one lock at a time by the bias: one that is mostly
// taken inside of another gains nothing.
//
// Who has the bias: a worker that is the only one awake in its runtime (internal/worker.cpp). There
// is one bias in a process.
//
// Threads: any. Cost: about a nanosecond with the bias, one locked exchange without; some
// microseconds for who takes a lock while another thread has the bias, which that loses thereby.

#include <troupe/detail/lock_bias.hpp>
#include <troupe/detail/spin_lock.hpp>

#include <cstdint>

namespace troupe::detail {

using thread_locks = lock_holder<>;

/// The bias of all locks of the process.
inline constinit lock_bias<> bias_of_locks{};
/// The thread's, from getting the bias to giving it up; else null.
extern thread_local constinit thread_locks* my_locks;

/// From here on the thread may have the bias: until the object goes, on the same thread.
class bias_candidate {
 public:
  bias_candidate() noexcept;
  bias_candidate(const bias_candidate&) = delete;
  bias_candidate& operator=(const bias_candidate&) = delete;
  ~bias_candidate();

  /// Asks for the bias. False: somebody else has it, or there can be none. Cost: microseconds.
  static bool take() noexcept;
  /// Outside of all locks.
  static void give_up() noexcept;
  [[nodiscard]] static bool has_it() noexcept;
};

/// For who has the byte of a lock, while somebody has the bias: until nobody else holds the lock.
void settle_bias(std::uintptr_t lock) noexcept;

class biased_lock {
 public:
  constexpr biased_lock() noexcept = default;
  biased_lock(const biased_lock&) = delete;
  biased_lock& operator=(const biased_lock&) = delete;

  /// By what a thread holds a lock, for unlock(), which else looks it up. Null: by its byte.
  using holding = thread_locks*;

  holding lock() noexcept {
    thread_locks* const me = my_locks;
    if (me != nullptr && bias_of_locks.try_hold(*me, word(), [this] { return byte_.is_held(); }))
        [[likely]]
      return me;
    byte_.lock();
    if (bias_of_locks.is_on()) [[unlikely]]
      settle_bias(word());
    return nullptr;
  }
  void unlock(holding by) noexcept {
    if (by != nullptr) [[likely]]
      return lock_bias<>::let_go(*by);
    byte_.unlock();
  }
  void unlock() noexcept {
    thread_locks* const me = my_locks;
    if (me != nullptr && lock_bias<>::let_go(*me, word())) return;
    byte_.unlock();
  }

 private:
  [[nodiscard]] std::uintptr_t word() const noexcept {
    return reinterpret_cast<std::uintptr_t>(this);
  }

  spin_lock byte_;
};

}  // namespace troupe::detail

#pragma once

// A gate that one fiber at a time may be inside of, and a lock for a few dozen instructions, in one
// word: what serialises the writers of a pushed signal, and guards who listens to a signal.
//
// The gate is open while the signal runs. Whoever finds it shut or occupied waits, first come first
// served; leaving hands the place over to the first who waits. Being inside lasts as long as the
// update of the writer; it does not exclude those who hold the lock, which guards the list of
// waiters and whatever its user says.
//
// The word: the fiber that is inside, and the bits locked, shut and occupied. It is 0 when anybody
// may enter, and nobody waits then, since who waits found it shut or occupied, and is admitted when
// that changes. So entering is one compare-exchange, which may take the lock with it, and as only
// the holder changes a locked word, leaving with the lock held is a plain store: a value is
// published with one locked operation, or two if an update function runs in between.
//
// A thread that goes in and out often enough, with none in between, is given a bias
// (thread_bias.hpp): the word stays locked in its name, and its `held` says who is inside and
// whether it has the lock, without a locked operation. Whoever else wants in, or the lock, takes
// the bias away first, and so does who has to wait, or changes whether it is shut: while there is
// a bias nobody waits, and it is open. Such a place inside is for who does not suspend in it. Each
// time that it is taken away by another thread, it takes twice as many entries to get it again.
//
// A waiter is in the list until it is admitted (by leave, open or end, under the lock) or has
// given up (its context ended; it takes itself off). `calling` of one who waits names whoever is
// before him in the list, that of the first names who is inside, so that a circle of writers
// waiting for each other is found as one of callers is (call_cycle.hpp), and handing the gate over
// touches one fiber, however many wait.

#include <troupe/context.hpp>
#include <troupe/detail/call_cycle.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/thread_bias.hpp>
#include <troupe/error.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <optional>

namespace troupe::detail {

struct gate_waiter {
  enum class state : std::uint8_t { idle, waiting, admitted, refused };
  fiber* who = nullptr;
  std::uint64_t wait = 0;
  state is = state::idle;  // under the gate's lock
  gate_waiter* next = nullptr;
  gate_waiter* previous = nullptr;
};

class gate {
 public:
  gate() = default;
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  // --- the lock ---

  void lock() noexcept {
    if (bias_.is_of(me())) {
      const word_type before = bias_.held();
      if (bias_.hold(me(), before | locked)) return;
      bias_.put(before);
    }
    lock_unbiased();
  }
  void unlock() noexcept {
    if (has_biased_lock()) return bias_.put(bias_.held() & ~locked);
    set(word() & ~locked);
  }

  // --- the gate ---

  /// Enters if that needs no waiting: for who will not suspend inside.
  [[nodiscard]] bool try_enter() noexcept { return try_enter_often(occupied); }
  /// The same, and takes the lock. To be ended by leave_locked(), or unlock() and then leave().
  [[nodiscard]] bool try_enter_locked() noexcept { return try_enter_often(occupied | locked); }
  void leave() noexcept {
    if (bias_.is_of(me())) return leave_biased();
    lock();
    leave_locked();
  }
  /// By who is inside and holds the lock; opens it.
  void leave_locked() noexcept {
    if (has_biased_lock()) return leave_locked_quickly();
    if (first_ != nullptr) [[unlikely]]
      return leave_to_next();
    if (entries_ >= entries_wanted_) [[unlikely]]
      return leave_to_bias();
    set(word() & shut_bit);
  }

  // --- the same once more, for a thread that has the bias ---

  /// False: it has not entered.
  [[nodiscard]] bool enter_quickly() noexcept {
    if (!bias_.is_of(me()) || bias_.held() != 0) [[unlikely]]
      return false;
    if (bias_.hold(me(), address_of(current.running) | occupied)) [[likely]]
      return true;
    return give_up_entering();
  }
  /// True: it has the lock. False: there is no bias any more; it is inside, without the lock.
  [[nodiscard]] bool lock_quickly() noexcept {
    if (bias_.hold(me(), address_of(current.running) | occupied | locked)) [[likely]]
      return true;
    unlock_quickly();
    return false;
  }
  void unlock_quickly() noexcept { bias_.put(address_of(current.running) | occupied); }
  /// With the lock: whoever takes the bias away waits for it, and so does not find us inside.
  void leave_locked_quickly() noexcept { bias_.put(0); }

  /// Not ended any more: whoever comes now waits for open().
  void begin() noexcept;
  void open() noexcept;
  /// Nobody enters any more for the time being; whoever is inside goes on.
  void shut() noexcept;
  /// Shut for good, or until begin(): nobody waits any longer.
  void end() noexcept;

  class enter_awaiter;
  /// Awaitable -> result<>: inside. errc::actor_stopped once it has ended; errc::call_cycle if
  /// whoever is inside waits for us; the error of `ctx`, or of the fiber's own context.
  [[nodiscard]] enter_awaiter enter(const context* ctx) noexcept;

 private:
  using word_type = std::uintptr_t;
  static constexpr word_type locked = thread_bias<>::locked;
  static constexpr word_type shut_bit = 2;
  static constexpr word_type occupied = 4;
  static constexpr word_type bits = locked | shut_bit | occupied;
  // Taking a bias away costs as much as a thousand entries without one.
  static constexpr std::uint32_t entries_at_first = 16;
  static constexpr std::uint32_t entries_after_loss = 4096;
  static constexpr std::uint32_t never = ~0U;
  static_assert(alignof(fiber) > bits, "its address leaves room for the bits");

  [[nodiscard]] bool try_enter_often(word_type how) noexcept {
    if (bias_.is_of(me())) [[likely]] {
      if (bias_.held() != 0) return false;  // from inside an update
      if (bias_.hold(me(), address_of(current.running) | how)) [[likely]]
        return true;
      return enter_after_all(how);
    }
    if (!try_enter_as(how)) return false;
    count_entry();
    return true;
  }
  [[nodiscard]] bool try_enter_as(word_type how) noexcept {
    word_type seen = 0;
    if (word_.compare_exchange_strong(seen, address_of(current.running) | how)) [[likely]]
      return true;
    return seen == locked && enter_past_lock(how);
  }
  bool enter_past_lock(word_type how) noexcept;

  // --- the bias ---
  [[nodiscard]] static word_type me() noexcept { return reinterpret_cast<word_type>(&current); }
  [[nodiscard]] bool has_biased_lock() const noexcept {
    return bias_.was_given_to(me()) && (bias_.held() & locked) != 0;
  }
  void leave_biased() noexcept {
    if (!bias_.hold(me(), 0)) [[unlikely]]
      leave_after_all();
  }
  void leave_to_bias() noexcept;
  void count_entry() noexcept {
    entries_ = entered_last_ == me() ? entries_ + 1 : 1;
    entered_last_ = me();
  }
  bool enter_after_all(word_type how) noexcept;
  bool give_up_entering() noexcept;
  void leave_after_all() noexcept;
  bool try_take_bias() noexcept;

  /// The lock, and no bias.
  class unbiased_lock;
  void lock_unbiased() noexcept {
    if ((word_.fetch_or(locked) & locked) != 0) [[unlikely]]
      wait();
  }
  static word_type address_of(fiber* who) noexcept { return reinterpret_cast<word_type>(who); }
  void wait() noexcept;

  // --- with the lock held ---
  [[nodiscard]] word_type word() const noexcept { return word_.load(std::memory_order_relaxed); }
  void set(word_type to) noexcept { word_.store(to, std::memory_order_release); }
  [[nodiscard]] bool is(word_type what) const noexcept { return (word() & what) != 0; }
  [[nodiscard]] fiber* inside() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and bits
    return reinterpret_cast<fiber*>(word() & ~bits);
  }
  /// It stays locked.
  void enter_locked(fiber* who) noexcept;
  void leave_to_next() noexcept;
  void admit_first() noexcept;
  void link(gate_waiter& one) noexcept;
  void unlink(gate_waiter& one) noexcept;
  void tell_first(fiber* inside) noexcept;

  // seq_cst to lock and to enter, as spin_lock: protocols count on a full barrier. Release to
  // unlock and to leave.
  std::atomic<word_type> word_{shut_bit};
  thread_bias<> bias_;
  // Of entries by try_enter that the same thread made one after the other: by who is inside.
  word_type entered_last_ = 0;
  std::uint32_t entries_ = 0;
  std::uint32_t entries_wanted_ = entries_at_first;  // to be given a bias; under the lock
  bool ended_ = false;
  gate_waiter* first_ = nullptr;
  gate_waiter* last_ = nullptr;
};

class gate::enter_awaiter {
 public:
  enter_awaiter(gate& of, const context* ctx) noexcept : gate_(&of), ctx_(ctx) {}
  enter_awaiter(const enter_awaiter&) = delete;
  enter_awaiter& operator=(const enter_awaiter&) = delete;
  ~enter_awaiter();

  [[nodiscard]] bool await_ready() noexcept { return entered_ = gate_->try_enter_as(occupied); }
  bool await_suspend(std::coroutine_handle<> at);
  result<> await_resume();

 private:
  bool enqueue(fiber& self, std::uint64_t id);
  bool closes_cycle(fiber& self, std::uint64_t id);
  gate_waiter::state settle() noexcept;

  gate* gate_;
  const context* ctx_;
  bool entered_ = false;
  gate_waiter waiter_;
  context_link link_;
  std::optional<error> failure_;
};

inline gate::enter_awaiter gate::enter(const context* ctx) noexcept { return {*this, ctx}; }

/// Leaves the gate that one is inside of.
class gate_pass {
 public:
  explicit gate_pass(gate& of) noexcept : gate_(&of) {}
  gate_pass(const gate_pass&) = delete;
  gate_pass& operator=(const gate_pass&) = delete;
  ~gate_pass() {
    if (gate_ != nullptr) gate_->leave();
  }
  /// Somebody else leaves.
  void release() noexcept { gate_ = nullptr; }

 private:
  gate* gate_;
};

}  // namespace troupe::detail

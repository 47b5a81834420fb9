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
// A waiter is in the list until it is admitted (by leave, open or end, under the lock) or has
// given up (its context ended; it takes itself off). `calling` of one who waits names whoever is
// before him in the list, that of the first names who is inside, so that a circle of writers
// waiting for each other is found as one of callers is (call_cycle.hpp), and handing the gate over
// touches one fiber, however many wait.

#include <troupe/context.hpp>
#include <troupe/detail/call_cycle.hpp>
#include <troupe/detail/fiber.hpp>
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
    if ((word_.fetch_or(locked) & locked) != 0) [[unlikely]]
      wait();
  }
  void unlock() noexcept { set(word() & ~locked); }

  // --- the gate ---

  /// Enters if that needs no waiting.
  [[nodiscard]] bool try_enter() noexcept { return try_enter_as(occupied); }
  /// The same, and takes the lock. To be ended by leave_locked(), or unlock() and then leave().
  [[nodiscard]] bool try_enter_locked() noexcept { return try_enter_as(occupied | locked); }
  void leave() noexcept {
    lock();
    leave_locked();
  }
  /// By who is inside and holds the lock; opens it.
  void leave_locked() noexcept {
    if (first_ == nullptr) [[likely]]
      return set(word() & shut_bit);
    leave_to_next();
  }

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
  static constexpr word_type locked = 1;
  static constexpr word_type shut_bit = 2;
  static constexpr word_type occupied = 4;
  static constexpr word_type bits = locked | shut_bit | occupied;
  static_assert(alignof(fiber) > bits, "its address leaves room for the bits");

  [[nodiscard]] bool try_enter_as(word_type how) noexcept {
    word_type seen = 0;
    if (word_.compare_exchange_strong(seen, address_of(current.running) | how)) [[likely]]
      return true;
    return seen == locked && enter_past_lock(how);
  }
  bool enter_past_lock(word_type how) noexcept;
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

  [[nodiscard]] bool await_ready() noexcept { return entered_ = gate_->try_enter(); }
  bool await_suspend(std::coroutine_handle<> at);
  result<> await_resume();

 private:
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

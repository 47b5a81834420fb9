#pragma once

// A gate that one fiber at a time may be inside of: what serialises the writers of a pushed signal.
// It is open while the signal runs. Whoever finds it shut or occupied waits, first come first
// served; leaving hands the place over to the first who waits.
//
// A waiter is in the list until it is admitted (by leave, open or end, under the lock) or has
// given up (its context ended; it takes itself off). `calling` of one who waits names whoever is
// before him in the list, that of the first names who is inside, so that a circle of writers
// waiting for each other is found as one of callers is (call_cycle.hpp), and handing the gate over
// touches one fiber, however many wait.

#include <troupe/context.hpp>
#include <troupe/detail/call_cycle.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/error.hpp>

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

  /// Enters if that needs no waiting.
  [[nodiscard]] bool try_enter() noexcept;
  void leave() noexcept;

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
  void admit_first() noexcept;
  void link(gate_waiter& one) noexcept;
  void unlink(gate_waiter& one) noexcept;
  void set_inside(fiber* who) noexcept;

  spin_lock lock_;
  bool open_ = false;
  bool ended_ = false;
  bool occupied_ = false;
  fiber* inside_ = nullptr;
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
  ~gate_pass() { gate_->leave(); }

 private:
  gate* gate_;
};

}  // namespace troupe::detail

#pragma once

// The wish that a generated actor may stop, which anybody may utter at any time: it is heard before
// the next message, and wakes an actor that waits for one.
//
// The wait for messages pays one load for it. Its fiber is marked as being in its loop (in_loop_),
// parks under its lock, and looks at requested_ once more. stop() sets requested_, and
// looks under the same lock whether the fiber is parked with the mark set. Whichever of the two
// takes the lock second sees what the other has written. A fiber that waits inside a handler has
// no mark, and is left alone; a handler that is no coroutine does not wait, and leaves the mark.
//
// Between runs there is no fiber: a run announces its own before it first looks at requested_, and
// stop() reads the fiber after it has set requested_ (both seq_cst), so that one sees the other.

#include <troupe/detail/fiber.hpp>

#include <atomic>
#include <cstdint>

namespace troupe::generated {

/// What `fiber::fired` says when a wait ended because of a stop request.
inline constexpr std::uint16_t fired_stopped = detail::fired_canceled - 1;

class stop_request {
 public:
  /// Any thread. Harmless when repeated.
  void stop() noexcept;

  /// A run of the actor, on the running fiber.
  class run {
   public:
    explicit run(stop_request& of) noexcept : of_(&of) { of_->run_.store(detail::current.running); }
    run(const run&) = delete;
    run& operator=(const run&) = delete;
    ~run() {
      of_->in_loop_.store(false, std::memory_order_relaxed);
      of_->run_.store(nullptr);
    }

   private:
    stop_request* of_;
  };

  /// The actor: from now on it parks to wait for messages, or for something else.
  void enter_loop() noexcept { in_loop_.store(true, std::memory_order_relaxed); }
  void leave_loop() noexcept { in_loop_.store(false, std::memory_order_relaxed); }
  /// The actor has parked.
  void parked(detail::fiber& self) noexcept {
    if (requested()) [[unlikely]]
      wake(self);
  }
  [[nodiscard]] bool requested() const noexcept { return requested_.load(); }
  /// The run that stops for it takes it with it: the next run is another matter.
  void take() noexcept { requested_.store(false); }

 private:
  static void wake(detail::fiber& self) noexcept;

  std::atomic<bool> requested_{false};
  std::atomic<bool> in_loop_{false};  // the run's own; read under its fiber's lock
  std::atomic<detail::fiber*> run_{nullptr};
};

}  // namespace troupe::generated

#pragma once

// How long messages wait in an inbox, and how long their handlers take. Reading the clock for each
// message would cost as much as the message, so one in `sample_every` is timed; and the first that
// a worker sends after it has slept, so that a quiet program is not left without figures.
//
// The way of a timed message: whoever sends it notes the time, in the ring or, where the receiver
// is parked, in the record of its actor (`sample_at`, stage `received`). The receiver comes to it
// in receive_operation::end (stage `handling`) and is done with it at the next begin. Both times go
// to the record of its actor (actor_record.hpp). All of it is the receiver's own, or under the lock
// that guards the inbox.

#include <troupe/clock.hpp>
#include <troupe/detail/scheduler.hpp>

#include <cstdint>

namespace troupe::detail {

inline constexpr std::uint32_t sample_every = 256;

/// Counts a message that is being sent. True: it is to be timed.
inline bool sample_is_due() noexcept {
  if (--current.until_sample != 0) [[likely]]
    return false;
  current.until_sample = sample_every;
  return true;
}

/// The time on the clock of the receiver; where it is not known, on that of the calling thread.
[[nodiscard]] time_point sample_clock(const fiber* receiver) noexcept;

/// The receiver has come to the timed message, or is done with it. Owner only.
void sample_received(fiber& self) noexcept;
void sample_handled(fiber& self) noexcept;

}  // namespace troupe::detail

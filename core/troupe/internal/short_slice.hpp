#pragma once

// A thread that sleeps until it is woken asks the kernel for short slices of the processor's time.
//
// Who wakes a sleeping worker often runs on the processor the worker is given. The kernel lets the
// worker take over at once if its turn is due first, and a turn is due the sooner the shorter the
// slice that was asked for; without that, the worker waits until the waker has gone to sleep. The
// share of the processor stays the same: shorter turns, more of them. See docs/decisions/0028.
//
// Source: Linux, Documentation/scheduler/sched-eevdf.rst; sched_setattr(2), `sched_runtime`.

#include <troupe/clock.hpp>

namespace troupe::internal {

/// What a worker asks for. The kernel's own is 0.7 to 2.8 ms, by the number of processors.
inline constexpr duration short_slice = std::chrono::microseconds(300);

/// For the calling thread. Policy and nice value stay as they are. Nothing happens where the kernel
/// knows no slices (before 6.12, or another policy than the normal ones), where the thread has
/// shorter ones already, or where a sandbox forbids it.
void ask_for_short_slices() noexcept;

}  // namespace troupe::internal

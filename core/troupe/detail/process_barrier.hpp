#pragma once

// A full memory barrier on every thread of the process, called for by one of them: Linux's
// membarrier. It lets a protocol between one side that runs all the time and one that hardly ever
// does put the whole cost on the second. The first makes do with plain stores and loads in program
// order (std::atomic_signal_fence), as if a full barrier stood wherever the other side needs it.
//
// Cost: some microseconds while other threads of the process run.

namespace troupe::detail {

/// Whether the kernel has it and lets us. Asks once, on the first call; any thread.
[[nodiscard]] bool has_process_barrier() noexcept;

/// What the caller did before, every thread's later accesses come after; and what a thread did
/// before it passed the barrier, the caller's later accesses come after. Only where
/// has_process_barrier() is true.
void process_barrier() noexcept;

}  // namespace troupe::detail

#pragma once

// The stack of another thread, while it runs: a signal is sent to it, and its handler writes the
// frames down.
//
// Protocol. One request at a time (a mutex). The request is a block of static memory whose state
// goes from idle to asked (by who asks), to taken (by the handler, compare-exchange) and to done
// (by the handler), and back to idle (by who asked). Who asks gives up after a while by taking the
// request back, asked to idle; a handler that comes later finds nothing to do. Once the handler has
// taken it, it is waited for. The handler calls the unwinder alone, which finds its tables without
// a lock (glibc's _dl_find_object).

#include <troupe/internal/throw_site.hpp>

#include <cstdint>

namespace troupe::internal {

/// Empty if `signal` is 0, if somebody else handles that signal in this process, or if the thread
/// does not answer within a second. The thread has to be alive. `thread`: a pthread_t.
[[nodiscard]] captured_stack stack_of_thread(std::uint64_t thread, int signal);

}  // namespace troupe::internal

#pragma once

// Takes a runtime_view of what runs on a scheduler; see inspect.hpp.

#include <troupe/detail/scheduler.hpp>
#include <troupe/inspect.hpp>

namespace troupe::internal {

/// Any thread, while the scheduler lives. Takes the lock of each actor's slot in turn.
[[nodiscard]] runtime_view inspect(const detail::scheduler& home);

}  // namespace troupe::internal

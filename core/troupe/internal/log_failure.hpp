#pragma once

// Writes down a failure that nobody else hears of, also where there is no memory for its text.

#include <troupe/logger.hpp>

#include <exception>
#include <string_view>

namespace troupe::internal {

/// As an error. `reason` gives the exit_reason, and is called only where that is written: making
/// one takes memory, and its text looks up the names of the stack.
template <class Reason>
void log_failure(const logger& log, std::string_view what, Reason reason) noexcept {
  if (!log.enabled(log_level::error)) return;
  try {
    log.error(what, field("why", reason().to_string()));
  } catch (const std::exception&) {
    log.error(what);
  }
}

}  // namespace troupe::internal

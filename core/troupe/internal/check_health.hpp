#pragma once

#include <troupe/error.hpp>
#include <troupe/health.hpp>

#include <chrono>
#include <string>

namespace troupe::internal {

/// Throws usage_error, naming `where`, for an interval below 1 ms or a limit below 0.
inline void check(const health_options& wanted, const std::string& where) {
  if (wanted.interval >= std::chrono::milliseconds(1) && wanted.limit >= duration::zero()) return;
  throw usage_error(where +
                    ": the interval is below 1 ms, or the limit below 0; give an interval of "
                    "duration::max() for none");
}

}  // namespace troupe::internal

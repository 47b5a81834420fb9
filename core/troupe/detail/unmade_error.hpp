#pragma once

// Where a plain function leaves the error that it gives, if it gives one.

#include <troupe/error.hpp>

namespace troupe::detail {

/// Room for one.
union unmade_error {
  unmade_error() noexcept {}
  ~unmade_error() {}
  error why;
};

}  // namespace troupe::detail

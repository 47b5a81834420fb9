#pragma once

// For what is made with a context or without one, and is smaller without.

namespace troupe {
class context;
}

namespace troupe::detail {

/// In place of a context where there is none.
struct no_context {
  constexpr explicit no_context(const context*) noexcept {}
  constexpr operator const context*() const noexcept { return nullptr; }
};

}  // namespace troupe::detail

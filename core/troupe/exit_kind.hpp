#pragma once

// How a run of an actor can end. Apart from exit_reason.hpp so that the pure supervision logic
// depends on the kind alone.

#include <cstdint>
#include <string_view>

namespace troupe {

/// How an actor's run ended. Supervision decides by this alone.
enum class exit_kind : std::uint8_t {
  clean,      ///< run() gave success
  canceled,   ///< run() gave errc::canceled
  error,      ///< run() gave any other error
  exception,  ///< an exception left run()
};

/// An end that whoever looks after the actor is told of: an error or an exception.
[[nodiscard]] constexpr bool is_failure(exit_kind kind) noexcept {
  return kind == exit_kind::error || kind == exit_kind::exception;
}

/// The enumerator's name: "clean", "canceled", "error", "exception".
[[nodiscard]] std::string_view to_string(exit_kind kind) noexcept;

}  // namespace troupe

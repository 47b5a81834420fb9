#pragma once

#include <troupe/detail/fiber.hpp>

#include <string_view>

namespace troupe::internal {

/// What a parked fiber does, for people. Empty for wait_kind::none.
[[nodiscard]] constexpr std::string_view describe(detail::wait_kind kind) noexcept {
  switch (kind) {
    case detail::wait_kind::receive: return "waiting for a message";
    case detail::wait_kind::send: return "waiting for room in an inbox";
    case detail::wait_kind::call: return "waiting for a reply";
    case detail::wait_kind::timer: return "sleeping";
    case detail::wait_kind::context: return "waiting for a context to end";
    case detail::wait_kind::event: return "waiting for an event";
    case detail::wait_kind::blocking: return "waiting for a blocking call";
    case detail::wait_kind::io: return "waiting for input or output";
    case detail::wait_kind::none: break;
  }
  return {};
}

}  // namespace troupe::internal

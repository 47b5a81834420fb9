#pragma once

// Calls what a user has given us to be told by: it may throw, and must not take us with it.

#include <troupe/logger.hpp>

#include <exception>
#include <string_view>
#include <utility>

namespace troupe::internal {

/// Calls it; what it throws is logged as an error with the text `threw`.
template <class Call>
void call_user(const logger& log, std::string_view threw, Call&& call) noexcept {
  try {
    std::forward<Call>(call)();
  } catch (const std::exception& thrown) {
    log.error(threw, field("what", thrown.what()));
  } catch (...) {
    log.error(threw, field("what", "something that is no std::exception"));
  }
}

}  // namespace troupe::internal

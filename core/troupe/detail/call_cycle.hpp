#pragma once

// Finding a call that would wait for itself. While a fiber waits for a reply, `calling` names the
// fiber that owns the inbox it called; following that from the callee on leads back to the caller
// exactly if every actor on the way waits for the next one's reply, and so none will ever answer.
//
// `calling` and `parked` are stored before the request is pushed; the push is a locked
// read-modify-write, and the chain is read again after it. Of two calls that close a cycle at the
// same moment, at least one therefore sees the other.

#include <troupe/detail/fiber.hpp>
#include <troupe/error.hpp>

#include <optional>

namespace troupe::detail {

/// The error that names the cycle, if `caller` waiting for `callee` closes one.
[[nodiscard]] std::optional<error> find_call_cycle(const fiber& caller, const fiber& callee);

/// The quick look: a callee that waits for no reply closes no cycle.
[[nodiscard]] inline bool may_close_cycle(const fiber& caller, const fiber* callee) noexcept {
  return callee != nullptr && (callee == &caller || !callee->calling.is_null());
}

}  // namespace troupe::detail

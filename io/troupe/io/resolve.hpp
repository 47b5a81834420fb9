#pragma once

// resolve: the addresses that a host's name stands for, as the system says (/etc/hosts, DNS).

#include <troupe/context.hpp>
#include <troupe/error.hpp>
#include <troupe/io/address.hpp>
#include <troupe/io/endpoint.hpp>
#include <troupe/task.hpp>

#include <vector>

namespace troupe::io {

/// Awaitable -> at least one endpoint, with the address's port. errc::not_found for a host that
/// there is not, else the system's error, with the host's name; errc::refused if the blocking pool
/// is full, errc::runtime_stopped while the runtime is being destroyed. A host that is a number
/// gives that, at once.
///
/// The system has no means to stop a look-up: it runs on the blocking pool. When a context ends,
/// the wait does, and the look-up goes on for nobody; the destructor of the runtime waits for it.
[[nodiscard]] task<result<std::vector<endpoint>>> resolve(address host);
/// `ctx` must live until the operation has ended.
[[nodiscard]] task<result<std::vector<endpoint>>> resolve(const context& ctx, address host);

}  // namespace troupe::io

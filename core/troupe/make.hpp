#pragma once

// make<Actor>(...): std::make_shared, with the memory from Troupe's pool.

#include <troupe/detail/pooled.hpp>

#include <memory>
#include <utility>

namespace troupe {

/// An object with its reference count in one block of the pool that coroutine frames come from: for
/// actors that come and go, so that spawning one takes nothing from the heap once warm. Threads:
/// any; the last owner may drop it on another one. Memory stays with the pool, as that of frames
/// does. Objects above 1 KiB, and what their members allocate, come from the heap.
///
///     root->spawn(troupe::make<connection>(std::move(socket)));
template <class T, class... Args>
[[nodiscard]] std::shared_ptr<T> make(Args&&... args) {
  return detail::make_pooled<T>(std::forward<Args>(args)...);
}

}  // namespace troupe

#pragma once

// An inbox that belongs to handles and to actors alike: it lives as long as one of them, and closes
// when the last of the actors that receive from it has ended for good.

#include <troupe/detail/inbox_core.hpp>

#include <cstddef>
#include <mutex>

namespace troupe::generated {

/// Counts the actors that receive from an inbox. Any thread.
class inbox_readers {
 public:
  /// An actor will receive: the inbox is open.
  void add(detail::inbox_core& inbox) noexcept;
  /// An actor has ended for good, and may have taken the inbox with it (actor_inboxes.hpp): it is
  /// closed if that was the last, else it stays open.
  void remove(detail::inbox_core& inbox) noexcept;

 private:
  std::mutex mutex_;
  std::size_t count_ = 0;
};

/// A cast_inbox or call_inbox that several may own.
template <class Inbox>
struct shared_inbox {
  explicit shared_inbox(std::size_t capacity) : inbox(capacity) {}

  Inbox inbox;
  inbox_readers readers;
};

}  // namespace troupe::generated

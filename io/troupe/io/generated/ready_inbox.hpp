#pragma once

// How an actor's loop hears of the outside world: an inbox of tokens, each of which says that
// something may be ready. The actor then tries, in its own turn. So it reads and accepts only as
// fast as it handles, and between messages nothing is read ahead or kept for it.

#include <troupe/cast_inbox.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/generated/outcome.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace troupe::io::internal {
class ready_watch;
}

namespace troupe::generated {

/// Which of several may be ready.
using ready_token = std::uint64_t;

/// A token waits in its watch, as a sender that nobody wakes: this has no room, and needs none.
class ready_inbox {
 public:
  ready_inbox() : core_(0, detail::ops_of<ready_token>, "ready_inbox") {}
  ready_inbox(const ready_inbox&) = delete;
  ready_inbox& operator=(const ready_inbox&) = delete;
  /// All watches on it have ended.
  ~ready_inbox() { core_.destroy(detail::ops_of<ready_token>); }

  [[nodiscard]] detail::inbox_core& core() noexcept { return core_; }

 private:
  detail::inbox_core core_;
};

/// What the arms of listener and connection have in common. `Rx` has inbox(), wanted() and
/// note_closed().
template <class Rx>
class ready_arm {
 public:
  static constexpr bool has_inbox = true;
  static constexpr bool has_timer = false;

  explicit ready_arm(Rx& rx) noexcept : rx_(&rx) {}

  void bind(detail::inbox_source& source) noexcept {
    source.inbox = &rx_->inbox();
    source.waiter.set_slot(slot_.raw());
    prepare(source);
  }
  void prepare(detail::inbox_source& source) const noexcept { source.enabled = rx_->wanted(); }
  void discard() noexcept { static_cast<void>(slot_.take()); }

 protected:
  [[nodiscard]] Rx& rx() const noexcept { return *rx_; }
  /// False: the inbox has closed.
  bool take(detail::inbox_source& source, ready_token& token) noexcept {
    if (std::exchange(source.waiter.filled, false)) {
      token = slot_.take();
      return true;
    }
    rx_->note_closed();
    return false;
  }

 private:
  Rx* rx_;
  detail::message_slot<ready_token> slot_;
};

/// What handle() gives, for a message that could not be made: the actor ends with `why`.
inline task<result<>> fail_later(error why) { co_return fail(std::move(why)); }
template <class Handled>
Handled failed_handling(error why) {
  if constexpr (std::is_same_v<Handled, handled>) {
    return handled{fail(std::move(why))};
  } else {
    return fail_later(std::move(why));
  }
}

}  // namespace troupe::generated

#pragma once

// super_inbox: an actor's view of the life of other actors, whoever started them.
//
//     class overseer : public troupe::actor {
//       …
//       troupe::super_inbox events_;
//       task<result<>> run(context ctx) override {
//         events_.supervise(worker_id);
//         co_return co_await troupe::serve(ctx, troupe::on(events_, [](troupe::super_event e) { …
//         }));
//       }
//     };
//
// Supervising is not owning: who restarts an actor is its supervisor's affair. `stopped` comes when
// the actor has ended for good, not for a crash that its supervisor answers with a restart.
// `unhealthy` and `healthy` come as health.hpp says.
//
// Nothing is lost, and nobody waits: room for the events of an actor is made when it is supervised.
// Supervising an actor that has stopped gives `stopped` at once, so there is no race between
// starting an actor and watching it. Of its health only the last word waits: if nobody has received
// `unhealthy` when it turns healthy again, neither is delivered.

#include <troupe/actor_id.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/select.hpp>
#include <troupe/serve.hpp>
#include <troupe/super_event.hpp>

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>

namespace troupe {

namespace detail {
class supervision_watch;
}

/// Threads: supervise, unsupervise and receive in the actor that owns it; events come from any
/// thread. Cost: supervise takes a block from the heap; an event allocates nothing.
class super_inbox {
 public:
  using message_type = super_event;

  super_inbox();
  super_inbox(const super_inbox&) = delete;
  super_inbox& operator=(const super_inbox&) = delete;
  ~super_inbox();

  /// From now on events of `who` come here; `stopped` at once if it has stopped, or there never was
  /// such an actor. Harmless when repeated. With `stopped` supervising ends.
  void supervise(actor_id who);
  /// No event of `who` comes any more, also none that waits. Harmless when repeated.
  void unsupervise(actor_id who) noexcept;
  /// The same for all that are supervised.
  void unsupervise_all() noexcept;

  /// Awaitable -> result<super_event>: the next event; errc::canceled when the actor that waits is;
  /// errc::inbox_closed once the actor that it is a member of has ended for good.
  [[nodiscard]] auto receive() { return detail::receive_awaiter<super_event>(core_); }

 private:
  friend struct detail::inbox_access;
  void drop_finished() noexcept;

  // Nothing is stored in it: events wait in their watches, linked as senders that wait for room.
  detail::inbox_core core_;
  std::unordered_map<actor_id, std::unique_ptr<detail::supervision_watch>> watches_;
  std::size_t drop_at_ = 16;  // this many watches: time to look for finished ones
};

namespace detail {

template <>
struct select_arm<super_inbox> : inbox_arm<super_inbox> {
  using inbox_arm<super_inbox>::inbox_arm;
};

}  // namespace detail

/// Ties a handler to it, for serve.
template <class Handler>
[[nodiscard]] auto on(super_inbox& events, Handler handler) {
  static_assert(detail::cast_handler<Handler, super_event>,
                "on(super_inbox, handler): the handler must take a super_event and give void, "
                "result<>, task<> or task<result<>>");
  return detail::binding<super_inbox, Handler>{&events, std::move(handler)};
}

}  // namespace troupe

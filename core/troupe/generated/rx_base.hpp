#pragma once

// What each generated actor receives besides its messages: events of the actors that it supervises.

#include <troupe/actor_id.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/super_event.hpp>
#include <troupe/super_inbox.hpp>

#include <utility>

namespace troupe::generated {

/// The base of each rx; to be used by the actor alone. A restart keeps whom it supervises.
class rx_base {
 public:
  rx_base() = default;
  rx_base(const rx_base&) = delete;
  rx_base& operator=(const rx_base&) = delete;

  /// handle_super_event() is called for what becomes of `who`: see super_inbox.
  void supervise(actor_id who) {
    events_.supervise(who);
    supervises_ = true;
    wanted_ = !closed_;
  }
  void unsupervise(actor_id who) noexcept { events_.unsupervise(who); }

  // For the library.

  void begin_run() noexcept {
    closed_ = false;
    wanted_ = supervises_;
  }
  /// A later object of the same factory, which begins with nobody: what the first one supervised
  /// would be told here.
  static void take_over(rx_base& first) noexcept { first.events_.unsupervise_all(); }

  class arm {
   public:
    static constexpr bool has_inbox = true;
    static constexpr bool has_timer = false;
    static constexpr bool is_rare = true;

    explicit arm(rx_base& rx) noexcept : rx_(&rx) {}

    void bind(detail::inbox_source& source) noexcept {
      source.inbox = &detail::inbox_access::core(rx_->events_);
      source.waiter.set_slot(slot_.raw());
      prepare(source);
    }
    void prepare(detail::inbox_source& source) const noexcept { source.enabled = rx_->wanted_; }
    void discard() noexcept { static_cast<void>(slot_.take()); }

    template <auto Handle, class Private>
    auto received(Private& self, detail::inbox_source& source) {
      using handled_type = decltype(handle<Handle>(self, std::declval<super_event&&>()));
      if (std::exchange(source.waiter.filled, false)) return handle<Handle>(self, slot_.take());
      rx_->closed_ = true;
      rx_->wanted_ = false;
      return nothing_handled<handled_type>();
    }

   private:
    rx_base* rx_;
    detail::message_slot<super_event> slot_;
  };

 protected:
  ~rx_base() = default;

 private:
  super_inbox events_;
  bool supervises_ = false;  // or has supervised
  bool closed_ = false;      // in this run
  bool wanted_ = false;      // supervises, and not closed
};

}  // namespace troupe::generated

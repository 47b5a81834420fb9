#pragma once

// Mailboxes of the kind `rpc`: messages whose sender waits for a reply.

#include <troupe/call_inbox.hpp>
#include <troupe/generated/inbox_rx.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/request.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace troupe::generated {

/// How a mailbox starts, in an actor's builder. What is not set is as the specification says.
template <message T, class R>
struct rpc_mailbox {
  using message_type = T;
  using reply_type = R;
  using inbox_type = shared_inbox<call_inbox<T, R>>;

  /// Receives nothing until the actor enables it.
  std::optional<bool> disabled{};
  /// How many requests may wait.
  std::optional<std::size_t> capacity{};
  /// From make_inbox(): the mailboxes of all actors that are given the same one share it, and each
  /// request reaches one of them. Its capacity counts.
  std::shared_ptr<inbox_type> inbox{};

  [[nodiscard]] static std::shared_ptr<inbox_type> make_inbox(std::size_t capacity) {
    return std::make_shared<inbox_type>(capacity);
  }

  /// For generated code: takes from `specified` what is not set here.
  void fill_in(const rpc_mailbox& specified) {
    if (!disabled) disabled = specified.disabled;
    if (!capacity) capacity = specified.capacity;
    if (!inbox) inbox = make_inbox(*capacity);
  }
};

/// Whether Handler, given a T, gives an R in one of its forms.
template <class Handler, class T, class R>
concept replies = std::invocable<Handler&, T&&> && reply<std::invoke_result_t<Handler&, T&&>, R>;
/// Whether it takes the request itself, to reply when it likes.
template <class Handler, class T, class R>
concept takes_request = std::invocable<Handler&, request<T, R>&&> &&
                        outcome<std::invoke_result_t<Handler&, request<T, R>&&>>;
template <class Handler, class T, class R>
concept answers = replies<Handler, T, R> || takes_request<Handler, T, R>;

template <class Handler, class T, class R>
task<result<>> reply_later(Handler handler, request<T, R> asked) {
  if constexpr (std::same_as<std::invoke_result_t<Handler&, T&&>, task<>>) {
    co_await handler(std::move(asked.payload()));
    static_cast<void>(asked.reply());
  } else {
    static_cast<void>(asked.complete(result<R>(co_await handler(std::move(asked.payload())))));
  }
  co_return result<>();
}
template <class Handler, class T, class R>
task<result<>> take_later(Handler handler, request<T, R> asked) {
  if constexpr (std::same_as<std::invoke_result_t<Handler&, request<T, R>&&>, task<>>) {
    co_await handler(std::move(asked));
    co_return result<>();
  } else {
    co_return co_await handler(std::move(asked));
  }
}

/// For generated code: calls `handler` and sends what it gives, unless it takes the request itself.
/// A sender that has given up is no concern of the actor's. Awaitable -> result<>.
template <class T, class R, answers<T, R> Handler>
auto answer(Handler handler, request<T, R>&& asked) {
  if constexpr (replies<Handler, T, R>) {
    using returned = std::invoke_result_t<Handler&, T&&>;
    if constexpr (detail::is_task<returned>) {
      return reply_later(handler, std::move(asked));
    } else if constexpr (std::is_void_v<returned>) {
      handler(std::move(asked.payload()));
      static_cast<void>(asked.reply());
      return handled{};
    } else {
      static_cast<void>(asked.complete(result<R>(handler(std::move(asked.payload())))));
      return handled{};
    }
  } else {
    using returned = std::invoke_result_t<Handler&, request<T, R>&&>;
    if constexpr (detail::is_task<returned>) {
      return take_later(handler, std::move(asked));
    } else if constexpr (std::is_void_v<returned>) {
      handler(std::move(asked));
      return handled{};
    } else {
      return handled{handler(std::move(asked))};
    }
  }
}

template <message T, class R>
class rpc_rx : public inbox_rx<call_inbox<T, R>> {
 public:
  /// For generated code; `from` is filled in.
  explicit rpc_rx(const rpc_mailbox<T, R>& from)
      : inbox_rx<call_inbox<T, R>>(from.inbox, !*from.disabled) {}

  class arm {
   public:
    static constexpr bool has_inbox = true;
    static constexpr bool has_timer = false;

    explicit arm(rpc_rx& rx) noexcept : rx_(&rx) {}

    void bind(detail::inbox_source& source) noexcept {
      rx_->bind(source);
      source.waiter.set_slot(slot_.raw());
    }
    void prepare(detail::inbox_source& source) const noexcept { rx_->prepare(source); }
    void discard() noexcept { static_cast<void>(slot_.take()); }

    // The generated handler gives what answer() does.
    template <auto Handle, class Private>
    auto received(Private& self, detail::inbox_source& source) {
      using handled_type = decltype(Handle(self, std::declval<request<T, R>&&>()));
      if constexpr (!std::is_void_v<handled_type>) {  // else it has been refused, with its reason
        if (std::exchange(source.waiter.filled, false)) return Handle(self, slot_.take());
        rx_->note_closed();
        return nothing_handled<handled_type>();
      } else {
        return handled{};
      }
    }

   private:
    rpc_rx* rx_;
    detail::message_slot<request<T, R>> slot_;
  };
};

/// The sending side.
template <message T, class R>
class rpc_tx {
 public:
  explicit rpc_tx(const rpc_rx<T, R>& rx) noexcept : inbox_(rx.inbox()) {}

  /// As call_inbox::call.
  [[nodiscard]] auto call(T message) const { return inbox_->inbox.call(std::move(message)); }
  [[nodiscard]] auto call(const context& ctx, T message) const {
    return inbox_->inbox.call(ctx, std::move(message));
  }

 private:
  std::shared_ptr<shared_inbox<call_inbox<T, R>>> inbox_;
};

}  // namespace troupe::generated

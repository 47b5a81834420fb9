#pragma once

// Mailboxes of the kind `simple`: messages that expect no answer.

#include <troupe/cast_inbox.hpp>
#include <troupe/generated/inbox_rx.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/send_error.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace troupe::generated {

/// How a mailbox starts, in an actor's builder. What is not set is as the specification says.
template <message T>
struct simple_mailbox {
  using message_type = T;
  using inbox_type = shared_inbox<cast_inbox<T>>;

  /// Receives nothing until the actor enables it.
  std::optional<bool> disabled{};
  /// How many messages may wait.
  std::optional<std::size_t> capacity{};
  /// From make_inbox(): the mailboxes of all actors that are given the same one share it, and each
  /// message reaches one of them. Its capacity counts.
  std::shared_ptr<inbox_type> inbox{};

  [[nodiscard]] static std::shared_ptr<inbox_type> make_inbox(std::size_t capacity) {
    return std::make_shared<inbox_type>(capacity);
  }

  /// For generated code: takes from `specified` what is not set here.
  void fill_in(const simple_mailbox& specified) {
    if (!disabled) disabled = specified.disabled;
    if (!capacity) capacity = specified.capacity;
    if (!inbox) inbox = make_inbox(*capacity);
  }
};

template <message T>
class simple_rx : public inbox_rx<cast_inbox<T>> {
 public:
  /// For generated code; `from` is filled in.
  explicit simple_rx(const simple_mailbox<T>& from)
      : inbox_rx<cast_inbox<T>>(from.inbox, !*from.disabled) {}

  class arm {
   public:
    static constexpr bool has_inbox = true;
    static constexpr bool has_timer = false;

    explicit arm(simple_rx& rx) noexcept : rx_(&rx) {}

    void bind(detail::inbox_source& source) noexcept {
      rx_->bind(source);
      source.waiter.set_slot(slot_.raw());
    }
    void prepare(detail::inbox_source& source) const noexcept { rx_->prepare(source); }
    void discard() noexcept { static_cast<void>(slot_.take()); }

    template <auto Handle, class Private>
    auto received(Private& self, detail::inbox_source& source) {
      using handled_type = decltype(handle<Handle>(self, std::declval<T&&>()));
      if (std::exchange(source.waiter.filled, false)) return handle<Handle>(self, slot_.take());
      rx_->note_closed();
      return nothing_handled<handled_type>();
    }

   private:
    simple_rx* rx_;
    detail::message_slot<T> slot_;
  };
};

/// The sending side.
template <message T>
class simple_tx {
 public:
  explicit simple_tx(const inbox_rx<cast_inbox<T>>& rx) noexcept : inbox_(rx.inbox()) {}

  /// As cast_inbox::cast.
  [[nodiscard]] auto cast(T message) const { return inbox_->inbox.cast(std::move(message)); }
  [[nodiscard]] auto cast(const context& ctx, T message) const {
    return inbox_->inbox.cast(ctx, std::move(message));
  }
  /// As cast_inbox::try_cast; the message that was not sent is in the error.
  send_result<T> try_cast(T message) const {
    auto sent = inbox_->inbox.try_cast(std::move(message));
    if (sent) return {};
    return std::unexpected(send_error<T>(std::move(sent).error(), std::move(message)));
  }

 private:
  std::shared_ptr<shared_inbox<cast_inbox<T>>> inbox_;
};

}  // namespace troupe::generated

#pragma once

// cast_inbox<T>: a bounded inbox for messages that expect no answer.
//
//              | room                | full                     | closed
//   -----------+---------------------+--------------------------+----------------------
//   cast       | sent                | waits for room           | errc::inbox_closed
//   try_cast   | sent                | errc::inbox_full         | errc::inbox_closed
//
// Whoever's context is done gets its error (errc::canceled, errc::deadline_exceeded). A message
// that was not sent comes back: in the error of cast, in the argument itself of try_cast.
//
// Who receives from an inbox, alone, and casts to it while it is full would wait for itself: that
// cast fails with errc::call_cycle.
//
// Order: what one sender sends through one inbox arrives in that order, also through a full inbox.
// Between senders, and between inboxes, there is none.

#include <troupe/context.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/error.hpp>
#include <troupe/send_error.hpp>

#include <coroutine>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace troupe {

/// What may travel through an inbox: it is moved with a lock held, so moving must not throw.
template <class T>
concept message = std::is_object_v<T> && std::is_nothrow_move_constructible_v<T> &&
                  std::is_nothrow_destructible_v<T> && !std::is_const_v<T>;

namespace detail {

/// The way from a typed inbox to its core, for select and serve.
struct inbox_access {
  template <class Inbox>
  static inbox_core& core(Inbox& inbox) noexcept {
    return inbox.core_;
  }
};

/// Whether a request may be part of a T.
template <class T>
inline constexpr bool may_hold_request = !std::is_trivially_copyable_v<T>;

/// A sender's wait for room in an inbox. Shared by cast and call. Nothing but room until waiter()
/// begins it.
class send_wait {
 public:
  send_wait() noexcept {}
  send_wait(const send_wait&) = delete;
  send_wait& operator=(const send_wait&) = delete;
  ~send_wait() {}

  send_waiter& waiter(fiber& self, std::uint64_t id, void* message, bool wakes) noexcept {
    auto* const made = std::construct_at(&waiter_);
    made->wakes = wakes;
    made->who = &self;
    made->wait = id;
    made->message = message;
    return *made;
  }
  /// After the wait: takes the message back if nobody has taken it. True: it has been sent.
  bool settle(inbox_core& inbox) noexcept {
    inbox.withdraw(waiter_);
    return waiter_.state.load(std::memory_order_acquire) == send_state::sent;
  }
  [[nodiscard]] bool closed() const noexcept {
    return waiter_.state.load(std::memory_order_acquire) == send_state::closed;
  }

 private:
  static_assert(std::is_trivially_destructible_v<send_waiter>);
  union {
    send_waiter waiter_;
  };
};

/// `Context`: ambient_context or given_context.
template <class T, class Context>
class [[nodiscard("nothing is sent until it is awaited")]] cast_awaiter {
 public:
  cast_awaiter(inbox_core& inbox, T&& message, auto&... ctx) noexcept
      : inbox_(&inbox), ctx_(ctx...) {
    std::construct_at(&message_, std::move(message));
  }
  // Only moved before it is awaited, and only in C++'s eyes: the result of cast() is a prvalue.
  cast_awaiter(const cast_awaiter&) = delete;
  cast_awaiter& operator=(const cast_awaiter&) = delete;
  ~cast_awaiter() {
    if (waited_ && outcome_ == inbox_core::push_result::full) settle();  // destroyed while waiting
    if (outcome_ != inbox_core::push_result::sent) std::destroy_at(&message_);
  }

  bool await_ready() {
    if (ctx_.get() != nullptr && ctx_.get()->err()) [[unlikely]] {
      canceled_ = true;
      return may_go_on();
    }
    {
      const delegation<may_hold_request<T>> moving;
      outcome_ = inbox_->push(ops_of<T>, &message_);
    }
    return outcome_ != inbox_core::push_result::full && !spend_budget();
  }
  bool await_suspend(std::coroutine_handle<> at) {
    // Outside of a runtime there is no turn that could be used up.
    if (current.running == nullptr && outcome_ != inbox_core::push_result::full) return false;
    fiber& self = running_fiber("cast_inbox::cast");
    self.resume_point = at;
    if (canceled_ || outcome_ != inbox_core::push_result::full) {
      self.sched->yield(self);
      return true;
    }
    if (inbox_->owner() == &self) [[unlikely]] {
      canceled_ = ctx_.cancels() && self.scope.ended();
      return yield_if_spent(self);
    }
    const std::uint64_t id = self.open_wait(wait_kind::send, ctx_.cancels());
    // Who takes it out of here does not know that a request changes hands.
    if constexpr (may_hold_request<T>) change_hands(message_);
    outcome_ = inbox_->push(ops_of<T>, &message_, &wait_.waiter(self, id, &message_, true));
    if (outcome_ == inbox_core::push_result::full) {
      waited_ = true;
      if (ctx_.open(self, id) && self.park(id)) return true;
    }
    return yield_if_spent(self);
  }
  [[gnu::always_inline]] send_result<T> await_resume() {
    if (waited_) [[unlikely]]
      settle();
    if (outcome_ == inbox_core::push_result::sent) [[likely]]
      return {};
    return std::unexpected(send_error<T>(why_not(), std::move(message_)));
  }

 private:
  error why_not() const {
    if (canceled_) return cancel_reason(*current.running, ctx_.get());
    if (outcome_ == inbox_core::push_result::full && !waited_) return inbox_->waits_for_itself();
    return errc::inbox_closed;
  }
  void settle() noexcept {
    ctx_.close();
    if (wait_.settle(*inbox_)) {
      outcome_ = inbox_core::push_result::sent;
    } else {
      canceled_ = !wait_.closed();
    }
  }

  inbox_core* inbox_;
  [[no_unique_address]] Context ctx_;
  union {
    T message_;  // relocated from when sent
  };
  inbox_core::push_result outcome_ = inbox_core::push_result::full;
  bool waited_ = false;
  bool canceled_ = false;
  send_wait wait_;
};

/// Raw memory for one message, and whether there is one.
template <class T>
class message_slot {
 public:
  message_slot() noexcept {}
  message_slot(const message_slot&) = delete;
  message_slot& operator=(const message_slot&) = delete;
  ~message_slot() {}
  [[nodiscard]] void* raw() noexcept { return static_cast<void*>(std::addressof(value_)); }
  T take() noexcept {
    T taken = std::move(value_);
    std::destroy_at(std::addressof(value_));
    return taken;
  }

  /// The message in its place, for as long as this lives.
  class loan {
   public:
    explicit loan(message_slot& of) noexcept : of_(of) {}
    loan(const loan&) = delete;
    loan& operator=(const loan&) = delete;
    ~loan() { std::destroy_at(std::addressof(of_.value_)); }
    T&& operator*() const noexcept { return std::move(of_.value_); }

   private:
    message_slot& of_;
  };

 private:
  union {
    T value_;
  };
};

/// What source `which` of a wait gave: its message, errc::inbox_closed, or why the wait was
/// canceled.
template <class T>
[[gnu::always_inline]] inline result<T> received(fiber& self, receive_waiter& waiter,
                                                 message_slot<T>& slot) {
  if (waiter.filled) {
    waiter.filled = false;
    return result<T>(slot.take());
  }
  if (self.fired == fired_canceled) return fail(cancel_reason(self, nullptr));
  return fail(errc::inbox_closed);
}

template <class T>
class [[nodiscard]] receive_awaiter {
 public:
  explicit receive_awaiter(inbox_core& inbox) noexcept {
    source_.inbox = &inbox;
    source_.waiter.set_slot(slot_.raw());
  }
  receive_awaiter(const receive_awaiter&) = delete;
  receive_awaiter& operator=(const receive_awaiter&) = delete;
  ~receive_awaiter() {
    step_.leave(inboxes(), others());
    if (source_.waiter.filled) static_cast<void>(slot_.take());
  }

  bool await_ready() {
    ready_ = step_.begin<&ops_of<T>>(running_fiber("receive"), inboxes(), others());
    return ready_ && !spend_budget();
  }
  void await_suspend(std::coroutine_handle<> at) noexcept {
    fiber& self = *current.running;
    self.resume_point = at;
    if (ready_) self.sched->yield(self);
  }
  result<T> await_resume() {
    fiber& self = *current.running;
    step_.end(self, inboxes(), others());
    return received(self, source_.waiter, slot_);
  }

 private:
  inbox_sources inboxes() noexcept { return {&source_, 1}; }
  static other_sources others() noexcept { return {}; }

  inbox_source source_;
  [[no_unique_address]] message_slot<T> slot_;
  receive_step step_;
  bool ready_ = false;
};

}  // namespace detail

/// A bounded inbox of T.
///
/// Threads: any number of senders on any thread; receive() in any number of fibers, each message
/// reaches one of them. Cancellation never loses a message: it was sent, or it comes back.
/// Cost: one locked operation to send and one to receive (none on a worker that works alone);
/// nothing is allocated but the ring, once, when the first message has to wait in it.
///
/// The inbox must outlive every operation on it. Destroying it closes it.
template <message T>
class cast_inbox {
 public:
  using message_type = T;

  /// Room for `capacity` messages; 0 makes it a rendezvous: sending waits for a receiver. Throws
  /// usage_error if so many do not fit in memory.
  explicit cast_inbox(std::size_t capacity) : core_(capacity, detail::ops_of<T>, "cast_inbox") {}
  cast_inbox(const cast_inbox&) = delete;
  cast_inbox& operator=(const cast_inbox&) = delete;
  ~cast_inbox() { core_.destroy(detail::ops_of<T>); }

  /// Awaitable -> send_result<T>, which converts to result<>: sends, waiting for room if need
  /// be, until the context is done. Without a context a message for which there is room is
  /// sent always, and a wait for room ends with the context of the actor that waits.
  [[nodiscard]] auto cast(T message) {
    return detail::cast_awaiter<T, detail::ambient_context>(core_, std::move(message));
  }
  /// `ctx` must live until the operation has ended.
  [[nodiscard]] auto cast(const context& ctx, T message) {
    return detail::cast_awaiter<T, detail::given_context>(core_, std::move(message), ctx);
  }

  /// Sends if there is room, from any thread. On an error `message` is unmoved.
  result<> try_cast(T&& message) {
    const auto outcome = push_moving(core_, message);
    if (outcome == detail::inbox_core::push_result::sent) [[likely]]
      return {};
    return not_sent(outcome);
  }
  /// The same, for a message that the caller keeps a copy of.
  result<> try_cast(const T& message)
    requires std::is_copy_constructible_v<T>
  {
    return try_cast(T(message));
  }
  /// With a context that is done: its error, whether or not there is room.
  result<> try_cast(const context& ctx, T&& message) {
    if (auto why = ctx.err()) return fail(*std::move(why));
    return try_cast(std::move(message));
  }
  result<> try_cast(const context& ctx, const T& message)
    requires std::is_copy_constructible_v<T>
  {
    if (auto why = ctx.err()) return fail(*std::move(why));
    return try_cast(T(message));
  }

  /// Awaitable -> result<T>: the next message; errc::inbox_closed once the inbox is closed and
  /// drained; errc::canceled when the actor that waits is.
  [[nodiscard]] auto receive() { return detail::receive_awaiter<T>(core_); }

  /// Nothing more is taken. What waits in the inbox is still delivered; senders that wait get their
  /// message back with errc::inbox_closed. Harmless when repeated. Any thread.
  ///
  /// It stays closed when its actor is restarted. A loop that ends clean at a closed inbox, as
  /// serve() does, ends at once in each run: a permanent child is restarted for ever, without a
  /// pause where there is no restart_delay. Make it transient.
  void close() noexcept { core_.close(detail::inbox_core::closing::by_user); }

  [[nodiscard]] std::size_t size() const noexcept { return core_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return core_.capacity(); }

 private:
  friend struct detail::inbox_access;

  [[gnu::noinline]] static auto push_moving(detail::inbox_core& to, T& message) {
    const detail::delegation<detail::may_hold_request<T>> moving;
    return to.push(detail::moving_ops_of<T>, std::addressof(message));
  }
  [[gnu::noinline, gnu::cold]] static result<> not_sent(detail::inbox_core::push_result outcome) {
    return fail(outcome == detail::inbox_core::push_result::full ? errc::inbox_full
                                                                 : errc::inbox_closed);
  }

  detail::inbox_core core_;
};

}  // namespace troupe

#pragma once

// call_inbox<T, R>: a bounded inbox for requests, each answered by an R.
//
//              | open                                   | closed
//   -----------+----------------------------------------+--------------------
//   call       | waits for room, then for the reply     | errc::inbox_closed
//
// A call ends with the reply; with errc::no_reply if the request is dropped; with errc::canceled or
// errc::deadline_exceeded when its context is done; with errc::inbox_closed if the target ends
// for good before it took the request; with errc::call_cycle if the callee waits, directly or
// through others, for the caller. A request whose caller has given up is still delivered, and its
// reply goes nowhere.

#include <troupe/cast_inbox.hpp>
#include <troupe/detail/call_cycle.hpp>
#include <troupe/request.hpp>

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

namespace troupe {

namespace detail {

/// `Context`: ambient_context or given_context.
template <class T, class R, class Context>
class [[nodiscard("nothing is sent until it is awaited")]] call_awaiter {
 public:
  call_awaiter(inbox_core& inbox, T&& message, auto&... ctx) noexcept
      : inbox_(&inbox), ctx_(ctx...) {
    std::construct_at(&payload_, std::move(message));
  }
  call_awaiter(const call_awaiter&) = delete;
  call_awaiter& operator=(const call_awaiter&) = delete;
  [[gnu::always_inline]] ~call_awaiter() {
    if (left_ != nothing) [[unlikely]]
      clean_up();
  }

  static constexpr bool await_ready() noexcept { return false; }

  bool await_suspend(std::coroutine_handle<> at) {
    fiber& self = running_fiber("call_inbox::call");
    self.resume_point = at;
    if (begin(self)) [[likely]]
      return true;
    self.calling.store(nullptr, std::memory_order_relaxed);
    return yield_if_spent(self);
  }

  [[gnu::always_inline]] result<R> await_resume() {
    fiber& self = *current.running;
    self.calling.store(nullptr, std::memory_order_relaxed);
    if ((left_ & waiter) != 0) [[unlikely]]
      settle();
    ctx_.close();
    if (slot_.has_value()) [[likely]]
      return *std::move(slot_);
    return why_not(self);
  }

 private:
  // What the awaiter holds beside the slot; after a call that went well: nothing.
  using holdings = std::uint8_t;
  static constexpr holdings nothing = 0;
  static constexpr holdings unsent_payload = 1;
  static constexpr holdings unsent_request = 2;
  static constexpr holdings waiter = 4;  // with the request: it waits for room
  static constexpr holdings failure = 8;

  /// False: the wait has ended in here.
  [[gnu::always_inline]] bool begin(fiber& self) {
    inbox_core& to = inbox_->target();
    fiber* const callee = to.receiver_here();
    if (may_close_cycle(self, callee)) [[unlikely]] {
      if (auto cycle = find_call_cycle(self, *callee)) {
        failed(*std::move(cycle));
        return false;
      }
    }
    const bool cancelable = ctx_.cancels();
    const std::uint64_t id = self.open_wait(wait_kind::call, cancelable);
    if (!ctx_.open(self, id)) return false;
    if (cancelable && self.scope.ended()) {
      self.fired = fired_canceled;
      return false;
    }
    self.fired = fired_nothing;
    self.calling.store(callee, before_locked_operation);
    // Parked from here on, without our lock: see fiber::parked. The reply may come, and another
    // worker may queue us, while the rest of this function runs.
    self.parked.store(park_state::yes, before_locked_operation);
    try {
      return send(self, id, to, callee, cancelable);
    } catch (...) {  // no memory for the inbox's ring
      if (self.take_back(id, fired_nothing)) throw;
      return true;  // canceled meanwhile, and queued
    }
  }

  [[gnu::noinline]] void settle() noexcept {
    left_ &= static_cast<holdings>(~waiter);
    if (send_.settle(*inbox_)) left_ &= static_cast<holdings>(~unsent_request);
  }
  [[gnu::noinline]] void clean_up() noexcept {
    if ((left_ & waiter) != 0) settle();  // destroyed while waiting
    if ((left_ & unsent_payload) != 0) std::destroy_at(&payload_);
    if ((left_ & unsent_request) != 0) {
      request_.from_.forget();
      std::destroy_at(&request_);
    }
    if ((left_ & failure) != 0) std::destroy_at(&failure_);
  }
  void failed(error why) noexcept {
    std::construct_at(&failure_, std::move(why));
    left_ |= failure;
  }
  [[gnu::noinline]] result<R> why_not(fiber& self) noexcept {
    if ((left_ & failure) != 0) return fail(std::move(failure_));
    if (self.fired == fired_canceled) return fail(cancel_reason(self, ctx_.get()));
    return fail(errc::inbox_closed);
  }

  void make_request(void* to, fiber& self, std::uint64_t id) noexcept {
    const delegation<may_hold_request<T>> moving;
    ::new (to) request<T, R>(std::move(payload_), self, id, slot_);
    std::destroy_at(&payload_);
  }

  /// Pushes the request of a fiber that is parked already. False: the wait has ended in here.
  [[gnu::always_inline]] bool send(fiber& self, std::uint64_t id, inbox_core& to, fiber* callee,
                                   bool cancelable) {
    const bool sent =
        to.emplace_here(sizeof(request<T, R>), [&](void* raw) { make_request(raw, self, id); });
    auto outcome = inbox_core::push_result::sent;
    if (!sent) [[unlikely]]
      outcome = push_or_wait(self, id, to);
    if (outcome == inbox_core::push_result::sent) [[likely]]
      left_ = nothing;
    if (outcome == inbox_core::push_result::closed) [[unlikely]]
      return !self.take_back(id, fired_nothing);
    if (may_close_cycle(self, callee)) [[unlikely]] {
      if (auto cycle = find_call_cycle(self, *callee); cycle && self.take_back(id, fired_nothing)) {
        failed(*std::move(cycle));
        return false;
      }
    }
    if (cancelable && self.scope.ended()) [[unlikely]] {
      return !self.take_back(id, fired_canceled);
    }
    if (ctx_.get() != nullptr) [[unlikely]]
      return !self.take_back_if_fired(id);
    return true;
  }

  T take_payload() noexcept {
    const delegation<may_hold_request<T>> moving;
    T taken = std::move(payload_);
    std::destroy_at(&payload_);
    return taken;
  }
  [[gnu::noinline]] inbox_core::push_result push_or_wait(fiber& self, std::uint64_t id,
                                                         inbox_core& to) {
    T payload = take_payload();  // the request is to lie where that lay
    ::new (static_cast<void*>(&request_)) request<T, R>(std::move(payload), self, id, slot_);
    left_ = unsent_request;
    const auto outcome =
        to.push_here(ops_of<request<T, R>>, &request_, &send_.waiter(self, id, &request_, false));
    if (outcome == inbox_core::push_result::full) left_ |= waiter;
    return outcome;
  }

  inbox_core* inbox_;
  [[no_unique_address]] Context ctx_;
  union {
    T payload_;
    request<T, R> request_;
  };
  holdings left_ = unsent_payload;
  reply_slot<R> slot_;
  union {
    error failure_;
  };
  send_wait send_;
};

}  // namespace detail

/// A bounded inbox of requests: T goes in, R comes back.
///
/// Threads, lifetime: as cast_inbox. Cost of a call to an actor that waits on the same worker:
/// three locked operations in all (none on a worker that works alone), nothing allocated.
template <message T, class R>
  requires(std::is_void_v<R> || std::is_nothrow_move_constructible_v<R>)
class call_inbox {
 public:
  using message_type = request<T, R>;
  using payload_type = T;
  using reply_type = R;

  /// As cast_inbox.
  explicit call_inbox(std::size_t capacity)
      : core_(capacity, detail::ops_of<message_type>, "call_inbox") {}
  call_inbox(const call_inbox&) = delete;
  call_inbox& operator=(const call_inbox&) = delete;
  ~call_inbox() { core_.destroy(detail::ops_of<message_type>); }

  /// Awaitable -> result<R>. Without a context it waits until the actor that calls is canceled.
  [[nodiscard]] auto call(T message) {
    return detail::call_awaiter<T, R, detail::ambient_context>(core_, std::move(message));
  }
  /// `ctx` must live until the call has ended.
  [[nodiscard]] auto call(const context& ctx, T message) {
    return detail::call_awaiter<T, R, detail::given_context>(core_, std::move(message), ctx);
  }

  /// Awaitable -> result<request<T, R>>; errors as cast_inbox::receive.
  [[nodiscard]] auto receive() { return detail::receive_awaiter<message_type>(core_); }

  /// No more requests are taken. Those that wait in the inbox are still delivered; callers that
  /// wait for room get errc::inbox_closed. Harmless when repeated. Any thread. For a child that is
  /// to end by it: see cast_inbox::close.
  void close() noexcept { core_.close(detail::inbox_core::closing::by_user); }

  [[nodiscard]] std::size_t size() const noexcept { return core_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return core_.capacity(); }

 private:
  friend struct detail::inbox_access;
  detail::inbox_core core_;
};

}  // namespace troupe

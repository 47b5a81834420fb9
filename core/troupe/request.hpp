#pragma once

// request<T, R>: what a call_inbox delivers, a payload and the obligation to answer.
//
// The reply goes straight into the frame of the caller that waits, under the caller's lock: either
// the caller is still in that very wait and gets it, or it has given up and the reply is refused.
// A request that is dropped unanswered, wherever it has been moved to, fails its caller with
// errc::no_reply at once.

#include <troupe/detail/fiber.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/error.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace troupe {

namespace detail {

template <class T, class R, class Context>
class call_awaiter;

/// Where the caller waits for its result, which comes once at most. In the caller's frame.
template <class R>
using reply_slot = std::optional<result<R>>;

/// A move-only address of a waiting caller.
template <class R>
class reply_address {
 public:
  reply_address() noexcept = default;
  reply_address(fiber& caller, std::uint64_t wait, reply_slot<R>& slot) noexcept
      : caller_(&caller), wait_(wait), slot_(&slot) {}
  reply_address(reply_address&& other) noexcept
      : caller_(std::exchange(other.caller_, nullptr)), wait_(other.wait_), slot_(other.slot_) {
    if (current.delegating) [[unlikely]]
      change_hands();
  }
  reply_address& operator=(reply_address&& other) noexcept {
    if (this != &other) {
      drop();
      caller_ = std::exchange(other.caller_, nullptr);
      wait_ = other.wait_;
      slot_ = other.slot_;
    }
    return *this;
  }
  ~reply_address() { drop(); }

  /// The request never left its caller: nobody is to be told.
  void forget() noexcept { caller_ = nullptr; }
  [[nodiscard]] bool open() const noexcept { return caller_ != nullptr; }
  [[nodiscard]] bool is_awaited() const noexcept {
    return caller_ != nullptr && caller_->is_parked_in(wait_);
  }

  /// False: the caller has given up.
  template <class Result>
  bool deliver(Result&& outcome) noexcept {
    fiber& caller = *std::exchange(caller_, nullptr);
    const biased_lock::holding held = caller.lock.lock();
    if (!caller.is_parked_in(wait_)) [[unlikely]] {
      caller.lock.unlock(held);
      return false;
    }
    slot_->emplace(std::forward<Result>(outcome));
    caller.unpark_locked(0);
    scheduler& sched = *caller.sched;
    caller.lock.unlock(held);
    sched.schedule(caller);
    return true;
  }

 private:
  void drop() noexcept {
    if (caller_ != nullptr) deliver(std::unexpected<error>(errc::no_reply));
  }

  /// The caller waits for somebody we do not know any more. Without the caller's lock, as an
  /// inbox's is held, which may be that very lock; a caller that gives up at this moment and calls
  /// the same actor again goes without a look for cycles.
  void change_hands() noexcept {
    if (caller_ == nullptr) return;
    const std::uint32_t callee = caller_->calling.seen();
    if (caller_->is_parked_in(wait_)) caller_->calling.forget(callee);
  }

  fiber* caller_ = nullptr;
  std::uint64_t wait_ = 0;
  reply_slot<R>* slot_ = nullptr;
};

}  // namespace detail

/// A call that waits for its answer. Move-only; may be kept, moved to another actor or answered
/// from another thread.
///
/// Dropped, it fails its caller. One that is put aside in a member of the actor is not dropped when
/// the run ends or crashes, but when the object goes: until then the caller waits. Keep it in a
/// variable of run(), or a container there.
template <class T, class R>
class [[nodiscard]] request {
 public:
  [[nodiscard]] T& payload() noexcept { return payload_; }
  [[nodiscard]] const T& payload() const noexcept { return payload_; }

  /// Whether the caller still waits for the answer: false once it has been given, or the caller's
  /// context has ended. A caller's deadline does not travel with its request, so an actor that is
  /// behind asks before work that would be for nobody. A moment's view. Any thread, but not while
  /// another one answers.
  [[nodiscard]] bool is_awaited() const noexcept { return from_.is_awaited(); }

  /// Answers. errc::already_replied if it was answered before, errc::canceled if the caller has
  /// given up; neither does harm. Any thread, one at a time. Cost: one locked operation.
  template <class U = R>
    requires std::is_constructible_v<R, U&&>
  result<> reply(U&& value) {
    return finish(result<R>(std::in_place, std::forward<U>(value)));
  }
  result<> reply()
    requires std::is_void_v<R>
  {
    return finish(result<R>());
  }
  /// Answers with an error, which is what the caller's call gives.
  result<> fail(error why) { return finish(result<R>(std::unexpect, std::move(why))); }

  /// Answers with a value or an error.
  result<> complete(result<R> outcome) { return finish(std::move(outcome)); }

 private:
  template <class, class, class>
  friend class detail::call_awaiter;

  request(T&& payload, detail::fiber& caller, std::uint64_t wait,
          detail::reply_slot<R>& slot) noexcept
      : payload_(std::move(payload)), from_(caller, wait, slot) {}

  result<> finish(result<R> outcome) {
    if (!from_.open()) return troupe::fail(errc::already_replied);
    if (!from_.deliver(std::move(outcome))) return troupe::fail(errc::canceled);
    return {};
  }

  T payload_;
  detail::reply_address<R> from_;
};

namespace detail {
template <class T, class R>
inline constexpr bool is_request<request<T, R>> = true;
template <class T, class R>
inline constexpr std::string_view message_name<request<T, R>> = type_name<T>();
}  // namespace detail

}  // namespace troupe

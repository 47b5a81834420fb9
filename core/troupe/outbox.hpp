#pragma once

// outbox<T>: the handlers that hear of what an actor has to say. The actor owns the outbox and
// emits; whoever wants to hear subscribes.
//
// emit calls the handlers one after the other, in the order of subscription, in the emitter's own
// turn: a subscriber that is an actor sends itself a message from its handler. Handlers take a
// const T& (or a T) and give void, result<>, task<> or task<result<>>. All are called, also when
// one gives an error; the first error is what emit gives. An exception leaves emit at once. With a
// context, emit calls no further handler once it has ended, and gives its error.
//
// Handlers are kept alive by the outbox, and may therefore be coroutines that capture. What they
// point at is not: `this` in a handler has to outlive the run of the emitter, unless it is the
// emitter's own fiber that unsubscribes. Unsubscribing on another thread does not wait for an emit
// that is under way. Else capture a std::weak_ptr or std::shared_ptr. While a coroutine handler is
// awaited, the next is not called. T stays as it is until emit has ended, so a coroutine handler
// may refer to it.
//
// Subscribing and unsubscribing while an emit is under way:
//   - a new handler is first called by the next emit;
//   - one that is unsubscribed is not called any more, if unsubscribed by the emitter's own fiber
//     (by a handler, say, also of itself) or while a coroutine handler waits. A handler that has
//     begun is not interrupted;
//   - one that is unsubscribed by another thread meanwhile may be called that one more time;
//   - an emit inside a handler, in the same fiber, runs to its end first;
//   - if a handler, or another fiber while one waits, destroys the outbox, the emit ends there: it
//     calls no further handler and gives what it has.
//
// The protocol. One fiber emits at a time, and it alone walks the list, with plain loads. Others
// change the list under a lock. A node that was taken out keeps its link, so that an emitter that
// stands on it finds on, and its memory is given back by
//   - the emitter, at the end of its emit: nobody else walks;
//   - whoever unsubscribes, once there are many and nobody emits. That he knows by read-copy-update
//     with a single reader: the emitter stores `emitter`, then loads the list, in program order;
//     the other takes nodes out, makes all threads pass a barrier (detail/process_barrier.hpp),
//     and loads `emitter`. If that is null, an emit that comes now sees the list without them.
// Until then the handler itself lives too: see unsubscribe(). Handlers are only destroyed with the
// lock open.

#include <troupe/context.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/no_context.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/detail/unmade_error.hpp>
#include <troupe/error.hpp>
#include <troupe/task.hpp>

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace troupe {

namespace detail {

template <class Outcome>
inline constexpr bool is_handler_outcome =
    std::is_void_v<Outcome> || std::same_as<Outcome, result<>> || std::same_as<Outcome, task<>> ||
    std::same_as<Outcome, task<result<>>>;
template <class H, class T>
concept outbox_handler =
    std::invocable<H&, const T&> && is_handler_outcome<std::invoke_result_t<H&, const T&>>;

/// A subscribed handler.
struct outbox_node {
  enum class told : std::uint8_t {
    done,        // or nobody is there any more
    refused,     // it gave an error, which has been made at `why`
    not_called,  // it is a coroutine
  };
  /// How far a call came: the node to go on with, null at the end.
  struct stop {
    outbox_node* at;
    told how;
  };
  struct kind {
    /// Calls this handler and those of the same kind that follow it, up to the id `until`; stops
    /// behind one that refuses. An indirect call costs more than the rest of what is done for a
    /// handler, and who subscribes many mostly does so in one place of the program.
    stop (*call)(outbox_node* first, std::uint64_t until, const void* message, error* why);
    task<result<>> (*run)(outbox_node&, const void* message);  // null for a plain handler
    void (*destroy)(outbox_node*) noexcept;
    const kind* unsubscribed;  // what becomes of it
  };

  explicit outbox_node(const kind& how) noexcept : ops(&how) {}
  outbox_node(const outbox_node&) = delete;
  outbox_node& operator=(const outbox_node&) = delete;

  [[nodiscard]] const kind& how() const noexcept { return *ops.load(std::memory_order_relaxed); }
  [[nodiscard]] outbox_node* following() const noexcept {
    return next.load(std::memory_order_acquire);
  }
  /// What follows `after`, the node behind this one. From this node it was guessed two steps ahead:
  /// where the guess is right the processor goes on with that, and need not have loaded one link to
  /// load the next. A guess is compared, and never followed otherwise.
  [[nodiscard]] outbox_node* next_but_one(const outbox_node& after) noexcept {
    outbox_node* actual = after.following();
    outbox_node* const guessed = guess;
    if (guessed == actual) [[likely]]
      return guessed;
    asm volatile("" : "+r"(actual));  // else the compiler takes `actual` in both cases
    guess = actual;
    return actual;
  }

  static stop pass_over(outbox_node* gone, std::uint64_t, const void*, error*) {
    return {gone->following(), told::done};
  }

  // Written under the lock, released; acquired by the emitter. Stays when the node is taken out.
  std::atomic<outbox_node*> next{nullptr};
  // Relaxed: what the first one stands for came with the link to the node, and its successor, set
  // under the lock when the handler is unsubscribed, is a constant.
  std::atomic<const kind*> ops;
  std::uint64_t id = 0;             // rising along the list; constant once linked
  outbox_node* previous = nullptr;  // under the lock; when taken out: the next that was
  outbox_node* guess = nullptr;     // see next_but_one(); the emitter's
};

/// What the outbox, its subscriptions and an emit that has suspended share.
class outbox_core : public pooled {
 public:
  outbox_core() = default;
  outbox_core(const outbox_core&) = delete;
  outbox_core& operator=(const outbox_core&) = delete;

  /// Takes the node, and a reference for the subscription.
  void subscribe(outbox_node& made) noexcept;
  /// Gives both back.
  void unsubscribe(outbox_node& gone) noexcept;
  /// The outbox is gone: lets go of all handlers, and of the outbox's reference.
  void close() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

  // --- the emitter's side ---

  /// An emit, from its beginning to the end of this object; or, inside a handler of one, nothing.
  class turn {
   public:
    explicit turn(outbox_core& of) : ends_(of.enter() ? &of : nullptr) {}
    /// Of an emit that has begun.
    explicit turn(outbox_core* ends) noexcept : ends_(ends) {}
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (ends_ != nullptr) ends_->leave();
    }
    /// For an emit that suspends: what has to leave() later; null if nothing has.
    outbox_core* hand_over() noexcept { return std::exchange(ends_, nullptr); }

   private:
    outbox_core* ends_;
  };
  void leave() noexcept {
    if (attention_.load(std::memory_order_relaxed)) [[unlikely]]
      return leave_and_clean_up();
    emitter_.store(nullptr, std::memory_order_release);
  }

  /// Begins an emit of `who`, for a turn, if nobody emits.
  [[nodiscard]] bool try_enter(const void* who) noexcept {
    if (emitter_.load(std::memory_order_relaxed) != nullptr) return false;
    emitter_.store(who, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // before the list is loaded
    return true;
  }
  [[nodiscard]] bool nobody_listens() const noexcept {
    return first_.load(std::memory_order_relaxed) == nullptr;
  }
  /// How far an emit is: the next node, null at the end; and the id of the last handler to call,
  /// which is the last that is subscribed when it begins.
  struct walk {
    outbox_node* at;
    std::uint64_t last;
  };
  [[nodiscard]] walk begin() const noexcept {
    return {first_.load(std::memory_order_acquire), last_id_.load(std::memory_order_relaxed)};
  }
  /// Calls handlers up to the first that is a coroutine, and notes the first error.
  static void call_plain(walk& on, const context* ctx, const void* message, result<>& outcome);
  static void note_refusal(unmade_error& refused, result<>& outcome) noexcept;
  /// From the coroutine handler `on` to the end.
  static task<result<>> finish(walk on, const context* ctx, const void* message, result<> outcome);

  /// Before the emit suspends: from here on the outbox may be destroyed by anybody.
  void pin() noexcept;

 private:
  static constexpr std::size_t many = 64;

  ~outbox_core();
  [[noreturn]] static void refuse_second_emitter();
  static const void* emitting_here() noexcept {
    return current.running != nullptr ? static_cast<const void*>(current.running) : &current;
  }
  bool enter() {
    if (try_enter(emitting_here())) return true;
    if (emitter_.load(std::memory_order_relaxed) != emitting_here()) [[unlikely]]
      refuse_second_emitter();
    return false;
  }
  void leave_and_clean_up() noexcept;
  void release() noexcept;
  outbox_node* take_retired() noexcept;
  void retire(outbox_node& gone) noexcept;
  void destroy_unless_walked(outbox_node* gone) noexcept;

  std::atomic<outbox_node*> first_{nullptr};
  std::atomic<std::uint64_t> last_id_{0};
  // Who emits: a fiber, or, outside of fibers, a thread; null while nobody does. Only emitters
  // write it; released at the end, which whoever frees a node acquires.
  std::atomic<const void*> emitter_{nullptr};
  // The end of the emit has more to do than to clear `emitter_`. Set under the lock; an emitter
  // that does not see it yet leaves the work to the next.
  std::atomic<bool> attention_{false};
  std::atomic<std::size_t> size_{0};

  spin_lock lock_;  // guards what follows, and all changes of the list
  bool closed_ = false;
  bool pinned_ = false;  // the emit has a reference of its own
  std::size_t references_ = 1;
  outbox_node* last_ = nullptr;
  outbox_node* retired_ = nullptr;
  std::size_t retired_many_ = 0;
};

[[gnu::always_inline]] inline void outbox_core::call_plain(walk& on, const context* ctx,
                                                           const void* message, result<>& outcome) {
  while (on.at != nullptr && on.at->id <= on.last) {
    std::uint64_t until = on.last;
    if (ctx != nullptr) {
      if (auto why = ctx->err()) [[unlikely]] {
        outcome = fail(*std::move(why));
        break;
      }
      until = on.at->id;
    }
    unmade_error refused;
    const outbox_node::stop stopped = on.at->how().call(on.at, until, message, &refused.why);
    on.at = stopped.at;
    if (stopped.how != outbox_node::told::done) [[unlikely]] {
      if (stopped.how == outbox_node::told::not_called) return;
      note_refusal(refused, outcome);
    }
  }
  on.at = nullptr;
}

template <class T, class Handler>
struct outbox_handler_node : outbox_node, pooled {
  using outcome_type = std::invoke_result_t<Handler&, const T&>;
  static constexpr bool coroutine = is_task<outcome_type>;

  explicit outbox_handler_node(Handler&& from) : outbox_node(way), handler(std::move(from)) {}

  static auto invoke(outbox_node& self, const void* message) {
    return static_cast<outbox_handler_node&>(self).handler(*static_cast<const T*>(message));
  }
  static stop is_coroutine(outbox_node* first, std::uint64_t, const void*, error*) {
    return {first, told::not_called};
  }
  static stop call_handlers(outbox_node* first, std::uint64_t until, const void* message,
                            error* why) {
    outbox_node* at = first;
    outbox_node* after = at->following();
    do {
      if constexpr (std::same_as<outcome_type, result<>>) {
        if (result<> outcome = invoke(*at, message); !outcome) [[unlikely]] {
          std::construct_at(why, std::move(outcome).error());
          return {after, told::refused};
        }
      } else if constexpr (std::is_void_v<outcome_type>) {
        invoke(*at, message);
      }
      if (after == nullptr) return {nullptr, told::done};
      outbox_node* const next_but_one = at->next_but_one(*after);
      at = after;
      after = next_but_one;
    } while (at->id <= until && &at->how() == &way);
    return {at, told::done};
  }
  static task<result<>> run_handler(outbox_node& self, const void* message) {
    if constexpr (std::same_as<outcome_type, task<>>) {
      return then_success(invoke(self, message));
    } else {
      return invoke(self, message);
    }
  }
  static task<result<>> then_success(task<> handled) {
    co_await std::move(handled);
    co_return result<>();
  }
  static void destroy(outbox_node* self) noexcept {
    delete static_cast<outbox_handler_node*>(self);
  }

  static constexpr auto run = [] {
    if constexpr (coroutine) {
      return &run_handler;
    } else {
      return nullptr;
    }
  }();
  static const kind unsubscribed_way;
  static const kind way;

  Handler handler;
};
template <class T, class Handler>
constexpr outbox_node::kind outbox_handler_node<T, Handler>::unsubscribed_way = {&pass_over, run,
                                                                                 &destroy, nullptr};
template <class T, class Handler>
constexpr outbox_node::kind outbox_handler_node<T, Handler>::way = {
    coroutine ? &is_coroutine : &call_handlers, run, &destroy, &unsubscribed_way};

/// What emit() gives: awaited, it is the emit. Owns the message, which therefore stays where it is.
template <class T, bool WithContext>
class [[nodiscard]] emission {
 public:
  emission(outbox_core& core, const context* ctx, T&& message)
      : core_(&core), ctx_(ctx), message_(std::move(message)) {}
  // Only moved before it is awaited, and only in C++'s eyes: the result of emit() is a prvalue.
  emission(const emission&) = delete;
  emission& operator=(const emission&) = delete;
  ~emission() {
    if (core_ == nullptr) [[unlikely]]
      forget();  // an error, or an emit that was left by an exception or destroyed while it waits
  }

  [[gnu::always_inline]] bool await_ready() {
    if (core_->nobody_listens()) {
      static_cast<void>(has_ended());
    } else if (!emit()) [[unlikely]] {
      return false;
    }
    return !spend_budget();
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> at) {
    if (core_ != nullptr || left_ != left::waits) {
      if (current.running == nullptr) return at;  // outside of a fiber there is no turn
      yield_now(*current.running, at);
      return std::noop_coroutine();
    }
    wait_.of->pin();
    wait_.rest =
        outbox_core::finish(wait_.on, ctx_, std::addressof(message_), std::move(wait_.outcome));
    return std::move(wait_.rest).operator co_await().await_suspend(at);
  }
  [[gnu::always_inline]] result<> await_resume() {
    if (core_ == nullptr) [[unlikely]] {
      if (!settle()) return fail(std::move(refused_));
    }
    return {};
  }

 private:
  enum class left : std::uint8_t {
    nothing,
    refused,  // refused_
    waits,    // wait_
  };
  /// An emit that has come to a coroutine handler.
  struct suspended {
    outbox_core* of;
    outbox_core::walk on;
    outbox_core* ends;  // null inside another emit's handler
    result<> outcome;
    task<result<>> rest;
  };

  /// False: it waits.
  [[gnu::always_inline]] bool emit() {
    if constexpr (!WithContext) {
      fiber* const self = current.running;
      if (self != nullptr && core_->try_enter(self)) [[likely]]
        return emit_to_one_kind();
    }
    return emit_slowly();
  }
  /// As a part of the coroutine that awaits it: the registers that a function of its own saves
  /// would cost as much as the rest.
  [[gnu::always_inline]] bool emit_to_one_kind() {
    outbox_core::turn mine(core_);
    outbox_core::walk on = core_->begin();
    if (on.at == nullptr) [[unlikely]]
      return true;
    const outbox_node::stop stopped =
        on.at->how().call(on.at, on.last, std::addressof(message_), &refused_);
    const bool refused = stopped.how == outbox_node::told::refused;
    on.at = stopped.at;
    if (on.at != nullptr) [[unlikely]]
      return emit_to_rest(mine.hand_over(), on, refused);
    if (refused) [[unlikely]]
      leave(left::refused);
    return true;
  }
  /// From where `on` is; `refused`: one before has, with refused_.
  [[gnu::noinline]] bool emit_to_rest(outbox_core* ends, outbox_core::walk on, bool refused) {
    result<> outcome;
    if (refused) [[unlikely]] {
      outcome = fail(std::move(refused_));
      std::destroy_at(&refused_);
    }
    {
      outbox_core::turn mine(ends);
      outbox_core::call_plain(on, ctx_, std::addressof(message_), outcome);
      if (on.at != nullptr) [[unlikely]] {
        std::construct_at(&wait_, core_, on, mine.hand_over(), std::move(outcome));
        leave(left::waits);
        return false;
      }
    }
    if (!outcome) [[unlikely]]
      refuse(std::move(outcome).error());
    return true;
  }
  [[gnu::noinline]] bool emit_slowly() {
    if (has_ended()) return true;
    outbox_core::turn mine(*core_);
    return emit_to_rest(mine.hand_over(), core_->begin(), false);
  }
  /// The context; then refused_ says why.
  bool has_ended() {
    if constexpr (WithContext) {
      if (auto why = ctx_->err()) [[unlikely]] {
        refuse(*std::move(why));
        return true;
      }
    }
    return false;
  }
  void refuse(error why) noexcept {
    std::construct_at(&refused_, std::move(why));
    leave(left::refused);
  }
  void leave(left what) noexcept {
    core_ = nullptr;
    left_ = what;
  }
  /// What is left becomes nothing, or refused_: false. Gives no result<>, which would have to lie
  /// in memory for it; what await_resume() gives stays in registers.
  [[gnu::noinline]] bool settle() {
    if (left_ != left::waits) return left_ == left::nothing;
    result<> outcome = std::move(wait_.rest).operator co_await().await_resume();
    end_wait();
    if (outcome) return true;
    refuse(std::move(outcome).error());
    return false;
  }
  [[gnu::noinline]] void forget() noexcept {
    if (left_ == left::refused) std::destroy_at(&refused_);
    if (left_ == left::waits) end_wait();
  }
  void end_wait() noexcept {
    outbox_core* const ends = wait_.ends;
    std::destroy_at(&wait_);  // the frames that wait before what they stand on
    leave(left::nothing);
    if (ends != nullptr) ends->leave();
  }

  outbox_core* core_;  // null: there is something to take or to destroy, and `left_` says what
  [[no_unique_address]] std::conditional_t<WithContext, const context*, no_context> ctx_;
  union {
    error refused_;
    suspended wait_;
  };
  T message_;
  left left_;
};

}  // namespace detail

/// Keeps a handler subscribed; unsubscribes it when it goes. The outbox may go first.
///
/// Threads: like any value; it may live on another thread than the outbox.
class [[nodiscard]] outbox_subscription {
 public:
  outbox_subscription() noexcept = default;
  outbox_subscription(outbox_subscription&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)), node_(other.node_) {}
  outbox_subscription& operator=(outbox_subscription&& other) noexcept {
    if (this != &other) {
      unsubscribe();
      core_ = std::exchange(other.core_, nullptr);
      node_ = other.node_;
    }
    return *this;
  }
  ~outbox_subscription() { unsubscribe(); }

  /// The handler is not called any more; the opening comment says what holds for an emit that is
  /// under way on another thread. Harmless when repeated.
  ///
  /// The handler itself, with what it captured, is destroyed at the end of the emit under way or of
  /// the next one; at the latest by the 64th unsubscription from this outbox while nobody emits
  /// (where the kernel has membarrier), or with the outbox.
  void unsubscribe() noexcept {
    if (core_ != nullptr) std::exchange(core_, nullptr)->unsubscribe(*node_);
  }

 private:
  template <class T>
  friend class outbox;
  outbox_subscription(detail::outbox_core& core, detail::outbox_node& node) noexcept
      : core_(&core), node_(&node) {}

  detail::outbox_core* core_ = nullptr;
  detail::outbox_node* node_ = nullptr;
};

/// The handlers that hear of each T an actor emits. See the opening comment.
///
/// Threads: subscribe, unsubscribe and size on any; emit from one fiber at a time, as a rule its
/// actor's (outside of fibers: one thread at a time). The destructor must not run on one thread
/// while an emit runs on another.
/// Cost: emit executes no locked instruction and allocates nothing while its handlers are plain;
/// from the first coroutine handler on it takes pooled frames. subscribe and unsubscribe take a
/// lock; a handler takes a pooled block, of its own size and 48 bytes more. Handlers next to each
/// other that were subscribed at one place of the program are called by one indirect call for all
/// of them: to a hundred an emit then takes half as long.
template <class T>
class outbox {
  static_assert(std::is_object_v<T> && std::is_move_constructible_v<T> && !std::is_const_v<T>,
                "outbox<T>: T must be a type that can be moved");

 public:
  using message_type = T;

  outbox() = default;
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;
  /// Unsubscribes all. Their subscriptions may live on, and do nothing.
  ~outbox() { core_->close(); }

  /// From the next emit on, `handler` is called until the subscription goes.
  template <class Handler>
  outbox_subscription subscribe(Handler handler) {
    static_assert(detail::outbox_handler<Handler, T>,
                  "outbox<T>::subscribe(handler): the handler must take a const T& and give void, "
                  "result<>, task<> or task<result<>>");
    if constexpr (detail::outbox_handler<Handler, T>) {
      auto* const made = new detail::outbox_handler_node<T, Handler>(std::move(handler));
      core_->subscribe(*made);
      return outbox_subscription(*core_, *made);
    }
  }

  /// Awaitable -> result<>: calls the handlers; success, or the first error that one gave. Throws
  /// usage_error if another fiber's emit is under way (as far as that can be seen).
  [[nodiscard]] auto emit(T message) {
    return detail::emission<T, false>(*core_, nullptr, std::move(message));
  }
  /// Before each handler, and after one that is a coroutine, a look at `ctx`: once it has ended,
  /// its error is what emit gives, whatever the handlers gave. A handler that waits is not
  /// interrupted: it ends when its own waits do. `ctx` must live until the emit has ended.
  [[nodiscard]] auto emit(const context& ctx, T message) {
    return detail::emission<T, true>(*core_, &ctx, std::move(message));
  }

  /// Handlers that are subscribed.
  [[nodiscard]] std::size_t size() const noexcept { return core_->size(); }

 private:
  detail::outbox_core* core_ = new detail::outbox_core;
};

}  // namespace troupe

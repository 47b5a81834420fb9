#pragma once

// serve(ctx, on(source, handler)...): the receive loop of an actor.
//
// One message at a time, whichever inbox it comes from. It ends
//   - clean, when every inbox in it is closed and drained;
//   - with errc::canceled or errc::deadline_exceeded, when `ctx` or the actor is done;
//   - with the error of a handler that returns result<> and fails;
//   - with the exception of a handler that throws: the actor crashes, and a request that was being
//     handled fails its caller with errc::no_reply.
//
// A source is an inbox, or a ticker: every(1s), or an `every` of the actor's own that handlers may
// reset.
//
// The end of the actor is looked at before each message. Then come inboxes, each one's turn by
// rotation, and then timers and a `ctx` that is not the actor's own; in one wait of 16 these come
// first.
//
// Handlers may be plain functions or coroutines, and are kept alive by serve; a coroutine handler
// may therefore capture. While one is awaited no other message is handled: an actor does one thing
// at a time.
//   cast_inbox<T>:    (T) -> void, result<>, task<>, task<result<>>
//   call_inbox<T, R>: (T) -> R, result<R>, task<R>, task<result<R>>: what it returns is the reply;
//                     or (request<T, R>) -> void, task<>, …: replies when and where it likes
//   every:            () -> void, …
//   subscription<V>:  (V) -> void, result<>, task<>, task<result<>> (signal/subscription.hpp)

#include <troupe/context.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/select.hpp>
#include <troupe/task.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troupe {

namespace detail {

template <class Source, class Handler>
struct binding {
  using source_type = Source;
  Source* source;
  Handler handler;
};
/// A timer or a subscription is kept in the binding.
template <class Source, class Handler>
struct owning_binding {
  using source_type = Source;
  Source owned;
  Handler handler;
};

/// Of a handler that on() has refused, so that serve says nothing more about it.
struct refused_binding {};

template <class Binding>
inline constexpr bool is_binding = false;
template <class Source, class Handler>
inline constexpr bool is_binding<binding<Source, Handler>> = true;
template <class Source, class Handler>
inline constexpr bool is_binding<owning_binding<Source, Handler>> = true;

template <class T>
struct awaited {
  using type = T;
};
template <class T>
struct awaited<task<T>> {
  using type = T;
};
template <class Handler, class... Args>
using outcome_of = typename awaited<std::invoke_result_t<Handler&, Args...>>::type;

template <class H, class T>
concept cast_handler = std::invocable<H&, T> && (std::is_void_v<outcome_of<H, T>> ||
                                                 std::same_as<outcome_of<H, T>, result<>>);

template <class H, class T, class R>
concept replying_handler =
    std::invocable<H&, T> && std::constructible_from<result<R>, outcome_of<H, T>>;
template <class H, class T>
concept void_handler = std::invocable<H&, T> && std::is_void_v<outcome_of<H, T>>;

template <class H, class T, class R>
concept call_handler = replying_handler<H, T, R> || (std::is_void_v<R> && void_handler<H, T>) ||
                       cast_handler<H, request<T, R>>;

}  // namespace detail

/// Ties a handler to an inbox, for serve. The inbox must outlive it.
template <class T, class Handler>
[[nodiscard]] auto on(cast_inbox<T>& inbox, Handler handler) {
  static_assert(detail::cast_handler<Handler, T>,
                "on(cast_inbox<T>, handler): the handler must take a T and give void, result<>, "
                "task<> or task<result<>>");
  if constexpr (detail::cast_handler<Handler, T>) {
    return detail::binding<cast_inbox<T>, Handler>{&inbox, std::move(handler)};
  } else {
    return detail::refused_binding();
  }
}
template <class T, class R, class Handler>
[[nodiscard]] auto on(call_inbox<T, R>& inbox, Handler handler) {
  static_assert(detail::call_handler<Handler, T, R>,
                "on(call_inbox<T, R>, handler): the handler must take a T and give R, result<R> or "
                "a task of one of them, or take a request<T, R> and give void or result<>");
  if constexpr (detail::call_handler<Handler, T, R>) {
    return detail::binding<call_inbox<T, R>, Handler>{&inbox, std::move(handler)};
  } else {
    return detail::refused_binding();
  }
}
template <class Handler>
[[nodiscard]] auto on(every&& ticker, Handler handler) {
  static_assert(std::invocable<Handler&>, "on(every, handler): the handler takes nothing");
  if constexpr (std::invocable<Handler&>) {
    return detail::owning_binding<every, Handler>{std::move(ticker), std::move(handler)};
  } else {
    return detail::refused_binding();
  }
}
/// A ticker that must outlive it, and which handlers may stop and reset.
template <class Handler>
[[nodiscard]] auto on(every& ticker, Handler handler) {
  static_assert(std::invocable<Handler&>, "on(every, handler): the handler takes nothing");
  if constexpr (std::invocable<Handler&>) {
    return detail::binding<every, Handler>{&ticker, std::move(handler)};
  } else {
    return detail::refused_binding();
  }
}

namespace detail {

/// What handling one message came to, where nothing had to be awaited.
struct handled {
  result<> outcome;
  static constexpr bool await_ready() noexcept { return true; }
  static constexpr void await_suspend(std::coroutine_handle<>) noexcept {}
  result<> await_resume() noexcept { return std::move(outcome); }
};

template <class Call>
result<> outcome_of_call(Call&& call) {
  if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
    std::forward<Call>(call)();
    return {};
  } else {
    return std::forward<Call>(call)();
  }
}

// The handler and the binding live in serve's frame, which waits for these coroutines.
template <class Handler, class... Args>
task<result<>> handle_later(Handler* handler, Args... args) {
  if constexpr (std::is_void_v<outcome_of<Handler, Args...>>) {
    co_await (*handler)(std::move(args)...);
    co_return result<>();
  } else {
    co_return co_await (*handler)(std::move(args)...);
  }
}
template <class Handler, class T, class R>
task<result<>> reply_later(Handler* handler, request<T, R> asked) {
  if constexpr (std::is_void_v<outcome_of<Handler, T>>) {
    co_await (*handler)(std::move(asked.payload()));
    static_cast<void>(asked.reply());
  } else {
    static_cast<void>(asked.complete(result<R>(co_await (*handler)(std::move(asked.payload())))));
  }
  co_return result<>();
}

/// Hands the handler its arguments: `handled`, or a task for a handler that is a coroutine.
template <class Handler, class... Args>
auto handle(Handler& handler, Args... args) {
  if constexpr (is_task<std::invoke_result_t<Handler&, Args...>>) {
    return handle_later<Handler, Args...>(&handler, std::move(args)...);
  } else {
    return handled{outcome_of_call([&] { return handler(std::move(args)...); })};
  }
}
template <class Source, class Handler>
auto handle_message(Source*, Handler& handler, typename Source::message_type&& message) {
  return handle<Handler, typename Source::message_type>(handler, std::move(message));
}
template <class T, class R, class Handler>
auto handle_message(call_inbox<T, R>*, Handler& handler, request<T, R>&& asked) {
  if constexpr (!std::invocable<Handler&, T>) {
    return handle<Handler, request<T, R>>(handler, std::move(asked));
  } else if constexpr (is_task<std::invoke_result_t<Handler&, T>>) {
    return reply_later<Handler, T, R>(&handler, std::move(asked));
  } else if constexpr (std::is_void_v<std::invoke_result_t<Handler&, T>>) {
    handler(std::move(asked.payload()));
    static_cast<void>(asked.reply());
    return handled{};
  } else {
    // A caller that has given up is no concern of the actor's.
    static_cast<void>(asked.complete(result<R>(handler(std::move(asked.payload())))));
    return handled{};
  }
}

/// Whether handling a message of the binding never waits.
template <class Source, class Handler>
consteval bool handles_at_once() {
  if constexpr (select_arm<Source>::is_inbox) {
    using outcome = decltype(handle_message(std::declval<Source*>(), std::declval<Handler&>(),
                                            std::declval<typename Source::message_type&&>()));
    return std::same_as<outcome, handled>;
  } else {
    return std::same_as<decltype(handle(std::declval<Handler&>())), handled>;
  }
}
template <class Source, class Handler>
consteval bool handles_at_once(const binding<Source, Handler>*) {
  return handles_at_once<Source, Handler>();
}
template <class Source, class Handler>
consteval bool handles_at_once(const owning_binding<Source, Handler>*) {
  return handles_at_once<Source, Handler>();
}

/// What serve keeps of a binding while it runs: the wait knows the inbox.
template <class Source, class Handler>
struct kept_handler {
  using source_type = Source;
  explicit kept_handler(binding<Source, Handler>&& from) noexcept(
      std::is_nothrow_move_constructible_v<Handler>)
      : handler(std::move(from.handler)) {}
  Handler handler;
};
template <class Binding>
struct kept_of;
template <class Source, class Handler>
struct kept_of<binding<Source, Handler>> {
  using type = kept_handler<Source, Handler>;
};
template <class Source, class Handler>
struct kept_of<owning_binding<Source, Handler>> {
  using type = owning_binding<Source, Handler>;
};

template <class S, class H>
S& source_of(const binding<S, H>& bound) noexcept {
  return *bound.source;
}
template <class S, class H>
S& source_of(owning_binding<S, H>& bound) noexcept {
  return bound.owned;
}
/// Where it is once `from` has been moved to `kept`.
template <class S, class H>
S& source_of(kept_handler<S, H>&, const binding<S, H>& from) noexcept {
  return source_of(from);
}
template <class S, class H>
S& source_of(owning_binding<S, H>& kept, const owning_binding<S, H>&) noexcept {
  return source_of(kept);
}

/// Its messages come as they are, with nothing to be done after a receive.
template <class Source>
inline constexpr bool has_plain_arm = std::derived_from<select_arm<Source>, inbox_arm<Source>>;

/// How a serve loop has ended; `clean` as long as it goes on.
enum class loop_end : std::uint8_t { clean, failed, crashed };

/// The wait of a serve loop, laid out once for all its turns. It is part of what an idle actor
/// takes, so it holds no pointer twice. The sources must not move any more.
template <class... Bindings>
class serve_wait {
 public:
  /// `awaiting`: kept for whoever goes on after the loop; may be null.
  explicit serve_wait(std::coroutine_handle<> awaiting,
                      typename Bindings::source_type&... sources) noexcept
      : awaiting_or_tie_(reinterpret_cast<std::uintptr_t>(awaiting.address())), arms_(sources...) {}
  serve_wait(const serve_wait&) = delete;
  serve_wait& operator=(const serve_wait&) = delete;
  ~serve_wait() {
    step_.leave(inboxes(), others());
    if (is_tied()) delete &tie();
  }

  /// In the fiber, before the first turn. A context that is the actor's own ends the wait by
  /// itself; any other is a source.
  void start(const fiber& self, const context& ctx) {
    arms_.begin();
    if (context_link::is_ambient(self, &ctx) || ctx.state() == nullptr) return;
    auto* const made = new context_tie(ctx, awaiting());
    std::ranges::copy(arms_.other_sources(), made->sources.begin());
    awaiting_or_tie_ = reinterpret_cast<std::uintptr_t>(made) | is_tie;
  }
  [[nodiscard]] std::coroutine_handle<> awaiting() const noexcept {
    if (is_tied()) return tie().awaiting;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address without a bit
    return std::coroutine_handle<>::from_address(reinterpret_cast<void*>(awaiting_or_tie_));
  }

  /// True: a source is ready, see self.fired. False: the fiber is parked.
  [[gnu::always_inline]] bool begin(fiber& self) {
    if (is_tied()) [[unlikely]]
      return step_.begin_with_others(self, inboxes(), others());
    return step_.begin<ops>(self, inboxes(), arms_.other_sources());
  }
  /// After each begin(), when it is ready or the fiber has been woken: which source it was.
  std::uint32_t end(fiber& self) noexcept {
    if (!step_.ends_plainly(self)) [[unlikely]]
      step_.end(self, inboxes(), others());
    return self.fired;
  }
  /// Where it was none of the bindings'.
  error why_canceled(const fiber& self) const noexcept {
    return cancel_reason(self, is_tied() ? &tie().done.of() : nullptr);
  }

  bool await_ready() {
    ready_ = begin(*current.running);
    return ready_ && !spend_budget();
  }
  void await_suspend(std::coroutine_handle<> at) const noexcept {
    fiber& self = *current.running;
    self.resume_point = at;
    if (ready_) self.sched->yield(self);
  }
  std::uint32_t await_resume() noexcept { return end(*current.running); }

  /// Handles what source I gave.
  template <std::size_t I, class Binding>
  [[gnu::always_inline]] auto handle(Binding& bound) {
    using source_type = typename Binding::source_type;
    if constexpr (select_arm<source_type>::is_inbox) {
      using message_type = typename source_type::message_type;
      constexpr source_type* source = nullptr;  // only its type counts
      using outcome =
          decltype(handle_message(source, bound.handler, std::declval<message_type&&>()));
      if constexpr (has_plain_arm<source_type>) {
        // Where it has been put: nothing is received until it has been handled, or a coroutine has
        // taken it over.
        if (std::exchange(arms_.template inbox<I>().waiter.filled, false)) [[likely]] {
          const typename message_slot<message_type>::loan message(arms_.template slot<I>());
          return handle_message(source, bound.handler, *message);
        }
      } else {
        auto got = arms_.template value<I>(*current.running);
        if (got) return handle_message(source, bound.handler, *std::move(got));
      }
      arms_.template inbox<I>().enabled = false;  // closed and drained
      ++closed_;
      if constexpr (std::same_as<outcome, handled>) {
        return handled{};
      } else {
        return nothing();
      }
    } else {
      return detail::handle<decltype(bound.handler)>(bound.handler);
    }
  }

  [[nodiscard]] bool all_closed() const noexcept {
    return arms::inboxes != 0 && closed_ == arms::inboxes;
  }

 private:
  using arms = arm_set<typename Bindings::source_type...>;

  /// Where there is one inbox, how its messages are moved is known here.
  static constexpr const element_ops* ops = [] -> const element_ops* {
    if constexpr (sizeof...(Bindings) == 1 &&
                  (has_plain_arm<typename Bindings::source_type> && ...))
      return (&ops_of<typename Bindings::source_type::message_type>, ...);
    return nullptr;
  }();

  inbox_sources inboxes() noexcept { return arms_.inbox_sources(); }
  other_sources others() const noexcept {
    if (is_tied()) [[unlikely]]
      return tie().sources;
    return arms_.other_sources();
  }

  /// To a context that is not the actor's own: one more source.
  struct context_tie : pooled {
    context_tie(const context& ctx, std::coroutine_handle<> then)
        : done(ctx.done()), awaiting(then) {
      done.index = sizeof...(Bindings);
      sources.back() = &done;
    }
    done_source done;
    std::coroutine_handle<> awaiting;
    std::array<wait_source*, arms::others + 1> sources{};
  };
  static constexpr std::uintptr_t is_tie = 1;
  [[nodiscard]] bool is_tied() const noexcept { return (awaiting_or_tie_ & is_tie) != 0; }
  context_tie& tie() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
    return *reinterpret_cast<context_tie*>(awaiting_or_tie_ & ~is_tie);
  }

  static task<result<>> nothing() { co_return result<>(); }

  std::uintptr_t awaiting_or_tie_;  // the tie, which is rare, keeps the other
  [[no_unique_address]] arms arms_;
  // In the padding of the arms:
  receive_step step_;
  bool ready_ = false;
  std::uint8_t closed_ = 0;

 public:
  loop_end ended = loop_end::clean;  // of the loop that waits; here, as there is room
};

template <std::size_t... I, class... Bindings>
task<result<>> serve_loop(std::index_sequence<I...>, context ctx, Bindings... bindings) {
  serve_wait<Bindings...> wait(nullptr, source_of(bindings)...);
  wait.start(*current.running, ctx);
  while (!wait.all_closed()) {
    const std::uint32_t chosen = co_await wait;
    if (chosen >= sizeof...(Bindings)) co_return fail(wait.why_canceled(*current.running));
    result<> outcome;
    ((chosen == I ? void(outcome = co_await wait.template handle<I>(bindings)) : void()), ...);
    if (!outcome) co_return fail(std::move(outcome).error());
  }
  co_return result<>();
}

/// The same loop where no handler waits, and none can throw when it is moved: it needs no
/// coroutine, and lives in the frame of the one that awaits it. Its turns are run by the scheduler
/// (resumable_loop). It is laid out once it is awaited; until then it is what serve() was given.
template <class... Bindings>
class [[nodiscard]] serve_operation : resumable_loop {
 public:
  explicit serve_operation(context ctx, Bindings... bindings)
      : given_(std::move(ctx), std::move(bindings)...) {}
  /// Only before it is awaited.
  serve_operation(serve_operation&& unstarted) noexcept : given_(std::move(unstarted.given_)) {}
  serve_operation& operator=(serve_operation&&) = delete;
  ~serve_operation() {
    if (!has_begun()) {
      std::destroy_at(&given_);
      return;
    }
    const loop_end ended = running_.wait.ended;
    std::destroy_at(&running_);
    if (ended == loop_end::failed) std::destroy_at(&why);
    if (ended == loop_end::crashed) std::destroy_at(&thrown);
  }

  static constexpr bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> at) {
    fiber& self = running_fiber("serve");
    const context ctx = lay_out(at);
    running_.wait.start(self, ctx);
    self.resume_point = resumption(static_cast<resumable_loop&>(*this));
    if (run(self, false)) return true;
    self.resume_point = at;
    return yield_if_spent(self);
  }
  // Inlined, so that the awaiting frame keeps no room for the result; nor for what is thrown.
  [[gnu::always_inline]] result<> await_resume() {
    if (running_.wait.ended == loop_end::crashed) rethrow(thrown);
    if (running_.wait.ended == loop_end::failed) return fail(std::move(why));
    return {};
  }

  /// As a task of its own, where one is wanted.
  operator task<result<>>() && { return as_task(std::move(*this)); }

 private:
  struct unstarted {
    explicit unstarted(context its_context, Bindings&&... its_bindings)
        : ctx(std::move(its_context)), bindings(std::move(its_bindings)...) {}
    context ctx;
    std::tuple<Bindings...> bindings;
  };
  struct started {
    started(std::coroutine_handle<> at, Bindings&... bindings)
        : started(at, std::index_sequence_for<Bindings...>(), bindings...) {}
    template <std::size_t... I>
    started(std::coroutine_handle<> at, std::index_sequence<I...>, Bindings&... bindings)
        : kept(std::move(bindings)...), wait(at, source_of(std::get<I>(kept), bindings)...) {}
    std::tuple<typename kept_of<Bindings>::type...> kept;
    [[no_unique_address]] serve_wait<Bindings...> wait;
  };

  [[noreturn, gnu::noinline]] static void rethrow(std::exception_ptr& from) {
    std::rethrow_exception(from);  // a copy: what is here must not become null (has_begun)
  }
  static task<result<>> as_task(serve_operation loop) { co_return co_await std::move(loop); }

  /// Gives the context, which it does not keep.
  context lay_out(std::coroutine_handle<> at) noexcept {
    unstarted taken(std::move(given_));
    std::destroy_at(&given_);
    std::apply([&](Bindings&... each) { std::construct_at(&running_, at, each...); },
               taken.bindings);
    turn = go_on;
    return std::move(taken.ctx);
  }

  /// Until the fiber is parked, or has given way: true. False: the loop has ended. `woken`: the
  /// wait that was begun last has given something.
  [[gnu::always_inline]] bool run(fiber& self, bool woken) {
    for (;; woken = true) {
      serve_operation* me = this;
      asm("" : "+r"(me));  // else each turn begins with the addresses of what is rarely used
      if (woken && !me->take(self)) return false;
      if (me->running_.wait.all_closed()) return false;
      if (!me->running_.wait.begin(self)) return true;
      if (spend_budget()) {
        self.sched->yield(self);
        return true;
      }
    }
  }
  /// Handles what the wait gave. False: the loop has ended with that.
  [[gnu::always_inline]] bool take(fiber& self) {
    const std::uint32_t chosen = running_.wait.end(self);
    if (chosen >= sizeof...(Bindings)) return failed(running_.wait.why_canceled(self));
    result<> outcome = handle(chosen, std::index_sequence_for<Bindings...>());
    return outcome ? true : failed(std::move(outcome).error());
  }
  template <std::size_t... I>
  [[gnu::always_inline]] result<> handle(std::uint32_t chosen, std::index_sequence<I...>) {
    result<> outcome;
    ((chosen == I
          ? void(outcome =
                     running_.wait.template handle<I>(std::get<I>(running_.kept)).await_resume())
          : void()),
     ...);
    return outcome;
  }
  bool failed(error reason) noexcept {
    std::construct_at(&why, std::move(reason));
    running_.wait.ended = loop_end::failed;
    return false;
  }
  static void go_on(resumable_loop& loop) noexcept {
    auto& me = static_cast<serve_operation&>(loop);
    try {
      if (me.run(*current.running, true)) return;
    } catch (...) {
      std::construct_at(&me.thrown, std::current_exception());
      me.running_.wait.ended = loop_end::crashed;
    }
    me.running_.wait.awaiting().resume();
  }

  union {
    unstarted given_;
    started running_;
  };
};

}  // namespace detail

/// Awaitable -> result<>: the loop described above. Cost a message: one locked operation while
/// messages wait, nothing allocated (a coroutine handler takes a pooled frame). Where no handler is
/// a coroutine, or throws when it is moved, the loop takes no frame of its own.
template <class... Bindings>
[[nodiscard]] auto serve(const context& ctx, Bindings... bindings) {
  static_assert(sizeof...(Bindings) > 0, "serve: name at least one on(inbox, handler)");
  static_assert(
      ((detail::is_binding<Bindings> || std::same_as<Bindings, detail::refused_binding>) && ...),
      "serve(ctx, ...): each source comes with its handler, as on(inbox, handler)");
  if constexpr (!(detail::is_binding<Bindings> && ...)) {
    return task<result<>>();
  } else if constexpr ((detail::handles_at_once(static_cast<Bindings*>(nullptr)) && ...) &&
                       (std::is_nothrow_move_constructible_v<Bindings> && ...)) {
    return detail::serve_operation<Bindings...>(ctx, std::move(bindings)...);
  } else {
    return detail::serve_loop(std::index_sequence_for<Bindings...>(), ctx, std::move(bindings)...);
  }
}

}  // namespace troupe

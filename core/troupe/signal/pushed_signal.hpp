#pragma once

// pushed_signal: a value that others write.
//
//     auto target = std::make_shared<troupe::pushed_signal<double>>(
//         "target", [](double t) -> troupe::result<> {
//           if (t < 5 || t > 30) return troupe::fail(troupe::errc::invalid_argument, "5 to 30");
//           return {};
//         });
//     co_await target->write(21.5);
//
// The update sees each value first: it may check it, store it, act on it, and refuse it. Only what
// it accepts becomes the value and is told to subscribers; write() gives what it said. Updates run
// one at a time, in the turn and under the context of the writer.
//
// A write made before the signal has started, or between two runs, waits for it. An update that
// throws crashes the signal, not the writer, who gets errc::no_reply.

#include <troupe/context.hpp>
#include <troupe/detail/gate.hpp>
#include <troupe/detail/no_context.hpp>
#include <troupe/detail/signal_update.hpp>
#include <troupe/detail/unmade_error.hpp>
#include <troupe/event.hpp>
#include <troupe/signal/signal.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace troupe {

namespace detail {

template <signal_value V, bool WithContext>
class [[nodiscard("nothing is written until it is awaited")]] write_awaiter {
 public:
  write_awaiter(pushed_signal<V>& to, const context* ctx, V&& value) noexcept
      : to_(&to), ctx_(ctx), value_(std::move(value)) {}
  write_awaiter(const write_awaiter&) = delete;
  write_awaiter& operator=(const write_awaiter&) = delete;
  ~write_awaiter() {
    if (is_ != state::accepted) [[unlikely]]
      forget();
  }

  [[gnu::always_inline]] bool await_ready() {
    if constexpr (!WithContext && hub_of<V>::may_be_quick) {
      if (to_->own_hub().door().enter_quickly()) [[likely]]
        return to_->now_ ? update_quickly() : publish_quickly();
    }
    return await_ready_slowly();
  }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> at) noexcept {
    if (is_ == state::later) return std::move(later_).operator co_await().await_suspend(at);
    yield_now(*current.running, at);
    return std::noop_coroutine();
  }
  [[gnu::always_inline]] result<> await_resume() {
    if (is_ == state::accepted) [[likely]]
      return {};
    return why_not();
  }

 private:
  enum class state : std::uint8_t {
    accepted,  // or not begun
    refused,   // with refused_
    later,     // with later_, which waits and then says
  };

  // By a thread that has the door's bias and has gone in: no locked operation. Part of the
  // coroutine that awaits, as the registers that functions of their own save would cost as much.
  [[gnu::always_inline]] bool update_quickly() {
    try {
      if (!to_->now_(nullptr, value_, &refused_)) [[unlikely]]
        return leave_refused();
    } catch (...) {
      return leave_crashed();
    }
    return publish_quickly();
  }
  [[gnu::always_inline]] bool publish_quickly() {
    if (!to_->own_hub().publish_quickly_and_leave(value_)) [[unlikely]]
      return publish_slowly();
    return !spend_budget();
  }
  [[gnu::noinline]] bool leave_refused() noexcept {
    to_->own_hub().door().leave();
    return refuse();
  }
  /// In a handler.
  [[gnu::noinline]] bool leave_crashed() noexcept {
    std::construct_at(&refused_, to_->crash_and_leave());
    return refuse();
  }
  [[gnu::noinline]] bool publish_slowly() {
    result<> outcome;
    to_->accept_and_leave(value_, outcome);
    return settle(std::move(outcome));
  }
  [[gnu::noinline]] bool refuse() noexcept {
    is_ = state::refused;
    return !spend_budget();
  }
  bool settle(result<> outcome) {
    if (outcome) return !spend_budget();
    std::construct_at(&refused_, std::move(outcome).error());
    return refuse();
  }

  [[gnu::noinline]] bool await_ready_slowly() {
    static_cast<void>(running_fiber("pushed_signal::write"));
    result<> outcome;
    const context* const ctx = ctx_;
    if (auto why = ctx != nullptr ? ctx->err() : std::nullopt) {
      outcome = fail(*std::move(why));
    } else if (!to_->write_now(ctx, value_, outcome)) {
      std::construct_at(&later_, to_->write_later(ctx, std::move(value_)));
      is_ = state::later;
      return false;
    }
    return settle(std::move(outcome));
  }
  [[gnu::noinline]] result<> why_not() {
    if (is_ == state::later) return std::move(later_).operator co_await().await_resume();
    return fail(std::move(refused_));
  }
  [[gnu::noinline]] void forget() noexcept {
    is_ == state::later ? std::destroy_at(&later_) : std::destroy_at(&refused_);
  }

  pushed_signal<V>* to_;
  [[no_unique_address]] std::conditional_t<WithContext, const context*, no_context> ctx_;
  union {
    error refused_;
    task<result<>> later_;
  };
  V value_;
  state is_ = state::accepted;
};

}  // namespace detail

template <signal_value V>
class pushed_signal : public signal<V> {
 public:
  /// Accepts every value.
  explicit pushed_signal(const std::string& name, signal_options<V> options = {})
      : signal<V>(name, std::move(options)) {}

  /// `update`: of the value, or of the writer's context and the value -> void, result<>, task<> or
  /// task<result<>>. It is kept alive.
  template <class F>
  pushed_signal(const std::string& name, F update, signal_options<V> options = {})
      : signal<V>(name, std::move(options)) {
    set_update(std::move(update));
  }

  /// Awaitable -> result<>: the value is now the signal's, or equals it. Else what the update said;
  /// errc::actor_stopped if the signal has ended for good; errc::call_cycle if the writer of
  /// another value waits for this one; errc::no_reply if the update threw; the context's error if
  /// it ends while the write waits for another one, or for the signal to start. `ctx` must live
  /// until the operation has ended.
  ///
  /// Cost, with no other writer: one locked operation, two with a plain update, and one for each
  /// subscriber that is told; see subscription.hpp for those that need not be. A thread that writes
  /// often, with no other in between, needs none of the first two; the next thread pays for that
  /// once with a barrier on all threads. Nothing is allocated.
  [[nodiscard]] auto write(V value) {
    return detail::write_awaiter<V, false>(*this, nullptr, std::move(value));
  }
  [[nodiscard]] auto write(const context& ctx, V value) {
    return detail::write_awaiter<V, true>(*this, &ctx, std::move(value));
  }

 protected:
  task<result<>> run(context ctx) override {
    pushed_signal& door = *door_;
    // An update that an earlier run left behind may have thrown since.
    if (auto thrown = door.take_crash()) std::rethrow_exception(std::move(thrown));
    this->hub().door().open();
    const shut_at_end shut(this->hub().door());
    static_cast<void>(co_await door.crashed_.wait());
    if (auto thrown = door.take_crash()) std::rethrow_exception(std::move(thrown));
    co_return fail(ctx.err().value_or(errc::canceled));
  }

 private:
  template <signal_value W, bool WithContext>
  friend class detail::write_awaiter;

  struct shut_at_end {
    explicit shut_at_end(detail::gate& what) noexcept : of(&what) {}
    shut_at_end(const shut_at_end&) = delete;
    shut_at_end& operator=(const shut_at_end&) = delete;
    ~shut_at_end() { of->shut(); }
    detail::gate* of;
  };

  template <class F, bool WithContext>
  struct updated_by : std::invoke_result<F&, const context&, const V&> {};
  template <class F>
  struct updated_by<F, false> : std::invoke_result<F&, const V&> {};

  template <class F>
  void set_update(F update) {
    constexpr bool with_context = std::invocable<F&, const context&, const V&>;
    static_assert(with_context || std::invocable<F&, const V&>,
                  "pushed_signal<V>(name, update): the update takes a V, or a context and a V, and "
                  "gives void, result<>, task<> or task<result<>>");
    using given = typename updated_by<F, with_context>::type;
    static_assert(std::same_as<typename detail::awaited<given>::type, result<>> ||
                      std::is_void_v<typename detail::awaited<given>::type>,
                  "pushed_signal<V>(name, update): the update gives void, result<>, task<> or "
                  "task<result<>>");
    if constexpr (detail::is_task<given>) {
      later_ = [update = std::move(update)](const context& ctx, const V& value) mutable {
        if constexpr (with_context) {
          return settled(update(ctx, value));
        } else {
          return settled(update(value));
        }
      };
    } else {
      now_ = [update = std::move(update)](const context* ctx, const V& value,
                                          error* refused) mutable {
        const auto call = [&](auto&&... args) {
          if constexpr (std::is_void_v<given>) {
            update(args...);
            return true;
          } else {
            result<> said = update(args...);
            if (said) return true;
            std::construct_at(refused, std::move(said).error());
            return false;
          }
        };
        if constexpr (with_context) {
          return call(ctx != nullptr ? *ctx : context::current(), value);
        } else {
          return call(value);
        }
      };
    }
  }

  static task<result<>> settled(task<result<>> work) { return work; }
  static task<result<>> settled(task<> work) {
    co_await std::move(work);
    co_return result<>();
  }

  using published = typename detail::hub_of<V>::published;
  /// For the awaiter.
  [[nodiscard]] detail::hub_of<V>& own_hub() noexcept { return this->hub(); }

  /// False: the update is a coroutine, or somebody else is inside. `outcome` is success before.
  [[gnu::always_inline]] bool write_now(const context* ctx, V& value, result<>& outcome) {
    if (later_) [[unlikely]]
      return false;
    auto& hub = this->hub();
    if (now_) {
      if (!hub.door().try_enter()) [[unlikely]]
        return false;
      apply_and_leave(ctx, value, outcome);
      return true;
    }
    try {
      const published done = hub.enter_publish_leave(std::move(value));
      if (done == published::busy) [[unlikely]]
        return false;
      say(done, outcome);
    } catch (...) {
      outcome = fail(crash_and_leave());
    }
    return true;
  }

  task<result<>> write_later(const context* ctx, V value) {
    if (auto entered = co_await this->hub().door().enter(ctx); !entered) co_return entered;
    result<> outcome;
    if (!later_) {
      apply_and_leave(ctx, value, outcome);
      co_return outcome;
    }
    detail::gate_pass inside(this->hub().door());  // also of one that is destroyed in the update
    const context own = ctx != nullptr ? *ctx : context::current();  // the update may refer to it
    try {
      if (result<> accepted = co_await later_(own, value); !accepted) co_return accepted;
    } catch (...) {
      inside.release();
      co_return fail(crash_and_leave());
    }
    inside.release();
    accept_and_leave(value, outcome);
    co_return outcome;
  }

  // By who is inside the door; `outcome` is success before:

  [[gnu::always_inline]] void apply_and_leave(const context* ctx, V& value, result<>& outcome) {
    if (now_) {
      try {
        detail::unmade_error refused;
        if (!now_(ctx, value, &refused.why)) {
          this->hub().door().leave();
          outcome = fail(std::move(refused.why));
          std::destroy_at(&refused.why);
          return;
        }
      } catch (...) {
        outcome = fail(crash_and_leave());
        return;
      }
    }
    accept_and_leave(value, outcome);
  }

  [[gnu::always_inline]] void accept_and_leave(V& value, result<>& outcome) {
    try {  // equality and copies are the user's too
      say(this->hub().publish_and_leave(std::move(value)), outcome);
    } catch (...) {
      outcome = fail(crash_and_leave());
    }
  }

  static void say(published done, result<>& outcome) {
    if (done == published::ended) [[unlikely]]
      outcome = fail(errc::actor_stopped);
  }

  // In a handler. A writer may be inside since the run before: so more than one may crash at a
  // time.
  [[gnu::noinline]] error crash_and_leave() noexcept {
    detail::gate& door = this->hub().door();
    door.shut();
    {
      const std::lock_guard held(crash_lock_);
      thrown_ = std::current_exception();
      crashed_.set();
    }
    door.leave();
    return errc::no_reply;
  }
  std::exception_ptr take_crash() noexcept {
    const std::lock_guard held(crash_lock_);
    crashed_.reset();
    return std::exchange(thrown_, nullptr);
  }

  void ended_for_good() noexcept override {
    this->hub().door().end();
    signal<V>::ended_for_good();
  }
  void run_begins() noexcept override {
    signal<V>::run_begins();
    this->hub().door().begin();
  }

  bool take_over(actor& first) noexcept override {
    if (!signal<V>::take_over(first)) return false;
    auto* const same = dynamic_cast<pushed_signal*>(&first);
    door_ = same;
    return same != nullptr;
  }

  // Where writers come in. A later object of a factory keeps that of the first one, which writers
  // hold and which lives as long as the child; its update is the one that serves all runs.
  pushed_signal* door_ = this;
  // Null, or true: accepted; else it makes the error that says why not.
  std::move_only_function<bool(const context*, const V&, error*)> now_;
  std::move_only_function<task<result<>>(const context&, const V&)> later_;
  event crashed_;                 // a wait for `thrown_`
  detail::spin_lock crash_lock_;  // guards it
  std::exception_ptr thrown_;
};

}  // namespace troupe

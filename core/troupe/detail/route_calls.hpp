#pragma once

// The calls of a router to several routees; see router.hpp. Each works on a table of its own, so
// that routees may come and go meanwhile.

#include <troupe/context.hpp>
#include <troupe/detail/awaitable.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/route_table.hpp>
#include <troupe/error.hpp>
#include <troupe/event.hpp>
#include <troupe/join_handle.hpp>
#include <troupe/task.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::detail {

template <class Fn, class F>
using route_call_type = std::invoke_result_t<Fn&, const F&>;

template <class T>
concept awaitable = !std::is_void_v<T> && requires { typename await_result<T>; };
/// Does calling `Fn` give something to await?
template <class Fn, class F>
concept waiting_route_call = awaitable<route_call_type<Fn, F>>;

template <class T>
struct outcome_of_route_call {
  using type = T;
};
template <awaitable T>
struct outcome_of_route_call<T> {
  using type = await_result<T>;
};
template <class Fn, class F>
using route_outcome = typename outcome_of_route_call<route_call_type<Fn, F>>::type;

template <class T>
inline constexpr bool is_result = false;
template <class T>
inline constexpr bool is_result<result<T>> = true;

/// What retry gives: the result as it is, or, for a send_result, a result<>.
template <class Fn, class F>
using retry_outcome =
    std::conditional_t<is_result<route_outcome<Fn, F>>, route_outcome<Fn, F>, result<>>;

// --- what the router asks of the functions it is given, and what it refuses ---

template <class Fn, class F>
concept routee_call =
    std::invocable<Fn&, const F&> &&
    (std::is_void_v<route_outcome<Fn, F>> || std::convertible_to<route_outcome<Fn, F>, result<>>);
template <class Fn, class F>
concept retry_call =
    std::invocable<Fn&, const F&> &&
    (is_result<route_outcome<Fn, F>> || std::convertible_to<route_outcome<Fn, F>, result<>>);

[[nodiscard]] std::unexpected<error> no_routee(const char* operation);
[[nodiscard]] std::unexpected<error> routee_exists(routee_id id);
[[nodiscard]] std::unexpected<error> no_such_routee();
void check_strategy(unsigned strategy, bool has_load);
void check_retry_limit(std::size_t limit);
void refuse_change_while_reading();

// --- broadcast ---

template <class Fn, class F>
result<> call_routee(Fn& fn, const F& routee) {
  if constexpr (std::is_void_v<route_call_type<Fn, F>>) {
    fn(routee);
    return {};
  } else {
    return fn(routee);
  }
}
// The function and the routee live longer than this coroutine: its callers' frames hold them.
template <class Fn, class F>
task<result<>> await_routee(Fn* fn, const F* routee) {
  if constexpr (std::is_void_v<route_outcome<Fn, F>>) {
    co_await (*fn)(*routee);
    co_return result<>();
  } else {
    co_return co_await (*fn)(*routee);
  }
}

template <class Fn, class F>
task<result<>> broadcast_later(route_table_ref<F> to, Fn fn) {
  result<> first;
  for (const F& routee : *to) {
    result<> told = co_await await_routee<Fn, F>(&fn, &routee);
    if (!told && first) first = std::move(told);
  }
  co_return first;
}
template <class Fn, class F>
task<> broadcast_to_all_later(route_table_ref<F> to, Fn fn) {
  for (const F& routee : *to) co_await fn(routee);
}

template <class Fn, class F>
auto broadcast(route_table_ref<F> to, Fn fn) {
  constexpr bool tells = !std::is_void_v<route_outcome<Fn, F>>;
  if constexpr (waiting_route_call<Fn, F> && tells) {
    return broadcast_later<Fn, F>(std::move(to), std::move(fn));
  } else if constexpr (waiting_route_call<Fn, F>) {
    return broadcast_to_all_later<Fn, F>(std::move(to), std::move(fn));
  } else if constexpr (tells) {
    result<> first;
    for (const F& routee : *to) {
      result<> told = fn(routee);
      if (!told && first) first = std::move(told);
    }
    return first;
  } else {
    for (const F& routee : *to) fn(routee);
  }
}

// --- fan_out ---

/// What the fibers of one fan_out share.
template <class Fn, class F>
struct fan_out_call {
  fan_out_call(route_table_ref<F> routees, Fn call) : to(std::move(routees)), fn(std::move(call)) {}
  route_table_ref<F> to;
  Fn fn;
};

template <class Fn, class F>
task<> fan_out_part(std::shared_ptr<fan_out_call<Fn, F>> all, std::size_t at) {
  if constexpr (waiting_route_call<Fn, F>) {
    static_cast<void>(co_await all->fn((*all->to)[at]));
  } else {
    static_cast<void>(all->fn((*all->to)[at]));
    co_return;
  }
}

template <class Fn, class F>
void fan_out(route_table_ref<F> to, Fn fn) {
  fiber& self = running_fiber("router::fan_out");
  const std::size_t many = to->size();
  auto all = make_pooled<fan_out_call<Fn, F>>(std::move(to), std::move(fn));
  for (std::size_t at = 0; at != many; ++at) {
    spawn_task(*self.sched, &self.scope, fan_out_part<Fn, F>(all, at));
  }
}

/// What became of the fibers of one fan_out_wait.
struct fan_in {
  struct part {
    result<> outcome;
    std::exception_ptr thrown;
  };
  explicit fan_in(std::size_t many) : running(many), parts(many) {}

  std::atomic<std::size_t> running;
  event ended;              // set by the last: its fetch_sub acquires what the others released
  std::vector<part> parts;  // each written by its own fiber

  /// In the frame of a part: says so when it ends, also when it is destroyed.
  struct told_at_end {
    explicit told_at_end(fan_in& of) noexcept : all(&of) {}
    told_at_end(const told_at_end&) = delete;
    told_at_end& operator=(const told_at_end&) = delete;
    ~told_at_end() {
      if (all->running.fetch_sub(1, std::memory_order_acq_rel) == 1) all->ended.set();
    }
    fan_in* all;
  };
  /// The first exception is thrown; else why the wait was given up, if it was; else the first
  /// error.
  [[nodiscard]] result<> sum_up(result<> waited) const;
};

template <class Fn, class F>
struct fan_in_call : fan_out_call<Fn, F>, fan_in {
  fan_in_call(route_table_ref<F> routees, Fn call)
      : fan_out_call<Fn, F>(std::move(routees), std::move(call)), fan_in(this->to->size()) {}
};

template <class Fn, class F>
task<> fan_in_part(std::shared_ptr<fan_in_call<Fn, F>> all, std::size_t at) {
  const fan_in::told_at_end told(*all);
  try {
    if constexpr (waiting_route_call<Fn, F>) {
      all->parts[at].outcome = co_await await_routee<Fn, F>(&all->fn, &(*all->to)[at]);
    } else {
      all->parts[at].outcome = call_routee<Fn, F>(all->fn, (*all->to)[at]);
    }
  } catch (...) {
    all->parts[at].thrown = std::current_exception();
  }
  co_return;
}

template <class Fn, class F>
task<result<>> fan_out_wait(route_table_ref<F> to, context ctx, bool with_ctx, Fn fn) {
  fiber& self = running_fiber("router::fan_out_wait");
  auto all = make_pooled<fan_in_call<Fn, F>>(std::move(to), std::move(fn));
  std::vector<join_handle<void>> fibers;
  fibers.reserve(all->parts.size());
  for (std::size_t at = 0; at != all->parts.size(); ++at) {
    fibers.push_back(spawn_task(*self.sched, &self.scope, fan_in_part<Fn, F>(all, at)));
  }
  if (fibers.empty()) all->ended.set();
  result<> waited;
  if (with_ctx) {
    waited = co_await all->ended.wait(ctx);
  } else {
    waited = co_await all->ended.wait();
  }
  if (!waited) {
    for (const auto& one : fibers) one.cancel();
    static_cast<void>(co_await all->ended.wait(context::background()));
  }
  co_return all->sum_up(std::move(waited));
}

// --- retry ---

/// The routees of one retry, from the one that was chosen first.
template <class F>
class attempts {
 public:
  attempts(const std::vector<F>& of, std::size_t first, std::size_t limit) noexcept
      : of_(&of), at_(first), left_(std::min(limit, of.size())) {}
  /// Null: enough tried, or the running actor has been canceled.
  const F* next() noexcept {
    if (left_ == 0 || (begun_ && context::current().err())) return nullptr;
    --left_;
    begun_ = true;
    const F* const routee = &(*of_)[at_];
    at_ = at_ + 1 == of_->size() ? 0 : at_ + 1;
    return routee;
  }

 private:
  const std::vector<F>* of_;
  std::size_t at_;
  std::size_t left_;
  bool begun_ = false;
};

template <class Fn, class F>
task<retry_outcome<Fn, F>> retry_later(route_table_ref<F> to, std::size_t first, std::size_t limit,
                                       Fn fn) {
  retry_outcome<Fn, F> told = no_routee("retry");
  attempts<F> tries(*to, first, limit);
  while (const F* routee = tries.next()) {
    told = co_await fn(*routee);
    if (told) break;
  }
  co_return told;
}

template <class Fn, class F>
auto retry(route_table_ref<F> to, std::size_t first, std::size_t limit, Fn fn) {
  if constexpr (waiting_route_call<Fn, F>) {
    return retry_later<Fn, F>(std::move(to), first, limit, std::move(fn));
  } else {
    attempts<F> tries(*to, first, limit);
    const F* routee = tries.next();
    if (routee == nullptr) return retry_outcome<Fn, F>(no_routee("retry"));
    retry_outcome<Fn, F> told = fn(*routee);
    while (!told && (routee = tries.next()) != nullptr) told = fn(*routee);
    return told;
  }
}

}  // namespace troupe::detail

#pragma once

// router<F>: who gets the next piece of work, out of several who could do it. F is whatever stands
// for one of them and can be copied: a pointer, a shared_ptr, the address of an inbox.
//
// Which routee next() gives is the strategy, fixed at construction:
//   round_robin    one after the other
//   random         any, all equally likely
//   least_loaded   the one with the smallest load; by default the load is `routee->size()`, which
//                  for an inbox is how many messages wait in it
// Which routee sticky(key) gives depends on the key and on who the routees are, whatever the
// strategy: the same key goes to the same routee. When one of n leaves, only its keys move; when
// one joins, it takes 1/n of the keys from the others.
//
// Calls to several routees take a function of F. It may be plain, or give something to await (a
// task, or what cast() and call() give); then the call itself is awaited:
//   broadcast      each, one after the other
//   fan_out        each in a fiber of its own, nobody waits
//   fan_out_wait   each in a fiber of its own, until all have ended
//   retry          one after the other, until one succeeds
// The function is kept alive by the call, and may therefore be a coroutine that captures. The call
// goes to those who were routees when it began.
//
// The protocol. The routees stand in a table that never changes; add and remove make a new one,
// publish it, and wait until nobody reads the old one (detail/rcu.hpp). A call that takes longer
// than a section counts a reference to its table. Where a thread stands in the round, and its
// random numbers, it keeps for itself, in a cache line of its own (route_cursors): next() writes
// nothing that another thread reads.

#include <troupe/context.hpp>
#include <troupe/detail/rcu.hpp>
#include <troupe/detail/route_calls.hpp>
#include <troupe/detail/route_table.hpp>
#include <troupe/error.hpp>
#include <troupe/task.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {

namespace detail {

/// Whether a routee says itself how much it has to do.
template <class F>
concept has_load = requires(const F& routee) {
  { routee->size() } -> std::convertible_to<std::size_t>;
};

}  // namespace detail

/// How router::next() chooses.
enum class routing : std::uint8_t {
  /// One after the other. Each thread goes round by itself: used on one thread it is exactly a, b,
  /// c, a; with several the shares come out even, but two threads may choose the same at once.
  round_robin,
  /// Each with the same probability. In a runtime the numbers come from the runtime's seed, so that
  /// a run on testing::deterministic_runtime can be repeated.
  random,
  /// The smallest load. With up to four routees all are looked at, and those that have it take
  /// turns, on each thread; with more, two random ones, which is nearly as even and takes no longer
  /// the more there are.
  least_loaded,
};

/// Distributes work among routees.
///
/// Threads: all members on any thread; calls may go on while routees come and go. `F` is copied and
/// destroyed on whichever thread asks. The router must outlive its calls, but not what fan_out
/// started.
/// Cost: next() executes no locked instruction (copying an F may), and allocates nothing.
template <class F>
class router {
  static_assert(std::is_object_v<F> && std::copy_constructible<F>,
                "router<F>: F must be copyable: each call gives a copy of a routee, a pointer say");

 public:
  using routee_type = F;
  /// The load of a routee, for routing::least_loaded. Called on any thread, also several at once;
  /// must not wait, nor change the router.
  using load_function = std::function<std::size_t(const F&)>;

  /// Throws usage_error for an unknown strategy, and for least_loaded where there is no load: none
  /// is given, and `routee->size()` is not a number.
  explicit router(routing strategy, std::vector<F> routees = {}, load_function load = {})
      : strategy_(strategy), load_(std::move(load)) {
    detail::check_strategy(static_cast<unsigned>(strategy), detail::has_load<F> || load_);
    next_id_ = routees.size();
    table_.publish(table::first(std::move(routees)).release());
  }
  /// The same, with the routees one by one: `router<worker*>(routing::random, a, b, c)`.
  template <std::convertible_to<F>... Routees>
    requires(sizeof...(Routees) != 0)
  explicit router(routing strategy, Routees... routees)
      : router(strategy, table::list(std::move(routees)...)) {}
  router(const router&) = delete;
  router& operator=(const router&) = delete;
  ~router() { table_.writer()->release(); }

  /// The routee whose turn it is, by the strategy; errc::no_target if there is none.
  [[nodiscard]] [[gnu::always_inline]] result<F> next() {
    if (detail::rcu_quick_section::possible()) [[likely]] {
      const detail::rcu_quick_section reading;
      const std::vector<F>& routees = table_.load()->routees;
      const F* const all = routees.data();  // read once: picking writes the cursor
      const std::size_t many = routees.size();
      if (const std::size_t at = pick_quickly(many); at < many) [[likely]]
        return all[at];
    }
    result<F> given = next_slowly();
    return result<F>(std::move(given));  // not where the quick one is: that stays in registers
  }

  /// The routee that `key` goes to; errc::no_target if there is none. A key is a number, a text, or
  /// anything that std::hash takes. Cost: one or two nanoseconds for each routee.
  template <class Key>
  [[nodiscard]] result<F> sticky(const Key& key) const {
    const std::uint64_t hash = detail::hash_of_key(key);
    const detail::rcu_section reading;
    const table& now = *table_.load();
    if (now.routees.empty()) [[unlikely]]
      return detail::no_routee("sticky");
    return now.routees[detail::heaviest(now.names, hash)];
  }

  [[nodiscard]] std::size_t size() const noexcept {
    const detail::rcu_section reading;
    return table_.load()->routees.size();
  }

  // In each of these the table before outlasts the lock: routees are destroyed with it, and may
  // change the router.

  /// Adds a routee, and gives its name: a number that was not in use, and on which sticky depends.
  /// Cost: copies all routees, then waits for those who read (some microseconds).
  routee_id add(F routee) {
    old_table before;
    const auto held = lock();
    const routee_id id = table_.writer()->unused_id(next_id_);
    before = replace(table_.writer()->with(id, std::move(routee)));
    return id;
  }
  /// Adds it under a name of the caller's, so that keys go to it in every process that knows it by
  /// that name; errc::invalid_argument if another routee has it.
  result<> add(routee_id id, F routee) {
    old_table before;
    const auto held = lock();
    if (table_.writer()->find(id) != table::nowhere) return detail::routee_exists(id);
    before = replace(table_.writer()->with(id, std::move(routee)));
    return {};
  }
  /// errc::not_found if there is no such routee. Afterwards no call that begins gives it, and the
  /// router's own copy is gone once the calls to several that have begun are over; its destructor
  /// may change the router.
  result<> remove(routee_id id) {
    old_table before;
    const auto held = lock();
    return remove_at(table_.writer()->find(id), before);
  }
  /// The first routee that is equal to this one.
  result<> remove(const F& routee)
    requires std::equality_comparable<F>
  {
    old_table before;
    const auto held = lock();
    return remove_at(table_.writer()->find(routee), before);
  }

  /// Calls `fn(routee)` for each, in order, also when one gives an error; gives the first error. A
  /// plain `fn`: gives void or result<>, as `fn` does. Else awaitable -> the same; each is awaited
  /// before the next is called. An exception of `fn` leaves at once.
  template <class Fn>
  auto broadcast(Fn fn) {
    require_routee_call<Fn>();
    if constexpr (detail::routee_call<Fn, F>) {
      return detail::broadcast(snapshot(), std::move(fn));
    }
  }

  /// Starts `fn(routee)` for each, as fibers beside the running one and below its context, and
  /// waits for none; what they give nobody hears, what they throw is logged. `fn` is shared by
  /// them, and called on several threads at once. Throws usage_error outside of a runtime.
  template <class Fn>
  void fan_out(Fn fn) {
    require_routee_call<Fn>();
    detail::fan_out(snapshot(), std::move(fn));
  }

  /// Awaitable -> result<>: the same, and waits until all have ended. Gives the first error in the
  /// order of routees, or throws the first exception. If the waiting actor is canceled, they are
  /// too, and it is given that error, still when all have ended: `fn` may refer to what lives in
  /// the caller.
  template <class Fn>
  [[nodiscard]] task<result<>> fan_out_wait(Fn fn) {
    require_routee_call<Fn>();
    return detail::fan_out_wait(snapshot(), context(), false, std::move(fn));
  }
  /// The same; the end of `ctx` cancels them too.
  template <class Fn>
  [[nodiscard]] task<result<>> fan_out_wait(context ctx, Fn fn) {
    require_routee_call<Fn>();
    return detail::fan_out_wait(snapshot(), std::move(ctx), true, std::move(fn));
  }

  /// Calls `fn(routee)`, which gives a result, for up to `limit` different routees, beginning with
  /// next()'s, until one succeeds. Gives that success, or the last error; errc::no_target without
  /// routees. Stops when the running actor has been canceled. Plain or awaitable, as broadcast.
  /// Throws usage_error for a limit of 0.
  template <class Fn>
  auto retry(std::size_t limit, Fn fn) {
    static_assert(detail::retry_call<Fn, F>,
                  "router::retry(limit, fn): fn must take a routee and give a result, or something "
                  "to await that gives one");
    if constexpr (detail::retry_call<Fn, F>) {
      detail::check_retry_limit(limit);
      auto routees = snapshot();
      const std::size_t first = routees->empty() ? 0 : pick(*routees);
      return detail::retry(std::move(routees), first, limit, std::move(fn));
    }
  }

 private:
  using table = detail::route_table<F>;
  struct release_table {
    void operator()(const table* one) const noexcept { one->release(); }
  };
  /// A table that nobody finds any more. To be destroyed without the lock.
  using old_table = std::unique_ptr<const table, release_table>;

  template <class Fn>
  static void require_routee_call() {
    static_assert(detail::routee_call<Fn, F>,
                  "router: the function must take a routee and give void, result<>, or something "
                  "to await that gives one of these");
  }

  /// Not below `many` where there is more to do than to draw: pick() does it.
  std::size_t pick_quickly(std::size_t many) noexcept {
    detail::route_cursor& mine = cursors_.mine();
    if (strategy_ == routing::round_robin) return mine.quick_advance(many);
    if (strategy_ == routing::random) return mine.quick_random(many);
    return detail::route_cursor::unprepared;
  }
  [[gnu::noinline]] result<F> next_slowly() {
    const detail::rcu_section reading;
    const std::vector<F>& routees = table_.load()->routees;
    if (routees.empty()) return detail::no_routee("next");
    return routees[pick(routees)];
  }
  /// There are routees, and the thread has been in a section.
  std::size_t pick(const std::vector<F>& routees) {
    constexpr std::size_t look_at_all = 4;
    const std::size_t many = routees.size();
    const auto load = [&](std::size_t at) { return load_of(routees[at]); };
    const auto start = [&] { return cursors_.next_start(); };
    detail::route_cursor& mine = cursors_.mine();
    if (strategy_ == routing::round_robin) return mine.advance(many, start);
    if (strategy_ == routing::random) return mine.random_below(many);
    if (many <= look_at_all) {
      const std::size_t chosen = detail::lightest(mine.place(many, start), many, load);
      mine.go_on_behind(chosen);
      return chosen;
    }
    const auto [a, b] = mine.two_below(many);
    return load(b) < load(a) ? b : a;
  }
  std::size_t load_of(const F& routee) const {
    if (load_) return load_(routee);
    if constexpr (detail::has_load<F>) return static_cast<std::size_t>(routee->size());
    return 0;
  }

  [[nodiscard]] detail::route_table_ref<F> snapshot() const {
    const detail::rcu_section reading;
    return detail::route_table_ref<F>(*table_.load());
  }

  /// For a change. Refuses one from inside a load function or a copy of an F: it would wait for
  /// itself.
  [[nodiscard]] std::unique_lock<std::mutex> lock() {
    detail::refuse_change_while_reading();
    return std::unique_lock(changing_);
  }
  [[nodiscard]] old_table replace(std::unique_ptr<table> next) noexcept {
    old_table before(table_.writer());
    table_.publish(next.release());
    detail::rcu_wait();
    return before;
  }
  result<> remove_at(std::size_t at, old_table& before) {
    if (at == table::nowhere) return detail::no_such_routee();
    before = replace(table_.writer()->without(at));
    return {};
  }

  const routing strategy_;
  const load_function load_;
  detail::route_cursors cursors_;
  detail::rcu_cell<table> table_;
  std::mutex changing_;  // guards what follows, and is held by whoever publishes
  std::uint64_t next_id_ = 0;
};

template <class F, std::same_as<F>... Rest>
router(routing, F, Rest...) -> router<F>;
template <class F>
router(routing, std::vector<F>) -> router<F>;

}  // namespace troupe

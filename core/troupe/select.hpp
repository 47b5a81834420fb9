#pragma once

// select(sources...): awaits the first ready of several sources and says which it was.
//
//     auto got = co_await troupe::select(orders, queries, ctx.done(), troupe::after(1s));
//     if (auto* order = got.get<0>()) ...        // result<order>*: a message, or inbox_closed
//     else if (got.get<2>()) ...                 // the context has ended
//
// Sources are inboxes, ctx.done(), after(d) and every(d). If several inboxes are ready the choice
// rotates, so that a busy one does not starve another. Timers and contexts are looked at after the
// inboxes, in the order given, and before them in one wait of 16: one that is due does not wait for
// ever where an inbox is never empty. A source behind select is untouched unless it was chosen.
// When the actor that waits is canceled, which is looked at before all, canceled() is true and no
// source was chosen.

#include <troupe/call_inbox.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/context.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/timer.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace troupe {

namespace detail {

/// How select handles one source. An inbox has a slot for its message; any other is a wait_source
/// of its own. Specialised for each kind; a subscription adds one. One that has a begin() is told
/// where the first wait begins.
template <class Source>
struct select_arm;

template <class Inbox>
struct inbox_arm {
  using message_type = typename Inbox::message_type;
  using value_type = result<message_type>;
  static constexpr bool is_inbox = true;

  explicit inbox_arm(Inbox&) noexcept {}
  void bind(inbox_source& source, Inbox& inbox) noexcept {
    source.inbox = &inbox_access::core(inbox);
    source.waiter.set_slot(slot.raw());
  }
  value_type value(fiber& self, inbox_source& source) {
    return received<message_type>(self, source.waiter, slot);
  }

  message_slot<message_type> slot;
};

template <class T>
struct select_arm<cast_inbox<T>> : inbox_arm<cast_inbox<T>> {
  using inbox_arm<cast_inbox<T>>::inbox_arm;
};
template <class T, class R>
struct select_arm<call_inbox<T, R>> : inbox_arm<call_inbox<T, R>> {
  using inbox_arm<call_inbox<T, R>>::inbox_arm;
};
template <>
struct select_arm<context_done> {
  using value_type = error;
  static constexpr bool is_inbox = false;
  explicit select_arm(const context_done& done) noexcept : source(done) {}
  error value() const noexcept { return source.reason(); }
  done_source source;
};
template <>
struct select_arm<after> {
  using value_type = elapsed;
  static constexpr bool is_inbox = false;
  explicit select_arm(const after& timer) noexcept : source(timer) {}
  static elapsed value() noexcept { return {}; }
  after_source source;
};
template <>
struct select_arm<every> {
  using value_type = elapsed;
  static constexpr bool is_inbox = false;
  explicit select_arm(every& ticker) noexcept : source(ticker) {}
  static elapsed value() noexcept { return {}; }
  every_source source;
};

template <class Source>
concept selectable = requires { typename select_arm<std::remove_cvref_t<Source>>::value_type; };

/// The arms of one wait, laid out for receive_operation.
template <class... Sources>
class arm_set {
 public:
  template <class... Given>
  explicit arm_set(Given&... given) noexcept : arms_(given...) {
    lay_out(std::index_sequence_for<Sources...>(), given...);
  }
  arm_set(const arm_set&) = delete;
  arm_set& operator=(const arm_set&) = delete;

  /// In the fiber, before the first wait.
  void begin() {
    std::apply([](auto&... arms) { (begin_arm(arms), ...); }, arms_);
  }

  static constexpr std::size_t inboxes = (std::size_t{0} + ... + select_arm<Sources>::is_inbox);
  static constexpr std::size_t others = sizeof...(Sources) - inboxes;

  [[nodiscard]] std::span<inbox_source> inbox_sources() noexcept {
    return std::span(inbox_sources_.data(), inboxes);
  }
  [[nodiscard]] std::span<wait_source* const> other_sources() const noexcept {
    return {other_sources_.data(), others};
  }

  template <std::size_t I>
  auto value(fiber& self) {
    auto& arm = std::get<I>(arms_);
    if constexpr (std::remove_reference_t<decltype(arm)>::is_inbox) {
      return arm.value(self, inbox_sources_[inbox_position<I>]);
    } else {
      return arm.value();
    }
  }
  template <std::size_t I>
  [[nodiscard]] inbox_source& inbox() noexcept {
    return inbox_sources_[inbox_position<I>];
  }
  template <std::size_t I>
  [[nodiscard]] auto& slot() noexcept {
    return std::get<I>(arms_).slot;
  }

 private:
  template <std::size_t I>
  static constexpr std::size_t inbox_position = [] {
    constexpr std::array<bool, sizeof...(Sources)> is{select_arm<Sources>::is_inbox...};
    std::size_t before = 0;
    for (std::size_t i = 0; i != I; ++i) before += is[i] ? 1 : 0;
    return before;
  }();

  template <class Arm>
  static void begin_arm(Arm& arm) {
    if constexpr (requires { arm.begin(); }) arm.begin();
  }
  template <std::size_t... I, class... Given>
  void lay_out(std::index_sequence<I...>, Given&... given) noexcept {
    (place<I>(given), ...);
  }
  template <std::size_t I, class Given>
  void place(Given& given) noexcept {
    auto& arm = std::get<I>(arms_);
    if constexpr (std::remove_reference_t<decltype(arm)>::is_inbox) {
      inbox_source& source = inbox_sources_[inbox_position<I>];
      arm.bind(source, given);
      source.waiter.index = static_cast<std::uint32_t>(I);
    } else {
      arm.source.index = static_cast<std::uint32_t>(I);
      other_sources_[I - inbox_position<I>] = &arm.source;
    }
  }

  // (An array of nothing would take a byte, and what aligning costs after it.)
  struct none {
    static constexpr wait_source** data() noexcept { return nullptr; }
  };
  std::array<inbox_source, inboxes> inbox_sources_;
  [[no_unique_address]] std::conditional_t<others == 0, none, std::array<wait_source*, others>>
      other_sources_{};
  [[no_unique_address]] std::tuple<select_arm<Sources>...> arms_;
};

}  // namespace detail

/// What select chose.
template <class... Values>
class selection {
 public:
  /// The position of the chosen source; sizeof...(sources) if canceled().
  [[nodiscard]] std::size_t index() const noexcept {
    return canceled() ? sizeof...(Values) : chosen_.index() - 1;
  }
  /// The actor that waited was canceled, and nothing was chosen.
  [[nodiscard]] bool canceled() const noexcept { return chosen_.index() == 0; }

  /// Source I's value if it was chosen, else null: for an inbox a result<message>, for ctx.done()
  /// the error that ended it, for timers `elapsed`.
  template <std::size_t I>
  [[nodiscard]] auto* get() noexcept {
    return std::get_if<I + 1>(&chosen_);
  }

  /// For the library.
  selection() = default;
  template <std::size_t I, class V>
  selection(std::in_place_index_t<I>, V&& value)
      : chosen_(std::in_place_index<I + 1>, std::forward<V>(value)) {}

 private:
  std::variant<std::monostate, Values...> chosen_;
};

namespace detail {

template <class... Sources>
class [[nodiscard]] select_awaiter {
 public:
  using value_type = selection<typename select_arm<Sources>::value_type...>;

  template <class... Given>
  explicit select_awaiter(Given&... given) noexcept : arms_(given...) {}
  select_awaiter(const select_awaiter&) = delete;
  select_awaiter& operator=(const select_awaiter&) = delete;
  ~select_awaiter() { step_.leave(inboxes(), others()); }

  bool await_ready() {
    arms_.begin();
    ready_ = step_.begin(running_fiber("select"), inboxes(), others());
    return ready_ && !spend_budget();
  }
  void await_suspend(std::coroutine_handle<> at) noexcept {
    fiber& self = *current.running;
    self.resume_point = at;
    if (ready_) self.sched->yield(self);
  }
  value_type await_resume() {
    fiber& self = *current.running;
    step_.end(self, inboxes(), others());
    return pick(self, std::index_sequence_for<Sources...>());
  }

 private:
  template <std::size_t... I>
  value_type pick(fiber& self, std::index_sequence<I...>) {
    value_type chosen;
    (void)((self.fired == I
                ? (chosen = value_type(std::in_place_index<I>, arms_.template value<I>(self)), true)
                : false) ||
           ...);
    return chosen;
  }

  inbox_sources inboxes() noexcept { return arms_.inbox_sources(); }
  other_sources others() const noexcept { return arms_.other_sources(); }

  [[no_unique_address]] arm_set<Sources...> arms_;
  receive_step step_;
  bool ready_ = false;
};

}  // namespace detail

/// Awaitable -> selection<...>; see above. Cost with inboxes alone: one locked operation, however
/// many there are.
template <class... Sources>
[[nodiscard]] auto select(Sources&&... sources) {
  static_assert(sizeof...(Sources) > 0, "select: name at least one source");
  static_assert((detail::selectable<Sources> && ...),
                "select: every source must be an inbox, ctx.done(), after(d) or every(d)");
  return detail::select_awaiter<std::remove_cvref_t<Sources>...>(sources...);
}

}  // namespace troupe

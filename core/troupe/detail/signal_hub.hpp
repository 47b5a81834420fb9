#pragma once

// What a signal and those who listen to it share. It outlives whichever of them goes first.
//
// Listeners are subscriptions, each of them an inbox (inbox_core.hpp), in three lists in the order
// in which they came: `values` are told every new value, `watchers` that there is one, and `inputs`
// (of computed signals) every change that reached this signal, with its stamp (stamp.hpp), and that
// it has ended, or is back. The end closes the inboxes of the others; a restart opens them again.
//
// Publishing. There is one publisher at a time: the signal's run, or the writer that is inside its
// door (gate.hpp). It compares without a lock, then writes the value and tells the listeners under
// the door's lock, so that one who subscribes sees either the old value as the present one and the
// new one as news, or the new one as the present one. Telling is offering to an inbox: it never
// waits.
//
// Told once. A watcher, and a subscriber that keeps one plain value, the latest, need not be told
// again while what they were told of waits: with `told` set, they are in the list of that name,
// which a publisher passes over, however many they are. Whoever takes what waits takes the present
// value instead (renew), and joins the others again. `told` is set before the inbox is offered
// anything, and cleared if nothing has stayed in it: so who takes a message from it sees it set,
// and looks under the lock. A message that is lost with the frame that took it makes no difference:
// who receives next, or the frame's end, joins again (rejoin).
//
// Lock order: the door's lock before an inbox's and a fiber's. A context that ends calls stop()
// with none of them held.

#include <troupe/context.hpp>
#include <troupe/detail/gate.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/stamp.hpp>
#include <troupe/detail/value_cell.hpp>
#include <troupe/error.hpp>
#include <troupe/select.hpp>
#include <troupe/signal/equality.hpp>
#include <troupe/signal/overflow.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace troupe::detail {

class listener_list;
class signal_hub;
template <class V>
class hub_of;

/// One listener; the typed part is subscription_state.
class subscription_core {
 public:
  subscription_core(std::shared_ptr<signal_hub> hub, subscriber_buffer buffer,
                    const element_ops& ops, bool told_once);
  subscription_core(const subscription_core&) = delete;
  subscription_core& operator=(const subscription_core&) = delete;

  /// After linking: stops when `ctx` ends. Also a context that is the calling fiber's own: another
  /// fiber may come to receive.
  void stop_with(const context& ctx);

  /// Leaves the hub and closes the inbox. What waits in it can still be received. Any thread.
  void stop() noexcept;

  /// Why the inbox is closed.
  [[nodiscard]] error why_closed() const;

  [[nodiscard]] const std::shared_ptr<signal_hub>& hub() const noexcept { return hub_; }

  /// Values that found no room and are lost, or pushed others out.
  [[nodiscard]] std::uint64_t lost() const noexcept;

  /// When what was taken may have been dropped. Not for a frame that goes with its runtime: the
  /// subscription may have gone before it.
  void taker_gone() noexcept {
    if (current.running != nullptr) rejoin();
  }
  /// In a runtime, where a receive begins: sets the timer of the context's deadline, if that could
  /// not be done by who subscribed.
  void arm_deadline() {
    if (is_unarmed_.load(std::memory_order_relaxed)) [[unlikely]]
      arm_deadline_slowly();
  }
  /// To be called by who is about to receive.
  void rejoin() noexcept {
    if (was_told() && inbox.size() == 0) [[unlikely]]
      rejoin_slow();
  }

  /// With the hub's lock held.
  void add_lost(std::uint64_t more) noexcept {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }

  inbox_core inbox;
  const overflow when_full;

 protected:
  ~subscription_core() = default;
  [[nodiscard]] bool was_told() const noexcept { return told_.load(std::memory_order_relaxed); }
  /// For the destructor of the whole: nobody offers any more afterwards.
  void leave() noexcept;

 private:
  friend class listener_list;
  friend class signal_hub;
  void rejoin_slow() noexcept;
  void arm_deadline_slowly();
  struct stopper {
    subscription_core* of;
    void operator()() const noexcept { of->stop(); }
  };

  std::shared_ptr<signal_hub> hub_;
  // Under the hub's lock; but receivers read told_.
  listener_list* in_ = nullptr;    // null: in no list
  listener_list* from_ = nullptr;  // while it is in `told`: where it belongs
  subscription_core* next_ = nullptr;
  subscription_core* previous_ = nullptr;
  bool ended_ = false;    // the signal's end has closed it, perhaps before a new beginning
  const bool told_once_;  // see "Told once"
  std::atomic<bool> told_{false};
  std::atomic<bool> is_unarmed_{false};  // until_ has a deadline, and perhaps no timer
  std::uint64_t told_version_ = 0;
  std::atomic<std::uint64_t> dropped_{0};  // written under the hub's lock, read by anybody
  context until_;
  std::optional<std::stop_callback<stopper>> on_end_;
};

/// Guarded by the hub's lock.
class listener_list {
 public:
  void add(subscription_core& one) noexcept;
  static void remove(subscription_core& one) noexcept;
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  template <class Visit>
  void for_each(Visit visit) const {
    for (subscription_core* at = first_; at != nullptr;) {
      subscription_core& one = *std::exchange(at, at->next_);  // it may leave the list
      visit(one);
    }
  }

 private:
  subscription_core* first_ = nullptr;
  subscription_core* last_ = nullptr;
  std::size_t size_ = 0;
};

/// What a watcher is told.
struct notice {};

/// What a computed signal is told by an input, with each change that reached that: how it is now.
template <class V>
struct stamped {
  std::optional<V> value;  // none: the signal has none yet
  stamp at;
  std::uint64_t version;  // counts the changes of the value; the same: it has stayed as it was
  bool live;              // false: it has ended for good
  std::uint64_t number;   // in the order of all that one listener is told; 0: nobody counts
};

/// What a listener has that others have no use for: here nothing.
template <class T>
struct listener_extra {};
/// Of an input: where its messages, and those of other signals, are counted. Null: nowhere.
template <class V>
struct listener_extra<stamped<V>> {
  std::atomic<std::uint64_t>* counter = nullptr;
  /// With the hub's lock held. Relaxed: of two changes, one of which comes after the other, it
  /// gives them in that order.
  [[nodiscard]] std::uint64_t next_number() const noexcept {
    return counter != nullptr ? counter->fetch_add(1, std::memory_order_relaxed) + 1 : 0;
  }
};

/// A listener's inbox for messages of type T.
template <class T>
class subscription_state final : public subscription_core, public pooled, public listener_extra<T> {
 public:
  subscription_state(std::shared_ptr<signal_hub> hub, subscriber_buffer buffer)
      : subscription_core(std::move(hub), buffer, ops_of<T>, told_once(buffer)) {}
  subscription_state(const subscription_state&) = delete;
  subscription_state& operator=(const subscription_state&) = delete;
  ~subscription_state() {
    leave();
    inbox.destroy(ops_of<T>);
  }

  /// With the hub's lock held.
  inbox_core::offer_result offer(T message) {
    message_slot<T> spare;
    message_slot<T> given;
    std::construct_at(static_cast<T*>(given.raw()), std::move(message));
    auto outcome = inbox_core::offer_result::left;
    try {
      outcome = inbox.offer(ops_of<T>, given.raw(), spare.raw(), when_full);
    } catch (...) {  // no memory for the buffer
      static_cast<void>(given.take());
      throw;
    }
    const bool taken = outcome == inbox_core::offer_result::taken;
    const bool replaced = outcome == inbox_core::offer_result::replaced;
    if (replaced) static_cast<void>(spare.take());
    if (!taken && !replaced) static_cast<void>(given.take());
    refused_ = refused_ || outcome == inbox_core::offer_result::closed;
    return outcome;
  }
  /// A receiver has got this from the inbox: makes it what the subscriber is to be given, which is
  /// the latest value, if there may be a later one, and why there is none, if there is none.
  void finish(result<T>& got) {
    if (got) {
      renew(*got);
    } else if (got.error() == errc::inbox_closed) {
      got = fail(why_closed());
    }
  }
  /// `got` has just been taken from the inbox.
  void renew(T& got) {
    if (!was_told()) return;
    if constexpr (std::same_as<T, notice>) {
      hub()->renew(*this);
    } else {
      static_cast<hub_of<T>&>(*hub()).renew(*this, got);
    }
  }
  /// With the hub's lock held: was one offered while the inbox was closed? Once.
  [[nodiscard]] bool take_refused() noexcept { return std::exchange(refused_, false); }

 private:
  // Not for a value that holds on to something: one that is driven out lets go of it at once.
  static constexpr bool told_once(subscriber_buffer buffer) noexcept {
    if (std::same_as<T, notice>) return true;
    return std::is_trivially_destructible_v<T> && buffer.capacity == 1 &&
           buffer.when_full == overflow::keep_latest;
  }

  bool refused_ = false;  // under the hub's lock
};

class signal_hub {
 public:
  /// `compares`: an equality of the user's is asked.
  explicit signal_hub(std::string name, bool compares)
      : may_be_quiet_(!compares), name_(std::move(name)) {}
  signal_hub(const signal_hub&) = delete;
  signal_hub& operator=(const signal_hub&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  void link_watcher(subscription_state<notice>& one, bool at_once);
  /// What waits in its inbox stays, in its latest state.
  void unlink(subscription_core& one) noexcept;
  /// See subscription_core::rejoin.
  void rejoin(subscription_core& one) noexcept;
  /// A watcher has taken a notice.
  void renew(subscription_core& one) noexcept;
  [[nodiscard]] std::uint64_t lost(const subscription_core& one) const noexcept;
  /// It was closed by the signal's end, and not by its subscriber.
  [[nodiscard]] bool has_ended(const subscription_core& one) const noexcept;

  /// The signal has ended for good: nobody waits for it any longer.
  void end() noexcept;
  /// A run of the signal begins.
  void begin() noexcept;

  void set_error(std::optional<error> latest) noexcept;
  [[nodiscard]] std::optional<error> latest_error() const;
  [[nodiscard]] std::size_t listeners() const;
  [[nodiscard]] bool has_ended() const;

  /// Where its publishers come in, if there may be several. Its lock guards all of the hub.
  [[nodiscard]] gate& door() const noexcept { return door_; }

 protected:
  ~signal_hub() = default;

  // --- all with the lock held ---

  /// How the signal is now; also that it has ended, or is back: inputs are told of that, and not
  /// closed.
  virtual void tell_inputs() noexcept = 0;
  /// How it is now, to one of `values_`.
  virtual void tell_value(subscription_core& one) = 0;

  /// One that joins a signal that has ended; after it was told what it is to be told at once.
  void close_if_ended(subscription_core& one) noexcept;
  static void close(subscription_core& one) noexcept;
  void tell_watchers();
  template <class T>
  void tell(subscription_core& one, T message) {
    auto& to = static_cast<subscription_state<T>&>(one);
    if (one.told_once_) one.told_.store(true, std::memory_order_relaxed);
    const auto outcome = to.offer(std::move(message));
    using enum inbox_core::offer_result;
    if (outcome == left || outcome == replaced) one.add_lost(1);
    if (!one.told_once_) return;
    if (outcome == closed || one.inbox.size() == 0) {  // or a receiver that waited has it
      one.told_.store(false, std::memory_order_relaxed);
    } else {
      waits_now(one);
    }
  }
  [[nodiscard]] bool waits_told(const subscription_core& one) const noexcept {
    return one.in_ == &told_;
  }
  /// What it was told of has been taken. (It was not by a receiver that was given an earlier value
  /// while it waited, and comes to itself only now.)
  [[nodiscard]] bool has_taken(const subscription_core& one) const noexcept {
    return waits_told(one) && one.inbox.size() == 0;
  }
  /// Who has taken what waited joins the others again. True: that was not the present value.
  bool renewed(subscription_core& one) noexcept;

  mutable gate door_;
  listener_list values_;
  listener_list watchers_;
  listener_list inputs_;
  listener_list told_;
  std::uint64_t version_ = 0;  // counts the values; of an origin, its changes
  bool ended_ = false;
  bool has_value_ = false;  // for those who do not know its type
  const bool may_be_quiet_;
  // A new value has only to be compared, written and counted: there is one, it has not ended, and
  // all who listen are in `told_`.
  bool is_quiet_ = false;
  /// After each change of what that says.
  void note_listeners() noexcept {
    is_quiet_ = may_be_quiet_ && has_value_ && !ended_ && values_.empty() && watchers_.empty() &&
                inputs_.empty();
  }

 private:
  template <class Visit>
  void for_subscribers(Visit visit) const {
    values_.for_each(visit);
    watchers_.for_each(visit);
    told_.for_each(visit);
  }
  void waits_now(subscription_core& one) noexcept;
  void bring_up_to_date(subscription_core& one) noexcept;
  /// From `told` back to where it belongs. Gives how many values it has not been told of.
  std::uint64_t join_again(subscription_core& one) noexcept;
  void tell_present(subscription_core& one) noexcept;

  std::string name_;
  std::optional<error> error_;  // of the latest update, if it failed
};

template <class V>
class hub_of final : public signal_hub {
  // Comparing runs nobody's code, unless an equality was given.
  static constexpr bool compares_at_once =
      std::is_arithmetic_v<V> || std::is_enum_v<V> || std::is_pointer_v<V>;

 public:
  using equality = std::function<bool(const V&, const V&)>;

  /// `is_origin`: its stamps are its own changes (stamp.hpp); else they come with the values.
  hub_of(std::string name, bool is_origin, equality equal, std::optional<V> initial)
      : signal_hub(std::move(name), static_cast<bool>(equal)),
        equal_(std::move(equal)),
        is_origin_(is_origin) {
    if (initial) write(*std::move(initial));
  }

  [[nodiscard]] std::optional<V> read() const { return cell_.read(); }

  enum class published : std::uint8_t {
    news,
    same,   // as the present value: nobody is told
    ended,  // it came after the end
    busy,   // not published, nor looked at: somebody else is inside the door
  };

  /// Publisher only: of an origin. A value equal to the present one is not told, nor one that comes
  /// after the end. True: it was news.
  bool publish(V value) {
    if (is_same(value)) return false;
    const std::lock_guard held(door_);
    return publish_locked(std::move(value)) == published::news;
  }

  // For a publisher who comes in through the door. Where these throw (copies and comparisons are
  // the user's), he is inside, and the lock is open.

  /// By who is inside; and leaves.
  [[gnu::always_inline]] published publish_and_leave(V&& value) {
    if (is_same(value)) {
      door_.leave();
      return published::same;
    }
    std::unique_lock held(door_);
    const published outcome = publish_locked(std::move(value));
    held.release()->leave_locked();
    return outcome;
  }
  /// Goes in, publishes, and leaves, if that needs no waiting.
  [[gnu::always_inline]] published enter_publish_leave(V&& value) {
    if constexpr (compares_at_once) {
      if (!equal_) {
        if (!door_.try_enter_locked()) return published::busy;
        std::unique_lock held(door_, std::adopt_lock);
        const published outcome =
            is_same(value) ? published::same : publish_locked(std::move(value));
        held.release()->leave_locked();
        return outcome;
      }
    }
    return door_.try_enter() ? publish_and_leave(std::move(value)) : published::busy;
  }

  // For one word that is compared and copied without running anybody's code.
  static constexpr bool may_be_quick = compares_at_once && fits_in_word<V>;

  /// By who is inside, in the way of a thread with the bias; and leaves. False: there is more to
  /// do, or no bias any more; nothing has been done.
  [[gnu::always_inline]] bool publish_quickly_and_leave(V value)
    requires may_be_quick
  {
    if (!door_.lock_quickly()) [[unlikely]]
      return false;
    if (!is_quiet_) [[unlikely]] {
      door_.unlock_quickly();
      return false;
    }
    if (cell_.current() != value) {
      cell_.replace(value);
      ++version_;
    }
    door_.leave_locked_quickly();
    return true;
  }

  /// Publisher only: of a computed signal, for the change that `at` tells of; without a value the
  /// present one stays.
  bool publish(std::optional<V> value, stamp at) {
    const bool changed = value.has_value() && !is_same(*value);
    const std::lock_guard held(door_);
    if (ended_) return false;
    if (changed) write(*std::move(value));
    at_ = std::move(at);
    if (is_listened_to()) tell_all(changed);
    return changed;
  }

  void link(subscription_state<V>& one, bool at_once) {
    const std::lock_guard held(door_);
    values_.add(one);
    note_listeners();
    if (at_once && cell_.has_value()) tell_value(one);
    close_if_ended(one);
  }
  /// A subscriber has taken `got`: if it is told once, that becomes the present value.
  void renew(subscription_core& one, V& got) {
    std::optional<V> latest;
    {
      const std::lock_guard held(door_);
      if (!has_taken(one) || !renewed(one)) return;
      try {
        latest.emplace(cell_.current());
      } catch (...) {
        return;  // no copy could be made: then it keeps what it has, and is told of what comes
      }
    }
    std::destroy_at(&got);
    std::construct_at(&got, *std::move(latest));
  }
  /// What an input shows until its first message.
  struct before_news {
    stamp at;
    bool live;
  };
  before_news link(subscription_state<stamped<V>>& one) {
    const std::lock_guard held(door_);
    if (is_origin_) note_change();
    inputs_.add(one);
    note_listeners();
    if (cell_.has_value()) tell_input(one);
    return {cell_.has_value() ? before_all(at_) : at_, !ended_};
  }
  /// Tells what could not be told while the input was closed, its owner having ended.
  void tell_again(subscription_state<stamped<V>>& one) {
    const std::lock_guard held(door_);
    if (one.take_refused()) tell_input(one);
  }
  /// For a computed signal that is being made: it will come from the origins of `input`. So its
  /// initial value is older than all that comes from them.
  void come_from(const stamp& input) {
    const std::lock_guard held(door_);
    merge_into(at_, before_all(input));
  }
  /// Are computed signals made from the present value?
  [[nodiscard]] bool is_used() const {
    const std::lock_guard held(door_);
    return !inputs_.empty() && cell_.has_value();
  }

 private:
  void write(V value) {
    cell_.write(std::move(value));
    ++version_;
    if (has_value_) return;
    has_value_ = true;
    note_listeners();
  }
  [[nodiscard]] bool is_same(const V& value) const {
    if (!cell_.has_value()) return false;
    if (equal_) return equal_(cell_.current(), value);
    if constexpr (has_equality<V>) {
      return cell_.current() == value;
    } else {
      return false;
    }
  }
  published publish_locked(V&& value) {
    if (ended_) return published::ended;
    write(std::move(value));
    if (!inputs_.empty()) [[unlikely]]
      note_change();
    if (is_listened_to()) [[unlikely]]
      tell_all(true);
    return published::news;
  }
  [[nodiscard]] bool is_listened_to() const noexcept {
    return !inputs_.empty() || !values_.empty() || !watchers_.empty();
  }
  // Making a copy may throw: then the others are told all the same, and it is thrown at the end.
  void tell_all(bool changed) {
    std::exception_ptr thrown;
    tell_each(inputs_, [this](subscription_core& one) { tell_input(one); }, thrown);
    if (changed) {
      if (!watchers_.empty()) tell_watchers();
      tell_each(values_, [this](subscription_core& one) { tell_value(one); }, thrown);
    }
    if (thrown) std::rethrow_exception(std::move(thrown));
  }
  void tell_value(subscription_core& one) override { tell(one, V(cell_.current())); }
  void tell_inputs() noexcept override {
    std::exception_ptr thrown;  // one for which no copy could be made counts it as missed
    tell_each(inputs_, [this](subscription_core& one) { tell_input(one); }, thrown);
  }
  template <class Tell>
  static void tell_each(const listener_list& list, Tell tell_one, std::exception_ptr& thrown) {
    list.for_each([&](subscription_core& one) {
      try {
        tell_one(one);
      } catch (...) {
        one.add_lost(1);
        thrown = std::current_exception();
      }
    });
  }
  void tell_input(subscription_core& one) {
    const auto& to = static_cast<const subscription_state<stamped<V>>&>(one);
    tell(one,
         stamped<V>{.value = cell_.has_value() ? std::optional<V>(cell_.current()) : std::nullopt,
                    .at = at_,
                    .version = version_,
                    .live = !ended_,
                    .number = to.next_number()});
  }
  void note_change() {
    if (origin_ == 0) origin_ = next_origin();
    at_.assign(1, {.origin = origin_, .change = version_});
  }

  value_cell<V> cell_;
  equality equal_;
  const bool is_origin_;
  std::uint64_t origin_ = 0;  // 0: nobody has asked yet
  stamp at_;                  // of the present value, once there are inputs
};

}  // namespace troupe::detail

#pragma once

// What a signal and those who listen to it share. It outlives whichever of them goes first.
//
// Listeners are subscriptions, each of them an inbox (inbox_core.hpp), in three lists in the order
// in which they came: `values` are told every new value, `watchers` that there is one, and `inputs`
// (of computed signals) every change that reached this signal, with its stamp (stamp.hpp), and that
// it has ended, or is back. The end closes the inboxes of the others; a restart opens them again.
//
// Publishing. There is one publisher at a time: the signal's run, or the writer that holds its
// gate. It compares without a lock, then writes the value and tells the listeners under `lock`, so
// that one who subscribes sees either the old value as the present one and the new one as news, or
// the new one as the present one. Telling is offering to an inbox: it never waits.
//
// Lock order: the hub's lock before an inbox's and a fiber's. A context that ends calls stop()
// with none of them held.

#include <troupe/context.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/spin_lock.hpp>
#include <troupe/detail/stamp.hpp>
#include <troupe/detail/value_cell.hpp>
#include <troupe/error.hpp>
#include <troupe/select.hpp>
#include <troupe/signal/equality.hpp>
#include <troupe/signal/overflow.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace troupe::detail {

class listener_list;
class signal_hub;

/// One listener; the typed part is subscription_state.
class subscription_core {
 public:
  subscription_core(std::shared_ptr<signal_hub> hub, subscriber_buffer buffer,
                    const element_ops& ops);
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

  inbox_core inbox;
  const overflow when_full;
  std::atomic<std::uint64_t> dropped{0};  // written under the hub's lock, read by anybody

 protected:
  ~subscription_core() = default;
  /// For the destructor of the whole: nobody offers any more afterwards.
  void leave() noexcept;

 private:
  friend class listener_list;
  struct stopper {
    subscription_core* of;
    void operator()() const noexcept { of->stop(); }
  };

  std::shared_ptr<signal_hub> hub_;
  listener_list* in_ = nullptr;  // under the hub's lock, as are the links
  subscription_core* next_ = nullptr;
  subscription_core* previous_ = nullptr;
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
    for (subscription_core* at = first_; at != nullptr; at = at->next_) visit(*at);
  }

 private:
  subscription_core* first_ = nullptr;
  subscription_core* last_ = nullptr;
  std::size_t size_ = 0;
};

/// A listener's inbox for messages of type T.
template <class T>
class subscription_state final : public subscription_core, public pooled {
 public:
  subscription_state(std::shared_ptr<signal_hub> hub, subscriber_buffer buffer)
      : subscription_core(std::move(hub), buffer, ops_of<T>) {}
  subscription_state(const subscription_state&) = delete;
  subscription_state& operator=(const subscription_state&) = delete;
  ~subscription_state() {
    leave();
    inbox.destroy(ops_of<T>);
  }

  /// With the hub's lock held.
  void offer(T message) {
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
    if (outcome == inbox_core::offer_result::closed) {
      refused_ = true;
    } else if (!taken) {
      count_drop();
    }
  }
  /// With the hub's lock held: was one offered while the inbox was closed? Once.
  [[nodiscard]] bool take_refused() noexcept { return std::exchange(refused_, false); }
  /// One was to be told, and could not be.
  void count_drop() noexcept {
    dropped.store(dropped.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

 private:
  bool refused_ = false;  // under the hub's lock
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
};

class signal_hub {
 public:
  explicit signal_hub(std::string name) : name_(std::move(name)) {}
  signal_hub(const signal_hub&) = delete;
  signal_hub& operator=(const signal_hub&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  void link_watcher(subscription_state<notice>& one, bool tell);
  void unlink(subscription_core& one) noexcept;

  /// The signal has ended for good: nobody waits for it any longer.
  void end() noexcept;
  /// A run of the signal begins.
  void begin() noexcept;

  void set_error(std::optional<error> latest) noexcept;
  [[nodiscard]] std::optional<error> latest_error() const;
  [[nodiscard]] std::size_t listeners() const;
  [[nodiscard]] bool has_ended() const;

 protected:
  ~signal_hub() = default;
  /// With the lock held. How the signal is now; also that it has ended, or is back: inputs are told
  /// of that, and not closed.
  virtual void tell_inputs() noexcept = 0;
  /// With the lock held, after it has been offered what it is to be given at once: one that joins
  /// a signal that has ended is closed.
  void join(listener_list& list, subscription_core& one) noexcept;
  void tell_watchers();

  mutable spin_lock lock_;
  listener_list values_;
  listener_list watchers_;
  listener_list inputs_;
  bool ended_ = false;      // under the lock, as all that follows
  bool has_value_ = false;  // for those who do not know its type

 private:
  template <class Visit>
  void for_subscribers(Visit visit) const {
    values_.for_each(visit);
    watchers_.for_each(visit);
  }

  std::string name_;
  std::optional<error> error_;  // of the latest update, if it failed
};

template <class V>
class hub_of final : public signal_hub {
 public:
  using equality = std::function<bool(const V&, const V&)>;

  /// `is_origin`: its stamps are its own changes (stamp.hpp); else they come with the values.
  hub_of(std::string name, bool is_origin, equality equal, std::optional<V> initial)
      : signal_hub(std::move(name)), equal_(std::move(equal)), is_origin_(is_origin) {
    if (initial) write(*std::move(initial));
  }

  [[nodiscard]] std::optional<V> read() const { return cell_.read(); }

  /// Publisher only: of an origin. A value equal to the present one is not told, nor one that comes
  /// after the end. True: it was news.
  bool publish(V value) {
    if (is_same(value)) return false;
    const std::lock_guard held(lock_);
    if (ended_) return false;
    write(std::move(value));
    ++changes_;
    if (!inputs_.empty()) [[unlikely]]
      note_change();
    tell(true);
    return true;
  }

  /// Publisher only: of a computed signal, for the change that `at` tells of; without a value the
  /// present one stays.
  bool publish(std::optional<V> value, stamp at) {
    const bool changed = value.has_value() && !is_same(*value);
    const std::lock_guard held(lock_);
    if (ended_) return false;
    if (changed) write(*std::move(value));
    at_ = std::move(at);
    tell(changed);
    return changed;
  }

  void link(subscription_state<V>& one, bool tell) {
    const std::lock_guard held(lock_);
    if (tell && cell_.has_value()) one.offer(cell_.current());
    join(values_, one);
  }
  /// What an input shows until its first message.
  struct before_news {
    stamp at;
    bool live;
  };
  before_news link(subscription_state<stamped<V>>& one) {
    const std::lock_guard held(lock_);
    if (is_origin_) note_change();
    inputs_.add(one);
    if (cell_.has_value()) one.offer(state());
    return {cell_.has_value() ? before_all(at_) : at_, !ended_};
  }
  /// Tells what could not be told while the input was closed, its owner having ended.
  void tell_again(subscription_state<stamped<V>>& one) {
    const std::lock_guard held(lock_);
    if (one.take_refused()) one.offer(state());
  }
  /// For a computed signal that is being made: it will come from the origins of `input`. So its
  /// initial value is older than all that comes from them.
  void come_from(const stamp& input) {
    const std::lock_guard held(lock_);
    merge_into(at_, before_all(input));
  }
  /// Are computed signals made from the present value?
  [[nodiscard]] bool is_used() const {
    const std::lock_guard held(lock_);
    return !inputs_.empty() && cell_.has_value();
  }

 private:
  void write(V value) {
    cell_.write(std::move(value));
    has_value_ = true;
    ++version_;
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
  // Making a copy may throw: then the others are told all the same, and it is thrown at the end.
  void tell(bool changed) {
    if (inputs_.empty() && values_.empty() && watchers_.empty()) return;
    std::exception_ptr thrown;
    tell_all<stamped<V>>(inputs_, [this] { return state(); }, thrown);
    if (changed) {
      if (!watchers_.empty()) tell_watchers();
      tell_all<V>(values_, [this]() -> V { return cell_.current(); }, thrown);
    }
    if (thrown) std::rethrow_exception(std::move(thrown));
  }
  void tell_inputs() noexcept override {
    std::exception_ptr thrown;  // one for which no copy could be made counts it as missed
    tell_all<stamped<V>>(inputs_, [this] { return state(); }, thrown);
  }
  template <class T, class Make>
  static void tell_all(const listener_list& list, Make make, std::exception_ptr& thrown) {
    list.for_each([&](subscription_core& one) {
      auto& to = static_cast<subscription_state<T>&>(one);
      try {
        to.offer(make());
      } catch (...) {
        to.count_drop();
        thrown = std::current_exception();
      }
    });
  }
  [[nodiscard]] stamped<V> state() const {
    return {.value = cell_.has_value() ? std::optional<V>(cell_.current()) : std::nullopt,
            .at = at_,
            .version = version_,
            .live = !ended_};
  }
  void note_change() {
    if (origin_ == 0) origin_ = next_origin();
    at_.assign(1, {.origin = origin_, .change = changes_});
  }

  value_cell<V> cell_;
  equality equal_;
  const bool is_origin_;
  std::uint64_t origin_ = 0;   // 0: nobody has asked yet
  std::uint64_t changes_ = 0;  // of an origin
  std::uint64_t version_ = 0;  // of the value
  stamp at_;                   // of the present value, once there are inputs
};

}  // namespace troupe::detail

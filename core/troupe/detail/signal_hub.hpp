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
#include <troupe/signal/overflow.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
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
  subscription_core(std::shared_ptr<signal_hub> hub, subscriber_buffer buffer, std::size_t size);
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
      : subscription_core(std::move(hub), buffer, sizeof(T)) {}
  subscription_state(const subscription_state&) = delete;
  subscription_state& operator=(const subscription_state&) = delete;
  ~subscription_state() {
    leave();
    inbox.destroy(ops_of<T>);
  }

  /// With the hub's lock held.
  void offer(T message) {
    alignas(T) std::byte spare[sizeof(T)];
    alignas(T) std::byte given[sizeof(T)];
    T* const made = ::new (given) T(std::move(message));
    switch (inbox.offer(ops_of<T>, made, spare, when_full)) {
      case inbox_core::offer_result::taken: return;
      case inbox_core::offer_result::replaced:
        count_drop();
        std::destroy_at(std::launder(reinterpret_cast<T*>(spare)));
        return;
      case inbox_core::offer_result::left: count_drop(); break;
      case inbox_core::offer_result::closed: break;
    }
    std::destroy_at(made);
  }

 private:
  void count_drop() noexcept {
    dropped.store(dropped.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

/// What a watcher is told.
struct notice {};

/// What a computed signal is told by an input.
template <class V>
struct stamped {
  enum class news : std::uint8_t {
    change,  // of the value
    none,    // the change that `at` tells of left the value as it was
    ended,   // the signal has, for good; there is no value and no stamp with it
    begun,   // and is back after all; the same
  };
  std::optional<V> value{};  // none: the signal has none yet
  stamp at{};
  news what;
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
  /// Inputs are told, and not closed: the signal may be back one day. With the lock held.
  virtual void tell_inputs_of(bool ended) noexcept = 0;
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
    if (!inputs_.empty()) [[unlikely]] {
      note_change();
      tell_inputs(true);
    }
    tell_listeners();
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
    tell_inputs(changed);
    if (changed) tell_listeners();
    return changed;
  }

  void link(subscription_state<V>& one, bool tell) {
    const std::lock_guard held(lock_);
    if (tell && cell_.has_value()) one.offer(cell_.current());
    join(values_, one);
  }
  /// Gives the stamp of what the input shows until the first message.
  stamp link(subscription_state<stamped<V>>& one) {
    const std::lock_guard held(lock_);
    if (is_origin_) note_change();
    const bool has_value = cell_.has_value();
    if (has_value) one.offer({cell_.current(), at_, news::change});
    if (ended_) one.offer({.what = news::ended});
    inputs_.add(one);
    return has_value ? before_all(at_) : at_;
  }
  /// For a computed signal that is being made: it will come from the origins of `input`. So its
  /// initial value is older than all that comes from them.
  void come_from(const stamp& input) {
    const std::lock_guard held(lock_);
    merge_into(at_, before_all(input));
  }

 private:
  using news = typename stamped<V>::news;

  void write(V value) {
    cell_.write(std::move(value));
    has_value_ = true;
  }
  [[nodiscard]] bool is_same(const V& value) const {
    if (!cell_.has_value()) return false;
    if (equal_) return equal_(cell_.current(), value);
    if constexpr (std::equality_comparable<V>) {
      return cell_.current() == value;
    } else {
      return false;
    }
  }
  void tell_listeners() {
    values_.for_each([&](subscription_core& one) {
      static_cast<subscription_state<V>&>(one).offer(cell_.current());
    });
    tell_watchers();
  }
  void tell_inputs(bool changed) {
    inputs_.for_each([&](subscription_core& one) {
      input(one).offer({cell_.has_value() ? std::optional<V>(cell_.current()) : std::nullopt, at_,
                        changed ? news::change : news::none});
    });
  }
  void tell_inputs_of(bool ended) noexcept override {
    inputs_.for_each([&](subscription_core& one) {
      input(one).offer({.what = ended ? news::ended : news::begun});
    });
  }
  static subscription_state<stamped<V>>& input(subscription_core& one) noexcept {
    return static_cast<subscription_state<stamped<V>>&>(one);
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
  stamp at_;                   // of the present value, once there are inputs
};

}  // namespace troupe::detail

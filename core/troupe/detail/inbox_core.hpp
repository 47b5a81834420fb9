#pragma once

// What an inbox is, but for the type of its messages: a bounded ring, the receivers that wait for
// a message and the senders that wait for room.
//
// The lock. An inbox that only one fiber receives from is bound to that fiber at its first
// receive, and from then on guarded by the fiber's lock: an actor that waits on ten inboxes takes
// one lock, and a sender that finds it parked wakes it under the lock it holds anyway. When a
// second fiber receives, or the owner's run ends, the inbox is guarded by its own lock. hold()
// locks what `owner_` names and looks again: the owner changes only under the lock that it names.
//
// Waiting receivers. Bound: the owner leaves its waiter and a bit in its receive_mask. Not bound:
// a list of receive_links, which only then are made. Either way a message goes straight into the
// slot of a parked receiver, never into the ring; a receiver waits only while the ring is empty.
//
// Waiting senders keep their message in their own frame, in a list, first come first served. Each
// receive moves the first of them into the room it made. With capacity 0 (a rendezvous) messages
// go from hand to hand only.
//
// Home. An inbox that is a member of an actor, or that an actor's run receives from, is in that
// actor's list, which closes it when the actor ends for good (actor_inboxes.hpp). The target of an
// inbox is itself, or, after a restart from a factory, the one that the actor's handles know.

#include <troupe/detail/copy_in_words.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/pooled.hpp>
#include <troupe/detail/sampling.hpp>
#include <troupe/detail/type_name.hpp>
#include <troupe/error.hpp>
#include <troupe/signal/overflow.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace troupe::detail {

/// How to handle messages of one type without knowing it.
struct element_ops {
  std::size_t size;
  std::size_t align;
  std::string_view name;  // the message's type; of a request, its payload's
  void (*relocate)(void* to, void* from) noexcept;  // move-constructs, then destroys `from`
  void (*destroy)(void*) noexcept;
  // Of a request: fails its caller with errc::inbox_closed, then destroys it. Else null.
  void (*refuse)(void*) noexcept = nullptr;
  // Of a request: its caller does not wait for the receiver any more that it waited for. Else null.
  void (*change_hands)(void*) noexcept = nullptr;
};

/// Specialised for request<T, R>.
template <class T>
inline constexpr bool is_request = false;
template <class T>
inline constexpr std::string_view message_name = type_name<T>();

template <class T>
constexpr auto refusal_of() noexcept -> void (*)(void*) noexcept {
  if constexpr (is_request<T>) {
    return [](void* at) noexcept {
      T& waiting = *static_cast<T*>(at);
      static_cast<void>(waiting.fail(errc::inbox_closed));
      waiting.~T();
    };
  } else {
    return nullptr;
  }
}

template <class T>
constexpr auto hands_of() noexcept -> void (*)(void*) noexcept {
  if constexpr (is_request<T>) {
    return [](void* at) noexcept { change_hands(*static_cast<T*>(at)); };
  } else {
    return nullptr;
  }
}

template <class T>
inline constexpr element_ops ops_of{sizeof(T),
                                    alignof(T),
                                    message_name<T>,
                                    [](void* to, void* from) noexcept {
                                      T* const source = static_cast<T*>(from);
                                      move_construct(to, *source);
                                      std::destroy_at(source);
                                    },
                                    [](void* at) noexcept { static_cast<T*>(at)->~T(); },
                                    refusal_of<T>(),
                                    hands_of<T>()};

/// For a message in the sender's own variable, whose lifetime goes on.
template <class T>
inline constexpr element_ops moving_ops_of{
    sizeof(T), alignof(T), message_name<T>,
    [](void* to, void* from) noexcept { move_construct(to, *static_cast<T*>(from)); },
    [](void* at) noexcept { static_cast<T*>(at)->~T(); }};

class receive_waiter;

/// A receiver's place in the list of an inbox that is not bound to it. The list is a ring.
struct receive_link : pooled {
  receive_waiter* of = nullptr;
  void* slot = nullptr;  // the waiter's
  fiber* who = nullptr;
  std::uint64_t wait = 0;
  receive_link* previous = nullptr;
  receive_link* next = nullptr;  // null: not in a list; under the inbox's lock
};

/// One receiver's wait on one inbox; lives in the waiting frame. Small, because the frame of every
/// actor that waits holds one for each of its inboxes.
class receive_waiter {
 public:
  receive_waiter() noexcept = default;
  receive_waiter(const receive_waiter&) = delete;
  receive_waiter& operator=(const receive_waiter&) = delete;
  ~receive_waiter() {
    if (has_link_) [[unlikely]]
      drop_link();
  }

  /// Raw memory for one message. Before the first wait, and before the first on another inbox.
  void set_slot(void* raw) noexcept {
    if (has_link_) [[unlikely]]
      drop_link();
    slot_or_link_ = raw;
  }
  /// Of one whose inbox is bound: the first wait on an inbox that is not makes a link, and that
  /// inbox is never bound again.
  [[nodiscard]] void* slot() const noexcept { return slot_or_link_; }

  /// Before arm(), or with the inbox's lock held.
  void will_link(fiber& who, std::uint64_t wait) {
    if (!has_link_) {
      auto* const made = new receive_link;
      made->of = this;
      made->slot = slot_or_link_;
      slot_or_link_ = made;
      has_link_ = true;
    }
    link().who = &who;
    link().wait = wait;
  }
  /// After will_link().
  [[nodiscard]] receive_link& link() const noexcept {
    return *static_cast<receive_link*>(slot_or_link_);
  }
  [[nodiscard]] bool linked() const noexcept { return has_link_ && link().next != nullptr; }

 private:
  void drop_link() noexcept {
    delete &link();
    has_link_ = false;
  }

  void* slot_or_link_ = nullptr;  // the link knows the slot

 public:
  std::uint32_t index = 0;  // what `fired` says when this source ends the wait
  bool filled = false;      // a message is in the slot

 private:
  bool has_link_ = false;
};

enum class send_state : std::uint8_t { idle, waiting, sent, closed };

/// One sender's wait for room; lives in the waiting frame.
struct send_waiter {
  fiber* who = nullptr;
  std::uint64_t wait = 0;
  void* message = nullptr;  // relocated from when sent
  bool wakes = true;        // false: being sent is not what the sender waits for (a call)
  // Leaves `waiting` under the inbox's lock; read without it by the sender, which touches the
  // inbox no more once it reads sent or closed (release/acquire).
  std::atomic<send_state> state{send_state::idle};
  send_waiter* previous = nullptr;  // in the inbox's ring of senders
  send_waiter* next = nullptr;
};

/// A fiber to fire once the lock is open, or nobody.
struct wake_up {
  fiber* who = nullptr;
  std::uint64_t wait = 0;
  static wake_up of(const send_waiter& sent) noexcept {
    return sent.wakes ? wake_up{sent.who, sent.wait} : wake_up{};
  }
  void operator()() const noexcept {
    if (who != nullptr) who->fire(wait, 0);
  }
};

class actor_inboxes;

class inbox_core {
 public:
  /// Throws usage_error if so many messages do not fit in memory.
  inbox_core(std::size_t capacity, const element_ops& ops, const char* what);
  inbox_core(const inbox_core&) = delete;
  inbox_core& operator=(const inbox_core&) = delete;

  /// To be called by the typed inbox's destructor: closes, and destroys what is left.
  void destroy(const element_ops& ops) noexcept;

  [[nodiscard]] inbox_core& target() noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address
    return redirected() ? *reinterpret_cast<inbox_core*>(ring_or_waiting_) : *this;
  }
  [[nodiscard]] const inbox_core& target() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address
    return redirected() ? *reinterpret_cast<const inbox_core*>(ring_or_waiting_) : *this;
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return target().capacity_; }
  [[nodiscard]] std::size_t size() const noexcept {
    return target().size_.load(std::memory_order_relaxed);
  }
  /// The type of its messages.
  [[nodiscard]] std::string_view message_type() const noexcept { return ops_->name; }
  [[nodiscard]] const element_ops& ops() const noexcept { return *ops_; }
  [[nodiscard]] fiber* owner() const noexcept {
    // With bind_locked's release: the fiber may be a new one, and is looked into.
    return target().owner_.load(std::memory_order_acquire);
  }

  /// Who receives here: the owner or, before the first receive, the run of the actor that the inbox
  /// is a member of. Null where that is not known, or where several receive.
  [[nodiscard]] fiber* receiver() const noexcept { return target().receiver_here(); }
  /// The same of an inbox that is its own target().
  [[nodiscard]] fiber* receiver_here() const noexcept {
    fiber* const known = owner_.load(std::memory_order_acquire);  // as owner()
    return known != nullptr ? known : run_at_home();
  }

  /// Of a sender that alone receives here, and would wait for room.
  [[nodiscard]] error waits_for_itself() const;

  /// Why the inbox takes nothing more: closed by its user, or by the end of its actor.
  enum class closing : std::uint8_t { open, by_user, by_end };
  void close(closing why) noexcept;

  /// Requests that waited when the actor ended: nobody will come to answer them.
  class requests_left {
   public:
    [[nodiscard]] explicit operator bool() const noexcept { return ring_ != nullptr; }
    /// Fails their callers with errc::inbox_closed. Without any lock: it takes the callers' locks,
    /// and payloads are destroyed. The inbox must still live.
    void refuse() noexcept;

   private:
    friend class inbox_core;
    const inbox_core* of_ = nullptr;
    void* ring_ = nullptr;
    std::uint32_t at_ = 0;
    std::uint32_t left_ = 0;
  };
  /// After close(closing::by_end). To be refused.
  [[nodiscard]] requests_left take_requests() noexcept;
  /// Opens what was closed by `what`: the end of an earlier run, now that another one begins.
  void reopen(closing what = closing::by_end) noexcept;

  enum class push_result : std::uint8_t { sent, full, closed };

  /// Sends `message` if that needs no waiting; it is relocated from only if `sent`. With a waiter,
  /// a full inbox links it instead (and the answer is still `full`).
  [[gnu::always_inline]] push_result push(const element_ops& ops, void* message,
                                          send_waiter* waiter = nullptr) {
    return target().push_here(ops, message, waiter);
  }
  /// push() to an inbox that is its own target().
  [[gnu::always_inline]] push_result push_here(const element_ops& ops, void* message,
                                               send_waiter* waiter) {
    const held_lock held = hold();
    if (closing_ != closing::open) [[unlikely]] {
      held.unlock();
      return push_result::closed;
    }
    if (give_or_store(ops, message, held)) [[likely]]
      return push_result::sent;
    return push_slow(ops, message, waiter, held);
  }
  /// The same, of a message of that size, made by `make(void* raw)` where it is to lie. False: it
  /// has not been sent, and push_here() is to be asked, which can do or say more: the inbox is
  /// full, closed, without a ring yet, or one of its several receivers waits.
  template <class Make>
  [[gnu::always_inline]] bool emplace_here(std::size_t size, Make make) {
    const held_lock held = hold();
    if (closing_ == closing::open) [[likely]] {
      if (fiber* const owner = owner_.load(std::memory_order_relaxed)) [[likely]] {
        if (give(*owner, make, held) || store(size, make, held)) [[likely]]
          return true;
      } else if (last_receiver() == nullptr && store(size, make, held)) {
        return true;
      }
    }
    held.unlock();
    return false;
  }

  enum class offer_result : std::uint8_t {
    taken,     // relocated from `message`
    replaced,  // the same, and what made room for it has been relocated to `spare`
    left,      // no room: `message` is untouched
    closed,    // the same
  };

  /// For a subscription, which is never redirected: sends without waiting, and does what
  /// `when_full` says where there is no room. `spare` is raw memory for one message.
  offer_result offer(const element_ops& ops, void* message, void* spare, overflow when_full);

  /// Makes the ring now: then no push or offer runs out of memory.
  void reserve() { make_ring(); }

  /// Takes back a sender that waits. False: it is not waiting any more, see its state.
  bool withdraw(send_waiter& waiter) noexcept;

  // --- the receiving side; see receive.hpp ---

  /// With the inbox's lock held: take_locked() will find a message.
  [[nodiscard]] bool has_something_locked() const noexcept {
    return size_.load(std::memory_order_relaxed) != 0 || sending_;
  }
  /// With the inbox's lock held: `self`, which is running, takes the first message into `slot`.
  /// `after` is to be fired after unlocking.
  [[gnu::always_inline]] bool take_locked(fiber& self, const element_ops& ops, void* slot,
                                          wake_up& after) noexcept {
    const std::uint32_t used = size_.load(std::memory_order_relaxed);
    if (used == 0) [[unlikely]] {
      if (!sending_) return false;
      self.received(number_);
      return take_from_sender(ops, slot, after);
    }
    self.received(number_);
    if (timing_ && head_ == head().timed_cell) [[unlikely]]
      self.timed_from(end_timing());
    ops.relocate(slot, cell(0, ops.size));
    head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
    size_.store(used - 1, std::memory_order_relaxed);
    if (sending_) [[unlikely]]
      refill_from_sender(ops, after);
    return true;
  }
  [[nodiscard]] bool owned_by(const fiber& self) const noexcept {
    return owner_.load(std::memory_order_relaxed) == &self;
  }
  [[nodiscard]] bool is_shared() noexcept;
  [[nodiscard]] bool closed_locked() const noexcept { return closing_ != closing::open; }

  /// The owner, with its lock held, will wait here: gives the bit for its mask.
  std::uint64_t expect_locked(receive_waiter& waiter) noexcept {
    set_waiting(reinterpret_cast<std::uintptr_t>(&waiter));
    return std::uint64_t{1} << number_;
  }

  /// Binds the inbox to the fiber, or finds it bound. False: another fiber receives too, or the
  /// fiber's mask is full: from now on the inbox is a shared one.
  bool bind(fiber& self) noexcept;

  enum class arm_result : std::uint8_t { waiting, taken, closed };
  /// For a shared inbox: takes a message, or links the waiter (which will_link).
  arm_result arm(receive_waiter& waiter);
  /// Unlinks the waiter if it is linked; what waits here goes to the next receiver.
  void disarm(fiber& self, receive_waiter& waiter) noexcept;

  /// The owner's run has ended (its lock is held).
  void unbind_locked(fiber& owner) noexcept;

  // --- home: see actor_inboxes.hpp ---
  std::atomic<actor_inboxes*> home{nullptr};

  /// Messages sent to this inbox go to `first` from now on, and are received from there.
  /// Before anybody else knows the inbox; what was sent to it by then is dropped.
  void redirect(inbox_core& first) noexcept;
  /// Not a member: joined because the actor's run received from it. Stored before `home` (release).
  void set_adopted() noexcept { flags_.fetch_or(is_adopted); }
  [[nodiscard]] bool adopted() const noexcept { return (flags_.load() & is_adopted) != 0; }
  /// Others are to receive too, whether or not they have come yet: the end of one receiver is not
  /// the end of an inbox that is no member of it.
  void set_has_heirs(bool has) noexcept {
    if (has) {
      flags_.fetch_or(has_heirs_flag);
    } else {
      flags_.fetch_and(static_cast<std::uint8_t>(~has_heirs_flag));
    }
  }
  [[nodiscard]] bool has_heirs() const noexcept { return (flags_.load() & has_heirs_flag) != 0; }

 private:
  /// The lock of this inbox, and by what it is held.
  struct held_lock {
    biased_lock* lock;
    biased_lock::holding by;
    void unlock() const noexcept { lock->unlock(by); }
  };

  static constexpr std::uint8_t is_adopted = 1;
  static constexpr std::uint8_t is_redirected = 2;  // set before anybody else knows the inbox
  static constexpr std::uint8_t has_heirs_flag = 4;

  [[nodiscard]] bool redirected() const noexcept {
    return (flags_.load(std::memory_order_relaxed) & is_redirected) != 0;
  }
  void drop_ring(const element_ops& ops) noexcept;
  [[nodiscard]] fiber* run_at_home() const noexcept;
  /// With the lock held: to a receiver that waits, else into the ring. True: done, and the lock is
  /// open. False: there is no room, or no ring yet, and the lock is still held.
  [[gnu::always_inline]] bool give_or_store(const element_ops& ops, void* message, held_lock held) {
    const auto put = [&](void* to) { ops.relocate(to, message); };
    fiber* const owner = owner_.load(std::memory_order_relaxed);
    if (owner != nullptr) [[likely]] {
      if (give(*owner, put, held)) return true;
    } else if (last_receiver() != nullptr && hand_over(ops, message)) {
      held.unlock();
      return true;
    }
    return store(ops.size, put, held);
  }
  /// Its halves: to the owner, if that waits; into the ring, where no receiver waits. `put(void*
  /// raw)` puts the message where it is to lie.
  template <class Put>
  [[gnu::always_inline]] bool give(fiber& owner, Put put, held_lock held) {
    if (!receives(owner)) return false;
    receive_waiter& waiter = receiver_locked();
    put(waiter.slot());
    waiter.filled = true;
    owner.received(number_);
    if (sample_is_due()) [[unlikely]]
      owner.timed_from(sample_clock(&owner));
    owner.unpark_locked(waiter.index);
    scheduler& sched = *owner.sched;
    held.unlock();
    sched.schedule(owner);
    return true;
  }
  template <class Put>
  [[gnu::always_inline]] bool store(std::size_t size, Put put, held_lock held) {
    const std::uint32_t used = size_.load(std::memory_order_relaxed);
    if (used == capacity_ || !has_ring()) [[unlikely]]
      return false;
    put(cell(used, size));
    if (sample_is_due()) [[unlikely]]
      begin_timing(used);
    size_.store(used + 1, std::memory_order_relaxed);
    held.unlock();
    return true;
  }
  [[nodiscard]] bool receives(const fiber& owner) const noexcept {
    return owner.receives_from(number_);
  }
  void* cell(std::uint32_t offset, std::size_t size) const noexcept {
    return ring() + std::size_t{index_at(offset)} * size;
  }
  /// The index of the cell `offset` behind the first message.
  [[nodiscard]] std::uint32_t index_at(std::uint32_t offset) const noexcept {
    const std::uint32_t at = head_ + offset;
    return at >= capacity_ ? at - capacity_ : at;
  }
  [[gnu::always_inline]] held_lock hold() noexcept {
    for (;;) {
      fiber* const owner = owner_.load(std::memory_order_acquire);
      biased_lock& lock = owner != nullptr ? owner->lock : own_lock_;
      const held_lock held{&lock, lock.lock()};
      // Acquire: it may be null anew, and what an owner did in between was under the owner's lock.
      if (owner_.load(std::memory_order_acquire) == owner) [[likely]]
        return held;
      held.unlock();
    }
  }
  /// The same; who unlocks it looks up by what it is held.
  biased_lock& acquire() noexcept { return *hold().lock; }
  push_result push_slow(const element_ops& ops, void* message, send_waiter* waiter, held_lock held);
  void make_ring();
  void free_ring(void* ring) const noexcept;
  /// What there is with a ring only: before its cells.
  struct ring_head {
    time_point timed_since{};            // when the message of timed_cell was put in
    send_waiter* last_sender = nullptr;  // of those that wait: a ring, whose first is its next
    std::uintptr_t waiting = 0;          // see ring_or_waiting_
    std::uint32_t timed_cell = 0;        // while timing_
  };
  [[nodiscard]] ring_head& head() const noexcept {
    return *reinterpret_cast<ring_head*>(ring() - sizeof(ring_head));
  }
  [[nodiscard]] bool has_ring() const noexcept { return (ring_or_waiting_ & no_ring) == 0; }
  [[nodiscard]] char* ring() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address
    return reinterpret_cast<char*>(ring_or_waiting_);
  }
  // With the lock held. Who waits to receive. Bound: the owner's waiter, valid while its mask has
  // our bit. Not bound: the last of a ring of links, whose first is its next.
  [[nodiscard]] std::uintptr_t waiting() const noexcept {
    return has_ring() ? head().waiting : ring_or_waiting_ & ~no_ring;
  }
  void set_waiting(std::uintptr_t who) noexcept {
    if (has_ring()) {
      head().waiting = who;
    } else {
      ring_or_waiting_ = who | no_ring;
    }
  }
  [[nodiscard]] receive_waiter& receiver_locked() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address
    return *reinterpret_cast<receive_waiter*>(waiting());
  }
  [[nodiscard]] receive_link* last_receiver() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address
    return reinterpret_cast<receive_link*>(waiting());
  }
  static std::size_t head_size(const element_ops& ops) noexcept;
  /// With the lock held: the message `offset` behind the first is timed, if no other one is.
  void begin_timing(std::uint32_t offset) noexcept;
  /// With the lock held: it is being taken, or dropped. Gives when it was put in.
  time_point end_timing() noexcept {
    timing_ = false;
    return head().timed_since;
  }
  bool hand_over(const element_ops& ops, void* message) noexcept;
  bool take_from_sender(const element_ops& ops, void* slot, wake_up& after) noexcept;
  void refill_from_sender(const element_ops& ops, wake_up& after) noexcept;
  send_waiter* take_sender() noexcept;
  void take_off_sender(send_waiter& gone) noexcept;
  bool bind_locked(fiber& self) noexcept;
  void share_locked() noexcept;
  void keep_handled_locked(fiber& owner) const noexcept;
  void leave_owner_locked(fiber& owner) noexcept;
  void disown_requests_locked() noexcept;
  void link_receiver(receive_link& waiting) noexcept;
  void unlink_receiver(receive_link& waiting) noexcept;

  // An actor that waits is little more than its inboxes: what is rare has no member of its own.
  // null: guarded by own_lock_; else by the owner's lock. Changes under the lock it names; the
  // release store that changes it is the last touch under that lock's protection.
  std::atomic<fiber*> owner_{nullptr};
  biased_lock own_lock_;
  closing closing_ : 2 = closing::open;
  bool shared_ : 1 = false;   // more than one fiber has received at a time: not bound again
  bool sending_ : 1 = false;  // senders wait: see ring_head
  bool timing_ : 1 = false;   // a message in the ring is timed
  // Which bit is ours in the owner's receive_mask; of a shared inbox: handling_shared.
  std::uint8_t number_ = 0;
  std::atomic<std::uint8_t> flags_{0};
  std::uint32_t capacity_;
  std::uint32_t head_ = 0;
  std::atomic<std::uint32_t> size_{0};  // written under the lock; read by size() without
  const element_ops* ops_;              // of the messages
  // The ring, made for the first message that has to wait. Until then who waits to receive, marked;
  // afterwards that is in the ring's head. Of one that is redirected: its target.
  static constexpr std::uintptr_t no_ring = 1;
  std::uintptr_t ring_or_waiting_ = no_ring;
};

}  // namespace troupe::detail

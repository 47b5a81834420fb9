#pragma once

// A fiber is one thread of control: a root coroutine and all that it awaits. Each run of an actor
// is a fiber, and so is each block_on. It is what the scheduler queues, what a wait parks and what
// a wake-up names. At any time a fiber runs, is in a run queue, or is parked in exactly one wait.
//
// The life of a wait. The fiber opens a wait (a fresh id), registers the id with whatever may end
// it, and parks. The first source to fire ends the wait: under `lock` it sees parked and the id,
// clears parked, notes its index in `fired`, and schedules the fiber. A source that fires before
// the fiber has parked leaves its index in `pending`, which park() finds. All later ones see
// another id, or no parked fiber, and do nothing. Hence a wait ends exactly once, by one source,
// and a message handed to a parked receiver under its lock has been delivered.
//
// Ids are never reused, and the memory of a fiber is never used for anything but fibers, so that a
// late source that still holds fiber and id is harmless (fiber_pool, below).
//
// on_worker: a fiber may be woken, and queued, while the worker that parked it is still inside
// await_suspend. Whoever resumes it waits until that worker has cleared on_worker, and so
// await_suspend may touch its coroutine after parking. (Linux's scheduler does the same, on_cpu.)
//
// `lock` also guards every inbox bound to the fiber (inbox_core.hpp): sending to any
// inbox of an actor, or waiting on all of them, takes this one lock once. Lock order: an inbox's
// own lock before a fiber's; never two fibers'.

#include <troupe/detail/biased_lock.hpp>
#include <troupe/detail/context_state.hpp>
#include <troupe/detail/inbox_table.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/detail/stable_pool.hpp>
#include <troupe/error.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

namespace troupe {
class actor;
}

namespace troupe::detail {

class inbox_core;
struct actor_slot;
struct element_ops;

/// Values of `fiber::fired` that are no source's index. A wait has at most `most_sources`.
inline constexpr std::uint16_t fired_nothing = 0xffff;
inline constexpr std::uint16_t fired_canceled = 0xfffe;
inline constexpr std::uint32_t most_sources = 0xfff0;

/// What a parked fiber is waiting for: for people, in shutdown reports and inspection.
enum class wait_kind : std::uint8_t {
  none,  // it has never waited
  receive,
  send,
  call,
  timer,
  context,
  event,
  blocking,
  io
};

/// Whether a fiber is parked, and for what.
enum class park_state : std::uint8_t {
  no,
  yes,
  receiving  ///< its receive_mask says from which inboxes, if any
};

/// What a fiber's root is, and so who takes its outcome and destroys it: root_exited() and the
/// like.
enum class root_kind : std::uint8_t { task, run, only_run };

/// Values of `fiber::handling` that are no bound inbox's number.
inline constexpr std::uint8_t handling_nothing = 255;
inline constexpr std::uint8_t handling_shared = 254;  // context_extra::handling says of which type

/// Where a fiber stands with the message that is timed: see sampling.hpp.
enum class sample_stage : std::uint8_t { none, received, handling };

/// The order for a store that a locked read-modify-write follows before anything is read that the
/// store is to be seen before. On x86 that instruction is a full barrier; elsewhere the store must
/// be one.
#if defined(__x86_64__) || defined(__i386__)
inline constexpr std::memory_order before_locked_operation = std::memory_order_release;
#else
inline constexpr std::memory_order before_locked_operation = std::memory_order_seq_cst;
#endif

/// A loop that goes on when its fiber is resumed, without a coroutine of its own: serve.hpp.
struct resumable_loop {
  resumable_loop() noexcept : turn(nullptr) {}
  resumable_loop(const resumable_loop&) = delete;
  resumable_loop& operator=(const resumable_loop&) = delete;
  ~resumable_loop() {}  // whoever derives from it destroys what it has put here

  /// True from the time it is told its turn; afterwards nothing here is ever null.
  [[nodiscard]] bool has_begun() const noexcept {
    std::uintptr_t word = 0;
    std::memcpy(&word, static_cast<const void*>(this), sizeof word);
    return word != 0;
  }

  // Once the loop has ended nobody calls it: there is room for how it ended.
  union {
    void (*turn)(resumable_loop&) noexcept;
    error why;
    std::exception_ptr thrown;
  };
};

/// Where a fiber goes on: in a coroutine, or (lowest bit set) in a resumable_loop.
class resumption {
 public:
  resumption() noexcept = default;
  resumption(std::coroutine_handle<> at) noexcept
      : word_(reinterpret_cast<std::uintptr_t>(at.address())) {}
  explicit resumption(resumable_loop& loop) noexcept
      : word_(reinterpret_cast<std::uintptr_t>(&loop) | 1U) {}
  void resume() const {
    if ((word_ & 1U) == 0) {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
      std::coroutine_handle<>::from_address(reinterpret_cast<void*>(word_)).resume();
    } else {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
      auto& loop = *reinterpret_cast<resumable_loop*>(word_ & ~std::uintptr_t{1});
      loop.turn(loop);
    }
  }

 private:
  std::uintptr_t word_ = 0;
};

/// Names a fiber in half the room of its address. To find it takes the lock of the pool.
class atomic_fiber {
 public:
  [[nodiscard]] fiber* load(std::memory_order order = std::memory_order_seq_cst) const noexcept;
  void store(const fiber* one, std::memory_order order = std::memory_order_seq_cst) noexcept;
  [[nodiscard]] bool is_null() const noexcept { return place_.load() == 0; }

  /// What it is now, to be forgotten unless it has changed by then.
  [[nodiscard]] std::uint32_t seen() const noexcept { return place_.load(); }
  void forget(std::uint32_t seen) noexcept { place_.compare_exchange_strong(seen, 0); }

 private:
  std::atomic<std::uint32_t> place_{0};  // in the pool; none has 0
};

struct fiber {
  /// What is taken out at the end, for who is told of it.
  struct remains {
    std::coroutine_handle<> root;
    std::shared_ptr<actor> who;
    void* owner;
  };

  // --- the wait ---
  biased_lock lock;
  // Set by the owner when it parks, cleared under `lock` by whoever ends the wait. The owner sets
  // it under `lock`, or, in a call and a wait for an event, without: then it stores it before the
  // seq_cst read-modify-write (the request's push, the event's lock) that makes whoever is to end
  // the wait see it, and looks afterwards whether its context has ended.
  std::atomic<park_state> parked{park_state::no};
  std::atomic<bool> on_worker{false};  // released by the worker that ran it, acquired by the next
  // The kind of the open wait, and whether the end of `scope` ends it. The owner writes it.
  std::atomic<std::uint8_t> kind_of_wait{0};
  // The number of the inbox that the last message came from, for those who look on: they read it
  // under `lock`, with handled_type(). Written by whoever calls received().
  std::atomic<std::uint8_t> handling{handling_nothing};
  // These bits are the owner's; while parked that of whoever holds `lock`.
  // An inbox of this wait has become a shared one meanwhile, and put the wait into its list: set
  // while parked; the owner takes itself off the list, and clears it.
  bool registered : 1 = false;
  root_kind root_is : 2 = root_kind::task;
  sample_stage sampling : 2 = sample_stage::none;
  // Of a fiber that has ended: it has one more reference to its scope than its own, to be given up
  // with that.
  bool owes_reference : 1 = false;
  // Messages that the actor has received in this fiber, for those who look on; what does not fit is
  // carried to the actor's record: at that moment they see it in neither.
  std::atomic<std::uint16_t> handled{0};
  std::uint16_t fired = fired_nothing;  // written under `lock` while parked; read by the owner
  std::uint16_t pending = fired_nothing;
  // The wait that `pending` belongs to: the lower half of its id, which is never 0. Under `lock`.
  // It is forgotten when lower halves begin anew (open_wait), so that it is of this time around.
  std::uint32_t pending_wait = 0;
  std::atomic<std::uint64_t> wait{0};  // id of the open wait; only the owner writes it
  // It is parked, or in a queue, or neither.
  union {
    fiber* next = nullptr;       // in an intrusive queue
    std::uint64_t receive_mask;  // while `receiving`: bound inboxes to receive from; under `lock`
  };

  // --- running ---
  resumption resume_point;
  // Null: this fiber is free. Others read it under `lock`, and where there is a root, or while they
  // hold a context of the fiber.
  scheduler* sched = nullptr;

  // --- identity ---
  context_state scope{true};  // canceled to cancel the fiber; its references keep the fiber
  // Readers on other threads hold `lock`. Stored (release) when the fiber is all there, before it
  // is scheduled: who sees it sees `sched`, `who` and `owner`. Taken out under `lock`.
  std::atomic<std::coroutine_handle<>> root{};
  void* owner = nullptr;  // who is told of the end; under `lock` once it runs
  // Whose run it is. Keeps the actor, unless somebody else does until the end is told. For readers
  // on other threads as `owner` is.
  std::shared_ptr<actor> who;
  inbox_table bound;  // inboxes, each at the place of its bit in receive_mask; under `lock`
  // The owner of the inbox that this fiber calls, while it waits for the reply; see call_cycle.hpp.
  atomic_fiber calling;
  // Receive waits begun, by the owner; also where the next one starts looking, for fairness. Those
  // who look on (inspect.hpp, internal/overseer.hpp) read it without a lock.
  std::atomic<std::uint32_t> rounds{0};

  /// Of the actor that runs; null for a task. By its owner, or with `lock` held.
  [[nodiscard]] actor_slot* slot() const noexcept;

  fiber() = default;
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  /// A message has come into its hands, from the inbox of that number, or handling_shared. By the
  /// owner while it runs, or by a sender that holds `lock` and finds it parked.
  void received(std::uint8_t from) noexcept {
    const auto now = static_cast<std::uint16_t>(handled.load(std::memory_order_relaxed) + 1);
    handled.store(now, std::memory_order_relaxed);
    handling.store(from, std::memory_order_relaxed);
    if (now == 0) [[unlikely]]
      carry_handled();
  }
  /// The type of the last message; null if there was none, or its inbox is gone. With `lock` held
  /// and a root.
  [[nodiscard]] const element_ops* handled_type() const noexcept;
  /// The same for a message that is timed.
  void timed_from(time_point sent) noexcept;
  /// Owner only: begins a receive wait. Gives a number that grows by one each time.
  std::uint32_t next_round() noexcept {
    const std::uint32_t now = rounds.load(std::memory_order_relaxed);
    rounds.store(now + 1, std::memory_order_relaxed);
    return now;
  }

  /// With `lock` held.
  remains take_remains() noexcept {
    remains taken{root.load(std::memory_order_relaxed), std::move(who),
                  std::exchange(owner, nullptr)};
    root.store(nullptr, std::memory_order_relaxed);
    return taken;
  }

  /// Owner only: opens a wait and gives its id.
  std::uint64_t open_wait(wait_kind kind, bool can_cancel) noexcept {
    std::uint64_t id = wait.load(std::memory_order_relaxed) + 1;
    if (static_cast<std::uint32_t>(id) == 0) [[unlikely]]
      id = begin_anew(id);
    wait.store(id, std::memory_order_relaxed);
    const unsigned canceled_with_scope = can_cancel ? is_cancelable : 0;
    kind_of_wait.store(static_cast<std::uint8_t>(static_cast<unsigned>(kind) | canceled_with_scope),
                       std::memory_order_relaxed);
    return id;
  }
  [[nodiscard]] wait_kind waiting_for(
      std::memory_order order = std::memory_order_relaxed) const noexcept {
    return wait_kind{static_cast<std::uint8_t>(kind_of_wait.load(order) & ~is_cancelable)};
  }
  [[nodiscard]] bool cancelable() const noexcept {
    return (kind_of_wait.load(std::memory_order_relaxed) & is_cancelable) != 0;
  }

  /// With `lock` held: has something ended the wait before it was parked? `pending` says what.
  [[nodiscard]] bool has_pending(std::uint64_t id) const noexcept {
    return pending_wait == static_cast<std::uint32_t>(id);
  }
  /// With `lock` held, of the open wait that is not parked: `index` will have ended it, unless
  /// something else has.
  void set_pending(std::uint64_t id, std::uint32_t index) noexcept {
    if (has_pending(id)) return;
    pending_wait = static_cast<std::uint32_t>(id);
    pending = static_cast<std::uint16_t>(index);
  }

  /// Owner only, with `lock` held: parks, unless something has ended the wait already.
  bool park_locked(std::uint64_t id) noexcept {
    if (has_pending(id)) {
      fired = pending;
      return false;
    }
    if (cancelable() && scope.ended()) {
      fired = fired_canceled;
      return false;
    }
    parked.store(park_state::yes, std::memory_order_release);
    return true;
  }
  /// Owner only, with `lock` held since it was seen that `scope` has not ended: parks to receive
  /// from bound inboxes. Nobody else knows the wait's id, so nothing can have ended it yet; or
  /// park_locked() has looked for that, and this adds the inboxes.
  void receive_locked(std::uint64_t mask) noexcept {
    parked.store(park_state::receiving, std::memory_order_release);
    receive_mask = mask;
  }

  bool park(std::uint64_t id) noexcept {
    lock.lock();
    const bool yes = park_locked(id);
    lock.unlock();
    return yes;
  }

  /// Owner only, where it has parked without `lock` (see `parked`): ends its own wait. False:
  /// somebody else has, and the fiber is queued.
  bool take_back(std::uint64_t id, std::uint16_t with) noexcept {
    lock.lock();
    const bool ours = is_parked_in(id);
    if (ours) unpark_locked(with);
    lock.unlock();
    return ours;
  }
  /// The same, if a context of its own has fired between its registration and the parking.
  bool take_back_if_fired(std::uint64_t id) noexcept {
    lock.lock();
    const bool pends = has_pending(id) && is_parked_in(id);
    if (pends) unpark_locked(pending);
    lock.unlock();
    return pends;
  }

  /// With `lock` held and the fiber parked: ends the wait. The caller schedules after unlocking.
  void unpark_locked(std::uint32_t index) noexcept {
    fired = static_cast<std::uint16_t>(index);
    parked.store(park_state::no, std::memory_order_relaxed);
  }

  [[nodiscard]] bool is_parked(std::memory_order order = std::memory_order_seq_cst) const noexcept {
    return parked.load(order) != park_state::no;
  }
  [[nodiscard]] bool is_parked_in(std::uint64_t id) const noexcept {
    return is_parked(std::memory_order_acquire) && wait.load(std::memory_order_relaxed) == id;
  }
  /// With `lock` held.
  [[nodiscard]] bool receives_from(std::uint8_t number) const noexcept {
    if (parked.load(std::memory_order_relaxed) != park_state::receiving) [[likely]]
      return false;
    return (receive_mask >> number & 1U) != 0;
  }

  /// Ends wait `id` with `index` if it is still open. Any thread.
  void fire(std::uint64_t id, std::uint32_t index) noexcept {
    lock.lock();
    if (is_parked_in(id)) {
      unpark_locked(index);
      lock.unlock();
      sched->schedule(*this);
      return;
    }
    if (wait.load(std::memory_order_relaxed) == id) set_pending(id, index);
    lock.unlock();
  }

  /// The scope has ended: ends a wait that may be canceled. Any thread.
  void cancel_wait() noexcept {
    lock.lock();
    // seq_cst, with end()'s store of the status before: see context_state::status.
    if (is_parked() && cancelable()) {
      unpark_locked(fired_canceled);
      lock.unlock();
      sched->schedule(*this);
      return;
    }
    lock.unlock();
  }

 private:
  static constexpr unsigned is_cancelable = 0x80;
  [[gnu::cold, clang::preserve_most]] void carry_handled() noexcept;
  [[gnu::cold, clang::preserve_most]] std::uint64_t begin_anew(std::uint64_t id) noexcept;
};

using fiber_pool = stable_pool<fiber>;

inline fiber* atomic_fiber::load(std::memory_order order) const noexcept {
  const std::uint32_t place = place_.load(order);
  return place != 0 ? fiber_pool::at_place(place) : nullptr;
}
inline void atomic_fiber::store(const fiber* one, std::memory_order order) noexcept {
  place_.store(one != nullptr ? fiber_pool::place_of(*one) : 0, order);
}

/// A fiber from the pool, not scheduled yet. It is alive until its root has ended and no context
/// refers to its scope. `contexts`: how many references to that the caller will adopt.
[[nodiscard]] fiber& make_fiber(scheduler& sched, context_state* parent,
                                std::uint32_t contexts = 0);

/// make_fiber(sched, parent, 1) for the next run of `owner`, from inside of ended() of the last
/// one: in that one's fiber where nobody else knows it any more. It is below `parent` already, so
/// that takes neither the parent's lock nor the pool.
[[nodiscard]] fiber& make_fiber_again(scheduler& sched, context_state* parent, const void* owner);

/// For a scheduler: the running fiber's root has come to its end. Unbinds its inboxes and tells who
/// has started it.
void finish_fiber(fiber& ended) noexcept;

// The end of a root of each kind: takes its outcome, destroys it, ends its scope and tells who has
// started it. With a null root: it was destroyed unfinished. run_exited() gives true where the next
// run has the fiber, and may have ended itself by now.
void root_exited(fiber& ended, fiber::remains left);      // block_on.cpp
bool run_exited(fiber& ended, fiber::remains left);       // actor_run.cpp
void only_run_exited(fiber& ended, fiber::remains left);  // the same

/// For those: destroys the root; what it has left behind under its context ends with it.
void end_root(fiber& ended, std::coroutine_handle<> root) noexcept;

/// A fiber that was made but will not run after all.
void drop_fiber(fiber& unstarted) noexcept;

/// For release(): the scope's last reference is gone.
void recycle_fiber(fiber& unused) noexcept;

/// Destroys a fiber that waits and whose scheduler will not run it again, and tells its owner.
void destroy_fiber(fiber& suspended) noexcept;

/// For a runtime that goes, with its threads gone: destroys the coroutines that still wait.
void destroy_suspended(scheduler& sched) noexcept;

/// Calls `visit(fiber&)` for every fiber that belongs to `sched`. The fibers go on meanwhile.
void for_each_fiber(const scheduler& sched, void (*visit)(fiber&, void*), void* data);

[[noreturn, gnu::cold]] void throw_outside(const char* operation);
/// The fiber that the calling thread is running; throws usage_error outside one.
inline fiber& running_fiber(const char* operation) {
  if (current.running == nullptr) [[unlikely]]
    throw_outside(operation);
  return *current.running;
}

/// Suspends the running fiber and puts it behind everything that is ready.
inline void yield_now(fiber& self, std::coroutine_handle<> at) noexcept {
  self.resume_point = at;
  self.sched->yield(self);
}

/// For an await_suspend whose wait has ended before the fiber parked, and whose resume_point is
/// set. False: the fiber goes on at once. True: it has used up its turn, and is behind everything
/// that is ready; else a loop around a wait that fails, after a cancellation, say, would never end
/// its turn.
inline bool yield_if_spent(fiber& self) noexcept {
  if (!spend_budget()) return false;
  self.sched->yield(self);
  return true;
}

}  // namespace troupe::detail

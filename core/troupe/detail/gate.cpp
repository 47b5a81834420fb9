#include <troupe/detail/gate.hpp>

#include <troupe/detail/process_barrier.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace troupe::detail {

namespace {

constexpr auto spinning = [](auto try_it) { spin(try_it); };

}  // namespace

/// Lock: the word says all there is to say.
class gate::unbiased_lock {
 public:
  explicit unbiased_lock(gate& of) noexcept : of_(&of) { of_->lock_unbiased(); }
  unbiased_lock(const unbiased_lock&) = delete;
  unbiased_lock& operator=(const unbiased_lock&) = delete;
  ~unbiased_lock() { of_->unlock(); }

 private:
  gate* of_;
};

void gate::wait() noexcept {
  spin([this] {
    return (!is(locked) && (word_.fetch_or(locked) & locked) == 0) || try_take_bias();
  });
}

// It is held for so short a time that who could enter but for the lock waits for it here.
bool gate::enter_past_lock(word_type how) noexcept {
  word_type seen = locked;
  spin([&] {
    seen = word();
    if (seen == locked) {
      if (!try_take_bias()) return false;
      seen = word() & occupied;
      seen == 0 ? set(address_of(current.running) | how) : unlock();
      return true;
    }
    return seen != 0 || word_.compare_exchange_strong(seen, address_of(current.running) | how);
  });
  return seen == 0;
}

// True: the lock is ours, and there is no bias.
bool gate::try_take_bias() noexcept {
  const auto taken = bias_.try_take(me(), process_barrier, spinning);
  if (!taken.done) return false;
  if (!taken.owner && entries_wanted_ != never) {
    entries_wanted_ = std::max(entries_after_loss, std::min(entries_wanted_, never / 2) * 2);
  }
  set(taken.held | locked);
  bias_.clear();
  return true;
}

// While we went in on the bias, it was taken away: are we inside?
bool gate::enter_after_all(word_type how) noexcept {
  bias_.put(0);
  bias_.wait_until_taken(me(), spinning);
  if (inside() != current.running) return try_enter_as(how);
  if ((how & locked) != 0) lock_unbiased();
  return true;
}

bool gate::give_up_entering() noexcept {
  if (enter_after_all(occupied)) leave();
  return false;
}

void gate::leave_after_all() noexcept {
  bias_.wait_until_taken(me(), spinning);
  if (inside() != current.running) return;
  lock_unbiased();
  leave_locked();
}

// With the lock held; nobody waits.
void gate::leave_to_bias() noexcept {
  entries_ = 0;
  if (is(shut_bit)) return set(shut_bit);
  if (!has_process_barrier() || entered_last_ != me()) {
    entries_wanted_ = never;
    return set(0);
  }
  set(locked);
  if (!bias_.give_to(me())) set(0);
}

void gate::enter_locked(fiber* who) noexcept {
  set(address_of(who) | occupied | locked);
  tell_first(who);
}

// Whoever waits behind him looks to the first who waits, and he to who is inside.
void gate::tell_first(fiber* inside) noexcept {
  if (first_ != nullptr) first_->who->calling.store(inside);
}

void gate::leave_to_next() noexcept {
  if (is(shut_bit)) {
    tell_first(nullptr);  // those who wait do so for the signal now
    return set(shut_bit);
  }
  admit_first();
  unlock();
}

void gate::begin() noexcept {
  const unbiased_lock held(*this);
  ended_ = false;
}

void gate::open() noexcept {
  const unbiased_lock held(*this);
  set(word() & ~shut_bit);
  if (!is(occupied) && first_ != nullptr) admit_first();
}

void gate::shut() noexcept {
  const unbiased_lock held(*this);
  set(word() | shut_bit);
}

void gate::end() noexcept {
  const unbiased_lock held(*this);
  set(word() | shut_bit);
  ended_ = true;
  while (gate_waiter* const one = first_) {
    unlink(*one);
    one->is = gate_waiter::state::refused;
    one->who->fire(one->wait, 0);
  }
}

// Open and, from now on, occupied by who waited first.
void gate::admit_first() noexcept {
  gate_waiter& one = *first_;
  unlink(one);
  one.is = gate_waiter::state::admitted;
  enter_locked(one.who);
  one.who->fire(one.wait, 0);
}

// With the lock held. Whoever is in the list waits here still, or will take himself off before he
// goes on: `calling` may be written for him.
void gate::link(gate_waiter& one) noexcept {
  one.previous = last_;
  one.who->calling.store(last_ != nullptr ? last_->who : inside());
  (last_ != nullptr ? last_->next : first_) = &one;
  last_ = &one;
}

void gate::unlink(gate_waiter& one) noexcept {
  if (one.next != nullptr) {
    one.next->who->calling.store(one.previous != nullptr ? one.previous->who : inside());
  }
  (one.previous != nullptr ? one.previous->next : first_) = one.next;
  (one.next != nullptr ? one.next->previous : last_) = one.previous;
  one.next = one.previous = nullptr;
}

bool gate::enter_awaiter::await_suspend(std::coroutine_handle<> at) {
  fiber& self = running_fiber("pushed_signal::write");
  self.resume_point = at;
  const bool cancelable = ends_with_fiber(ctx_);
  const std::uint64_t id = self.open_wait(wait_kind::call, cancelable);
  if (!link_.open(self, id, ctx_)) {
    self.fired = fired_canceled;
    return yield_if_spent(self);
  }
  if (!enqueue(self, id)) return !entered_ && yield_if_spent(self);
  if (self.park(id) && !closes_cycle(self, id)) return true;
  return yield_if_spent(self);
}

// False: inside, or the signal has ended.
bool gate::enter_awaiter::enqueue(fiber& self, std::uint64_t id) {
  const unbiased_lock held(*gate_);
  if (gate_->ended_) {
    failure_ = error(errc::actor_stopped);
    return false;
  }
  if (!gate_->is(shut_bit | occupied)) {
    gate_->enter_locked(&self);
    entered_ = true;
    return false;
  }
  waiter_.who = &self;
  waiter_.wait = id;
  waiter_.is = gate_waiter::state::waiting;
  gate_->link(waiter_);
  return true;
}

// Parked. True: whoever we wait for waits for us, and our wait has been ended.
bool gate::enter_awaiter::closes_cycle(fiber& self, std::uint64_t id) {
  const auto end_wait = [&] {
    const std::lock_guard held(self.lock);
    const bool ours = self.is_parked_in(id);
    if (ours) self.unpark_locked(fired_nothing);
    return ours;
  };
  const fiber* ahead = nullptr;
  {
    // Read here, not before we parked: the place inside may have changed hands. And the lock is the
    // full barrier that makes one of two who close a cycle at the same moment see the other.
    const unbiased_lock held(*gate_);
    if (waiter_.is == gate_waiter::state::waiting) ahead = self.calling.load();
  }
  if (!may_close_cycle(self, ahead)) [[likely]]
    return false;
  try {
    auto cycle = find_call_cycle(self, *ahead);
    if (!cycle || !end_wait()) return false;
    failure_ = std::move(cycle);
    return true;
  } catch (...) {  // no memory for the text
    if (end_wait()) throw;
    return false;  // woken meanwhile, and queued
  }
}

// What became of the wait; afterwards nobody touches the waiter any more.
gate_waiter::state gate::enter_awaiter::settle() noexcept {
  const unbiased_lock held(*gate_);
  if (waiter_.is == gate_waiter::state::waiting) gate_->unlink(waiter_);
  // Not before: as long as it is in the list, others look at it.
  std::exchange(waiter_.who, nullptr)->calling.store(nullptr, std::memory_order_relaxed);
  return std::exchange(waiter_.is, gate_waiter::state::idle);
}

gate::enter_awaiter::~enter_awaiter() {  // destroyed while it waits?
  if (waiter_.who != nullptr && settle() == gate_waiter::state::admitted) gate_->leave();
}

result<> gate::enter_awaiter::await_resume() {
  link_.close();
  if (entered_) return {};
  fiber& self = *current.running;
  auto became = gate_waiter::state::idle;
  if (waiter_.who != nullptr) became = settle();
  const bool canceled = self.fired == fired_canceled;
  if (became == gate_waiter::state::admitted) {
    if (!canceled && !failure_) return {};
    gate_->leave();
  }
  if (failure_) return fail(*std::move(failure_));
  if (became == gate_waiter::state::refused) return fail(errc::actor_stopped);
  return fail(cancel_reason(self, ctx_));
}

}  // namespace troupe::detail

#include <troupe/detail/signal_hub.hpp>

#include <troupe/detail/context_state.hpp>
#include <troupe/detail/fiber.hpp>

#include <cstddef>
#include <limits>
#include <mutex>
#include <utility>

namespace troupe::detail {

namespace {

std::size_t room_for(subscriber_buffer buffer) {
  if (buffer.capacity == 0) {
    throw usage_error("subscribe: the buffer's capacity is 0; at least one value must fit");
  }
  // One that waits for room has its place behind the others. The largest number must not wrap
  // around to 0: the inbox refuses it as it is.
  const bool has_place = buffer.when_full == overflow::wait &&
                         buffer.capacity != std::numeric_limits<std::size_t>::max();
  return buffer.capacity + (has_place ? 1 : 0);
}

}  // namespace

subscription_core::subscription_core(std::shared_ptr<signal_hub> hub, subscriber_buffer buffer,
                                     const element_ops& ops, bool told_once)
    : inbox(room_for(buffer), ops, "subscribe"),
      when_full(buffer.when_full),
      hub_(std::move(hub)),
      told_once_(told_once) {}

void subscription_core::stop_with(const context& ctx) {
  if (ctx.state() == nullptr) return;
  until_ = ctx;
  on_end_.emplace(ctx.stop_token(), stopper{this});
  if (current.sched == nullptr && ctx.state()->limit != context_limit::none) {
    is_unarmed_.store(true, std::memory_order_relaxed);
  }
}

void subscription_core::arm_deadline_slowly() {
  if (current.sched == nullptr) return;
  detail::arm_deadline(*until_.state(), *current.sched);
  is_unarmed_.store(false, std::memory_order_relaxed);
}

void subscription_core::stop() noexcept {
  hub_->unlink(*this);
  inbox.close(inbox_core::closing::by_user);
}

void subscription_core::leave() noexcept {
  on_end_.reset();  // waits for a stop() that is going on
  hub_->unlink(*this);
}

void subscription_core::rejoin_slow() noexcept { hub_->rejoin(*this); }

std::uint64_t subscription_core::lost() const noexcept {
  return told_once_ ? hub_->lost(*this) : dropped_.load(std::memory_order_relaxed);
}

error subscription_core::why_closed() const {
  if (auto why = until_.err()) return *std::move(why);
  if (!hub_->has_ended(*this)) return errc::inbox_closed;
  return error(errc::actor_stopped, "signal \"" + hub_->name() + "\" has ended");
}

void listener_list::add(subscription_core& one) noexcept {
  one.in_ = this;
  one.previous_ = last_;
  one.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &one;
  last_ = &one;
  ++size_;
}

void listener_list::remove(subscription_core& one) noexcept {
  listener_list* const list = std::exchange(one.in_, nullptr);
  if (list == nullptr) return;
  (one.previous_ != nullptr ? one.previous_->next_ : list->first_) = one.next_;
  (one.next_ != nullptr ? one.next_->previous_ : list->last_) = one.previous_;
  --list->size_;
}

void signal_hub::close_if_ended(subscription_core& one) noexcept {
  if (ended_) close(one);
}

// Not by_end: that is what the end of the subscriber closes with, and its restart opens again.
void signal_hub::close(subscription_core& one) noexcept {
  one.ended_ = true;
  one.inbox.close(inbox_core::closing::by_user);
}

void signal_hub::link_watcher(subscription_state<notice>& one, bool at_once) {
  const std::lock_guard held(door_);
  watchers_.add(one);
  note_listeners();
  if (at_once && has_value_) tell(one, notice());
  close_if_ended(one);
}

void signal_hub::unlink(subscription_core& one) noexcept {
  const std::lock_guard held(door_);
  if (waits_told(one)) bring_up_to_date(one);
  listener_list::remove(one);
  note_listeners();
  one.ended_ = false;
  one.told_.store(false, std::memory_order_relaxed);
}

void signal_hub::rejoin(subscription_core& one) noexcept {
  const std::lock_guard held(door_);
  if (has_taken(one)) bring_up_to_date(one);
}

// One of `told`: what waits becomes the present value.
void signal_hub::bring_up_to_date(subscription_core& one) noexcept {
  const std::uint64_t missed = join_again(one);
  if (missed == 0) return;
  one.add_lost(missed - 1);
  tell_present(one);  // in the place of what waits, which is the one that is lost
}

void signal_hub::renew(subscription_core& one) noexcept {
  const std::lock_guard held(door_);
  if (has_taken(one)) renewed(one);
}

bool signal_hub::renewed(subscription_core& one) noexcept {
  const std::uint64_t missed = join_again(one);
  one.add_lost(missed);
  return missed != 0;
}

void signal_hub::waits_now(subscription_core& one) noexcept {
  one.told_version_ = version_;
  one.from_ = one.in_;
  listener_list::remove(one);
  told_.add(one);
  note_listeners();
}

std::uint64_t signal_hub::join_again(subscription_core& one) noexcept {
  listener_list::remove(one);
  one.from_->add(one);
  note_listeners();
  one.told_.store(false, std::memory_order_relaxed);
  return version_ - one.told_version_;
}

void signal_hub::tell_present(subscription_core& one) noexcept {
  try {
    if (one.in_ == &watchers_) {
      tell(one, notice());
    } else {
      tell_value(one);
    }
  } catch (...) {  // no copy could be made
    one.add_lost(1);
  }
}

std::uint64_t signal_hub::lost(const subscription_core& one) const noexcept {
  const std::lock_guard held(door_);
  const std::uint64_t dropped = one.dropped_.load(std::memory_order_relaxed);
  return waits_told(one) ? dropped + (version_ - one.told_version_) : dropped;
}

void signal_hub::tell_watchers() {
  watchers_.for_each([this](subscription_core& one) { tell(one, notice()); });
}

void signal_hub::end() noexcept {
  const std::lock_guard held(door_);
  if (std::exchange(ended_, true)) return;
  note_listeners();
  tell_inputs();
  // A closed inbox is told nothing. (Who is told here comes last in `told`, up to date, and then
  // leaves it.)
  told_.for_each([this](subscription_core& one) { bring_up_to_date(one); });
  for_subscribers([](subscription_core& one) { close(one); });
}

// Who was closed may not have run since: what it is then told is that the signal has ended.
void signal_hub::begin() noexcept {
  const std::lock_guard held(door_);
  if (!std::exchange(ended_, false)) return;
  note_listeners();
  tell_inputs();
  for_subscribers([](subscription_core& one) { one.inbox.reopen(inbox_core::closing::by_user); });
}

void signal_hub::set_error(std::optional<error> latest) noexcept {
  const std::lock_guard held(door_);
  std::swap(error_, latest);
}

std::optional<error> signal_hub::latest_error() const {
  const std::lock_guard held(door_);
  return error_;
}

bool signal_hub::has_ended() const {
  const std::lock_guard held(door_);
  return ended_;
}

bool signal_hub::has_ended(const subscription_core& one) const noexcept {
  const std::lock_guard held(door_);
  return ended_ || one.ended_;
}

std::size_t signal_hub::listeners() const {
  const std::lock_guard held(door_);
  return values_.size() + watchers_.size() + told_.size();
}

}  // namespace troupe::detail

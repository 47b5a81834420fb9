#include <troupe/detail/signal_hub.hpp>

#include <mutex>
#include <utility>

namespace troupe::detail {

namespace {

std::size_t room_for(subscriber_buffer buffer) {
  if (buffer.capacity == 0) {
    throw usage_error("subscribe: the buffer's capacity is 0; at least one value must fit");
  }
  // One that waits for room has its place behind the others.
  return buffer.capacity + (buffer.when_full == overflow::wait ? 1 : 0);
}

}  // namespace

subscription_core::subscription_core(std::shared_ptr<signal_hub> hub, subscriber_buffer buffer,
                                     const element_ops& ops)
    : inbox(room_for(buffer), ops, "subscribe"),
      when_full(buffer.when_full),
      hub_(std::move(hub)) {}

void subscription_core::stop_with(const context& ctx) {
  if (ctx.state() == nullptr) return;
  until_ = ctx;
  on_end_.emplace(ctx.stop_token(), stopper{this});
}

void subscription_core::stop() noexcept {
  hub_->unlink(*this);
  inbox.close(inbox_core::closing::by_user);
}

void subscription_core::leave() noexcept {
  on_end_.reset();  // waits for a stop() that is going on
  hub_->unlink(*this);
}

error subscription_core::why_closed() const {
  if (auto why = until_.err()) return *std::move(why);
  if (!hub_->has_ended()) return errc::inbox_closed;
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

void signal_hub::join(listener_list& list, subscription_core& one) noexcept {
  list.add(one);
  if (ended_) one.inbox.close(inbox_core::closing::by_user);
}

void signal_hub::link_watcher(subscription_state<notice>& one, bool tell) {
  const std::lock_guard held(lock_);
  if (tell && has_value_) one.offer({});
  join(watchers_, one);
}

void signal_hub::unlink(subscription_core& one) noexcept {
  const std::lock_guard held(lock_);
  listener_list::remove(one);
}

void signal_hub::tell_watchers() {
  watchers_.for_each(
      [](subscription_core& one) { static_cast<subscription_state<notice>&>(one).offer({}); });
}

// Not by_end: that is what the end of the subscriber closes with, and its restart opens again.
void signal_hub::end() noexcept {
  const std::lock_guard held(lock_);
  if (std::exchange(ended_, true)) return;
  tell_inputs();
  for_subscribers([](subscription_core& one) { one.inbox.close(inbox_core::closing::by_user); });
}

void signal_hub::begin() noexcept {
  const std::lock_guard held(lock_);
  if (!std::exchange(ended_, false)) return;
  tell_inputs();
  for_subscribers([](subscription_core& one) { one.inbox.reopen(inbox_core::closing::by_user); });
}

void signal_hub::set_error(std::optional<error> latest) noexcept {
  const std::lock_guard held(lock_);
  std::swap(error_, latest);
}

std::optional<error> signal_hub::latest_error() const {
  const std::lock_guard held(lock_);
  return error_;
}

bool signal_hub::has_ended() const {
  const std::lock_guard held(lock_);
  return ended_;
}

std::size_t signal_hub::listeners() const {
  const std::lock_guard held(lock_);
  return values_.size() + watchers_.size();
}

}  // namespace troupe::detail

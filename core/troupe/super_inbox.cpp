#include <troupe/super_inbox.hpp>

#include <troupe/detail/actor_record.hpp>
#include <troupe/detail/supervision_watch.hpp>

#include <memory>
#include <mutex>
#include <new>
#include <utility>

namespace troupe {

std::string_view to_string(super_event_kind kind) noexcept {
  switch (kind) {
    case super_event_kind::stopped: return "stopped";
    case super_event_kind::unhealthy: return "unhealthy";
    case super_event_kind::healthy: return "healthy";
  }
  return "unknown";
}

namespace detail {

void waiting_event::tell(inbox_core& to, super_event&& what) noexcept {
  drop_refused();
  std::construct_at(&event_, std::move(what));
  waiter_.wakes = false;
  waiter_.message = &event_;
  switch (to.push(ops_of<super_event>, &event_, &waiter_)) {
    case inbox_core::push_result::full: break;  // it waits, and may have been received already
    case inbox_core::push_result::sent:
      waiter_.state.store(send_state::sent, std::memory_order_relaxed);
      break;
    case inbox_core::push_result::closed:
      waiter_.state.store(send_state::closed, std::memory_order_relaxed);
      break;
  }
}

// The inbox was closed: its owner had ended for good.
void waiting_event::drop_refused() noexcept {
  if (waiter_.state.load(std::memory_order_acquire) != send_state::closed) return;
  waiter_.state.store(send_state::idle, std::memory_order_relaxed);
  std::destroy_at(&event_);
}

bool waiting_event::withdraw(inbox_core& from) noexcept {
  if (!from.withdraw(waiter_)) return false;
  std::destroy_at(&event_);
  return true;
}

void supervision_watch::begin() {
  if (actor_slot* const slot = find_slot(who_)) {
    const std::lock_guard held(slot->lock);
    if (slot->is_alive(who_)) {
      detail::actor_record* const record = slot->record_or_null();
      if (record == nullptr) throw std::bad_alloc();
      slot_ = slot;
      next = record->watches;
      record->watches = this;
      if (slot->unhealthy()) tell_health(false, duration::zero());
      return;
    }
  }
  stopped_.tell(*to_, {.who = who_, .what = super_event_kind::stopped});
}

void supervision_watch::end() noexcept {
  if (actor_slot* const slot = find_slot(who_)) {
    const std::lock_guard held(slot->lock);
    if (slot_ != nullptr) {
      supervision_watch** at = &slot->record()->watches;
      while (*at != this) at = &(*at)->next;
      *at = next;
      slot_ = nullptr;
    }
  }
  health_.withdraw(*to_);
  stopped_.withdraw(*to_);
}

void supervision_watch::tell_stopped(const exit_reason* why) noexcept {
  slot_ = nullptr;
  super_event event{.who = who_, .what = super_event_kind::stopped};
  if (why != nullptr) event.why = *why;
  stopped_.tell(*to_, std::move(event));
}

// What has not been received yet is not news any more: an actor that was unhealthy and is healthy
// again before anybody has heard of it was healthy all the while.
void supervision_watch::tell_health(bool healthy, duration how_long) noexcept {
  if (health_.withdraw(*to_)) return;
  health_.tell(*to_, {.who = who_,
                      .what = healthy ? super_event_kind::healthy : super_event_kind::unhealthy,
                      .how_long = how_long});
}

}  // namespace detail

super_inbox::super_inbox() : core_(0, detail::ops_of<super_event>, "super_inbox") {
  core_.reserve();  // a watch that tells must not run out of memory
}

super_inbox::~super_inbox() {
  watches_.clear();
  core_.destroy(detail::ops_of<super_event>);
}

void super_inbox::supervise(actor_id who) {
  drop_finished();
  auto& watch = watches_[who];
  if (watch && !watch->finished()) return;
  watch = std::make_unique<detail::supervision_watch>(core_, who);
  watch->begin();
}

void super_inbox::unsupervise(actor_id who) noexcept { watches_.erase(who); }
void super_inbox::unsupervise_all() noexcept { watches_.clear(); }

void super_inbox::drop_finished() noexcept {
  if (watches_.size() < drop_at_) return;
  std::erase_if(watches_, [](const auto& one) { return one.second->finished(); });
  drop_at_ = 2 * watches_.size() + 16;
}

}  // namespace troupe

#include <troupe/super_inbox.hpp>

#include <troupe/detail/stable_pool.hpp>
#include <troupe/detail/supervision_watch.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace troupe {

std::string_view to_string(super_event_kind kind) noexcept {
  switch (kind) {
    case super_event_kind::stopped: return "stopped";
  }
  return "unknown";
}

namespace detail {

using slot_pool = stable_pool<actor_slot>;

namespace {

constexpr unsigned generation_shift = 32;

actor_id id_of(const actor_slot& slot) noexcept {
  return actor_id{(std::uint64_t{slot.generation} << generation_shift) | slot.index};
}

}  // namespace

// --- actor_slot.hpp ---

actor_registration::actor_registration() : slot_(&slot_pool::take()) {
  const std::lock_guard held(slot_->lock);
  slot_->is = actor_slot::life::made;
  ++slot_->generation;  // from 1 on: no actor has 0
  id_ = id_of(*slot_);
}

actor_registration::~actor_registration() {
  stopped(nullptr);
  // A slot whose generations are used up stays out of use: ids are never repeated.
  if (slot_->generation != ~std::uint32_t{0}) slot_pool::give(*slot_);
}

void actor_registration::started() noexcept {
  const std::lock_guard held(slot_->lock);
  slot_->is = actor_slot::life::running;
}

void actor_registration::stopped(const exit_reason* why) noexcept {
  const std::lock_guard held(slot_->lock);
  slot_->is = actor_slot::life::stopped;
  while (supervision_watch* const one = slot_->watches) {
    slot_->watches = one->next;
    one->tell_stopped(why);
  }
}

// --- supervision_watch.hpp ---

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

void supervision_watch::begin() noexcept {
  const auto bits = static_cast<std::uint64_t>(who_);
  actor_slot* const slot = slot_pool::find(static_cast<std::uint32_t>(bits));
  if (slot != nullptr) {
    const std::lock_guard held(slot->lock);
    if (id_of(*slot) == who_ && slot->is != actor_slot::life::stopped) {
      slot_ = slot;
      next = slot->watches;
      slot->watches = this;
      return;
    }
  }
  stopped_.tell(*to_, {.who = who_, .what = super_event_kind::stopped});
}

void supervision_watch::end() noexcept {
  const auto bits = static_cast<std::uint64_t>(who_);
  if (actor_slot* const slot = slot_pool::find(static_cast<std::uint32_t>(bits))) {
    const std::lock_guard held(slot->lock);
    if (slot_ != nullptr) {
      supervision_watch** at = &slot->watches;
      while (*at != this) at = &(*at)->next;
      *at = next;
      slot_ = nullptr;
    }
  }
  stopped_.withdraw(*to_);
}

void supervision_watch::tell_stopped(const exit_reason* why) noexcept {
  slot_ = nullptr;
  super_event event{.who = who_, .what = super_event_kind::stopped};
  if (why != nullptr) event.why = *why;
  stopped_.tell(*to_, std::move(event));
}

}  // namespace detail

super_inbox::super_inbox() : core_(0, sizeof(super_event), "super_inbox") {}

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

void super_inbox::drop_finished() noexcept {
  if (watches_.size() < drop_at_) return;
  std::erase_if(watches_, [](const auto& one) { return one.second->finished(); });
  drop_at_ = 2 * watches_.size() + 16;
}

}  // namespace troupe

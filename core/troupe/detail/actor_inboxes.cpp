#include <troupe/detail/actor_inboxes.hpp>

#include <troupe/detail/inbox_core.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>

namespace troupe::detail {

namespace {

thread_local constinit actor_inboxes* under_construction = nullptr;

spin_lock& lock_of(const void* home) noexcept {
  static constinit std::array<spin_lock, 64> stripes{};
  return stripes[(reinterpret_cast<std::uintptr_t>(home) >> 6U) % stripes.size()];
}

}  // namespace

actor_inboxes::actor_inboxes() noexcept { under_construction = this; }

actor_inboxes::~actor_inboxes() {
  if (under_construction == this) under_construction = nullptr;
  const std::lock_guard held(lock_of(this));
  while (first_ != nullptr) unlink(*first_);
}

void actor_inboxes::link(inbox_core& member) noexcept {
  member.home_previous = last_;
  (last_ != nullptr ? last_->home_next : first_) = &member;
  last_ = &member;
  member.home.store(this, std::memory_order_release);
}

void actor_inboxes::adopt(inbox_core& homeless) noexcept {
  const std::lock_guard held(lock_of(this));
  if (homeless.home.load(std::memory_order_relaxed) != nullptr) return;
  homeless.adopted = true;
  link(homeless);
}

void actor_inboxes::unlink(inbox_core& member) noexcept {
  (member.home_previous != nullptr ? member.home_previous->home_next : first_) = member.home_next;
  (member.home_next != nullptr ? member.home_next->home_previous : last_) = member.home_previous;
  member.home_next = member.home_previous = nullptr;
  member.home.store(nullptr, std::memory_order_release);
}

void actor_inboxes::keep_within(const void* begin, std::size_t size) noexcept {
  if (under_construction == this) under_construction = nullptr;
  const std::lock_guard held(lock_of(this));
  if (settled_) return;
  settled_ = true;
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  for (inbox_core* at = first_; at != nullptr;) {
    inbox_core& member = *at;
    at = at->home_next;
    const auto where = reinterpret_cast<std::uintptr_t>(&member);
    if (where < from || where >= from + size) unlink(member);
  }
}

void actor_inboxes::close_all() noexcept {
  const std::lock_guard held(lock_of(this));
  for (inbox_core* at = first_; at != nullptr; at = at->home_next) {
    const bool others_receive = at->adopted && at->is_shared();
    if (!others_receive) at->target().close(inbox_core::closing::by_end);
  }
}

void actor_inboxes::reopen_all() noexcept {
  const std::lock_guard held(lock_of(this));
  for (inbox_core* at = first_; at != nullptr; at = at->home_next) at->target().reopen();
}

bool actor_inboxes::redirect_to(actor_inboxes& first) noexcept {
  inbox_core* mine = first_;
  inbox_core* theirs = first.first_;
  for (; mine != nullptr && theirs != nullptr; mine = mine->home_next, theirs = theirs->home_next) {
    if (mine->capacity() != theirs->capacity()) return false;
  }
  // Behind the members, `first` may have adopted inboxes that its runs received from.
  if (mine != nullptr || (theirs != nullptr && !theirs->adopted)) return false;
  theirs = first.first_;
  for (mine = first_; mine != nullptr; mine = mine->home_next, theirs = theirs->home_next) {
    mine->redirect(theirs->target());
  }
  return true;
}

void join_home(inbox_core& made) noexcept {
  actor_inboxes* const home = under_construction;
  if (home == nullptr) return;
  const std::lock_guard held(lock_of(home));
  home->link(made);
}

void leave_home(inbox_core& gone) noexcept {
  for (;;) {
    actor_inboxes* const home = gone.home.load(std::memory_order_acquire);
    if (home == nullptr) return;
    const std::lock_guard held(lock_of(home));
    if (gone.home.load(std::memory_order_relaxed) != home) continue;
    home->unlink(gone);
    return;
  }
}

}  // namespace troupe::detail

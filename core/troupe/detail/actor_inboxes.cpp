#include <troupe/detail/actor_inboxes.hpp>

#include <troupe/detail/inbox_core.hpp>
#include <troupe/inspect.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <utility>

namespace troupe::detail {

/// Where a thread notes the actor that it constructs. Never freed, only handed on to other threads:
/// an actor may be destroyed on another thread, after this one has ended.
struct construction_site {
  spin_lock lock;
  // Written by the thread whose site this is; by another, which destroys the actor, under the lock.
  // The thread holds the lock while it uses what it found here.
  std::atomic<actor_inboxes*> open{nullptr};
  construction_site* next_free = nullptr;
};

namespace {

struct site_holder {
  site_holder() = default;
  site_holder(const site_holder&) = delete;
  site_holder& operator=(const site_holder&) = delete;
  ~site_holder() {
    if (mine == nullptr) return;
    {
      const std::lock_guard held(mine->lock);
      mine->open = nullptr;
    }
    const std::lock_guard held(free_lock());
    mine->next_free = std::exchange(free_sites(), mine);
  }
  construction_site& get() {
    if (mine == nullptr) {
      const std::lock_guard held(free_lock());
      mine = free_sites() != nullptr ? std::exchange(free_sites(), free_sites()->next_free)
                                     : new construction_site;
    }
    return *mine;
  }

  static spin_lock& free_lock() noexcept {
    static constinit spin_lock lock;
    return lock;
  }
  static construction_site*& free_sites() noexcept {
    static constinit construction_site* first = nullptr;
    return first;
  }

  construction_site* mine = nullptr;
};

thread_local site_holder this_site;

spin_lock& lock_of(const void* home) noexcept {
  static constinit std::array<spin_lock, 64> stripes{};
  return stripes[(reinterpret_cast<std::uintptr_t>(home) >> 6U) % stripes.size()];
}

}  // namespace

actor_inboxes::actor_inboxes() {
  construction_site& site = this_site.get();
  state_.store(reinterpret_cast<std::uintptr_t>(&site) | is_site_bit, std::memory_order_relaxed);
  site.open.store(this, std::memory_order_relaxed);
}

void actor_inboxes::close_site() noexcept {
  std::uintptr_t seen = state_.load(std::memory_order_relaxed);
  do {
    if ((seen & is_site_bit) == 0) return;
  } while (!state_.compare_exchange_weak(seen, seen & is_claimed_bit));
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the word is an address and two bits
  auto* const site = reinterpret_cast<construction_site*>(seen & ~(is_site_bit | is_claimed_bit));
  actor_inboxes* ours = this;
  if (site == this_site.mine) {
    if (site->open.load(std::memory_order_relaxed) == ours) {
      site->open.store(nullptr, std::memory_order_relaxed);
    }
    return;
  }
  const std::lock_guard held(site->lock);
  site->open.compare_exchange_strong(ours, nullptr, std::memory_order_relaxed);
}

actor_inboxes::~actor_inboxes() {
  close_site();
  if (first_.load(std::memory_order_acquire) == nullptr) return;
  const std::lock_guard held(lock_of(this));
  while (inbox_core* const one = first_) unlink(*one);
}

void actor_inboxes::link(inbox_core& member) noexcept {
  if (inbox_core* at = first_) {
    while (at->home_next != nullptr) at = at->home_next;
    at->home_next = &member;
  } else {
    first_.store(&member, std::memory_order_release);
  }
  member.home.store(this, std::memory_order_release);
}

void actor_inboxes::adopt(inbox_core& homeless) noexcept {
  const std::lock_guard held(lock_of(this));
  // Two actors may find it without a home at the same time, under two locks.
  actor_inboxes* none = nullptr;
  homeless.set_adopted();
  if (!homeless.home.compare_exchange_strong(none, this)) return;
  link(homeless);
}

void actor_inboxes::unlink(inbox_core& member) noexcept {
  inbox_core* const next = std::exchange(member.home_next, nullptr);
  inbox_core* at = first_;
  if (at == &member) {
    member.home.store(nullptr, std::memory_order_release);
    first_.store(next, std::memory_order_release);
    return;
  }
  while (at->home_next != &member) at = at->home_next;
  at->home_next = next;
  member.home.store(nullptr, std::memory_order_release);
}

void actor_inboxes::keep_within(const void* begin, std::size_t size) noexcept {
  if ((state_.load(std::memory_order_relaxed) & is_site_bit) == 0) return;  // settled before
  close_site();
  if (first_.load(std::memory_order_acquire) == nullptr) return;
  const std::lock_guard held(lock_of(this));
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  for (inbox_core* at = first_; at != nullptr;) {
    inbox_core& member = *at;
    at = at->home_next;
    const auto where = reinterpret_cast<std::uintptr_t>(&member);
    if (where < from || where >= from + size) unlink(member);
  }
}

void actor_inboxes::close_all() noexcept {
  if (first_.load(std::memory_order_acquire) == nullptr) return;
  const auto is_ours = [](inbox_core& one) { return !one.adopted() || !one.is_shared(); };
  {
    const std::lock_guard held(lock_of(this));
    for (inbox_core* at = first_; at != nullptr; at = at->home_next) {
      if (is_ours(*at)) at->target().close(inbox_core::closing::by_end);
    }
  }
  // One inbox at a time, as refusing destroys payloads, which may be or own other actors.
  for (;;) {
    inbox_core::requests_left left;
    {
      const std::lock_guard held(lock_of(this));
      for (inbox_core* at = first_; at != nullptr && !left; at = at->home_next) {
        if (is_ours(*at)) left = at->take_requests();
      }
    }
    if (!left) return;
    left.refuse();
  }
}

void actor_inboxes::reopen_all() noexcept {
  if (first_.load(std::memory_order_acquire) == nullptr) return;
  const std::lock_guard held(lock_of(this));
  for (inbox_core* at = first_; at != nullptr; at = at->home_next) at->target().reopen();
}

void actor_inboxes::view(std::vector<inbox_view>& into) const {
  const std::lock_guard held(lock_of(this));
  for (inbox_core* at = first_; at != nullptr; at = at->home_next) {
    into.push_back({.message = std::string(at->message_type()),
                    .size = at->size(),
                    .capacity = at->capacity()});
  }
}

bool actor_inboxes::redirect_to(actor_inboxes& first) noexcept {
  // Ours are known to nobody else yet.
  const std::lock_guard held(lock_of(&first));
  inbox_core* mine = first_;
  inbox_core* theirs = first.first_;
  for (; mine != nullptr && theirs != nullptr; mine = mine->home_next, theirs = theirs->home_next) {
    if (mine->capacity() != theirs->capacity()) return false;
  }
  // Behind the members, `first` may have adopted inboxes that its runs received from.
  if (mine != nullptr || (theirs != nullptr && !theirs->adopted())) return false;
  theirs = first.first_;
  mine = first_;
  for (; mine != nullptr && theirs != nullptr; mine = mine->home_next, theirs = theirs->home_next) {
    mine->redirect(theirs->target());
  }
  return true;
}

void join_home(inbox_core& made) noexcept {
  construction_site& site = this_site.get();
  const std::lock_guard open(site.lock);  // the actor cannot go before we have joined it
  actor_inboxes* const home = site.open;
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

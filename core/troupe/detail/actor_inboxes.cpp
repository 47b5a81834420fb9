#include <troupe/detail/actor_inboxes.hpp>

#include <troupe/detail/inbox_core.hpp>
#include <troupe/inspect.hpp>

#include <array>
#include <cstdint>
#include <mutex>
#include <new>
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

actor_inboxes::actor_inboxes(actor& of) : registration_(of) {
  construction_site& site = this_site.get();
  registration_.slot().open_site(site);
  site.open.store(this, std::memory_order_relaxed);
}

void actor_inboxes::close_site() noexcept {
  construction_site* const site = registration_.slot().close_site();
  if (site == nullptr) return;
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
  registration_.leave();
  close_site();
  if (members_.empty()) return;
  const std::lock_guard held(lock_of(this));
  while (inbox_core* const one = members_.at(0)) unlink(*one);
}

// False: there is no memory.
bool actor_inboxes::link(inbox_core& member) noexcept {
  if (members_.add(member) == inbox_table::no_place) return false;
  member.home.store(this, std::memory_order_release);
  return true;
}

void actor_inboxes::adopt(inbox_core& homeless) noexcept {
  const std::lock_guard held(lock_of(this));
  // Two actors may find it without a home at the same time, under two locks.
  actor_inboxes* none = nullptr;
  homeless.set_adopted();
  if (!homeless.home.compare_exchange_strong(none, this)) return;
  if (!link(homeless)) return homeless.home.store(nullptr, std::memory_order_release);
  homeless.reopen();  // whose end closed it is gone
}

void actor_inboxes::unlink(inbox_core& member) noexcept {
  member.home.store(nullptr, std::memory_order_release);
  members_.close_up(member);
}

void actor_inboxes::keep_within(const void* begin, std::size_t size) noexcept {
  if (!registration_.slot().has_site()) return;  // settled before
  close_site();
  if (members_.empty()) return;
  const std::lock_guard held(lock_of(this));
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  for (std::size_t i = 0; inbox_core* const member = members_.at(i);) {
    const auto where = reinterpret_cast<std::uintptr_t>(member);
    if (where < from || where >= from + size) {
      unlink(*member);
    } else {
      ++i;
    }
  }
}

void actor_inboxes::close_all() noexcept {
  if (members_.empty()) return;
  const auto is_ours = [](inbox_core& one) {
    return !one.adopted() || (!one.is_shared() && !one.has_heirs());
  };
  {
    const std::lock_guard held(lock_of(this));
    for (std::size_t i = 0; inbox_core* const at = members_.at(i); ++i) {
      if (is_ours(*at)) at->target().close(inbox_core::closing::by_end);
    }
  }
  // One inbox at a time, as refusing destroys payloads, which may be or own other actors.
  for (;;) {
    inbox_core::requests_left left;
    {
      const std::lock_guard held(lock_of(this));
      for (std::size_t i = 0; !left; ++i) {
        inbox_core* const at = members_.at(i);
        if (at == nullptr) break;
        if (is_ours(*at)) left = at->take_requests();
      }
    }
    if (!left) return;
    left.refuse();
  }
}

void actor_inboxes::reopen_all() noexcept {
  if (members_.empty()) return;
  const std::lock_guard held(lock_of(this));
  for (std::size_t i = 0; inbox_core* const at = members_.at(i); ++i) at->target().reopen();
}

void actor_inboxes::view(std::vector<inbox_view>& into) const {
  const std::lock_guard held(lock_of(this));
  for (std::size_t i = 0; const inbox_core* const at = members_.at(i); ++i) {
    into.push_back({.message = std::string(at->message_type()),
                    .size = at->size(),
                    .capacity = at->capacity()});
  }
}

bool actor_inboxes::redirect_to(actor_inboxes& first) noexcept {
  // Ours are known to nobody else yet.
  const std::lock_guard held(lock_of(&first));
  std::size_t count = 0;
  for (; inbox_core* const mine = members_.at(count); ++count) {
    const inbox_core* const theirs = first.members_.at(count);
    if (theirs == nullptr || mine->capacity() != theirs->capacity() ||
        &mine->ops() != &theirs->ops()) {  // a message has been put there as another type
      return false;
    }
  }
  // Behind the members, `first` may have adopted inboxes that its runs received from.
  const inbox_core* const next = first.members_.at(count);
  if (next != nullptr && !next->adopted()) return false;
  for (std::size_t i = 0; i != count; ++i) members_.at(i)->redirect(first.members_.at(i)->target());
  return true;
}

void join_home(inbox_core& made) {
  construction_site& site = this_site.get();
  const std::lock_guard open(site.lock);  // the actor cannot go before we have joined it
  actor_inboxes* const home = site.open;
  if (home == nullptr) return;
  const std::lock_guard held(lock_of(home));
  if (!home->link(made)) throw std::bad_alloc();
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

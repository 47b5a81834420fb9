#include <troupe/detail/context_state.hpp>

#include <troupe/detail/context_extra.hpp>
#include <troupe/detail/frame_pool.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace troupe::detail {

namespace {

using guard = std::lock_guard<spin_lock>;

void unlink_child(context_state& parent, context_state& child) noexcept {  // parent's lock held
  context_extra* const extra = parent.extra.load(std::memory_order_acquire);
  if (child.previous_sibling != nullptr) {
    child.previous_sibling->next_sibling = child.next_sibling;
  } else if (extra != nullptr && extra->first_child == &child) {
    extra->first_child = child.next_sibling;
  } else {
    return;  // end() has taken it off already
  }
  if (child.next_sibling != nullptr) {
    child.next_sibling->previous_sibling = child.previous_sibling;
  }
  child.previous_sibling = child.next_sibling = nullptr;
}

bool retain_unless_dying(context_state& state) noexcept {
  std::uint32_t seen = state.references.load(std::memory_order_relaxed);
  while (seen != 0) {
    if (state.references.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

/// Takes the next child off a state that is ending, with a reference; null when there is none left.
context_state* take_child(context_state& state) noexcept {
  const guard held(state.lock);
  context_extra& extra = *state.extra.load(std::memory_order_acquire);
  while (context_state* child = extra.first_child) {
    unlink_child(state, *child);
    if (retain_unless_dying(*child)) return child;
  }
  return nullptr;
}

/// The state's stop source, if somebody asked for one.
std::stop_source stop_source_of(context_state& state) noexcept {
  context_extra* const extra = state.extra.load();
  if (extra == nullptr) return std::stop_source(std::nostopstate);
  const guard held(state.lock);
  return extra->stop;
}

void wake_waiters(context_state& state) noexcept {
  context_extra& extra = *state.extra.load(std::memory_order_acquire);
  for (;;) {
    fiber* who = nullptr;
    std::uint64_t wait = 0;
    std::uint32_t index = 0;
    {
      const guard held(state.lock);
      context_waiter* first = extra.waiters;
      if (first == nullptr) return;
      extra.waiters = first->next;
      if (first->next != nullptr) first->next->previous = nullptr;
      first->linked = false;
      who = first->who;
      wait = first->wait;
      index = first->index;
    }
    who->fire(wait, index);
  }
}

void deadline_fired(timer_node* node) noexcept {
  auto& extra = static_cast<deadline_timer*>(node)->extra;
  if (retain_unless_dying(extra.of)) extra.home->expire(extra.of);
}

}  // namespace

context_extra& extra_of(context_state& state) {
  if (auto* there = state.extra.load(std::memory_order_acquire)) return *there;
  auto fresh = std::make_unique<context_extra>(state);
  context_extra* expected = nullptr;
  // Pairs with the acquire above: whoever sees the pointer sees the object.
  if (state.extra.compare_exchange_strong(expected, fresh.get())) {
    return *fresh.release();
  }
  return *expected;
}

namespace {

/// Of one that has a deadline: the state, at or above it, whose own it is.
const deadline_state& owner_of_deadline(const context_state& state) noexcept {
  const context_state* at = &state;
  while (at->limit != context_limit::own) at = at->parent;
  return static_cast<const deadline_state&>(*at);
}
deadline_state& owner_of_deadline(context_state& state) noexcept {
  return const_cast<deadline_state&>(owner_of_deadline(std::as_const(state)));
}

}  // namespace

time_point deadline_of(const context_state& state) noexcept {
  return state.limit == context_limit::none ? never : owner_of_deadline(state).deadline;
}

void retain(context_state& state) noexcept {
  state.references.fetch_add(1, std::memory_order_relaxed);
}

namespace {

constexpr std::uint32_t spare_batch = 64;

// With the parent's lock held.
void retain_for_child(context_state& parent, context_extra& extra) noexcept {
  if (!extra.pinned) return retain(parent);
  if (extra.spare == 0) {
    parent.references.fetch_add(spare_batch, std::memory_order_relaxed);
    extra.spare = spare_batch;
  }
  --extra.spare;
}

struct dropped {
  bool last;
  context_state* owed;  // the parent, if the child's reference to it has to be given up
};

// With the parent's lock held: the child has no reference left.
dropped leave_parent(context_state& parent, context_state& child) noexcept {
  unlink_child(parent, child);
  context_extra& extra = *parent.extra.load(std::memory_order_acquire);  // attach() has made it
  if (!extra.pinned) return {true, &parent};
  ++extra.spare;
  return {true, nullptr};
}

dropped drop_references(context_state& state, std::uint32_t many) noexcept {
  context_state* const parent = state.parent;
  // Who has the only ones need not give them up with a locked operation: nobody makes another but
  // the parent, under its lock, and what is in `extra`.
  if (state.references.load(std::memory_order_acquire) == many &&
      state.extra.load(std::memory_order_relaxed) == nullptr) {
    if (parent == nullptr) return {true, nullptr};
    const guard held(parent->lock);
    if (state.references.load(std::memory_order_acquire) == many) {
      return leave_parent(*parent, state);
    }
  }
  if (&state == current.finishing && state.references.load(std::memory_order_acquire) == many + 1) {
    current.finishing = nullptr;  // end_root() gives it up with the fiber's own
    return {};
  }
  if (state.references.fetch_sub(many, std::memory_order_acq_rel) != many) return {};
  if (parent == nullptr) return {true, nullptr};
  const guard held(parent->lock);
  return leave_parent(*parent, state);
}

}  // namespace

void pin(context_state& state) { extra_of(state).pinned = true; }

void unpin(context_state& state) noexcept {
  context_extra& extra = *state.extra.load(std::memory_order_acquire);
  std::uint32_t spare = 0;
  {
    const guard held(state.lock);
    extra.pinned = false;
    spare = std::exchange(extra.spare, 0);
  }
  state.references.fetch_sub(spare, std::memory_order_relaxed);  // never the last: see pin()
}

void release(context_state& state, std::uint32_t many) noexcept {
  context_state* at = &state;
  // Iterative: the last reference on a child is often the last on its parent, and so on up.
  for (; at != nullptr; many = 1) {
    const auto [last, owed] = drop_references(*at, many);
    if (!last) return;
    at->parent = nullptr;
    if (context_extra* extra = at->extra.load(std::memory_order_acquire)) {
      at->extra.store(nullptr, std::memory_order_relaxed);
      if (extra->armed) extra->home->remove_timer(extra->timer);
      delete extra;
    }
    if (at->in_fiber) {
      recycle_fiber(fiber_of(*at));
    } else {
      const bool has_own = at->limit == context_limit::own;
      std::destroy_at(at);
      frame_free(at, has_own ? sizeof(deadline_state) : sizeof(context_state));
    }
    at = owed;
  }
}

void attach(context_state& child, context_state* parent) noexcept {
  child.parent = parent;
  child.is_shielded = parent != nullptr && parent->is_shielded;
  if (parent == nullptr) return;
  if (child.limit == context_limit::none && parent->limit != context_limit::none) {
    child.limit = context_limit::inherited;
  }
  context_extra& extra = extra_of(*parent);
  const guard held(parent->lock);
  retain_for_child(*parent, extra);
  const auto status = parent->status.load(std::memory_order_relaxed);
  if (status != context_status::alive) {
    child.status.store(status, std::memory_order_relaxed);
    return;
  }
  child.next_sibling = extra.first_child;
  if (extra.first_child != nullptr) extra.first_child->previous_sibling = &child;
  extra.first_child = &child;
}

bool end_alone(context_state& state, context_status why) noexcept {
  {
    const guard held(state.lock);
    const context_extra* const extra = state.extra.load(std::memory_order_acquire);
    if (extra != nullptr && (extra->waiters != nullptr || extra->first_child != nullptr)) {
      return false;
    }
    if (state.status.load(std::memory_order_relaxed) != context_status::alive) return true;
    state.status.store(why, std::memory_order_seq_cst);
  }
  stop_source_of(state).request_stop();
  return true;
}

void end(context_state& first, context_status why) noexcept {
  // Depth first without recursion: `pending` holds states with a reference each, chained through
  // next_sibling, which is free once a state has been taken off its parent.
  retain(first);
  context_state* pending = &first;
  context_state* const root = &first;
  while (pending != nullptr) {
    context_state* state = pending;
    bool ended_here = false;
    bool waited_for = false;  // nobody is added to a state that has ended
    bool has_children = false;
    {
      const guard held(state->lock);
      if (state->status.load(std::memory_order_relaxed) == context_status::alive) {
        state->status.store(why, std::memory_order_seq_cst);
        ended_here = true;
        const context_extra* const extra = state->extra.load(std::memory_order_acquire);
        waited_for = extra != nullptr && extra->waiters != nullptr;
        has_children = extra != nullptr && extra->first_child != nullptr;
      }
    }
    if (state != root) {
      pending = state->next_sibling;
      state->next_sibling = nullptr;
    } else {
      pending = nullptr;
    }
    if (ended_here) {
      if (state->in_fiber) {
        fiber_of(*state).cancel_wait();
      }
      if (waited_for) wake_waiters(*state);
      stop_source_of(*state).request_stop();
      while (context_state* child = has_children ? take_child(*state) : nullptr) {
        child->next_sibling = pending;
        pending = child;
      }
    }
    release(*state);
  }
}

bool add_waiter(context_state& state, context_waiter& waiter, scheduler& sched) noexcept {
  if (state.limit != context_limit::none) arm_deadline(state, sched);
  context_extra& extra = extra_of(state);
  const guard held(state.lock);
  if (state.status.load(std::memory_order_relaxed) != context_status::alive) return false;
  waiter.linked = true;
  waiter.previous = nullptr;
  waiter.next = extra.waiters;
  if (extra.waiters != nullptr) extra.waiters->previous = &waiter;
  extra.waiters = &waiter;
  return true;
}

void remove_waiter(context_state& state, context_waiter& waiter) noexcept {
  const guard held(state.lock);
  if (!waiter.linked) return;
  waiter.linked = false;
  if (waiter.previous != nullptr) {
    waiter.previous->next = waiter.next;
  } else {
    state.extra.load(std::memory_order_acquire)->waiters = waiter.next;
  }
  if (waiter.next != nullptr) waiter.next->previous = waiter.previous;
}

void arm_deadline(context_state& state, scheduler& sched) {
  if (state.limit == context_limit::none) return;
  deadline_state& owner = owner_of_deadline(state);
  context_extra& extra = extra_of(owner);
  {
    const guard held(owner.lock);
    if (extra.armed) return;
    extra.armed = true;
  }
  if (!extra.home) extra.settle_in(sched);
  extra.timer.deadline = owner.deadline;
  extra.timer.fire = deadline_fired;
  extra.home->add_timer(extra.timer);
}

time_point now_for(context_state* state) noexcept {
  for (; state != nullptr; state = state->parent) {
    if (state->in_fiber) {
      // A fiber that has ended names no scheduler; while it names one, under its lock, that lives.
      fiber& one = fiber_of(*state);
      const std::lock_guard held(one.lock);
      if (one.sched != nullptr) return one.sched->now();
    } else if (const context_extra* extra = state->extra.load(std::memory_order_acquire);
               extra != nullptr) {
      if (const scheduler* clock = extra->clock.load(std::memory_order_acquire)) {
        return clock->now();
      }
    }
  }
  return current.sched != nullptr ? current.sched->now() : std::chrono::steady_clock::now();
}

context_status poll(context_state& state) noexcept {
  const context_status seen = state.status.load(std::memory_order_acquire);
  if (seen != context_status::alive || state.limit == context_limit::none) return seen;
  if (now_for(&state) < deadline_of(state)) return context_status::alive;
  end(owner_of_deadline(state), context_status::expired);
  return state.status.load(std::memory_order_acquire);
}

context_state* make_context_state(context_state* parent, time_point deadline, scheduler* home) {
  context_state* state = nullptr;
  if (deadline < (parent != nullptr ? deadline_of(*parent) : never)) {
    void* const memory = frame_alloc(sizeof(deadline_state));
    state = std::construct_at(static_cast<deadline_state*>(memory), deadline);
  } else {
    void* const memory = frame_alloc(sizeof(context_state));
    state = std::construct_at(static_cast<context_state*>(memory), false);
  }
  if (home != nullptr) extra_of(*state).settle_in(*home);
  attach(*state, parent);
  return state;
}

void stop_bridge::operator()() const noexcept {
  if (!retain_unless_dying(*of)) return;
  end(*of, context_status::canceled);
  release(*of);
}

namespace {

// The runtime that the context was made in, if it is not only the fibers' below it.
scheduler* home_of(context_state& state) noexcept {
  for (context_state* at = &state; at != nullptr; at = at->parent) {
    const context_extra* const extra = at->extra.load(std::memory_order_acquire);
    if (extra == nullptr) continue;
    if (auto* home = extra->clock.load(std::memory_order_acquire)) return home;
  }
  return nullptr;
}

}  // namespace

std::stop_token stop_token_of(context_state& state) {
  context_extra& extra = extra_of(state);
  if (state.limit != context_limit::none) {
    scheduler* const sched = current.sched != nullptr ? current.sched : home_of(state);
    if (sched != nullptr) arm_deadline(state, *sched);
  }
  std::stop_source source(std::nostopstate);
  bool ended = false;
  {
    const guard held(state.lock);
    if (!extra.stop.stop_possible()) extra.stop = std::stop_source();
    source = extra.stop;
    ended = state.status.load(std::memory_order_relaxed) != context_status::alive;
  }
  // end() looks for the source under the same lock, after it has set the status.
  if (ended) source.request_stop();
  return source.get_token();
}

}  // namespace troupe::detail

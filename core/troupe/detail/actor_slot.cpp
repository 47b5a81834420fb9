#include <troupe/detail/actor_slot.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/actor_record.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/detail/stable_pool.hpp>
#include <troupe/detail/supervision_watch.hpp>
#include <troupe/internal/check_health.hpp>

#include <mutex>
#include <new>

namespace troupe::detail {

namespace {

using slot_pool = stable_pool<actor_slot>;

bool is_over(const fiber& run) noexcept { return !run.root.load(std::memory_order_acquire); }

}  // namespace

fiber* actor_slot::run() const noexcept {
  fiber* const named = named_run();
  return named != nullptr && !is_over(*named) ? named : nullptr;
}

void actor_slot::stop(const exit_reason* why) noexcept {
  set_state(life::stopped, false);
  fiber* const named = named_run();
  const bool over = named == nullptr || is_over(*named);
  if (named != nullptr && over) keep_handled(*named);
  if (over && !has_site()) set_run(nullptr);
  actor_record* const beside = record();
  if (beside == nullptr) return;
  while (supervision_watch* const watch = beside->watches) {
    beside->watches = watch->next;
    watch->tell_stopped(why);
  }
}

const scheduler* actor_slot::home() const noexcept {
  if (const fiber* const one = named_run()) return &one->sched->root();
  const std::uintptr_t seen = where_.load(std::memory_order_relaxed);
  if ((seen & is_home) == 0) return nullptr;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and two bits
  return reinterpret_cast<const scheduler*>(seen & ~(is_home | is_claimed_bit));
}

std::uint32_t actor_slot::index() const noexcept { return slot_pool::index_of(*this); }

actor_id actor_slot::parent_in(std::uint64_t beside) noexcept {
  return (beside & is_parent) != 0 ? actor_id{beside >> 1U} : actor_id{};
}

actor_slot* actor_slot::first_in(std::uint64_t beside) noexcept {
  if ((beside & (is_parent | is_first)) != is_first) return nullptr;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
  return reinterpret_cast<actor_slot*>(beside & ~is_first);
}

actor_record* actor_slot::record_or_null() noexcept {
  // What is compared below is what was looked at here: a record made meanwhile is not replaced.
  std::uint64_t seen = beside_.load(std::memory_order_acquire);
  if (actor_record* const there = record_in(seen)) return there;
  actor_record* fresh = nullptr;
  try {
    fresh = new actor_record;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  fresh->parent = parent_in(seen);
  fresh->first = first_in(seen);
  if (beside_.compare_exchange_strong(seen, reinterpret_cast<std::uintptr_t>(fresh))) return fresh;
  delete fresh;  // the run and somebody with the lock at the same time
  return record();
}

actor_id actor_slot::parent() const noexcept {
  const actor_record* const there = record();
  return there != nullptr ? there->parent : parent_in(beside_.load(std::memory_order_relaxed));
}

void actor_slot::set_parent(actor_id whose_child) noexcept {
  if (actor_record* const there = record()) {
    there->parent = whose_child;
    there->first = nullptr;
  } else {
    const auto id = static_cast<std::uint64_t>(whose_child);
    beside_.store(id != 0 ? id << 1U | is_parent : 0, std::memory_order_relaxed);
  }
}

actor_slot& actor_slot::known_as() noexcept {
  const actor_record* const there = record();
  actor_slot* const first =
      there != nullptr ? there->first : first_in(beside_.load(std::memory_order_relaxed));
  return first != nullptr ? *first : *this;
}

void actor_slot::stand_behind(actor_slot& first) noexcept {
  if (actor_record* const there = record()) {
    there->first = &first;
  } else {
    beside_.store(reinterpret_cast<std::uintptr_t>(&first) | is_first, std::memory_order_relaxed);
  }
}

actor_slot* find_slot(actor_id who) noexcept {
  return slot_pool::find(static_cast<std::uint32_t>(static_cast<std::uint64_t>(who)));
}

void for_each_actor(const scheduler& home, void (*visit)(actor_slot&, void*), void* data) {
  slot_pool::for_each([&](actor_slot& one) {
    const std::lock_guard held(one.lock);
    if (one.is() == actor_slot::life::running && one.home() == &home && one.who != nullptr) {
      visit(one, data);
    }
  });
}

actor_registration::actor_registration(actor& who) : slot_(&slot_pool::take()) {
  slot_->generation_.store(slot_->generation() + 1, std::memory_order_release);  // none has 0
  slot_->starts.store(0, std::memory_order_relaxed);
  slot_->who = &who;
  slot_->where_.store(0, std::memory_order_relaxed);
  slot_->set_state(actor_slot::life::made, false);
}

void actor_registration::leave() noexcept {
  if (slot_->is() == actor_slot::life::stopped && slot_->record() == nullptr &&
      slot_->named_run() == nullptr) {
    slot_->beside_.store(0, std::memory_order_relaxed);
    return;
  }
  const std::lock_guard held(slot_->lock);
  slot_->stop(nullptr);
  slot_->who = nullptr;
  delete slot_->record();
  slot_->beside_.store(0, std::memory_order_relaxed);
}

actor_registration::~actor_registration() {
  // A slot whose generations are used up stays out of use: ids are never repeated.
  constexpr std::uint32_t last_generation = ~std::uint32_t{0} >> 1U;
  if (slot_->generation() != last_generation) slot_pool::give(*slot_);
}

// A run in the fiber of the one before it, in the same hands: all that would be said is said.
bool actor_slot::names_already(const fiber* run, actor_id whose_child) const noexcept {
  return run != nullptr && named_run() == run && is() == life::running && parent() == whose_child;
}

void actor_registration::run_begins(scheduler& home, actor_id parent, fiber* run) noexcept {
  const auto starts = static_cast<std::uint16_t>(slot_->starts.load(std::memory_order_relaxed) + 1);
  if (starts != 0 && slot_->names_already(run, parent)) {
    slot_->starts.store(starts, std::memory_order_relaxed);
    return;
  }
  const scheduler& root = home.root();
  const std::lock_guard held(slot_->lock);
  slot_->starts.store(starts, std::memory_order_relaxed);
  if (starts == 0) {
    if (actor_record* const carried = slot_->record_or_null()) carried->starts_before += 1U << 16U;
  }
  const actor_record* const record = slot_->record();
  const bool news = record != nullptr && record->health &&
                    !(slot_->is() == actor_slot::life::running && slot_->home() == &root);
  slot_->set_state(actor_slot::life::running, slot_->unhealthy());
  slot_->set_parent(parent);
  const fiber* const before = slot_->named_run();
  if (before != run) {
    if (before != nullptr) slot_->keep_handled(*before);
    if (run != nullptr) run->handled.store(0, std::memory_order_relaxed);  // make_fiber_again()
  }
  if (run == nullptr) {
    slot_->set_home(root);
  } else {
    slot_->set_run(run);
  }
  if (news) root.health_was_set(*slot_);
}

actor_slot& actor_registration::leave_run() noexcept {
  actor_slot& slot = slot_->known_as();
  if (&slot != slot_) slot_->set_run(nullptr);
  return slot;
}

void actor_slot::run_is_over(const fiber& run) noexcept {
  // Once it names something else it does not name this run again.
  if (named_run() != &run) return;
  const std::lock_guard held(lock);
  if (named_run() != &run) return;
  keep_handled(run);
  if (is() == life::running) {
    set_home(run.sched->root());
  } else {
    set_run(nullptr);
  }
}

void actor_slot::keep_handled(const fiber& run) noexcept {
  const std::uint32_t handled = run.handled.load(std::memory_order_relaxed);
  if (handled == 0) return;
  if (actor_record* const there = record_or_null()) {
    there->handled_before.fetch_add(handled, std::memory_order_relaxed);
  }
}

void actor_registration::stopped(const exit_reason* why) noexcept {
  const std::lock_guard held(slot_->lock);
  slot_->stop(why);
}

void abandon_actors(const scheduler& gone) {
  for_each_actor(gone, [](actor_slot& one, void*) { one.stop(nullptr); }, nullptr);
}

void actor_registration::set_health(const health_options& wanted) {
  internal::check(wanted, "actor::set_health");
  const std::lock_guard held(slot_->lock);
  actor_record* const record = slot_->record_or_null();
  if (record == nullptr) throw std::bad_alloc();
  record->health = wanted;
  if (slot_->is() == actor_slot::life::running) slot_->home()->health_was_set(*slot_);
}

void tell_health(actor_slot& slot, bool healthy, duration how_long) noexcept {
  if (slot.unhealthy() == !healthy) return;
  slot.set_unhealthy(!healthy);
  const actor_record* const record = slot.record();
  if (record == nullptr) return;
  for (supervision_watch* one = record->watches; one != nullptr; one = one->next) {
    one->tell_health(healthy, how_long);
  }
}

}  // namespace troupe::detail

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

// With the slot's lock held.
void stop(actor_slot& one, const exit_reason* why) noexcept {
  one.is = actor_slot::life::stopped;
  one.unhealthy = false;
  if (one.run() == nullptr) one.set_home(nullptr);
  actor_record* const record = one.record.load(std::memory_order_acquire);
  if (record == nullptr) return;
  while (supervision_watch* const watch = record->watches) {
    record->watches = watch->next;
    watch->tell_stopped(why);
  }
}

}  // namespace

const scheduler* actor_slot::home() const noexcept {
  if (const fiber* const one = run()) return &one->sched->root();
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address and a bit
  return reinterpret_cast<const scheduler*>(where_ & ~is_home);
}

actor_record* actor_slot::record_or_null() noexcept {
  actor_record* there = record.load(std::memory_order_acquire);
  if (there != nullptr) return there;
  actor_record* fresh = nullptr;
  try {
    fresh = new actor_record;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  if (record.compare_exchange_strong(there, fresh)) return fresh;
  delete fresh;  // the run and somebody with the lock at the same time
  return there;
}

actor_slot* find_slot(actor_id who) noexcept {
  return slot_pool::find(static_cast<std::uint32_t>(static_cast<std::uint64_t>(who)));
}

void for_each_actor(const scheduler& home, void (*visit)(actor_slot&, void*), void* data) {
  slot_pool::for_each([&](actor_slot& one) {
    const std::lock_guard held(one.lock);
    if (one.is == actor_slot::life::running && one.home() == &home && one.who != nullptr) {
      visit(one, data);
    }
  });
}

actor_registration::actor_registration(actor& who) : slot_(&slot_pool::take()) {
  const std::lock_guard held(slot_->lock);
  slot_->is = actor_slot::life::made;
  ++slot_->generation;  // from 1 on: no actor has 0
  slot_->starts = 0;
  slot_->who = &who;
}

actor_registration::~actor_registration() {
  {
    const std::lock_guard held(slot_->lock);
    stop(*slot_, nullptr);
    slot_->who = nullptr;
    delete slot_->record.exchange(nullptr);
  }
  // A slot whose generations are used up stays out of use: ids are never repeated.
  if (slot_->generation != ~std::uint32_t{0}) slot_pool::give(*slot_);
}

void actor_registration::run_begins(scheduler& home, actor_id parent, fiber* run) noexcept {
  const scheduler& root = home.root();
  const std::lock_guard held(slot_->lock);
  const actor_record* const record = slot_->record.load(std::memory_order_relaxed);
  const bool news = record != nullptr && record->health &&
                    !(slot_->is == actor_slot::life::running && slot_->home() == &root);
  slot_->is = actor_slot::life::running;
  slot_->parent = parent;
  ++slot_->starts;
  if (run == nullptr) {
    slot_->set_home(&root);
  } else {
    slot_->run_begins(*run);
    run->slot.store(slot_, std::memory_order_release);
  }
  if (news) root.health_was_set(*slot_);
}

void actor_registration::run_ended(actor_slot& slot, const fiber& run) noexcept {
  const std::lock_guard held(slot.lock);
  if (slot.run() != &run) return;
  slot.set_home(slot.is == actor_slot::life::running ? slot.home() : nullptr);
  const std::uint32_t handled = run.handled.load(std::memory_order_relaxed);
  if (handled == 0) return;
  if (actor_record* const record = slot.record_or_null()) {
    record->handled_before.fetch_add(handled, std::memory_order_relaxed);
  }
}

void actor_registration::stopped(const exit_reason* why) noexcept {
  const std::lock_guard held(slot_->lock);
  stop(*slot_, why);
}

void abandon_actors(const scheduler& gone) {
  for_each_actor(gone, [](actor_slot& one, void*) { stop(one, nullptr); }, nullptr);
}

void actor_registration::set_health(const health_options& wanted) {
  internal::check(wanted, "actor::set_health");
  const std::lock_guard held(slot_->lock);
  actor_record* const record = slot_->record_or_null();
  if (record == nullptr) throw std::bad_alloc();
  record->health = wanted;
  if (slot_->is == actor_slot::life::running) slot_->home()->health_was_set(*slot_);
}

void tell_health(actor_slot& slot, bool healthy, duration how_long) noexcept {
  if (slot.unhealthy == !healthy) return;
  slot.unhealthy = !healthy;
  const actor_record* const record = slot.record.load(std::memory_order_acquire);
  if (record == nullptr) return;
  for (supervision_watch* one = record->watches; one != nullptr; one = one->next) {
    one->tell_health(healthy, how_long);
  }
}

}  // namespace troupe::detail

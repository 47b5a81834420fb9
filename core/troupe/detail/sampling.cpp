#include <troupe/detail/sampling.hpp>

#include <troupe/detail/actor_record.hpp>
#include <troupe/detail/actor_slot.hpp>
#include <troupe/detail/fiber.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace troupe::detail {

time_point sample_clock(const fiber* receiver) noexcept {
  if (receiver != nullptr && receiver->sched != nullptr) return receiver->sched->now();
  return current.sched != nullptr ? current.sched->now() : std::chrono::steady_clock::now();
}

namespace {

actor_record* record_of(const fiber& self) noexcept {
  actor_slot* const slot = self.slot();
  return slot != nullptr ? slot->record_or_null() : nullptr;
}

}  // namespace

void fiber::timed_from(time_point sent) noexcept {
  actor_record* const record = record_of(*this);
  if (record == nullptr) return;  // a task, or there is no memory
  sampling = sample_stage::received;
  record->sample_at = sent;
}

void fiber::carry_handled() noexcept {
  if (actor_record* const record = record_of(*this)) {
    record->handled_before.fetch_add(std::uint64_t{1} << 16U, std::memory_order_relaxed);
  }
}

void sample_received(fiber& self) noexcept {
  if (self.sampling != sample_stage::received) return;  // another wait of the same handler
  const time_point now = self.sched->now();
  if (actor_record* const record = record_of(self)) {
    record->in_inbox.add(now - record->sample_at);
    record->sample_at = now;
  }
  self.sampling = sample_stage::handling;
}

void sample_handled(fiber& self) noexcept {
  // In stage `received` still: the wait was given up with the message in hand, or it came from an
  // inbox that is looked at without waiting.
  if (self.sampling == sample_stage::handling) {
    const time_point now = self.sched->now();
    if (actor_record* const record = record_of(self)) {
      record->in_handler.add(now - record->sample_at);
    }
  }
  self.sampling = sample_stage::none;
}

}  // namespace troupe::detail

#include <troupe/internal/overseer.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/actor_record.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/internal/call_user.hpp>
#include <troupe/internal/thread_stack.hpp>
#include <troupe/internal/throw_site.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <mutex>
#include <utility>

namespace troupe::internal {

using detail::actor_slot;
using detail::fiber;
using detail::wait_kind;

namespace {

// An actor that has never received may have no inbox: where its loop waits is where it comes back
// to.
bool waits_where_it_should(const fiber& one, std::uint32_t rounds) noexcept {
  if (!one.is_parked(std::memory_order_acquire)) return false;
  switch (one.waiting_for()) {
    case wait_kind::receive: return true;
    case wait_kind::timer:
    case wait_kind::context:
    case wait_kind::event:
    case wait_kind::io: return rounds == 0;
    default: return false;
  }
}

sighting look_at(const actor_slot& actor, const fiber& run) noexcept {
  const std::uint32_t rounds = run.rounds.load(std::memory_order_relaxed);
  return {.run = &run,
          .starts = actor.starts.load(std::memory_order_relaxed),
          .rounds = rounds,
          .waits = waits_where_it_should(run, rounds)};
}

std::string_view message_of(fiber& one) noexcept {
  const std::lock_guard held(one.lock);
  if (!one.root.load(std::memory_order_acquire)) return {};
  const detail::element_ops* const kind = one.handled_type();
  return kind != nullptr ? kind->name : std::string_view();
}

actor_slot* slot_of(fiber& one) noexcept {
  const std::lock_guard held(one.lock);
  return one.root.load(std::memory_order_acquire) ? one.slot() : nullptr;
}

bool has_own_health(const actor_slot& one) noexcept {
  const detail::actor_record* const record = one.record();
  return record != nullptr && record->health;
}

}  // namespace

void overseer::health_was_set(const actor_slot& of) noexcept {
  try {
    const std::lock_guard held(added_lock_);
    added_.push_back(of.id());
  } catch (const std::bad_alloc&) {
    options_.log.warn("no memory to look after an actor in its own way; as all others, then");
  }
}

time_point overseer::look(time_point now) noexcept {
  const std::uint64_t progress = home_->progress();
  const bool moved = std::exchange(progress_, progress) != progress;
  const bool looks_at_all = options_.health.interval != duration::max();
  unseen_ = looks_at_all && (unseen_ || moved);
  try {
    ++looks_;
    look_at_own(now);
    if (now >= due_ && looks_at_all) {
      due_ = later(now, options_.health.interval);
      if (unseen_ || !can_rest()) look_at_actors(now);
      unseen_ = false;
      look_at_workers(now);
    }
    tell_news();
  } catch (const std::exception& failed) {  // no memory: the next look may find some
    options_.log.warn("a look at the health of actors failed", field("what", failed.what()));
  }
  return !moved && !unseen_ && can_rest() ? never : next_date();
}

// Nothing runs, and everybody who is suspected has been told of.
bool overseer::can_rest() const noexcept {
  return home_->quiet() && std::ranges::all_of(suspects_, [](const auto& one) {
           return !one.second.about || one.second.about->told;
         });
}

duration overseer::interval() const noexcept {
  duration shortest = options_.health.interval;
  for (const auto& [index, one] : own_) shortest = std::min(shortest, one.interval);
  return shortest;
}

time_point overseer::next_date() const noexcept {
  time_point next = options_.health.interval != duration::max() ? due_ : never;
  for (const auto& [index, one] : own_) next = std::min(next, one.due);
  return next;
}

void overseer::look_at_actors(time_point now) {
  struct visit_data {
    overseer* self;
    time_point now;
  } data{this, now};
  detail::for_each_actor(
      *home_,
      [](actor_slot& one, void* of) {
        auto& [self, today] = *static_cast<visit_data*>(of);
        if (!has_own_health(one)) self->visit(one, today, self->options_.health.limit);
      },
      &data);
  forget_gone();
}

void overseer::look_at_own(time_point now) {
  std::vector<actor_id> added;
  {
    const std::lock_guard held(added_lock_);
    added.swap(added_);
  }
  for (const actor_id who : added) {
    own_.insert_or_assign(static_cast<slot_index>(static_cast<std::uint64_t>(who)),
                          own_date{.who = who, .due = now, .interval = duration::max()});
  }
  for (auto at = own_.begin(); at != own_.end();) {
    const bool keep = at->second.due > now || look_at_one(at->second, now);
    if (!keep) suspects_.erase(at->first);
    at = keep ? std::next(at) : own_.erase(at);
  }
}

// False: it has ended, or wants no looks.
bool overseer::look_at_one(own_date& date, time_point now) {
  actor_slot* const slot = detail::find_slot(date.who);
  if (slot == nullptr) return false;
  const std::lock_guard held(slot->lock);
  const bool ours = slot->is() == actor_slot::life::running && slot->id() == date.who &&
                    slot->home() == home_ && slot->who != nullptr;
  const detail::actor_record* const record = ours ? slot->record() : nullptr;
  if (record == nullptr || !record->health) return false;
  const health_options& own = *record->health;
  date.interval = own.interval;
  date.due = later(now, own.interval);
  if (own.interval == duration::max()) {
    forget(*slot, now);
    return false;
  }
  visit(*slot, now, own.limit);
  return true;
}

// With the slot's lock held: it is looked after no more, and what was said of it is taken back.
void overseer::forget(actor_slot& one, time_point now) {
  const auto known = suspects_.find(one.index());
  if (known == suspects_.end()) return;
  const std::optional<suspicion>& about = known->second.about;
  if (about && about->told) detail::tell_health(one, true, now - about->since);
}

// With the slot's lock held.
void overseer::visit(actor_slot& one, time_point now, duration limit) {
  const auto known = suspects_.find(one.index());
  fiber* const run = one.run();
  if (run == nullptr) {  // between two runs: what comes next will show
    if (known != suspects_.end()) known->second.seen_in = looks_;
    return;
  }
  const sighting seen = look_at(one, *run);
  if (known == suspects_.end() && seen.waits) return;
  suspect& about = known != suspects_.end() ? known->second : suspects_[one.index()];
  if (about.generation != one.generation())
    about = {.generation = one.generation(), .seen_in = 0, .about = {}};
  about.seen_in = looks_;
  const verdict now_known = judge(about.about, seen, now, limit);
  if (!about.about) suspects_.erase(one.index());
  if (now_known.what == verdict::news::none) return;
  detail::tell_health(one, now_known.what == verdict::news::healthy, now_known.away);
  if (options_.log.enabled(log_level::warn)) {
    news_.push_back({one.id(), one.who->name(), message_of(*run), now_known});
  }
}

// Actors that have ended.
void overseer::forget_gone() {
  std::erase_if(suspects_, [&](const auto& entry) {
    return entry.second.seen_in != looks_ && !own_.contains(entry.first);
  });
}

void overseer::tell_news() {
  for (const news& one : std::exchange(news_, {})) {
    if (one.what.what == verdict::news::unhealthy) {
      options_.log.warn("unhealthy: it does not come back to its inboxes", field("actor", one.name),
                        field("handling", one.message), field("for", one.what.away));
    } else {
      options_.log.info("healthy again", field("actor", one.name), field("after", one.what.away));
    }
  }
}

void overseer::look_at_workers(time_point now) {
  struct visit_data {
    overseer* self;
    time_point now;
  } data{this, now};
  home_->visit_workers(
      [](const detail::worker_view& one, void* of) {
        auto& [self, today] = *static_cast<visit_data*>(of);
        if (one.lent) return;  // it has a thread of its own in order to use it for long
        if (self->workers_.size() <= one.index) self->workers_.resize(one.index + 1);
        worker_note& note = self->workers_[one.index];
        const bool stays = one.progress % 2 == 1 && one.progress == note.progress;
        if (!stays) note = {.progress = one.progress, .seen = today};
        if (!stays || note.told || today - note.seen < self->options_.health.limit) return;
        note.told = true;
        self->stuck_.push_back(one);
      },
      &data);
  // Not in the visit, which holds a lock.
  for (const detail::worker_view& one : std::exchange(stuck_, {})) {
    tell_blocked(one, now - workers_[one.index].seen);
  }
}

void overseer::tell_blocked(const detail::worker_view& stuck, duration at_least) {
  if (!options_.on_blocked_worker && !options_.log.enabled(log_level::warn)) return;
  blocked_worker report;
  report.worker = stuck.index;
  report.actor = "(task)";
  report.at_least = at_least;
  if (stuck.running != nullptr) {
    report.message = message_of(*stuck.running);
    if (actor_slot* const slot = slot_of(*stuck.running)) {
      const std::lock_guard held(slot->lock);
      if (slot->run() == stuck.running && slot->who != nullptr) {
        report.who = slot->id();
        report.actor = slot->who->name();
      }
    }
  }
  const captured_stack stack = stack_of_thread(stuck.thread, options_.stack_signal);
  if (stack.size != 0) report.stack = symbolize(stack.view());
  options_.log.warn("a worker does not come out of its turn", field("worker", report.worker),
                    field("actor", report.actor), field("handling", report.message),
                    field("for", at_least),
                    field("in", report.stack.empty() ? "?" : report.stack.front()));
  if (!options_.on_blocked_worker) return;
  call_user(options_.log, "on_blocked_worker threw", [&] { options_.on_blocked_worker(report); });
}

}  // namespace troupe::internal

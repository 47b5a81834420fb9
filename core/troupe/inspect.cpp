#include <troupe/inspect.hpp>

#include <troupe/internal/inspection.hpp>

#include <troupe/actor.hpp>
#include <troupe/detail/actor_record.hpp>
#include <troupe/detail/actor_slot.hpp>
#include <troupe/detail/fiber.hpp>
#include <troupe/detail/inbox_core.hpp>
#include <troupe/internal/describe_wait.hpp>
#include <troupe/internal/json.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace troupe {

std::string_view to_string(actor_state state) noexcept {
  switch (state) {
    case actor_state::starting: return "starting";
    case actor_state::idle: return "idle";
    case actor_state::ready: return "ready";
    case actor_state::running: return "running";
    case actor_state::waiting: return "waiting";
    case actor_state::restarting: return "restarting";
    case actor_state::stopping: return "stopping";
  }
  return "unknown";
}

const actor_view* runtime_view::find(actor_id who) const noexcept {
  const auto found = std::ranges::lower_bound(actors, who, {}, &actor_view::id);
  return found != actors.end() && found->id == who ? &*found : nullptr;
}

const actor_view* runtime_view::find(std::string_view called) const noexcept {
  const auto found = std::ranges::find(actors, called, &actor_view::name);
  return found != actors.end() ? &*found : nullptr;
}

namespace internal {
namespace {

using detail::actor_slot;
using detail::fiber;
using detail::wait_kind;

/// What a fiber does, read while it goes on.
struct glimpse {
  bool running = false;
  bool parked = false;
  bool fresh = false;  // has not waited yet
  wait_kind waits_for = wait_kind::none;
  const fiber* callee = nullptr;
  const detail::element_ops* handling = nullptr;
  std::uint64_t handled = 0;
};

const detail::element_ops* handled_by(fiber& one) noexcept {
  const std::lock_guard held(one.lock);
  return one.root.load(std::memory_order_acquire) ? one.handled_type() : nullptr;
}

// The parts fit together if no wait began or ended meanwhile; after some tries that is let be.
glimpse look_at(fiber& one) noexcept {
  constexpr int tries = 4;
  glimpse seen;
  for (int i = 0; i != tries; ++i) {
    const std::uint64_t wait = one.wait.load(std::memory_order_acquire);
    seen.parked = one.is_parked(std::memory_order_acquire);
    seen.running = one.on_worker.load(std::memory_order_acquire);
    seen.waits_for = one.waiting_for(std::memory_order_acquire);
    seen.fresh = seen.waits_for == wait_kind::none;
    seen.callee = one.calling.load(std::memory_order_acquire);
    seen.handling = handled_by(one);
    seen.handled = one.handled.load(std::memory_order_acquire);
    if (one.wait.load(std::memory_order_acquire) == wait &&
        one.is_parked(std::memory_order_acquire) == seen.parked) {
      break;
    }
  }
  if (!seen.parked) seen.waits_for = wait_kind::none;
  return seen;
}

time_view view_of(const detail::time_sums& sums) noexcept {
  const std::uint64_t count = sums.count();
  if (count == 0) return {};
  return {
      .samples = count, .mean = sums.sum() / static_cast<std::int64_t>(count), .most = sums.most()};
}

actor_state state_of(const glimpse& seen, bool context_ended) noexcept {
  if (context_ended) return actor_state::stopping;
  if (seen.parked) {
    return seen.waits_for == wait_kind::receive ? actor_state::idle : actor_state::waiting;
  }
  if (seen.fresh) return actor_state::starting;
  return seen.running ? actor_state::running : actor_state::ready;
}

/// Takes the views of actors, one slot at a time.
class inspection {
 public:
  inspection(const detail::scheduler& home, runtime_view& into) : into_(&into) {
    into.at = home.now();
    home.visit_workers([](const detail::worker_view& one,
                          void* self) { static_cast<inspection*>(self)->workers_.push_back(one); },
                       this);
    into.workers.resize(workers_.size());
    for (std::size_t i = 0; i != workers_.size(); ++i) {
      into.workers[i].worker = workers_[i].index;
      into.workers[i].own_thread = workers_[i].lent;
      into.workers[i].asleep = workers_[i].asleep;
    }
    detail::for_each_actor(
        home, [](actor_slot& one, void* self) { static_cast<inspection*>(self)->add(one); }, this);
    finish(home);
  }

 private:
  void add(actor_slot& one) {
    actor_view view;
    view.id = one.id();
    view.name = one.who->name();
    view.parent = one.parent();
    view.state = actor_state::restarting;
    view.restarts = std::uint32_t{one.starts.load(std::memory_order_relaxed)} - 1;
    view.healthy = !one.unhealthy();
    detail::actor_internals::inboxes(*one.who).view(view.inboxes);
    if (const detail::actor_record* const record = one.record()) {
      view.restarts += record->starts_before;
      view.handled = record->handled_before.load(std::memory_order_relaxed);
      view.in_inbox = view_of(record->in_inbox);
      view.in_handler = view_of(record->in_handler);
    }
    fiber* const run = one.run();
    callees_.push_back(run != nullptr ? add_run(view, *run) : nullptr);
    runs_.push_back(run);
    into_->actors.push_back(std::move(view));
  }

  const fiber* add_run(actor_view& view, fiber& run) {
    const glimpse seen = look_at(run);
    view.state = state_of(seen, run.scope.ended());
    view.handled += seen.handled;
    if (view.state != actor_state::idle) view.waiting = describe(seen.waits_for);
    const bool in_hand = seen.handling != nullptr && seen.waits_for != wait_kind::receive;
    if (in_hand) view.handling = seen.handling->name;
    for (std::size_t i = 0; i != workers_.size(); ++i) {
      if (workers_[i].running != &run || workers_[i].progress % 2 == 0) continue;
      into_->workers[i].running = view.id;
      const duration so_far = into_->at - workers_[i].since;
      into_->workers[i].running_for = so_far;
      if (seen.running) view.running_for = std::max(so_far, duration::zero());
    }
    return seen.waits_for == wait_kind::call ? seen.callee : nullptr;
  }

  // Who waits for whom can be told once all are known.
  void finish(const detail::scheduler& home) {
    std::vector<std::pair<const fiber*, actor_id>> known;
    for (std::size_t i = 0; i != runs_.size(); ++i) {
      if (runs_[i] != nullptr) known.emplace_back(runs_[i], into_->actors[i].id);
    }
    std::ranges::sort(known);
    for (std::size_t i = 0; i != callees_.size(); ++i) {
      if (callees_[i] == nullptr) continue;
      const auto at =
          std::ranges::lower_bound(known, callees_[i], {}, &decltype(known)::value_type::first);
      if (at != known.end() && at->first == callees_[i]) into_->actors[i].waiting_on = at->second;
    }
    const std::size_t alive = home.fibers();
    into_->tasks = alive > known.size() ? alive - known.size() : 0;
    std::ranges::sort(into_->actors, {}, &actor_view::id);
    // One that began after its supervisor had been passed by.
    for (actor_view& one : into_->actors) {
      if (one.parent != actor_id{} && into_->find(one.parent) == nullptr) one.parent = {};
    }
  }

  runtime_view* into_;
  std::vector<detail::worker_view> workers_;
  std::vector<const fiber*> callees_;  // of into_->actors, as runs_
  std::vector<const fiber*> runs_;
};

}  // namespace

runtime_view inspect(const detail::scheduler& home) {
  runtime_view view;
  const inspection done(home, view);
  return view;
}

}  // namespace internal

namespace {

std::string id_text(actor_id id) { return std::to_string(static_cast<std::uint64_t>(id)); }

void write(internal::json_writer& out, const time_view& times) {
  out.object([&] {
    out.key("samples").number(times.samples);
    out.key("mean_ns").number(times.mean.count());
    out.key("most_ns").number(times.most.count());
  });
}

void write(internal::json_writer& out, const actor_view& one) {
  out.object([&] {
    out.key("id").text(id_text(one.id));
    out.key("name").text(one.name);
    if (one.parent != actor_id{}) out.key("parent").text(id_text(one.parent));
    out.key("state").text(to_string(one.state));
    if (!one.waiting.empty()) out.key("waiting").text(one.waiting);
    if (one.waiting_on != actor_id{}) out.key("waiting_on").text(id_text(one.waiting_on));
    if (!one.handling.empty()) out.key("handling").text(one.handling);
    if (one.running_for) out.key("running_for_ns").number(one.running_for->count());
    out.key("inboxes").array(one.inboxes, [&](const inbox_view& inbox) {
      out.object([&] {
        out.key("message").text(inbox.message);
        out.key("size").number(inbox.size);
        out.key("capacity").number(inbox.capacity);
      });
    });
    out.key("handled").number(one.handled);
    out.key("restarts").number(one.restarts);
    write(out.key("in_inbox"), one.in_inbox);
    write(out.key("in_handler"), one.in_handler);
    out.key("healthy").boolean(one.healthy);
  });
}

void write(internal::json_writer& out, const worker_state_view& one) {
  out.object([&] {
    out.key("worker").number(one.worker);
    out.key("own_thread").boolean(one.own_thread);
    out.key("asleep").boolean(one.asleep);
    if (one.running != actor_id{}) out.key("running").text(id_text(one.running));
    if (one.running_for) out.key("running_for_ns").number(one.running_for->count());
  });
}

}  // namespace

std::string to_json(const runtime_view& view) {
  internal::json_writer out;
  out.object([&] {
    out.key("at_ns").number(view.at.time_since_epoch().count());
    out.key("actors").array(view.actors, [&](const actor_view& one) { write(out, one); });
    out.key("workers").array(view.workers, [&](const worker_state_view& one) { write(out, one); });
    out.key("tasks").number(view.tasks);
  });
  return std::move(out).text();
}

}  // namespace troupe

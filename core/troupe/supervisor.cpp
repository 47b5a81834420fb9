#include <troupe/supervisor.hpp>

#include <troupe/internal/supervisor_core.hpp>

#include <utility>

namespace troupe {

supervisor::supervisor(std::string name, supervisor_options options)
    : actor(std::move(name)),
      core_(std::make_shared<internal::supervisor_core>(this->name(), std::move(options))) {}

supervisor::~supervisor() = default;

result<> supervisor::spawn(child_spec child) { return core_->spawn(std::move(child)); }

result<> supervisor::stop_child(actor_id id) { return core_->stop_child(id); }

event::awaiter supervisor::wait() noexcept { return core_->idle().wait(); }
event::awaiter supervisor::wait(const context& ctx) noexcept { return core_->idle().wait(ctx); }

std::size_t supervisor::live_children() const noexcept { return core_->live(); }
std::uint64_t supervisor::dropped_observations() const noexcept { return core_->dropped(); }

void supervisor::ended_for_good() noexcept { core_->close_children(); }

namespace {

struct disarmed_at_end {
  internal::supervisor_core& core;
  ~disarmed_at_end() {
    core.leave();
    core.disarm_all();
  }
};

}  // namespace

task<result<>> supervisor::run(context ctx) {
  const auto core = core_;
  const disarmed_at_end timers{*core};
  try {
    core->begin(*detail::current.running->sched, log());
    while (!core->finished()) {
      internal::posted* what = co_await core->next(!core->stopping());
      while (core->interrupted()) what = co_await core->next(false);
      core->go_on();
      // Before the event, which may be the end of a child that was canceled because we were.
      if (!core->stopping() && ctx.err()) core->stop();
      if (what != nullptr) core->handle(*what);
    }
    core->finish();
  } catch (...) {
    core->cancel_children();
    throw;
  }
  co_return core->outcome();
}

}  // namespace troupe

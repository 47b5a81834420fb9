#include <troupe/testing/deterministic_runtime.hpp>

#include <troupe/detail/split_mix.hpp>
#include <troupe/internal/throw_site.hpp>
#include <troupe/testing/deterministic_scheduler.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace troupe::testing {

namespace {
constexpr std::size_t most_turns = 10'000'000;
}

std::uint64_t deterministic_scheduler::random() noexcept { return detail::split_mix(random_); }

bool deterministic_scheduler::step() {
  if (ready_.empty()) return false;
  const std::size_t chosen = random() % ready_.size();
  const work next = ready_[chosen];
  ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(chosen));
  trace_ = (trace_ ^ (chosen + (ready_.size() << 16U))) * 1099511628211ULL;
  ++turns_;
  if (look_ != nullptr && next_look_ == never) next_look_ = later(now(), look_->interval());
  if (next.one != nullptr) {
    run_fiber(*next.one);
  } else {
    next.job->run(*next.job);
  }
  return true;
}

void deterministic_scheduler::run_fiber(detail::fiber& one) {
  // Mostly short turns, so that others come in between any two operations; now and then a long one.
  constexpr std::array<std::int32_t, 4> budgets{0, 1, 3, 128};
  const detail::current_thread before = std::exchange(
      detail::current, {.running = &one, .sched = this, .worker = nullptr, .budget = 0});
  detail::current.budget = budgets[random() % budgets.size()];
  {
    const internal::throw_recording_scope recording;
    one.resume_point.resume();
  }
  // Null already: root_finished().
  const bool finished = std::exchange(detail::current.running, nullptr) == nullptr;
  if (finished) detail::finish_fiber(one);
  detail::current = before;
}

std::size_t deterministic_scheduler::run_until_idle(std::size_t most) {
  std::size_t turns = 0;
  while (step()) {
    if (++turns == most) {
      throw std::runtime_error("run_until_idle: still not idle after " + std::to_string(most) +
                               " turns (seed " + std::to_string(seed_) + ")");
    }
  }
  return turns;
}

void deterministic_scheduler::add_timer(detail::timer_node& node) {
  node.sequence = timer_sequence_++;
  node.index = 0;
  timers_.insert({{node.deadline, node.sequence}, &node});
}

bool deterministic_scheduler::remove_timer(detail::timer_node& node) noexcept {
  if (node.index == detail::timer_node::npos) return false;
  node.index = detail::timer_node::npos;
  return timers_.erase({{node.deadline, node.sequence}, &node}) != 0;
}

std::optional<time_point> deterministic_scheduler::next_timer() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->first.first;
}

void deterministic_scheduler::fire_due() {
  while (!timers_.empty() && timers_.begin()->first.first <= clock_.now()) {
    detail::timer_node* const due = timers_.begin()->second;
    timers_.erase(timers_.begin());
    due->index = detail::timer_node::npos;
    due->fire(due);
  }
  for (detail::context_state* one : std::exchange(expired_, {})) {
    detail::end(*one, detail::context_status::expired);
    detail::release(*one);
  }
}

void deterministic_scheduler::look_if_due() {
  if (look_ != nullptr && next_look_ <= clock_.now()) next_look_ = look_->look(clock_.now());
}

void deterministic_scheduler::advance_to(time_point until, std::size_t most) {
  run_until_idle(most);
  for (;;) {
    const time_point next = std::min(next_timer().value_or(never), next_look_);
    if (next == never || next > until) break;
    clock_.set(next);
    fire_due();
    run_until_idle(most);
    look_if_due();
    run_until_idle(most);
  }
  clock_.set(until);
}

bool deterministic_scheduler::submit_blocking(detail::blocking_job& job) {
  if (stopped_) return false;
  ready_.push_back({nullptr, &job});
  return true;
}

bool deterministic_scheduler::wait(detail::blocker& what, time_point) {
  while (!what.done) {
    if (!step()) return false;
  }
  return true;
}

bool deterministic_scheduler::wait_until_empty(time_point until, const std::atomic<bool>*) {
  try {
    run_until_idle(most_turns);
    for (auto next = next_timer(); alive_ != 0 && next && *next <= until; next = next_timer()) {
      advance_to(*next, most_turns);
    }
  } catch (const std::runtime_error&) {  // not idle after so many turns
    // A shutdown, perhaps the destructor's, has its patience, and says who is still there.
    if (until == never) throw;
    return false;
  }
  if (alive_ != 0 && until != never) clock_.set(until);
  return alive_ == 0;
}

deterministic_runtime::deterministic_runtime(std::uint64_t seed, logger log, health_options health)
    : deterministic_runtime(std::make_shared<deterministic_scheduler>(seed),
                            {.log = std::move(log), .health = health}) {}

deterministic_runtime::deterministic_runtime(std::shared_ptr<deterministic_scheduler> made,
                                             runtime_options options)
    : runtime(made, std::move(options)), deterministic_(std::move(made)) {}

deterministic_runtime::~deterministic_runtime() = default;

bool deterministic_runtime::step() { return deterministic_->step(); }
std::size_t deterministic_runtime::run_until_idle(std::size_t most) {
  return deterministic_->run_until_idle(most);
}
void deterministic_runtime::advance(duration by) {
  deterministic_->advance_to(later(now(), by), most_turns);
}
std::optional<time_point> deterministic_runtime::next_timer() const {
  return deterministic_->next_timer();
}
std::uint64_t deterministic_runtime::seed() const noexcept { return deterministic_->seed(); }
std::uint64_t deterministic_runtime::trace() const noexcept { return deterministic_->trace(); }
std::size_t deterministic_runtime::alive() const noexcept { return deterministic_->alive(); }

}  // namespace troupe::testing

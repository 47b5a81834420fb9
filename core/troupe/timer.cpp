#include <troupe/timer.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace troupe {

namespace detail {

void wait_timer::start(fiber& self, std::uint64_t id, std::uint32_t index, time_point when) {
  who_ = &self;
  wait_ = id;
  index_ = index;
  home_ = self.sched;
  deadline = when;
  fire = [](timer_node* node) noexcept {
    auto& timer = *static_cast<wait_timer*>(node);
    timer.who_->fire(timer.wait_, timer.index_);
  };
  home_->add_timer(*this);
}

void wait_timer::stop() noexcept {
  if (home_ != nullptr) std::exchange(home_, nullptr)->remove_timer(*this);
}

bool sleep_awaiter::await_suspend(std::coroutine_handle<> at) {
  fiber& self = running_fiber("sleep_for");
  self.resume_point = at;
  const time_point now = self.sched->now();
  if (from_now_ != duration::min()) when_ = later(now, from_now_);
  const bool cancelable = ends_with_fiber(ctx_);
  const std::uint64_t id = self.open_wait(wait_kind::timer, cancelable);
  if (!link_.open(self, id, ctx_)) {
    self.fired = fired_canceled;
    return yield_if_spent(self);
  }
  if (when_ <= now) {
    self.fired = cancelable && self.scope.ended() ? fired_canceled : 0;
    self.sched->yield(self);
    return true;
  }
  timer_.start(self, id, 0, when_);
  return self.park(id) || yield_if_spent(self);
}

result<> sleep_awaiter::await_resume() {
  fiber& self = *current.running;
  timer_.stop();
  link_.close();
  if (self.fired == fired_canceled) return fail(cancel_reason(self, ctx_));
  return {};
}

bool after_source::arm(fiber& self, std::uint64_t id) {
  if (from_now_ <= duration::zero()) return false;
  timer_.start(self, id, index, later(self.sched->now(), from_now_));
  return true;
}

bool done_source::arm(fiber& self, std::uint64_t id) {
  if (context_.err()) return false;
  if (context_.state() == nullptr) return true;
  waiter_.who = &self;
  waiter_.wait = id;
  waiter_.index = index;
  registered_ = add_waiter(*context_.state(), waiter_, *self.sched);
  return registered_;
}

void done_source::disarm() noexcept {
  if (!registered_) return;
  registered_ = false;
  remove_waiter(*context_.state(), waiter_);
}

error done_source::reason() const noexcept { return context_.err().value_or(errc::canceled); }

}  // namespace detail

// The timer stays armed between waits. `due` and `wait` are a Dekker pair (seq_cst): fire stores
// due and reads the wait, arm stores the wait and reads due; one of them sees the other.
struct every::ticker : detail::timer_node {
  duration period{};
  detail::scheduler* home = nullptr;  // set while armed
  std::shared_ptr<detail::scheduler> keep;
  std::atomic<bool> due{false};
  std::atomic<detail::fiber*> who{nullptr};
  std::atomic<std::uint64_t> wait{0};
  std::atomic<std::uint32_t> source_index{0};  // stored before `wait`
  bool stopped = false;

  void start(detail::scheduler& sched, time_point first) {
    if (keep.get() != &sched) keep = sched.shared_from_this();
    home = &sched;
    deadline = first;
    fire = [](detail::timer_node* node) noexcept {
      auto& self = *static_cast<ticker*>(node);
      self.due.store(true);
      const std::uint64_t waiting = self.wait.load();
      if (waiting != 0) self.who.load()->fire(waiting, self.source_index.load());
    };
    sched.add_timer(*this);
  }
  /// The tick that is due has been delivered. The beat goes on from where it was; what was missed
  /// in between is skipped.
  void consume() {
    wait.store(0);
    due.store(false);
    const time_point now = home->now();
    time_point next = deadline + period;
    if (next <= now) next += (now - next) / period * period + period;
    start(*home, next);
  }
  /// The one it was armed on may have stopped, and have another clock. A tick that is due stays so.
  void move_to(detail::scheduler& sched) {
    cancel();
    const time_point now = sched.now();
    if (due.load()) {
      keep = sched.shared_from_this();
      home = &sched;
      deadline = now;
    } else {
      start(sched, std::clamp(deadline, now, later(now, period)));
    }
  }
  void cancel() noexcept {
    if (home != nullptr) home->remove_timer(*this);
    home = nullptr;
  }
};

every::every(duration period) : state_(std::make_unique<ticker>()) {
  if (period <= duration::zero()) throw usage_error("every: the period must be positive");
  state_->period = period;
}
every::every(every&&) noexcept = default;
every::~every() {
  if (state_) state_->cancel();
}

void every::reset(duration period) {
  if (period <= duration::zero()) throw usage_error("every::reset: the period must be positive");
  stop();
  state_->stopped = false;
  state_->period = period;
  if (detail::current.sched != nullptr) {
    state_->start(*detail::current.sched, later(detail::current.sched->now(), period));
  }
}

void every::stop() noexcept {
  state_->cancel();
  state_->due.store(false);
  state_->stopped = true;
}

duration every::period() const noexcept { return state_->period; }

bool detail::every_source::arm(fiber& self, std::uint64_t id) {
  every::ticker& ticker = *ticker_;
  if (ticker.stopped) return true;
  if (ticker.home == nullptr) {
    ticker.start(*self.sched, later(self.sched->now(), ticker.period));
  } else if (ticker.home != self.sched) [[unlikely]] {
    ticker.move_to(*self.sched);
  }
  ticker.wait.store(0);  // never an old wait with a new index
  ticker.source_index.store(index);
  ticker.who.store(&self);
  ticker.wait.store(id);
  if (!ticker.due.load()) {
    waits_ = true;
    return true;
  }
  ticker.consume();
  return false;
}

// A tick that ended the wait has been delivered; one that came too late stays due.
void detail::every_source::disarm() noexcept {
  if (!std::exchange(waits_, false) || current.running == nullptr) return;
  if (current.running->fired == index) ticker_->consume();
}

}  // namespace troupe

#include <troupe/detail/input_set.hpp>

#include <troupe/signal/signal.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace troupe::detail {

void input_set::add(std::unique_ptr<signal_input> one) {
  if (all_.size() + 1 == most_sources) {  // one more is the window's timer
    throw usage_error("computed_signal: too many inputs, " + std::to_string(most_sources));
  }
  states_.push_back({.at = &one->at});
  all_.push_back(std::move(one));
}

void input_set::begin() {
  for (const auto& one : all_) one->begin();
  was_live_ = std::ranges::any_of(all_, [](const auto& one) { return one->live; });
}

void input_set::leave() noexcept {
  for (const auto& one : all_) one->leave();
  touched_ = false;
  behind_ = false;
  begun_.clear();
}

void input_set::align() noexcept {
  if (!aligned_ || all_.size() < 2) return;
  for (std::size_t i = 0; i != all_.size(); ++i) states_[i].live = all_[i]->live;
  behind_ = find_behind(states_);
}

void input_set::accept(signal_input& one, time_point now) {
  one.accept();
  was_live_ = was_live_ || one.live;
  if (!touched_) due_ = later(now, window_);
  touched_ = true;
}

void input_set::receive(std::size_t i, bool filled, time_point now) {
  if (filled && aligned_) accept(*all_[i], now);
  if (filled && !aligned_) all_[i]->hold();
  align();
}

bool input_set::see_held(time_point now) {
  signal_input* first = nullptr;
  for (const auto& one : all_) {
    if (one->held_number == 0) continue;
    if (first == nullptr || one->held_number < first->held_number) first = one.get();
  }
  if (first == nullptr) return false;
  accept(*first, now);
  return true;
}

input_set::step input_set::next(time_point now) const noexcept {
  const bool ended = std::ranges::none_of(all_, [](const auto& one) { return one->live; });
  if (touched_ && !behind_ && (ended || !waits_for_window() || now >= due_)) return step::update;
  return ended ? step::ended : step::wait;
}

time_point input_set::due() const noexcept {
  return touched_ && !behind_ && waits_for_window() ? due_ : never;
}

stamp input_set::begin_update() {
  touched_ = false;
  begun_.clear();
  // The stamp of one that has ended is no promise: nobody is to wait until it shows the next
  // change.
  const bool any_live = std::ranges::any_of(all_, [](const auto& one) { return one->live; });
  for (const auto& one : all_) {
    if (one->live || !any_live) merge_into(begun_, one->at);
  }
  return begun_;
}

stamp input_set::take_crashed() noexcept {
  stamp crashed = std::exchange(begun_, {});
  if (!crashed.empty()) end_update();
  return crashed;
}

bool input_set::worth_updating() const noexcept {
  return std::ranges::any_of(all_, [](const auto& one) { return one->changed; }) &&
         (!aligned_ || std::ranges::all_of(all_, [](const auto& one) { return one->has_value; }));
}

void input_set::end_update() noexcept {
  for (const auto& one : all_) one->changed = false;
  begun_.clear();
}

const void* input_set::find(const signal_hub& hub) const noexcept {
  for (const auto& one : all_) {
    if (one->hub.get() == &hub) return one->value;
  }
  return nullptr;
}

input_wait::input_wait(input_set& of)
    : of_(&of),
      sources_(of.all().size()),
      due_(of),
      operation_(sources_, std::span(others_, of.waits_for_window() ? 1U : 0U)) {
  for (std::size_t i = 0; i != sources_.size(); ++i) {
    of.all()[i]->bind(sources_[i]);
    sources_[i].waiter.index = static_cast<std::uint32_t>(i);
  }
  due_.index = static_cast<std::uint32_t>(sources_.size());
}

input_wait::~input_wait() {
  for (std::size_t i = 0; i != sources_.size(); ++i) {
    if (sources_[i].waiter.filled) of_->all()[i]->discard();
  }
}

bool input_wait::await_ready() {
  for (std::size_t i = 0; i != sources_.size(); ++i) sources_[i].enabled = of_->wants(i);
  seen_ = see_held();
  ready_ = seen_ || operation_.begin(*current.running);
  return ready_ && !spend_budget();
}

bool input_wait::see_held() {
  if (of_->counter() == nullptr) return false;
  for (const inbox_source& one : sources_) {
    if (one.enabled && one.inbox->size() != 0) return false;
  }
  return of_->see_held(now());
}

bool input_wait::await_resume() {
  if (seen_) return true;
  fiber& self = *current.running;
  operation_.end(self);
  if (self.fired == fired_canceled) return false;
  if (self.fired < sources_.size()) {
    receive_waiter& waiter = sources_[self.fired].waiter;
    of_->receive(self.fired, std::exchange(waiter.filled, false), now());
  }
  return true;
}

task<bool> until_alive(std::shared_ptr<signal_base> source) {
  input_set only(duration::zero(), false);
  only.add(signal_internals::make_input(std::move(source), only.counter()));
  input_wait wait(only);
  while (!only.all().front()->live) {
    if (!co_await wait) co_return false;
  }
  co_return true;
}

bool input_wait::due_source::arm(fiber& self, std::uint64_t id) {
  const time_point due = of_->due();
  if (due == never) return true;
  if (due <= self.sched->now()) return false;
  timer_.start(self, id, index, due);
  return true;
}

}  // namespace troupe::detail

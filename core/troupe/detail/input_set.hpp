#pragma once

// The inputs of a computed signal, and the wait for their messages.
//
// input_set decides, after each message, whether it is time for an update: when something has come,
// the coalesce window that this opened is over, and the inputs fit together (stamp.hpp). While they
// do not, only those that are behind are received from: what the others have to say waits in their
// buffers, so that the inputs meet at a change that all of them show.
//
// Of a set that is not to be aligned (merge) messages are seen in the order in which they were
// told, whichever input they come from. They carry numbers of one counter. The first message of
// each input is received and held; when there is none that could be, the lowest number is seen.

#include <troupe/clock.hpp>
#include <troupe/detail/context_extra.hpp>
#include <troupe/detail/receive.hpp>
#include <troupe/detail/signal_input.hpp>
#include <troupe/detail/stamp.hpp>
#include <troupe/task.hpp>
#include <troupe/timer.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace troupe::detail {

class input_set final : public evaluation {
 public:
  enum class step : std::uint8_t { wait, update, ended };

  /// `aligned`: updates wait until the inputs fit together; else they are in the order of messages.
  input_set(duration window, bool aligned) noexcept : window_(window), aligned_(aligned) {}

  /// What numbers the messages of all inputs; null where their order does not matter.
  [[nodiscard]] std::atomic<std::uint64_t>* counter() noexcept {
    return aligned_ ? nullptr : &counter_;
  }
  void add(std::unique_ptr<signal_input> one);
  [[nodiscard]] std::span<const std::unique_ptr<signal_input>> all() const noexcept { return all_; }
  template <class V>
  [[nodiscard]] const V& present(std::size_t i) const noexcept {
    return static_cast<const input_of<V>&>(*all_[i]).present();
  }
  [[nodiscard]] bool waits_for_window() const noexcept { return window_ > duration::zero(); }

  /// A run begins: what inputs could not tell meanwhile they tell now.
  void begin();
  /// The runs are over, until the next begins: nothing more is told to it, nor kept for that one.
  void leave() noexcept;
  /// Has any input been alive in this run?
  [[nodiscard]] bool was_live() const noexcept { return was_live_; }
  /// Input `i` has a message, if it is `filled`.
  void receive(std::size_t i, bool filled, time_point now);
  /// What is to be done at `now`.
  [[nodiscard]] step next(time_point now) const noexcept;
  /// May input `i` be received from?
  [[nodiscard]] bool wants(std::size_t i) const noexcept {
    return aligned_ ? !behind_ || states_[i].behind : all_[i]->held_number == 0;
  }
  /// Nothing can be received now from the inputs that it wants: is there a message that was held?
  /// Then it is seen.
  [[nodiscard]] bool see_held(time_point now);
  /// When the window is over; `never` while no update waits for that alone.
  [[nodiscard]] time_point due() const noexcept;

  /// The update begins: the stamp of what it makes.
  [[nodiscard]] stamp begin_update();
  /// The stamp of an update that was begun and crashed: it will not be made any more, and those who
  /// wait for it are to be told so. Once; empty if there is none.
  [[nodiscard]] stamp take_crashed() noexcept;
  /// Has anything changed since the last update, and has every input a value?
  [[nodiscard]] bool worth_updating() const noexcept;
  void end_update() noexcept;
  /// It was not made after all: the next run is to make it.
  void put_off_update() noexcept {
    touched_ = true;
    begun_.clear();
  }

  [[nodiscard]] const void* find(const signal_hub& hub) const noexcept override;

 private:
  void align() noexcept;
  void accept(signal_input& one, time_point now);

  std::atomic<std::uint64_t> counter_{0};  // outlives the inputs
  std::vector<std::unique_ptr<signal_input>> all_;
  std::vector<input_state> states_;  // of all_, for find_behind
  duration window_;
  bool aligned_;
  bool was_live_ = false;
  bool touched_ = false;  // something has come since the last update
  bool behind_ = false;   // an input has still to show what another one shows
  stamp begun_;           // of the update that is going on
  time_point due_{};      // when the window is over that the first of it has opened
};

/// The wait for the next message of an input_set, laid out once for all turns of a run.
class input_wait {
 public:
  explicit input_wait(input_set& of);
  input_wait(const input_wait&) = delete;
  input_wait& operator=(const input_wait&) = delete;
  ~input_wait();

  bool await_ready();
  void await_suspend(std::coroutine_handle<> at) const noexcept {
    fiber& self = *current.running;
    self.resume_point = at;
    if (ready_) self.sched->yield(self);
  }
  /// False: the fiber has been canceled. True: input_set::next knows more.
  bool await_resume();

 private:
  class due_source final : public wait_source {
   public:
    explicit due_source(const input_set& of) noexcept : of_(&of) {}
    bool arm(fiber& self, std::uint64_t id) override;
    void disarm() noexcept override { timer_.stop(); }

   private:
    const input_set* of_;
    wait_timer timer_;
  };

  [[nodiscard]] bool see_held();
  [[nodiscard]] time_point now() const {
    return of_->waits_for_window() ? current.sched->now() : time_point{};
  }

  input_set* of_;
  std::vector<inbox_source> sources_;
  due_source due_;
  wait_source* others_[1] = {&due_};
  receive_operation operation_;
  bool ready_ = false;
  bool seen_ = false;  // a message that was held: nothing is waited for
};

/// While it lives, the running fiber's update sees the inputs as they are in the set.
class evaluation_scope {
 public:
  explicit evaluation_scope(const evaluation& what) : of_(&extra_of(current.running->scope)) {
    of_->evaluating = &what;
  }
  evaluation_scope(const evaluation_scope&) = delete;
  evaluation_scope& operator=(const evaluation_scope&) = delete;
  ~evaluation_scope() { of_->evaluating = nullptr; }

 private:
  context_extra* of_;  // a frame that is destroyed while it waits is destroyed before its fiber
};

/// Waits until `source`, which has ended, is running again. False: canceled before.
[[nodiscard]] task<bool> until_alive(std::shared_ptr<signal_base> source);

}  // namespace troupe::detail

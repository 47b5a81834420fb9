#pragma once

// A small exhaustive explorer of interleavings, for structures that take their atomics as a
// template parameter. Model threads run as stackful contexts on one real thread; every operation
// on model::atomic is a point where another thread may go on instead. explore() runs the program
// once for each schedule, depth first, until none is left.
//
// The memory model is sequential consistency: memory orders are accepted and ignored, a weak
// compare-exchange fails only for a reason. What weaker orders allow is ThreadSanitizer's business.
//
// Schedules that differ only in the order of independent operations are run once (sleep sets).
// This is sound where threads share nothing but model::atomic between operations, or plain data
// that those atomics keep apart; switch `reduce` off for anything else.

#include <array>
#include <bit>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stack_context.hpp"

namespace model {

struct options {
  int max_preemptions = -1;                 // -1: all schedules; n >= 0 also turns `reduce` off
  std::uint64_t max_schedules = 2'000'000;  // reaching it is a failure unless `allow_incomplete`
  bool allow_incomplete = false;
  bool reduce = true;
  std::string replay = {};  // a report's `schedule`: run this one only
};

struct report {
  bool complete = false;  // every schedule that the options ask for was run
  std::uint64_t schedules = 0;
  std::string failure = {};   // empty: passed
  std::string schedule = {};  // the failing one: a digit for the thread that took each step

  bool ok() const { return failure.empty(); }
};

/// What one run consists of; `explore` asks for it anew for each schedule.
struct program {
  std::vector<std::function<void()>> threads;  // at most 8
  std::function<void()> finally;               // after all threads have ended
};

namespace detail {

enum class access : std::uint8_t { none, read, write, pause };

struct operation {
  const void* object = nullptr;
  access kind = access::none;
};

inline bool independent(operation a, operation b) {
  if (a.kind == access::none || b.kind == access::none) return true;
  const bool writes = a.kind == access::write || b.kind == access::write;
  if (a.kind == access::pause || b.kind == access::pause) return !writes;
  return a.object != b.object || !writes;
}

struct check_failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct model_thread {
  stack_context context;
  std::function<void()> body;
  operation next;  // what it will do when it is chosen
  bool finished = true;
  bool abandoned = true;     // its context has to be prepared anew
  std::uint64_t writes = 0;  // its own changes, and those of others when its last pause ended
  std::uint64_t seen = 0;
};

class engine {
  using mask = std::uint32_t;
  static constexpr int nobody = -1;
  static constexpr std::size_t max_steps = 10'000;
  struct node {  // one decision on the path from the start of the program
    mask allowed, sleep, done;
    int chosen;
  };

 public:
  static inline thread_local engine* active = nullptr;

  explicit engine(options o) : options_(std::move(o)) {
    options_.reduce = options_.reduce && options_.max_preemptions < 0;
    main_.adopt_thread();
  }
  engine(const engine&) = delete;

  report explore(const std::function<program()>& setup) {
    report out;
    do {
      if (out.schedules == options_.max_schedules) {
        if (!options_.allow_incomplete)
          out.failure = "incomplete: max_schedules = " + std::to_string(out.schedules) +
                        " reached; make the program smaller, or bound or raise the search";
        return out;
      }
      ++out.schedules;
      run(setup);
      if (!failure_.empty()) {
        out.failure = failure_ + " (schedule " + trace_ + ")";
        out.schedule = trace_;
        return out;
      }
    } while (backtrack());
    out.complete = options_.replay.empty();
    return out;
  }

  bool in_thread() const { return inside_; }

  void point(operation op) {
    model_thread& self = current();
    self.next = op;
    leave(self);
    if (op.kind == access::pause) self.seen = writes_ - self.writes;
  }

  void changed() {
    ++writes_;
    ++current().writes;
  }

  void fail(std::string_view why) {
    if (!inside_) throw check_failed(std::string(why));
    failure_ = why;
    // Nothing unwinds this stack: the operation may stand in a noexcept function.
    current().context.switch_to(main_);
  }

 private:
  void run(const std::function<program()>& setup) {
    trace_.clear();
    depth_ = 0;
    writes_ = 0;
    sleep_ = 0;
    preemptions_ = 0;
    tail_ = !options_.replay.empty();
    active = this;
    try {
      program p = setup();
      if (p.threads.size() > threads_.size()) throw check_failed("program: more than 8 threads");
      count_ = static_cast<int>(p.threads.size());
      starting_ = inside_ = true;  // each runs up to its first operation
      for (int i = 0; i < count_ && failure_.empty(); ++i) {
        running_ = i;
        start(thread(i), std::move(p.threads[static_cast<std::size_t>(i)]));
      }
      starting_ = false;
      running_ = nobody;
      if (failure_.empty() && (running_ = decide()) != nobody) main_.switch_to(current().context);
      inside_ = false;
      for (auto& t : threads_) {
        t.abandoned = t.abandoned || !t.finished;
        t.body = nullptr;
      }
      if (failure_.empty() && p.finally) p.finally();
    } catch (const check_failed& e) {
      failure_ = e.what();
    }
    active = nullptr;
  }

  void start(model_thread& t, std::function<void()> body) {
    t.body = std::move(body);
    t.finished = false;
    t.writes = t.seen = 0;
    if (t.abandoned) t.context.prepare([] { active->loop(); });
    t.abandoned = false;
    main_.switch_to(t.context);
  }

  void loop() {  // a context is used for schedule after schedule
    stack_context::arrive(main_);
    model_thread& self = current();
    for (;;) {
      try {
        self.body();
      } catch (const std::exception& e) {
        failure_ = std::string("exception: ") + e.what();
      }
      self.finished = true;
      leave(self);
    }
  }

  void leave(model_thread& self) {
    const int to = starting_ || !failure_.empty() ? nobody : decide();
    if (to == running_) return;
    running_ = to;
    self.context.switch_to(to == nobody ? main_ : thread(to).context);
  }

  model_thread& thread(int i) { return threads_[static_cast<std::size_t>(i)]; }
  model_thread& current() { return thread(running_); }
  operation next(int i) { return thread(i).next; }

  static constexpr mask bit(int thread) { return mask{1} << thread; }

  mask runnable() {
    mask enabled = 0;
    bool unfinished = false;
    for (int t = 0; t < count_; ++t) {
      const model_thread& one = thread(t);
      if (one.finished) continue;
      unfinished = true;
      if (one.next.kind != access::pause || writes_ - one.writes > one.seen) enabled |= bit(t);
    }
    if (unfinished && enabled == 0) failure_ = "deadlock: every unfinished thread waits";
    if (trace_.size() > max_steps) failure_ = "livelock: more than 10000 steps";
    return failure_.empty() ? enabled : 0;
  }

  int prefer(mask from) const {
    return running_ != nobody && (from & bit(running_)) ? running_ : std::countr_zero(from);
  }

  int decide() {
    mask allowed = runnable();
    if (allowed == 0) return nobody;
    const bool could_go_on =
        running_ != nobody && (allowed & bit(running_)) && next(running_).kind != access::none;
    if (could_go_on && preemptions_ == options_.max_preemptions) allowed = bit(running_);
    int chosen = nobody;
    if (trace_.size() < options_.replay.size()) {
      chosen = options_.replay[trace_.size()] - '0';
      if (chosen < 0 || chosen >= count_ || !(allowed & bit(chosen)))
        return failure_ = "replay: the schedule does not fit this program", nobody;
    } else if (depth_ < path_.size()) {
      chosen = path_[depth_].chosen;
    } else if (tail_ || (allowed & ~sleep_) == 0) {
      tail_ = true;  // a repetition of an earlier schedule: only brought to its end
      chosen = prefer(allowed);
    } else {
      chosen = prefer(allowed & ~sleep_);
      path_.push_back({allowed, sleep_, 0, chosen});
    }
    if (!tail_) {
      const node& n = path_[depth_++];
      sleep_ = 0;
      for (int t = 0; options_.reduce && t < count_; ++t)
        if (((n.sleep | n.done) & bit(t)) && independent(next(t), next(chosen))) sleep_ |= bit(t);
    }
    if (could_go_on && chosen != running_) ++preemptions_;
    trace_ += static_cast<char>('0' + chosen);
    return chosen;
  }

  bool backtrack() {
    for (; !path_.empty(); path_.pop_back()) {
      node& n = path_.back();
      n.done |= bit(n.chosen);
      if (const mask left = n.allowed & ~n.sleep & ~n.done) {
        n.chosen = std::countr_zero(left);
        return true;
      }
    }
    return false;
  }

  options options_;
  stack_context main_;
  std::array<model_thread, 8> threads_;
  int count_ = 0;
  int running_ = nobody;
  bool starting_ = false;
  bool inside_ = false;  // a model thread runs, not set-up or `finally`
  bool tail_ = false;
  std::vector<node> path_;
  std::size_t depth_ = 0;
  mask sleep_ = 0;  // threads whose next step here would only repeat an earlier schedule
  int preemptions_ = 0;
  std::uint64_t writes_ = 0;  // operations that changed a value
  std::string trace_;
  std::string failure_;
};

inline void point(const void* object, access kind) {
  if (engine::active && engine::active->in_thread()) engine::active->point({object, kind});
}

inline void changed() {
  if (engine::active && engine::active->in_thread()) engine::active->changed();
}

}  // namespace detail

/// Runs every schedule of the program that `setup` makes.
inline report explore(const std::function<program()>& setup, options o = {}) {
  return detail::engine(std::move(o)).explore(setup);
}

/// Fails the schedule being run.
inline void check(bool holds, std::string_view what) {
  if (!holds) detail::engine::active->fail(what);
}

/// A place where another thread may go on. Not for waiting loops: those take pause().
inline void yield() { detail::point(nullptr, detail::access::none); }

/// The body of a waiting loop: blocks until another thread has changed some atomic since this
/// thread's last pause ended. A loop that nobody will ever end shows as a deadlock.
inline void pause() { detail::point(nullptr, detail::access::pause); }

}  // namespace model

// The life of a wait (detail/fiber.hpp) under every interleaving: a wait ends exactly once, by one
// source, and is never lost; a source that comes too late does nothing; nobody resumes a fiber
// while its last worker is still inside await_suspend. Each step names the function it mirrors. The
// mutations take away one precaution each, and the explorer has to find what that breaks.
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"
#include "lock.hpp"

namespace {

using model::check;
using model::program;

enum class mutation {
  none,
  forgets_early_fire,       // fire() leaves no `pending`
  ignores_the_id,           // fire() looks at `parked` alone
  looks_before_parking,     // a call reads its scope before it has parked only
  parks_after_the_push,     // a call stores `parked` after its request is out
  ignores_pending,          // a call does not look for an early fire of its own context
  does_not_wait_for_worker  // execute() does not look at on_worker
};

constexpr int nothing = -1;
constexpr int canceled = -2;

/// The larger programs are searched with every choice of up to three preemptions.
model::report explore_bounded(const std::function<program()>& setup) {
  return model::explore(setup, {.max_preemptions = 3});
}

/// What detail::fiber is for one wait after another.
struct fiber {
  model::lock lock;
  model::atomic<bool> parked{false};
  model::atomic<int> wait{0};
  model::atomic<bool> ended{false};  // the scope's status
  model::atomic<int> scheduled{0};   // how often it stands in a run queue
  model::atomic<bool> on_worker{true};
  model::atomic<bool> in_use{true};  // its frame, by await_suspend
  int fired = nothing;               // these three under `lock`
  int pending = nothing;
  int pending_wait = 0;
  mutation broken = mutation::none;

  void schedule() { check(scheduled.fetch_add(1) == 0, "queued twice"); }
  void unpark(int index) {
    fired = index;
    parked.store(false);
  }
  bool parked_in(int id) { return parked.load() && wait.load() == id; }

  /// fiber::open_wait
  int open_wait() {
    const int id = wait.load() + 1;
    wait.store(id);
    return id;
  }
  /// fiber::park
  bool park(int id) {
    return model::with(lock, [&] {
      if (pending_wait == id) {
        fired = pending;
        return false;
      }
      if (ended.load()) {
        fired = canceled;
        return false;
      }
      parked.store(true);
      return true;
    });
  }
  /// fiber::fire
  void fire(int id, int index) {
    const bool woken = model::with(lock, [&] {
      const bool here = broken == mutation::ignores_the_id ? parked.load() : parked_in(id);
      if (here) {
        unpark(index);
        return true;
      }
      const bool early = broken != mutation::forgets_early_fire;
      if (early && wait.load() == id && pending_wait != id) {
        pending_wait = id;
        pending = index;
      }
      return false;
    });
    if (woken) schedule();
  }
  /// end() of its scope, and fiber::cancel_wait
  void cancel() {
    ended.store(true);
    const bool woken = model::with(lock, [&] {
      if (!parked.load()) return false;
      unpark(canceled);
      return true;
    });
    if (woken) schedule();
  }
  /// Waits to be taken from the run queue.
  void run_again() {
    while (scheduled.load() == 0) model::pause();
    scheduled.fetch_sub(1);
  }
};

// Two sources and the end of the scope, over two waits: the second is registered nowhere.
program two_sources(mutation broken, bool with_cancel) {
  auto f = std::make_shared<fiber>();
  f->broken = broken;
  const int first = f->open_wait();
  program p;
  p.threads.push_back([=] {
    if (f->park(first)) f->run_again();
    check(f->fired == 1 || f->fired == 2 || f->fired == canceled, "ended by nobody");
    const int second = f->open_wait();
    if (f->park(second) && with_cancel) f->run_again();
  });
  p.threads.push_back([=] { f->fire(first, 1); });
  p.threads.push_back([=] {
    f->fire(first, 2);
    if (with_cancel) f->cancel();
  });
  p.finally = [=] {
    check(f->scheduled.load() == 0, "woken by a source of an earlier wait");
    check(f->parked.load() != with_cancel, "the second wait");
    if (with_cancel) check(f->fired == canceled, "the second wait can only be canceled");
  };
  return p;
}

TEST(wait_protocol, a_wait_ends_once_and_late_sources_do_nothing) {
  for (const bool with_cancel : {false, true}) {
    const auto found = explore_bounded([=] { return two_sources(mutation::none, with_cancel); });
    EXPECT_TRUE(found.ok()) << found.failure;
  }
}

TEST(wait_protocol, an_early_fire_that_is_forgotten_is_found) {
  EXPECT_FALSE(
      explore_bounded([] { return two_sources(mutation::forgets_early_fire, false); }).ok());
}

TEST(wait_protocol, a_source_that_does_not_look_at_the_id_is_found) {
  EXPECT_FALSE(explore_bounded([] { return two_sources(mutation::ignores_the_id, false); }).ok());
}

// A call parks without its lock (call_awaiter::await_suspend). Against it: the callee that answers
// (reply_address::deliver), the end of the scope, and the end of a context of its own.
program call(mutation broken, bool with_context) {
  struct world {
    fiber caller;
    model::lock inbox;
    bool request = false;  // in the inbox; under its lock
    model::atomic<bool> answered{false};
    model::atomic<bool> refused{false};
    bool goes_on = false;  // await_suspend gave false
  };
  auto w = std::make_shared<world>();
  fiber& caller = w->caller;
  caller.broken = broken;
  const int id = caller.open_wait();  // and context_link::open
  program p;
  p.threads.push_back([=, &caller] {
    auto take_back = [&](int fired) {  // call_awaiter::take_back
      return model::with(caller.lock, [&] {
        if (!caller.parked_in(id)) return false;
        caller.unpark(fired);
        return true;
      });
    };
    if (caller.ended.load()) {
      w->goes_on = true;
      return;
    }
    if (broken != mutation::parks_after_the_push) caller.parked.store(true);
    model::with(w->inbox, [&] { w->request = true; });
    if (broken == mutation::parks_after_the_push) caller.parked.store(true);
    if (broken != mutation::looks_before_parking && caller.ended.load()) {
      w->goes_on = take_back(canceled);
    } else if (with_context && broken != mutation::ignores_pending) {
      // call_awaiter::take_back_if_fired
      w->goes_on = model::with(caller.lock, [&] {
        const bool fired = caller.pending_wait == id && caller.parked_in(id);
        if (fired) caller.unpark(caller.pending);
        return fired;
      });
    }
  });
  p.threads.push_back([=, &caller] {
    const bool got = model::with(w->inbox, [&] { return w->request; });
    if (!got) return;
    const bool woken = model::with(caller.lock, [&] {
      if (!caller.parked_in(id)) return false;
      caller.unpark(1);
      return true;
    });
    (woken ? w->answered : w->refused).store(true);
    if (woken) caller.schedule();
  });
  p.threads.push_back([=, &caller] {
    if (with_context) {
      caller.fire(id, canceled);
    } else {
      caller.cancel();
    }
  });
  p.finally = [=, &caller] {
    const bool queued = caller.scheduled.load() == 1;
    check(!caller.parked.load(), "the call was canceled, and still waits");
    check(queued != w->goes_on, "goes on and is queued as well, or neither");
    if (w->answered.load()) check(caller.fired == 1, "answered, and ended by another source");
    if (w->goes_on) check(!w->answered.load(), "answered and taken back");
  };
  return p;
}

TEST(wait_protocol, a_call_that_parks_without_its_lock_is_answered_or_canceled) {
  for (const bool with_context : {false, true}) {
    const auto found = explore_bounded([=] { return call(mutation::none, with_context); });
    EXPECT_TRUE(found.ok()) << found.failure;
  }
}

TEST(wait_protocol, a_call_that_looks_at_its_scope_too_early_is_found) {
  EXPECT_FALSE(explore_bounded([] { return call(mutation::looks_before_parking, false); }).ok());
}

TEST(wait_protocol, a_call_that_misses_the_end_of_its_own_context_is_found) {
  EXPECT_FALSE(explore_bounded([] { return call(mutation::ignores_pending, true); }).ok());
}

// Nothing cancels, and whoever has the request answers: the answer must not be refused.
program answered_call(mutation broken) {
  struct world {
    fiber caller;
    model::atomic<bool> request{false};
  };
  auto w = std::make_shared<world>();
  fiber& caller = w->caller;
  const int id = caller.open_wait();
  return {{[=, &caller] {
             if (broken != mutation::parks_after_the_push) caller.parked.store(true);
             w->request.store(true);
             if (broken == mutation::parks_after_the_push) caller.parked.store(true);
           },
           [=, &caller] {
             if (!w->request.load()) return;
             model::with(caller.lock, [&] {
               check(caller.parked_in(id), "the answer was refused");
               caller.unpark(1);
             });
             caller.schedule();
           }},
          {}};
}

TEST(wait_protocol, an_answer_finds_its_caller_parked) {
  EXPECT_TRUE(model::explore([] { return answered_call(mutation::none); }).ok());
  EXPECT_FALSE(model::explore([] { return answered_call(mutation::parks_after_the_push); }).ok());
}

// thread_scheduler::execute on two workers: the first is still inside await_suspend.
program two_workers(mutation broken) {
  auto f = std::make_shared<fiber>();
  const int id = f->open_wait();
  return {{[=] {
             if (!f->park(id)) return;
             model::yield();  // the rest of await_suspend, which may touch its frame
             f->in_use.store(false);
             f->on_worker.store(false);
           },
           [=] { f->fire(id, 1); },
           [=] {
             if (f->scheduled.load() == 0) return;
             if (broken != mutation::does_not_wait_for_worker) {
               while (f->on_worker.load()) model::pause();
             }
             check(!f->in_use.load(), "resumed while await_suspend runs");
           }},
          {}};
}

TEST(wait_protocol, a_fiber_is_resumed_after_its_last_worker_has_left_it) {
  const auto found = model::explore([] { return two_workers(mutation::none); });
  EXPECT_TRUE(found.ok()) << found.failure;
  EXPECT_FALSE(model::explore([] { return two_workers(mutation::does_not_wait_for_worker); }).ok());
}

}  // namespace

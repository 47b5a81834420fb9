// How an outbox gives back the memory of handlers that were unsubscribed (core/troupe/outbox.cpp),
// under every interleaving, with the emitter's stores delayed as a core delays them: a handler is
// destroyed once, and never while the emitter may still be at it. A step is named after the
// function it mirrors; there is one handler, and a single retired one counts as many.
#include <gtest/gtest.h>

#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"
#include "lock.hpp"
#include "store_buffer.hpp"

namespace {

using model::check;

enum class mutation {
  none,
  no_barrier,          // whoever unsubscribes makes the emitter pass none
  does_not_look_again  // at the emitter, once it has passed
};

struct outbox {
  model::buffered_atomic<bool> emitting{false};  // emitter_
  model::atomic<bool> listed{true};              // first_ is the handler, not null
  model::atomic<bool> attention{false};
  model::lock lock;
  model::atomic<bool> retired{false};  // under the lock
  model::atomic<int> destroyed{0};
  mutation broken = mutation::none;

  void destroy() { check(destroyed.fetch_add(1) == 0, "destroyed twice"); }

  void emit() {
    emitting.store(true, std::memory_order_relaxed);  // enter
    if (listed.load()) {
      check(destroyed.load() == 0, "the emitter reads a handler that is destroyed");
      model::yield();
      check(destroyed.load() == 0, "a handler is destroyed while it is called");
    }
    if (attention.load()) {  // leave_and_clean_up
      const bool mine = model::with(lock, [&] {
        attention.store(false);
        return retired.exchange(false);
      });
      emitting.exchange(false);  // giving the lock back and what follows: later is only safer
      if (mine) destroy();
    } else {
      emitting.store(false, std::memory_order_release);
    }
  }

  void unsubscribe() {
    const bool mine = model::with(lock, [&] {
      listed.store(false);
      retired.store(true);
      attention.store(true);
      return !emitting.load(std::memory_order_acquire) && retired.exchange(false);
    });
    if (!mine) return;
    if (broken != mutation::no_barrier) emitting.barrier();  // destroy_unless_walked
    if (broken == mutation::does_not_look_again || !emitting.load(std::memory_order_acquire)) {
      destroy();
      return;
    }
    model::with(lock, [&] {
      retired.store(true);
      attention.store(true);
    });
  }

  /// ~outbox_core: what nobody has taken back by then.
  void end() {
    if (retired.load()) destroy();
    check(destroyed.load() == 1, "never destroyed");
  }
};

model::report explore(mutation broken, int emits) {
  const auto setup = [=]() -> model::program {
    auto out = std::make_shared<outbox>();
    out->broken = broken;
    return {{[=] {
               for (int i = 0; i != emits; ++i) out->emit();
             },
             [=] { out->emitting.drain(static_cast<std::size_t>(2 * emits)); },
             [=] { out->unsubscribe(); }},
            [=] { out->end(); }};
  };
  return model::explore(setup, {.max_preemptions = 2});
}

TEST(outbox_model, a_handler_is_destroyed_once_and_not_under_the_emitter) {
  for (int emits : {1, 2}) {
    const auto found = explore(mutation::none, emits);
    EXPECT_TRUE(found.ok()) << found.failure;
    EXPECT_GT(found.schedules, 20U);
  }
}

TEST(outbox_model, without_the_barrier_it_is_found_to_be_destroyed_under_the_emitter) {
  EXPECT_FALSE(explore(mutation::no_barrier, 1).ok());
}

TEST(outbox_model, without_a_second_look_it_is_found_to_be_destroyed_under_the_emitter) {
  EXPECT_FALSE(explore(mutation::does_not_look_again, 1).ok());
}

}  // namespace

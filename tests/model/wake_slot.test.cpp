// The wake slot (core/troupe/internal/wake_slot.hpp) under every interleaving, with its owner's
// stores delayed as a core delays them: each item is taken once each time that it is put in, by its
// owner or by a raider. The mutations are what the code must not be.
#include <troupe/internal/wake_slot.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"
#include "store_buffer.hpp"

namespace {

struct item {
  int put = 0;
  int taken = 0;
};

class model_lock {
 public:
  void lock() {
    while (held_.exchange(true)) model::pause();
  }
  void unlock() { held_.store(false); }

 private:
  model::atomic<bool> held_{false};
};

enum class mutation : std::uint8_t {
  none,
  no_barrier,     // the raider makes nobody pass one
  owner_forgets,  // the owner does not look what has been raided
};

using slot_type =
    troupe::internal::wake_slot<item, model::atomic, model_lock, model::buffered_atomic>;

class slot : public slot_type {
 public:
  item* exchange(item* in, mutation broken) {
    if (broken != mutation::owner_forgets) return slot_type::exchange(in);
    item* const before = item_.load(std::memory_order_relaxed);
    item_.store(in);
    return before;
  }
  item* raid(mutation broken) {
    return slot_type::raid([&] {
      if (broken != mutation::no_barrier) item_.barrier();
    });
  }
  void drain() { item_.drain(); }
  void close() { item_.close(); }
};

struct world {
  slot of;
  std::array<item, 3> items;
  model::atomic<item*> woken{nullptr};  // one that was raided, and is to run again
  mutation broken = mutation::none;

  void put(item* in) {
    if (in != nullptr) ++in->put;
    take(of.exchange(in, broken));
  }
  static item* take(item* one) {
    if (one != nullptr) ++one->taken;
    return one;
  }
  void raid() {
    if (item* const one = take(of.raid(broken))) woken.store(one);
  }
};

/// A raider comes `raids` times.
model::report explore(const std::function<void(world&)>& owner, int raids,
                      mutation broken = mutation::none) {
  return model::explore(
      [=]() -> model::program {
        auto w = std::make_shared<world>();
        w->broken = broken;
        return {{[=] {
                   owner(*w);
                   w->of.close();
                 },
                 [w] { w->of.drain(); },
                 [w, raids] {
                   for (int i = 0; i != raids; ++i) w->raid();
                 }},
                [w] {
                  w->put(nullptr);
                  for (const item& one : w->items)
                    model::check(one.taken == one.put, "not taken once");
                }};
      },
      {.max_preemptions = 2});
}

void expect_holds(const model::report& found) {
  EXPECT_TRUE(found.ok()) << found.failure;
  EXPECT_GT(found.schedules, 100U);
}

void puts_and_takes(world& w) {
  w.put(&w.items[0]);
  w.put(nullptr);
  w.put(&w.items[1]);
}
void displaces(world& w) {
  w.put(&w.items[0]);
  w.put(&w.items[1]);
  w.put(nullptr);
}
/// What was raided has run on the raider's thread, and is woken on ours.
void wakes_what_was_raided(world& w) {
  w.put(&w.items[0]);
  if (item* const again = w.woken.load()) w.put(again);
  w.put(&w.items[1]);
}

TEST(wake_slot_model, each_item_is_taken_once) {
  for (const int raids : {1, 2}) {
    expect_holds(explore(puts_and_takes, raids));
    expect_holds(explore(displaces, raids));
    expect_holds(explore(wakes_what_was_raided, raids));
  }
}

TEST(wake_slot_model, without_a_barrier_an_item_is_taken_twice) {
  EXPECT_FALSE(explore(puts_and_takes, 1, mutation::no_barrier).ok());
}

TEST(wake_slot_model, an_owner_that_does_not_look_takes_an_item_twice) {
  EXPECT_FALSE(explore(displaces, 1, mutation::owner_forgets).ok());
}

}  // namespace

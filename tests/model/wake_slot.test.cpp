// The wake slot (core/troupe/internal/wake_slot.hpp) under every interleaving with up to two
// preemptions, with its owner's stores delayed as a core delays them: each item is taken once each
// time that it is put in, by its owner or by a raider. The mutations are what the code must not be.
#include <troupe/internal/wake_slot.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "atomic.hpp"
#include "explorer.hpp"
#include "store_buffer.hpp"

namespace {

struct item {
  int put = 0;
  int taken = 0;
  int raided = 0;  // of those
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
  no_barrier,      // the raider makes nobody pass one
  owner_forgets,   // the owner does not look what has been raided
  looks_too_soon,  // it takes the note for what it was before it waited for the raider
  note_for_ever,   // it leaves the note of what it has come upon
};

using slot_type =
    troupe::internal::wake_slot<item, model::atomic, model_lock, model::buffered_atomic>;

class slot : public slot_type {
 public:
  item* exchange(item* in, mutation broken) {
    if (broken == mutation::none || broken == mutation::no_barrier) return slot_type::exchange(in);
    item* const before = item_.load(std::memory_order_relaxed);
    item_.store(in);
    const std::uintptr_t seen = raided_.load();
    if (broken == mutation::owner_forgets || seen == nothing) return before;
    const std::lock_guard held(lock_);
    const std::uintptr_t noted = broken == mutation::looks_too_soon ? seen : raided_.load();
    if (noted != word(before)) return before;
    if (broken != mutation::note_for_ever) raided_.store(nothing);
    return nullptr;
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
    model::yield();  // a raider may come between two exchanges, too
    if (in != nullptr) ++in->put;
    take(of.exchange(in, broken));
  }
  static item* take(item* one) {
    if (one != nullptr) ++one->taken;
    return one;
  }
  void raid() {
    item* const one = take(of.raid(broken));
    if (one == nullptr) return;
    ++one->raided;
    woken.store(one);
  }
};

/// A raider comes `raids` times. `most`: how often one item was raided.
model::report explore(const std::function<void(world&)>& owner, int raids,
                      mutation broken = mutation::none, int* most = nullptr) {
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
                [w, most] {
                  w->put(nullptr);
                  for (const item& one : w->items) {
                    model::check(one.taken == one.put, "not taken once");
                    if (most != nullptr) *most = std::max(*most, one.raided);
                  }
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
  if (item* const again = w.woken.exchange(nullptr)) w.put(again);
  if (item* const again = w.woken.exchange(nullptr)) w.put(again);
  w.put(&w.items[1]);
}

TEST(wake_slot_model, each_item_is_taken_once) {
  expect_holds(explore(puts_and_takes, 1));
  expect_holds(explore(displaces, 1));
}

TEST(wake_slot_model, an_item_that_was_raided_may_come_back_and_be_raided_again) {
  int most = 0;
  expect_holds(explore(wakes_what_was_raided, 2, mutation::none, &most));
  EXPECT_EQ(most, 2);
}

TEST(wake_slot_model, without_a_barrier_an_item_is_taken_twice) {
  EXPECT_FALSE(explore(puts_and_takes, 1, mutation::no_barrier).ok());
}

TEST(wake_slot_model, an_owner_that_does_not_look_takes_an_item_twice) {
  EXPECT_FALSE(explore(displaces, 1, mutation::owner_forgets).ok());
}

TEST(wake_slot_model, an_owner_that_does_not_wait_for_the_raider_takes_an_item_twice) {
  EXPECT_FALSE(explore(displaces, 1, mutation::looks_too_soon).ok());
}

TEST(wake_slot_model, a_note_that_is_left_loses_what_is_woken_again) {
  EXPECT_FALSE(explore(wakes_what_was_raided, 1, mutation::note_for_ever).ok());
}

}  // namespace

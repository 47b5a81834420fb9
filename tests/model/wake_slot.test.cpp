// The wake slot under every interleaving: each item is taken exactly once, by its owner or by a
// raider. The model is sequentially consistent, so it shows the protocol; that the owner may do
// without a barrier is what the kernel's membarrier is for, which the model has no need of.
#include <troupe/internal/wake_slot.hpp>

#include <gtest/gtest.h>

#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"

namespace {

struct item {
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

using slot = troupe::internal::wake_slot<item, model::atomic, model_lock>;

/// What the slot would be if the raider did not look whether the owner is at it.
class careless_slot {
 public:
  item* exchange(item* in) {
    item* const before = item_.load();
    item_.store(in);
    return before;
  }
  template <class Barrier>
  item* raid(Barrier) {
    item* const taken = item_.load();
    item_.store(nullptr);
    return taken;
  }

 private:
  model::atomic<item*> item_{nullptr};
};

void take(item* one) {
  if (one != nullptr) ++one->taken;
}

/// The owner puts in two items and takes out what it finds; raiders come `raids` times.
template <class Slot>
model::report explore(int raids) {
  struct world {
    Slot slot;
    item items[2];
  };
  return model::explore([=]() -> model::program {
    auto w = std::make_shared<world>();
    return {{[w] {
               take(w->slot.exchange(&w->items[0]));
               take(w->slot.exchange(&w->items[1]));
               take(w->slot.exchange(nullptr));
             },
             [w, raids] {
               for (int i = 0; i != raids; ++i) take(w->slot.raid([] {}));
             }},
            [w] {
              take(w->slot.exchange(nullptr));
              for (const item& one : w->items) model::check(one.taken == 1, "not taken once");
            }};
  });
}

TEST(wake_slot_model, each_item_is_taken_once) {
  for (int raids : {1, 2}) {
    const auto found = explore<slot>(raids);
    EXPECT_TRUE(found.ok()) << found.failure;
    EXPECT_GT(found.schedules, 20U);
  }
}

TEST(wake_slot_model, without_looking_for_the_owner_an_item_is_taken_twice) {
  EXPECT_FALSE(explore<careless_slot>(1).ok());
}

}  // namespace

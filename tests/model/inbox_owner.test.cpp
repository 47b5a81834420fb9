// Who guards an inbox (detail/inbox_core.hpp), under every interleaving of a sender with a second
// receiver, the end of the first, and the end of its fiber. Whatever the order: one thread at a
// time is inside the inbox; the message is in the ring or with a receiver, once; nobody waits
// beside a full ring; no list names a wait that is over. Steps carry the names of what they mirror.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "atomic.hpp"
#include "explorer.hpp"
#include "lock.hpp"

namespace {

using model::check;
using model::program;

enum class mutation {
  none,
  does_not_look_again,    // acquire() trusts the owner it read before it had the lock
  looks_after_binding,    // arm() reads `shared_` once more, when its lock guards nothing any more
  parks_unregistered,     // begin_slow() parks though what was bound to it is not any more
  leaves_the_list_alone,  // end() of a wait that began on the short way unlinks nothing
};

struct fiber {
  model::lock lock;
  model::atomic<bool> gone{false};  // the frame of its wait
  // Under `lock`:
  bool parked = false;
  bool mask = false;  // receives from the inbox, which is bound to it
  bool registered = false;
  bool pending = false;
  bool filled = false;
};

struct world {
  fiber first;   // parked, the inbox is bound to it
  fiber second;  // comes to receive
  model::atomic<fiber*> owner{nullptr};
  model::lock own_lock;
  model::atomic<int> inside{0};
  mutation broken = mutation::none;
  // Under whichever lock guards the inbox:
  std::vector<fiber*> receivers;
  int ring = 0;
  model::atomic<bool> shared{false};  // so that looking at it without the lock is a step

  world() {
    first.parked = first.mask = true;
    owner.store(&first);
  }

  /// inbox_core::hold
  model::lock& acquire() {
    for (;;) {
      fiber* const seen = owner.load();
      model::lock& guards = seen != nullptr ? seen->lock : own_lock;
      guards.lock_it();
      if (broken == mutation::does_not_look_again || owner.load() == seen) {
        check(inside.fetch_add(1) == 0, "two threads in the inbox");
        return guards;
      }
      guards.unlock_it();
    }
  }
  /// The last touch of the inbox under the lock that has guarded it.
  void give_to(fiber* next) {
    inside.fetch_sub(1);
    owner.store(next);
  }
  bool take() {
    if (ring == 0) return false;
    --ring;
    return true;
  }
  void leave(model::lock& guards) {
    inside.fetch_sub(1);
    guards.unlock_it();
  }
  /// inbox_core::hand_over
  bool hand_over() {
    while (!receivers.empty()) {
      fiber& who = *receivers.front();
      check(!who.gone.load(), "the list names a frame that is gone");
      receivers.erase(receivers.begin());
      const bool taken = model::with(who.lock, [&] {
        if (!who.parked) {
          who.pending = true;  // it looks at the ring once more
          return false;
        }
        who.parked = false;
        who.filled = true;
        return true;
      });
      if (taken) return true;
    }
    return false;
  }
  /// inbox_core::push_here
  void push() {
    model::lock& held = acquire();
    fiber* const bound = owner.load();
    if (bound != nullptr && bound->mask) {
      bound->mask = bound->parked = false;
      bound->filled = true;
    } else if (bound != nullptr || !hand_over()) {
      ++ring;
    }
    leave(held);
  }
  /// inbox_core::arm, with share_locked and bind_locked. True: bound; else in the list, or filled.
  bool arm(fiber& self) {
    model::lock* held = &acquire();
    fiber* const bound = owner.load();
    if (bound != nullptr && bound != &self) {
      shared.store(true);
      if (bound->mask) {
        bound->mask = false;
        bound->registered = true;
        receivers.push_back(bound);
      }
      give_to(nullptr);
      held->unlock_it();
      held = &acquire();
    }
    self.filled = take();
    bool waits = !self.filled && shared.load();
    const bool binds = !self.filled && !waits;
    if (binds) {
      model::with(self.lock, [&] { give_to(&self); });
      if (broken == mutation::looks_after_binding) waits = shared.load();
    }
    if (waits) receivers.push_back(&self);
    if (!binds) inside.fetch_sub(1);
    held->unlock_it();
    return binds && !waits;
  }
  /// receive_operation::begin_slow: looks once more at what is bound, and parks.
  void receive(fiber& self) {
    for (;;) {
      const bool bound = arm(self);
      if (self.filled) return;
      const bool again = model::with(self.lock, [&] {
        if (owner.load() == &self) {
          self.filled = take();
          self.parked = self.mask = !self.filled;
          return false;
        }
        if (bound && broken != mutation::parks_unregistered) return true;
        self.parked = !self.pending;
        return std::exchange(self.pending, false);
      });
      if (!again) return;
      unlist(self);
    }
  }
  /// inbox_core::disarm
  void unlist(fiber& self) {
    model::lock& held = acquire();
    std::erase(receivers, &self);
    while (ring != 0 && hand_over()) --ring;
    leave(held);
  }
  /// fiber::cancel_wait, receive_operation::end and finish_fiber's unbind_all, of a parked fiber.
  void cancel(fiber& self) {
    bool listed = false;
    const bool woken = model::with(self.lock, [&] {
      const bool was = std::exchange(self.parked, false);
      self.mask = false;
      listed = self.registered;
      return was;
    });
    if (!woken) return;
    if (listed && broken != mutation::leaves_the_list_alone) {  // inbox_core::disarm
      unlist(self);
    }
    self.gone.store(true);
    model::with(self.lock, [&] {  // inbox_core::unbind_locked
      if (owner.load() == &self) owner.store(nullptr);
    });
  }

  void settle(int sent) {
    const int got = (first.filled ? 1 : 0) + (second.filled ? 1 : 0);
    check(got + ring == sent, "lost, or delivered twice");
    check(ring == 0 || !(first.parked || second.parked), "waits while a message is there");
    for (const fiber* one : receivers) check(!one->gone.load(), "a list names a dead wait");
  }
};

program all_three(mutation broken, bool with_cancel, bool with_second) {
  auto w = std::make_shared<world>();
  w->broken = broken;
  program p;
  p.threads.push_back([w] { w->push(); });
  if (with_cancel) p.threads.push_back([w] { w->cancel(w->first); });
  if (with_second) p.threads.push_back([w] { w->receive(w->second); });
  p.finally = [w] { w->settle(1); };
  return p;
}

model::report explore(mutation broken, bool with_cancel, bool with_second) {
  model::options how;
  if (with_cancel && with_second) how.max_preemptions = 3;
  return model::explore([=] { return all_three(broken, with_cancel, with_second); }, how);
}

TEST(inbox_owner, a_sender_and_the_end_of_the_owner) {
  const auto found = explore(mutation::none, true, false);
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(inbox_owner, a_sender_and_a_second_receiver) {
  const auto found = explore(mutation::none, false, true);
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(inbox_owner, a_sender_a_second_receiver_and_the_end_of_the_owner) {
  const auto found = explore(mutation::none, true, true);
  EXPECT_TRUE(found.ok()) << found.failure;
}

// Nobody has received yet; two come at once, and two messages.
program two_first_receivers(mutation broken) {
  auto w = std::make_shared<world>();
  w->broken = broken;
  w->first.parked = w->first.mask = false;
  w->owner.store(nullptr);
  return {{[w] { w->receive(w->first); }, [w] { w->receive(w->second); },
           [w] {
             w->push();
             w->push();
           }},
          [w] { w->settle(2); }};
}

TEST(inbox_owner, two_first_receivers_and_two_messages) {
  for (const mutation broken :
       {mutation::none, mutation::looks_after_binding, mutation::parks_unregistered}) {
    const auto found =
        model::explore([=] { return two_first_receivers(broken); }, {.max_preemptions = 3});
    EXPECT_EQ(found.ok(), broken == mutation::none) << found.failure;
  }
}

TEST(inbox_owner, an_owner_that_is_not_looked_at_again_is_found) {
  EXPECT_FALSE(explore(mutation::does_not_look_again, true, true).ok());
}

TEST(inbox_owner, a_wait_that_is_left_in_the_list_is_found) {
  const auto found = explore(mutation::leaves_the_list_alone, true, true);
  EXPECT_FALSE(found.ok());
  EXPECT_NE(found.failure.find("gone"), std::string::npos) << found.failure;
}

}  // namespace

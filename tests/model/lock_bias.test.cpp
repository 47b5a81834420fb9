// The bias of locks (core/troupe/detail/lock_bias.hpp, and biased_lock.hpp, whose steps are
// mirrored) under every interleaving, with the owner's stores delayed as a core delays them: one at
// a time has a lock, and two who each store, take a lock and look, do not both miss the other. The
// mutations are what the code must not be.
#include <troupe/detail/lock_bias.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"
#include "store_buffer.hpp"

namespace {

using model::check;
using bias_type = troupe::detail::lock_bias<model::atomic, model::buffered_atomic>;

enum class mutation : std::uint8_t {
  none,
  no_barrier,           // who takes a lock from the bias makes nobody pass one
  no_look_at_the_byte,  // the owner does not look whether the byte is taken
  forgets_the_mark,     // who finds a mark does not look what the owner holds
};

auto waiting = [](auto until) {
  while (!until()) model::pause();
};

struct lock {
  model::atomic<bool> taken{false};
  int inside = 0;
};

struct world {
  bias_type bias;
  bias_type::holder owner;
  std::array<lock, 2> locks;
  model::atomic<int> middle{0};         // of what is done with a lock
  model::buffered_atomic<int> mine{0};  // the owner's, for those who store and look
  std::array<model::atomic<int>, 2> yours;
  mutation broken = mutation::none;
  bool by_bias = false;  // how the owner holds lock 0

  static bias_type::word word(std::size_t which) { return which + 1; }

  void all_pass() const {
    owner.held.barrier();
    mine.barrier();
  }
  void take_bias() {
    // The others' stores are in memory at once, and in their order.
    bias.take(owner, 0, [this] { all_pass(); });
  }
  void take_byte(lock& one) {
    waiting([&] { return !one.taken.exchange(true); });
  }

  auto holder() {
    return [this](std::uint64_t) -> bias_type::holder& { return owner; };
  }
  void owner_locks(std::size_t which) {
    lock& one = locks[which];
    const bool looks = broken != mutation::no_look_at_the_byte;
    const bool biased =
        bias.try_hold(owner, word(which), [&] { return looks && one.taken.load(); });
    if (which == 0) by_bias = biased;
    if (!biased) {
      take_byte(one);
      bias.settle(&owner, word(which), holder(), [] {}, waiting);
    }
  }
  // Lock 0 by what it is known to be held by, lock 1 by looking that up.
  void owner_unlocks(std::size_t which) {
    if (which == 0 && by_bias) return bias_type::let_go(owner);
    if (which == 0 || !bias_type::let_go(owner, word(which))) locks[which].taken.store(false);
  }
  void other_locks(std::size_t which) {
    take_byte(locks[which]);
    if (!bias.is_on() || broken == mutation::forgets_the_mark) return;
    bias.settle(
        nullptr, word(which), holder(),
        [this] {
          if (broken != mutation::no_barrier) all_pass();
        },
        waiting);
  }
  void other_unlocks(std::size_t which) { locks[which].taken.store(false); }

  void be_inside(std::size_t which) {
    check(locks[which].inside++ == 0, "two have one lock");
    middle.load();
    --locks[which].inside;
  }
};

using body = std::function<void(world&)>;

struct program {
  body owner;
  std::vector<body> others;
  bool begins_with_it = true;  // the owner has the bias
  bool stores = false;         // to `mine`
  int preemptions = 2;
};

model::report explore(const program& of, mutation broken = mutation::none) {
  return model::explore(
      [=]() -> model::program {
        auto w = std::make_shared<world>();
        w->broken = broken;
        if (of.begins_with_it) w->take_bias();
        model::program p;
        p.threads.emplace_back([=] {
          of.owner(*w);
          w->owner.held.close();
          if (of.stores) w->mine.close();
        });
        p.threads.emplace_back([w] { w->owner.held.drain(); });
        if (of.stores) p.threads.emplace_back([w] { w->mine.drain(); });
        for (const body& one : of.others) p.threads.emplace_back([=] { one(*w); });
        p.finally = [w] {
          for (const lock& one : w->locks) check(!one.taken.load(), "left locked");
        };
        return p;
      },
      {.max_preemptions = of.preemptions});
}

void owner_uses(world& w, std::size_t which) {
  w.owner_locks(which);
  w.be_inside(which);
  w.owner_unlocks(which);
}
void other_uses(world& w, std::size_t which) {
  w.other_locks(which);
  w.be_inside(which);
  w.other_unlocks(which);
}
constexpr auto other = [](world& w) { other_uses(w, 0); };

void expect_holds(const model::report& found) {
  EXPECT_TRUE(found.ok()) << found.failure;
  EXPECT_GT(found.schedules, 100U);
}

TEST(lock_bias_model, one_at_a_time_has_a_lock) {
  expect_holds(explore({.owner =
                            [](world& w) {
                              owner_uses(w, 0);
                              owner_uses(w, 0);
                            },
                        .others = {other}}));
}

TEST(lock_bias_model, one_at_a_time_has_a_lock_where_two_want_it) {
  expect_holds(explore(
      {.owner = [](world& w) { owner_uses(w, 0); }, .others = {other, other}, .preemptions = 1}));
}

TEST(lock_bias_model, one_at_a_time_has_a_lock_while_a_bias_begins_and_ends) {
  expect_holds(explore({.owner =
                            [](world& w) {
                              w.take_bias();
                              owner_uses(w, 0);
                              w.bias.give_up(w.owner);
                              w.take_bias();
                              owner_uses(w, 0);
                            },
                        .others = {other},
                        .begins_with_it = false}));
}

// Nobody waits for a lock that the owner has beside the one that is wanted: it may be waiting for
// that one itself.
TEST(lock_bias_model, who_wants_one_lock_does_not_wait_for_another) {
  expect_holds(explore({.owner =
                            [](world& w) {
                              w.owner_locks(1);
                              owner_uses(w, 0);
                              w.owner_unlocks(1);
                            },
                        .others = {other},
                        .preemptions = 1}));
}

/// Each stores, takes a lock, and looks what the other one has stored.
program store_and_look(bool begins_with_it) {
  return {.owner =
              [=](world& w) {
                if (!begins_with_it) w.take_bias();
                w.mine.store(1);
                w.owner_locks(1);
                w.owner_unlocks(1);
                w.yours[1].store(1 + w.yours[0].load());
              },
          .others = {[](world& w) {
            w.yours[0].store(1);
            w.other_locks(0);
            w.other_unlocks(0);
            const int seen = w.mine.load();
            waiting([&] { return w.yours[1].load() != 0; });  // the other one has looked
            check(seen == 1 || w.yours[1].load() == 2, "both have missed the other");
          }},
          .begins_with_it = begins_with_it,
          .stores = true,
          .preemptions = 1};
}

TEST(lock_bias_model, a_lock_is_a_barrier_between_two_who_take_one_each) {
  expect_holds(explore(store_and_look(true)));
  expect_holds(explore(store_and_look(false)));
}

TEST(lock_bias_model, taking_a_lock_from_the_bias_without_a_barrier_is_found) {
  const program one_each{.owner = [](world& w) { owner_uses(w, 0); }, .others = {other}};
  EXPECT_FALSE(explore(one_each, mutation::no_barrier).ok());
  EXPECT_FALSE(explore(one_each, mutation::forgets_the_mark).ok());
  EXPECT_FALSE(explore(store_and_look(true), mutation::no_barrier).ok());
}

TEST(lock_bias_model, an_owner_that_does_not_look_whether_the_byte_is_taken_is_found) {
  EXPECT_FALSE(explore({.owner =
                            [](world& w) {
                              w.take_bias();
                              owner_uses(w, 0);
                            },
                        .others = {other},
                        .begins_with_it = false},
                       mutation::no_look_at_the_byte)
                   .ok());
}

}  // namespace

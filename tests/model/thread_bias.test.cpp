// The bias of a gate (core/troupe/detail/thread_bias.hpp, and gate.hpp, whose steps are mirrored
// under their names) under every interleaving, with the owner's stores delayed as a core delays
// them: one at a time is inside, one at a time has the lock, and nobody waits for ever. The
// mutations are what the code must not be.
#include <troupe/detail/thread_bias.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"
#include "store_buffer.hpp"

namespace {

using model::check;
using word = std::uintptr_t;
using bias_type = troupe::detail::thread_bias<model::atomic, model::buffered_atomic>;

enum class mutation : std::uint8_t {
  none,
  no_barrier,       // who takes the bias away makes nobody pass one
  no_second_look,   // the owner goes on as soon as it has said what it holds
  leaves_unseen,    // the owner does not look at what was taken over while it left
  knows_it_is_out,  // nor while it entered
};

constexpr word me = 64;     // the owner's thread
constexpr word you = 128;   // the other one's
constexpr word mine = 256;  // the owner's fiber
constexpr word yours = 512;

auto waiting = [](auto until) {
  while (!until()) model::pause();
};

struct world {
  static constexpr word locked = bias_type::locked;
  static constexpr word occupied = 4;

  bias_type bias;
  model::atomic<word> lock_word{locked};  // gate::word_
  int inside = 0;
  int holding = 0;
  model::atomic<int> middle{0};  // of what is done inside
  mutation broken = mutation::none;

  void be_inside() {
    check(inside++ == 0, "two are inside");
    middle.load();
    --inside;
  }
  void hold_lock() {
    check(holding++ == 0, "two have the lock");
    middle.load();
    --holding;
  }

  bool hold(word what) {
    model::yield();  // it may take its time between looking and storing
    if (broken != mutation::no_second_look) return bias.hold(me, what);
    bias.put(what);
    return true;
  }
  bool try_take(word who) {
    const auto taken = bias.try_take(
        who,
        [this] {
          if (broken != mutation::no_barrier) bias.core().barrier();
        },
        waiting);
    if (!taken.done) return false;
    lock_word.store(taken.held | locked);
    bias.clear();
    return true;
  }
  void lock_unbiased(word who) {
    if ((lock_word.fetch_or(locked) & locked) == 0) return;
    waiting([&] {
      return ((lock_word.load() & locked) == 0 && (lock_word.fetch_or(locked) & locked) == 0) ||
             try_take(who);
    });
  }
  void lock(word who) {
    if (who == me && bias.is_of(me)) {
      const word before = bias.held();
      if (hold(before | locked)) return;
      bias.put(before);
    }
    lock_unbiased(who);
  }
  bool has_biased_lock(word who) { return bias.was_given_to(who) && (bias.held() & locked) != 0; }
  void unlock(word who) {
    if (has_biased_lock(who)) return bias.put(bias.held() & ~locked);
    lock_word.store(lock_word.load() & ~locked);
  }
  void leave_locked(word who) {
    if (has_biased_lock(who)) return bias.put(0);
    lock_word.store(0);
  }
  void leave() {
    if (bias.is_of(me)) {
      if (hold(0) || broken == mutation::leaves_unseen) return;
      bias.wait_until_taken(me, waiting);
      if ((lock_word.load() & ~locked) != (mine | occupied)) return;
      lock_unbiased(me);
      return leave_locked(me);
    }
    lock(me);
    leave_locked(me);
  }
  bool try_enter_as(word who, word fiber) {
    word seen = 0;
    if (lock_word.compare_exchange_strong(seen, fiber | occupied)) return true;
    if (seen != locked) return false;
    waiting([&] {
      seen = lock_word.load();
      if (seen == locked) {
        if (!try_take(who)) return false;
        seen = lock_word.load() & occupied;
        seen == 0 ? lock_word.store(fiber | occupied) : unlock(who);
        return true;
      }
      return seen != 0 || lock_word.compare_exchange_strong(seen, fiber | occupied);
    });
    return seen == 0;
  }
  bool try_enter_often() {
    if (bias.is_of(me)) {
      if (bias.held() != 0) return false;
      if (hold(mine | occupied)) return true;
      bias.put(0);
      bias.wait_until_taken(me, waiting);
      const bool in = (lock_word.load() & ~locked) == (mine | occupied);
      if (broken == mutation::knows_it_is_out) return false;
      return in || try_enter_as(me, mine);
    }
    return try_enter_as(me, mine);
  }

  /// As a writer does whose value is news, or not.
  void write(bool news) {
    if (!try_enter_often()) return;
    be_inside();
    if (!news) return leave();
    lock(me);
    hold_lock();
    be_inside();
    leave_locked(me);
  }
  void other_writes() {
    waiting([this] { return try_enter_as(you, yours); });
    be_inside();
    lock(you);
    hold_lock();
    leave_locked(you);
  }
  void other_locks() {
    lock(you);
    hold_lock();
    unlock(you);
  }
};

model::report explore(int writes, bool news, std::function<void(world&)> other,
                      mutation broken = mutation::none) {
  return model::explore(
      [=]() -> model::program {
        auto w = std::make_shared<world>();
        w->broken = broken;
        w->bias.give_to(me);
        model::program p;
        p.threads.emplace_back([=] {
          for (int i = 0; i != writes; ++i) w->write(news);
          w->bias.core().close();
        });
        p.threads.emplace_back([w] { w->bias.core().drain(); });
        p.threads.emplace_back([=] { other(*w); });
        p.finally = [w] { check(w->lock_word.load() == 0 || w->bias.is_of(me), "left shut"); };
        return p;
      },
      {.max_preemptions = writes == 1 ? 2 : 1});
}

constexpr auto locks = [](world& w) { w.other_locks(); };
constexpr auto writes = [](world& w) { w.other_writes(); };

// One test for each of the other's ways: under ThreadSanitizer a schedule costs five times as much.
void explore_all(const std::function<void(world&)>& other, bool news) {
  for (const int many : {1, 2}) {
    const auto found = explore(many, news, other);
    EXPECT_TRUE(found.ok()) << found.failure << " writes " << many;
    EXPECT_GT(found.schedules, 100U);
  }
}

TEST(thread_bias_model, one_at_a_time_is_inside_where_the_other_locks) {
  explore_all(locks, false);
}
TEST(thread_bias_model, one_at_a_time_has_the_lock_where_the_other_locks) {
  explore_all(locks, true);
}
TEST(thread_bias_model, one_at_a_time_is_inside_where_the_other_writes) {
  explore_all(writes, false);
}
TEST(thread_bias_model, one_at_a_time_has_the_lock_where_the_other_writes) {
  explore_all(writes, true);
}

TEST(thread_bias_model, taking_it_away_without_a_barrier_is_found) {
  EXPECT_FALSE(explore(1, true, locks, mutation::no_barrier).ok());
  EXPECT_FALSE(explore(1, true, writes, mutation::no_barrier).ok());
}

TEST(thread_bias_model, an_owner_that_does_not_look_again_is_found) {
  EXPECT_FALSE(explore(1, true, locks, mutation::no_second_look).ok());
}

TEST(thread_bias_model, an_owner_that_leaves_without_seeing_what_was_taken_over_is_found) {
  EXPECT_FALSE(explore(1, false, writes, mutation::leaves_unseen).ok());
  EXPECT_FALSE(explore(2, false, writes, mutation::knows_it_is_out).ok());
}

}  // namespace

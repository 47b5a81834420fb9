// Read-copy-update (core/troupe/detail/rcu.hpp) under every interleaving, with the readers' stores
// delayed as a core delays them: no reader sees a version that was destroyed, and no writer waits
// for ever. The mutations are what the code must not be.
#include <troupe/detail/rcu.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "atomic.hpp"
#include "explorer.hpp"
#include "store_buffer.hpp"

namespace {

using model::check;
using word = troupe::detail::rcu_word<model::buffered_atomic>;

enum class mutation {
  none,
  no_barrier,      // the writer makes nobody pass one
  publishes_last,  // it waits first
};

struct world {
  word readers[2];
  model::atomic<std::uint64_t> epoch{word::one_epoch};
  model::atomic<int> version{0};
  model::atomic<bool> destroyed[3];
  mutation broken = mutation::none;

  void read(word& self, bool slowly) {
    if (slowly) {
      self.enter_slowly(epoch.load());
    } else {
      self.enter(epoch.load());
    }
    const int seen = version.load();
    check(!destroyed[seen].load(), "a reader got a version that is destroyed");
    check(!destroyed[seen].load(), "a version was destroyed while it was read");
    if (slowly) {
      self.leave_slowly();
    } else {
      self.leave();
    }
  }
  /// rcu_cell::publish, rcu_wait, and then what a writer waits for.
  void write(int count, bool barrier, const std::function<void()>& all_pass) {
    const int old = version.load();
    if (broken != mutation::publishes_last) version.store(old + 1);
    const std::uint64_t now = epoch.load() + word::one_epoch;
    epoch.store(now);
    if (barrier && broken != mutation::no_barrier) all_pass();
    for (int i = 0; i != count; ++i) readers[i].wait_for(now, [] { model::pause(); });
    if (broken == mutation::publishes_last) version.store(old + 1);
    destroyed[old].store(true);
  }
};

struct scene {
  int readers = 1;
  int sections = 1;  // of each reader
  int writes = 1;
  bool slowly = false;
  mutation broken = mutation::none;
};

model::report explore(scene s) {
  return model::explore(
      [=]() -> model::program {
        auto w = std::make_shared<world>();
        w->broken = s.broken;
        model::program p;
        for (int i = 0; i != s.readers; ++i) {
          word& self = w->readers[i];
          if (!s.slowly) self.leave();  // as joining the list does
          p.threads.emplace_back([=, &self] {
            for (int n = 0; n != s.sections; ++n) w->read(self, s.slowly);
          });
          p.threads.emplace_back(
              [w, &self, s] { self.core().drain(static_cast<std::size_t>(2 * s.sections)); });
        }
        p.threads.emplace_back([w, s] {
          for (int n = 0; n != s.writes; ++n) {
            w->write(s.readers, !s.slowly, [&] {
              for (int i = 0; i != s.readers; ++i) w->readers[i].core().barrier();
            });
          }
        });
        return p;
      },
      {.max_preemptions = s.readers == 1 ? 2 : 1});
}

TEST(rcu_model, a_reader_sees_no_version_that_is_destroyed) {
  for (const scene& one : {scene{.sections = 1}, scene{.sections = 2}, scene{.writes = 2},
                           scene{.sections = 2, .writes = 2}, scene{.readers = 2}}) {
    const auto found = explore(one);
    EXPECT_TRUE(found.ok()) << found.failure;
    EXPECT_GT(found.schedules, 20U);
  }
}

TEST(rcu_model, without_membarrier_the_slow_path_does_without_barriers) {
  const auto found = explore({.sections = 2, .writes = 2, .slowly = true});
  EXPECT_TRUE(found.ok()) << found.failure;
}

TEST(rcu_model, a_writer_that_leaves_the_barrier_out_is_found) {
  EXPECT_FALSE(explore({.broken = mutation::no_barrier}).ok());
}

TEST(rcu_model, a_writer_that_publishes_last_is_found) {
  EXPECT_FALSE(explore({.broken = mutation::publishes_last}).ok());
}

}  // namespace

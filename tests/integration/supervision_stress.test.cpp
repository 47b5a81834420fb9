// Chaos on real threads: a tree of supervisors whose actors crash at random while callers call and
// others spawn. It must go on, answer everybody, end when told to, and leave nothing behind.

#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe;

std::atomic<int> alive{0};

class fragile : public actor {
 public:
  explicit fragile(unsigned seed) : actor("fragile"), random_(seed) { ++alive; }
  ~fragile() override { --alive; }
  call_inbox<int, int> calls{2};

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await serve(ctx, on(calls, [this](int x) -> task<result<int>> {
                               switch (random_() % 8) {
                                 case 0: throw std::runtime_error("chaos");
                                 case 1: co_return fail(errc::refused);
                                 case 2: co_await sleep_for(0ns); break;
                                 case 3: co_await sleep_for(20us); break;
                                 default: break;
                               }
                               co_return x + 1;
                             }));
  }

 private:
  std::minstd_rand random_;
};

struct tally {
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::atomic<int> wrong{0};
};

task<> calls(std::vector<std::shared_ptr<fragile>> targets, unsigned seed, int rounds, tally* out) {
  std::minstd_rand random(seed);
  for (int i = 0; i != rounds; ++i) {
    auto& target = *targets[random() % targets.size()];
    const context limit = context::background().with_timeout(5s);
    const result<int> got = co_await target.calls.call(limit, i);
    if (got) {
      ++(*got == i + 1 ? out->answered : out->wrong);
    } else {
      // A deadline would mean that somebody was left waiting.
      ++(got.error() == errc::deadline_exceeded ? out->wrong : out->failed);
      if (got.error() == errc::inbox_closed || got.error() == errc::canceled) co_return;
    }
  }
}

void storm(unsigned seed, restart_strategy strategy) {
  tally counts;
  std::atomic<int> crashes{0};
  {
    runtime rt({.workers = 4});
    std::vector<std::shared_ptr<fragile>> all;
    std::vector<child_spec> groups;
    for (unsigned g = 0; g != 4; ++g) {
      std::vector<child_spec> children;
      for (unsigned i = 0; i != 4; ++i) {
        all.push_back(std::make_shared<fragile>(seed * 100 + g * 10 + i));
        children.emplace_back(all.back());
      }
      // Now and then a whole group goes over its limit, and its parent restarts it.
      groups.emplace_back(std::make_shared<supervisor>(
          "group" + std::to_string(g),
          supervisor_options{.strategy = strategy,
                             .restart_delay = g % 2 == 0 ? 0us : 50us,
                             .restart_limit = {.max_restarts = 20, .window = 1s},
                             .on_error = [&](const actor&, const exit_reason&) { ++crashes; },
                             .children = std::move(children)}));
    }
    auto root = std::make_shared<supervisor>("root", supervisor_options{.children = groups});
    auto tree = rt.spawn(root);
    std::thread spawner([&] {
      for (unsigned i = 0; i != 100; ++i) {
        auto extra = std::make_shared<fragile>(i);
        if (!root->spawn({extra, {.policy = restart_policy::temporary}})) return;
        static_cast<void>(rt.block_on(extra->calls.call(1)));
      }
    });
    std::vector<join_handle<void>> callers;
    for (unsigned i = 0; i != 8; ++i)
      callers.push_back(rt.spawn(calls(all, seed + i, 150, &counts)));
    for (auto& one : callers) EXPECT_TRUE(rt.block_on(one).has_value());
    spawner.join();
    EXPECT_FALSE(tree.done());
    tree.cancel();
    EXPECT_EQ(rt.block_on(tree)->kind(), exit_kind::canceled);
    for (const auto& one : all) EXPECT_FALSE(rt.block_on(one->calls.call(1)).has_value());
    EXPECT_TRUE(rt.shutdown().empty());
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(counts.wrong, 0);
  EXPECT_EQ(counts.answered + counts.failed, 8 * 150);
  EXPECT_GT(counts.answered, 0);
  EXPECT_GT(crashes, 0);
}

TEST(supervision_stress_test, one_for_one) {
  for (unsigned seed = 1; seed <= 4; ++seed) storm(seed, restart_strategy::one_for_one);
}
TEST(supervision_stress_test, one_for_all) {
  for (unsigned seed = 1; seed <= 4; ++seed) storm(seed, restart_strategy::one_for_all);
}
TEST(supervision_stress_test, rest_for_one) {
  for (unsigned seed = 1; seed <= 4; ++seed) storm(seed, restart_strategy::rest_for_one);
}

// Ended in the middle of it all.
TEST(supervision_stress_test, shutdown_under_load) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    tally counts;
    {
      runtime rt({.workers = 4});
      std::vector<std::shared_ptr<fragile>> all;
      std::vector<child_spec> children;
      for (unsigned i = 0; i != 8; ++i) {
        all.push_back(std::make_shared<fragile>(seed * 10 + i));
        children.emplace_back(all.back());
      }
      rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = children}));
      for (unsigned i = 0; i != 8; ++i) rt.spawn(calls(all, seed + i, 1'000'000, &counts));
      while (counts.answered < 200) std::this_thread::yield();
      // The context they call with is their own: they end when their targets have.
      for (const auto& one : all) one->calls.close();
      for (const survivor& one : rt.shutdown()) {
        ADD_FAILURE() << one.name << " is still " << one.doing << ", seed " << seed;
      }
    }
    EXPECT_EQ(alive, 0);
    EXPECT_EQ(counts.wrong, 0);
  }
}

}  // namespace

// What is beside an actor's slot, made by its run and by others at the same time.

#include <troupe/detail/actor_slot.hpp>
#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace troupe;

// One of the two is the actor's run, which takes no lock; the other one holds it.
TEST(actor_slot, has_one_record_whoever_makes_it_first) {
  constexpr int rounds = 20'000;
  std::vector<std::shared_ptr<actor>> all;
  for (int i = 0; i != rounds; ++i) {
    all.push_back(
        make_actor("one", [](context, logger&) -> task<result<>> { co_return result<>(); }));
  }
  const auto record_of = [&](int i) {
    return detail::actor_internals::registration(*all[static_cast<std::size_t>(i)])
        .slot()
        .record_or_null();
  };
  std::vector<detail::actor_record*> seen[2];
  std::atomic<int> arrived{0};
  const auto make = [&](std::vector<detail::actor_record*>& into) {
    into.reserve(rounds);
    for (int i = 0; i != rounds; ++i) {
      arrived.fetch_add(1);
      while (arrived.load() < 2 * (i + 1)) std::this_thread::yield();
      into.push_back(record_of(i));
    }
  };
  std::thread other([&] { make(seen[0]); });
  make(seen[1]);
  other.join();
  EXPECT_EQ(seen[0], seen[1]);
}

}  // namespace

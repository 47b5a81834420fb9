#include <troupe/detail/rcu.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace {

using troupe::detail::rcu_cell;
using troupe::detail::rcu_inside;
using troupe::detail::rcu_section;
using troupe::detail::rcu_self;
using troupe::detail::rcu_wait;

TEST(rcu, sections_nest) {
  EXPECT_FALSE(rcu_inside());
  {
    const rcu_section outer;
    {
      const rcu_section inner;
      EXPECT_TRUE(rcu_inside());
    }
    EXPECT_TRUE(rcu_inside());
  }
  EXPECT_FALSE(rcu_inside());
  rcu_wait();
}

TEST(rcu, a_writer_waits_for_the_section_that_is_open_and_for_no_later_one) {
  std::atomic<int> step{0};
  std::atomic<bool> waited{false};
  std::thread reader([&] {
    {
      const rcu_section first;
      step.store(1);
      step.notify_all();
      step.wait(1);
      EXPECT_FALSE(waited.load());
    }
    // Sections that follow each other closely do not keep the writer.
    while (!waited.load()) const rcu_section another;
  });
  step.wait(0);
  std::thread writer([&] {
    rcu_wait();
    waited.store(true);
  });
  step.store(2);
  step.notify_all();
  writer.join();
  reader.join();
}

TEST(rcu, threads_that_run_have_different_small_indices) {
  constexpr std::size_t many = 8;
  for (int round = 0; round != 3; ++round) {
    std::vector<std::uint32_t> indices(many);
    std::atomic<std::size_t> arrived{0};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != many; ++i) {
      threads.emplace_back([&, i] {
        {
          const rcu_section once;
        }
        indices[i] = rcu_self.index;
        arrived.fetch_add(1);
        arrived.notify_all();
        for (std::size_t now = arrived.load(); now != many; now = arrived.load()) arrived.wait(now);
      });
    }
    for (auto& one : threads) one.join();
    EXPECT_EQ(std::set<std::uint32_t>(indices.begin(), indices.end()).size(), many);
    for (const std::uint32_t one : indices) EXPECT_LT(one, 64U) << "indices are used again";
  }
}

// Reads when the thread's record has left the list already.
struct late_reader {
  const rcu_cell<int>* cell = nullptr;
  int* seen = nullptr;
  late_reader() = default;
  late_reader(const late_reader&) = delete;
  late_reader& operator=(const late_reader&) = delete;
  ~late_reader() {
    if (cell == nullptr) return;
    const rcu_section outer;
    const rcu_section inner;
    *seen = *cell->load();
    EXPECT_TRUE(rcu_inside());
  }
};
thread_local late_reader late;

TEST(rcu, works_in_the_destructors_of_a_thread) {
  int value = 5;
  int seen = 0;
  rcu_cell<int> cell;
  cell.publish(&value);
  std::thread([&] {
    late.cell = &cell;  // made before the thread's first section, and so destroyed after its record
    late.seen = &seen;
    const rcu_section first;
  }).join();
  EXPECT_EQ(seen, 5);
  rcu_wait();
}

}  // namespace

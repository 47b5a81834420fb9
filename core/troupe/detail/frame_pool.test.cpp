#include <troupe/detail/frame_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace {

using troupe::detail::frame_alloc;
using troupe::detail::frame_free;

#if __has_feature(address_sanitizer)
constexpr bool pooled = false;
#else
constexpr bool pooled = true;
#endif

void fill(void* frame, std::size_t size) {
  std::memset(frame, static_cast<int>(size & 0xff), size);
}

bool intact(const void* frame, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(frame);
  for (std::size_t i = 0; i < size; ++i)
    if (bytes[i] != (size & 0xff)) return false;
  return true;
}

TEST(frame_pool, blocks_of_every_size_are_aligned_and_apart) {
  std::vector<std::pair<void*, std::size_t>> held;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t size = 1; size <= 1200; ++size) {
      void* frame = frame_alloc(size);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(frame) % __STDCPP_DEFAULT_NEW_ALIGNMENT__, 0u);
      fill(frame, size);
      held.emplace_back(frame, size);
    }
  }
  for (auto [frame, size] : held) ASSERT_TRUE(intact(frame, size)) << size;
  for (auto [frame, size] : held) frame_free(frame, size);
}

TEST(frame_pool, the_block_freed_last_is_given_out_next) {
  if (!pooled) GTEST_SKIP() << "no pool under AddressSanitizer";
  void* first = frame_alloc(113);
  frame_free(first, 113);
  void* second = frame_alloc(128);  // the same class: 113 to 128
  EXPECT_EQ(second, first);
  frame_free(second, 128);
}

TEST(frame_pool, blocks_for_what_is_aligned_to_8_bytes_are_no_larger_than_that) {
  if (!pooled) GTEST_SKIP() << "no pool under AddressSanitizer";
  void* first = frame_alloc(120, 8);
  void* second = frame_alloc(121, 8);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 8, 0U);
  fill(first, 120);
  fill(second, 121);
  EXPECT_TRUE(intact(first, 120));
  frame_free(first, 120, 8);
  frame_free(second, 121, 8);
  void* frame = frame_alloc(120);  // aligned to 16, and so of the second's class
  EXPECT_EQ(frame, second);
  frame_free(frame, 120);
  void* again = frame_alloc(113, 8);
  EXPECT_EQ(again, first);
  frame_free(again, 113, 8);
}

TEST(frame_pool, random_sizes_keep_their_contents) {
  std::mt19937 random(3);  // NOLINT: a fixed seed on purpose
  std::vector<std::pair<void*, std::size_t>> held;
  for (int i = 0; i < 200'000; ++i) {
    if (held.size() < 2000 && random() % 2 == 0) {
      const std::size_t size = 1 + random() % 1500;
      held.emplace_back(frame_alloc(size), size);
      fill(held.back().first, size);
    } else if (!held.empty()) {
      std::swap(held[random() % held.size()], held.back());
      const auto [frame, size] = held.back();
      held.pop_back();
      ASSERT_TRUE(intact(frame, size));
      frame_free(frame, size);
    }
  }
  for (auto [frame, size] : held) frame_free(frame, size);
}

// Frames made by one thread and freed by another, round after round: the same memory comes back.
TEST(frame_pool, memory_circulates_between_threads_without_growing) {
  if (!pooled) GTEST_SKIP() << "no pool under AddressSanitizer";
  constexpr std::size_t size = 320;
  constexpr std::size_t in_flight = 2000;
  constexpr int rounds = 100;
  std::vector<void*> handed(in_flight);
  std::set<void*> seen;
  std::atomic<int> made{0};
  std::atomic<int> freed{0};
  std::jthread consumer([&] {
    for (int round = 1; round <= rounds; ++round) {
      made.wait(round - 1);
      for (void* frame : handed) frame_free(frame, size);
      freed = round;
      freed.notify_one();
    }
  });
  for (int round = 1; round <= rounds; ++round) {
    for (auto& frame : handed) seen.insert(frame = frame_alloc(size));
    made = round;
    made.notify_one();
    freed.wait(round - 1);
  }
  // What is in flight, and at most two caches of 128 KiB and a slab or two that are on the way.
  EXPECT_LE(seen.size() * size, in_flight * size + 6 * 128 * 1024);
}

TEST(frame_pool, a_thread_that_ends_leaves_its_memory_to_the_others) {
  if (!pooled) GTEST_SKIP() << "no pool under AddressSanitizer";
  std::set<void*> seen;
  for (int i = 0; i < 500; ++i) {
    std::thread([&seen] {
      std::vector<void*> held;
      for (int n = 0; n < 50; ++n) held.push_back(frame_alloc(1000));
      seen.insert(held.begin(), held.end());
      for (void* frame : held) frame_free(frame, 1000);
    }).join();
  }
  EXPECT_LE(seen.size(), 1000u);
}

TEST(frame_pool, a_thread_that_only_frees_leaves_its_memory_to_the_others) {
  if (!pooled) GTEST_SKIP() << "no pool under AddressSanitizer";
  std::set<void*> seen;
  for (int i = 0; i < 500; ++i) {
    std::vector<void*> held;
    for (int n = 0; n < 50; ++n) held.push_back(frame_alloc(700));
    seen.insert(held.begin(), held.end());
    std::thread([&] {
      for (void* frame : held) frame_free(frame, 700);
    }).join();
  }
  EXPECT_LE(seen.size(), 1000u);
}

struct frees_when_the_thread_ends {
  void* frame = nullptr;
  ~frees_when_the_thread_ends() { frame_free(frame, 900); }
};

// A thread_local object made before the thread's first frame is destroyed after the cache.
TEST(frame_pool, frames_freed_after_the_end_of_a_cache_are_not_lost) {
  if (!pooled) GTEST_SKIP() << "no pool under AddressSanitizer";
  std::set<void*> seen;
  for (int i = 0; i < 2000; ++i) {
    std::thread([&seen] {
      thread_local frees_when_the_thread_ends late;
      late.frame = nullptr;
      late.frame = frame_alloc(900);
      seen.insert(late.frame);
    }).join();
  }
  EXPECT_LE(seen.size(), 300u);
}

// Everyone allocates, and frees what others allocated.
TEST(frame_pool, stress_of_frames_that_change_hands) {
  constexpr int threads = 4;
  constexpr int rounds = 50'000;
  struct shelf {
    std::mutex mutex;
    std::vector<std::pair<void*, std::size_t>> frames;
  };
  std::vector<shelf> shelves(16);
  std::atomic<int> broken{0};
  auto put_back = [&](std::pair<void*, std::size_t> one) {
    if (!intact(one.first, one.second)) ++broken;
    frame_free(one.first, one.second);
  };
  {
    std::vector<std::jthread> all;
    for (int t = 0; t < threads; ++t) {
      all.emplace_back([&, t] {
        std::mt19937 random(static_cast<unsigned>(100 + t));
        for (int i = 0; i < rounds; ++i) {
          const std::size_t size = 1 + random() % 256;
          std::pair<void*, std::size_t> one(frame_alloc(size), size);
          fill(one.first, size);
          shelf& s = shelves[random() % shelves.size()];
          std::unique_lock held(s.mutex);
          if (s.frames.size() < 50) {
            s.frames.push_back(one);
            continue;
          }
          std::swap(s.frames[random() % s.frames.size()], one);
          held.unlock();
          put_back(one);
        }
      });
    }
  }
  for (auto& s : shelves)
    for (auto& one : s.frames) put_back(one);
  EXPECT_EQ(broken, 0);
}

}  // namespace

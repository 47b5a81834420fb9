// A frame from the pool against one from operator new; and frames freed on another thread.
#include <troupe/detail/frame_pool.hpp>

#include <measure.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <new>
#include <thread>

namespace {

using troupe::detail::frame_alloc;
using troupe::detail::frame_free;

void frame_from_the_pool(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const bench::count_allocations count(state);
  for (auto _ : state) {
    void* frame = frame_alloc(size);
    benchmark::DoNotOptimize(frame);
    frame_free(frame, size);
  }
}
BENCHMARK(frame_from_the_pool)->Arg(64)->Arg(320)->Arg(1024)->Arg(2048);

void frame_from_operator_new(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const bench::count_allocations count(state);
  for (auto _ : state) {
    void* frame = ::operator new(size);
    benchmark::DoNotOptimize(frame);
    ::operator delete(frame, size);
  }
}
BENCHMARK(frame_from_operator_new)->Arg(64)->Arg(320)->Arg(1024)->Arg(2048);

// A ring of frames to another thread that frees them. Counts the whole way, so mostly the ring.
void frame_freed_elsewhere(benchmark::State& state) {
  constexpr std::size_t size = 320;
  constexpr std::size_t slots = 1024;
  static std::array<std::atomic<void*>, slots> ring{};
  std::atomic<bool> done{false};
  std::thread consumer([&] {
    for (std::size_t i = 0;; i = (i + 1) % slots) {
      void* frame = nullptr;
      while ((frame = ring[i].exchange(nullptr, std::memory_order_acq_rel)) == nullptr) {
        if (done.load()) return;
        std::this_thread::yield();
      }
      frame_free(frame, size);
    }
  });
  std::size_t i = 0;
  const bench::count_allocations count(state);
  for (auto _ : state) {
    void* frame = frame_alloc(size);
    while (ring[i].load(std::memory_order_acquire) != nullptr) std::this_thread::yield();
    ring[i].store(frame, std::memory_order_release);
    i = (i + 1) % slots;
  }
  // The consumer takes them in turn: when the slot filled last is empty, all are.
  while (ring[(i + slots - 1) % slots].load(std::memory_order_acquire) != nullptr)
    std::this_thread::yield();
  done = true;
  consumer.join();
}
BENCHMARK(frame_freed_elsewhere)->UseRealTime();

}  // namespace

// operator new and delete in all forms, with a count for each thread.

#include "allocations.hpp"

#include <execinfo.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace bench {

namespace {

// A thread takes the next of them at its first allocation and never gives it back, so that it is
// the only one to write there. When all are taken threads share the last one, with atomic
// additions.
struct alignas(64) thread_count {
  std::atomic<std::int64_t> count{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<std::int64_t> live{0};
};

constinit std::array<thread_count, 1024> counts{};
constinit std::atomic<std::size_t> taken{0};
thread_local constinit thread_count* mine = nullptr;

constinit std::atomic<bool> trap{false};
constinit std::atomic<int> stacks_left{8};
thread_local constinit bool printing = false;  // backtrace() itself may allocate

thread_count& my_count() noexcept {
  if (mine == nullptr) mine = &counts[std::min(taken.fetch_add(1), counts.size() - 1)];
  return *mine;
}

void add(std::atomic<std::int64_t>& to, std::int64_t what) noexcept {
  if (mine == &counts.back()) {
    to.fetch_add(what, std::memory_order_relaxed);
  } else {
    to.store(to.load(std::memory_order_relaxed) + what, std::memory_order_relaxed);
  }
}

void print_stack() noexcept {
  static const bool wanted = std::getenv("TROUPE_BENCH_TRAP") != nullptr;
  if (!wanted || printing || stacks_left.fetch_sub(1) <= 0) return;
  printing = true;
  std::array<void*, 32> frames{};
  const int depth = backtrace(frames.data(), static_cast<int>(frames.size()));
  backtrace_symbols_fd(frames.data(), depth, STDERR_FILENO);
  static_cast<void>(write(STDERR_FILENO, "\n", 1));
  printing = false;
}

void* counted(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return nullptr;
  thread_count& here = my_count();
  add(here.count, 1);
  add(here.bytes, static_cast<std::int64_t>(size));
  add(here.live, static_cast<std::int64_t>(malloc_usable_size(memory)));
  if (trap.load(std::memory_order_relaxed)) print_stack();
  return memory;
}

void* allocate(std::size_t size) noexcept { return counted(std::malloc(size), size); }

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  const auto align = static_cast<std::size_t>(alignment);
  return counted(std::aligned_alloc(align, (size + align - 1) / align * align), size);
}

template <class... Alignment>
void* allocate_or_throw(std::size_t size, Alignment... alignment) {
  if (void* memory = allocate(size, alignment...)) return memory;
  throw std::bad_alloc();
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  add(my_count().live, -static_cast<std::int64_t>(malloc_usable_size(memory)));
  std::free(memory);
}

}  // namespace

allocation_totals allocations() noexcept {
  allocation_totals sum;
  for (const thread_count& one : counts) {
    sum += {one.count.load(std::memory_order_relaxed), one.bytes.load(std::memory_order_relaxed),
            one.live.load(std::memory_order_relaxed)};
  }
  return sum;
}

void set_allocation_trap(bool on) noexcept { trap.store(on, std::memory_order_relaxed); }

}  // namespace bench

using bench::allocate;
using bench::allocate_or_throw;
using bench::release;
using std::align_val_t;
using std::nothrow_t;
using std::size_t;

void* operator new(size_t size) { return allocate_or_throw(size); }
void* operator new[](size_t size) { return allocate_or_throw(size); }
void* operator new(size_t size, align_val_t align) { return allocate_or_throw(size, align); }
void* operator new[](size_t size, align_val_t align) { return allocate_or_throw(size, align); }
void* operator new(size_t size, const nothrow_t&) noexcept { return allocate(size); }
void* operator new[](size_t size, const nothrow_t&) noexcept { return allocate(size); }
void* operator new(size_t size, align_val_t align, const nothrow_t&) noexcept {
  return allocate(size, align);
}
void* operator new[](size_t size, align_val_t align, const nothrow_t&) noexcept {
  return allocate(size, align);
}

void operator delete(void* at) noexcept { release(at); }
void operator delete[](void* at) noexcept { release(at); }
void operator delete(void* at, size_t) noexcept { release(at); }
void operator delete[](void* at, size_t) noexcept { release(at); }
void operator delete(void* at, align_val_t) noexcept { release(at); }
void operator delete[](void* at, align_val_t) noexcept { release(at); }
void operator delete(void* at, size_t, align_val_t) noexcept { release(at); }
void operator delete[](void* at, size_t, align_val_t) noexcept { release(at); }
void operator delete(void* at, const nothrow_t&) noexcept { release(at); }
void operator delete[](void* at, const nothrow_t&) noexcept { release(at); }
void operator delete(void* at, align_val_t, const nothrow_t&) noexcept { release(at); }
void operator delete[](void* at, align_val_t, const nothrow_t&) noexcept { release(at); }

#pragma once

// The guard against slow-downs counts what can be counted exactly: instructions, by callgrind, and
// allocations. Each hot path is run a fixed number of times on a runtime with one worker. After a
// warm-up the counters are set to zero, and at the end callgrind writes a dump with the path's name
// (check.py reads it). Without valgrind only allocations are counted.

#include <allocations.hpp>

#include <troupe/troupe.hpp>

#ifdef GUARD_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name) static_cast<void>(name)
#endif

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace guard {

/// How often each path is run: under callgrind that takes a fraction of a second.
inline constexpr std::int64_t operations = 4'000;

struct path {
  const char* name;
  void (*run)(const char* name);
};

/// For what cannot happen in a path that is written right.
inline void must(bool held) {
  if (!held) std::abort();
}

inline void report(const char* name, bench::allocation_totals made) {
  std::printf("{\"path\": \"%s\", \"operations\": %lld, \"allocations\": %lld}\n", name,
              static_cast<long long>(operations), static_cast<long long>(made.count));
}

template <class Body>
troupe::task<> counted(const char* name, Body* body) {
  const bench::allocation_totals before = bench::allocations();
  CALLGRIND_ZERO_STATS;
  co_await (*body)(operations);
  CALLGRIND_DUMP_STATS_AT(name);
  report(name, bench::allocations() - before);
}

/// `body(n)` is a task<> that does n operations. It may capture: it is kept alive.
template <class Body>
void count(const char* name, troupe::runtime& rt, Body body) {
  rt.block_on(body(operations));
  rt.block_on(counted(name, &body));
}

}  // namespace guard

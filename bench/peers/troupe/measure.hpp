#pragma once

// How a workload is measured: a lap of a quarter of the operations to warm up, then the lap that
// counts. Time and allocations are taken inside the runtime, so that neither its start nor the
// hand-over to the main thread is in the figure.

#include "peer.hpp"

#include <allocations.hpp>

#include <troupe/troupe.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

namespace peer {

using clock = std::chrono::steady_clock;

[[nodiscard]] inline double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// `many`, cut to a multiple of `unit`, but at least one unit.
[[nodiscard]] constexpr std::int64_t in_units(std::int64_t many, std::int64_t unit) {
  return std::max<std::int64_t>(many / unit, 1) * unit;
}

/// For what cannot happen in a workload that is written right.
inline void must(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "troupe_peer: %s\n", what);
  std::abort();
}

template <class Body>
troupe::task<measured> timed(Body* body, std::int64_t ops) {
  const bench::allocation_totals before = bench::allocations();
  const clock::time_point start = clock::now();
  co_await (*body)(ops);
  const double seconds = seconds_since(start);
  const bench::allocation_totals made = bench::allocations() - before;
  co_return measured{.ops = ops,
                     .seconds = seconds,
                     .allocations = static_cast<double>(made.count) / static_cast<double>(ops)};
}

/// `body(n)` is a task<> that does n operations, n a multiple of `unit`. It may capture: it is kept
/// alive.
template <class Body>
measured measure(troupe::runtime& rt, std::int64_t ops, std::int64_t unit, Body body) {
  rt.block_on(body(in_units(ops / 4, unit)));
  return rt.block_on(timed(&body, in_units(ops, unit)));
}

/// The same for what needs no runtime: `body(n)` is a plain function.
template <class Body>
measured measure_plain(std::int64_t ops, Body body) {
  body(in_units(ops / 4, 1));
  const bench::allocation_totals before = bench::allocations();
  const clock::time_point start = clock::now();
  body(ops);
  const double seconds = seconds_since(start);
  const bench::allocation_totals made = bench::allocations() - before;
  return {.ops = ops,
          .seconds = seconds,
          .allocations = static_cast<double>(made.count) / static_cast<double>(ops)};
}

using samples = std::vector<double>;  // nanoseconds

[[nodiscard]] inline double nanoseconds_since(clock::time_point start) {
  return seconds_since(start) * 1e9;
}

/// Of single operations that were timed one by one.
[[nodiscard]] inline measured summed_up(samples all, double seconds) {
  std::ranges::sort(all);
  const auto at = [&](double part) {
    return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))];
  };
  return {
      .ops = static_cast<std::int64_t>(all.size()),
      .seconds = seconds,
      .times = percentiles{.p50 = at(0.5), .p99 = at(0.99), .p999 = at(0.999), .max = all.back()}};
}

/// Keeps the compiler from leaving out how `value` was made.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace peer

// The benchmark program. Figures of the runtime are taken inside it (measure.hpp); allocs/op and
// bytes/op are counted, after a warm-up. To find who allocates: TROUPE_BENCH_TRAP=1, with a filter.

#include "footprint.hpp"

#include <benchmark/benchmark.h>

int main(int argc, char** argv) {
  if (bench::run_as_idle_actors(argc, argv)) return 0;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

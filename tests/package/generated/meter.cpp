// A program with a generated actor. Exits 0 when it got its messages.
#include "meter.gen.hpp"

#include <cstdio>
#include <troupe/troupe.hpp>

struct meter : meter_base {
  double* sum = nullptr;
  void handle_sample(double value) {
    *sum += value;
    if (*sum > 2) tx->stop();
  }
  void handle_beat(troupe::time_point) {}
};

int main() {
  double sum = 0;
  troupe::runtime rt;
  auto [actor, tx] = meter_builder{.data = {.sum = &sum}}.build(rt);
  auto ended = rt.spawn(actor);
  for (int i = 0; i != 3; ++i) static_cast<void>(rt.block_on(tx.sample(1)));
  const auto why = rt.block_on(std::move(ended));
  rt.shutdown();
  if (!why || why->kind() != troupe::exit_kind::clean || sum != 3) {
    std::fputs("the meter did not come to its end\n", stderr);
    return 1;
  }
}

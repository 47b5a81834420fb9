// A control loop of signals: how busy the machine is, measured in /proc, is smoothed, compared with
// two thresholds, and switches a fan. All of it under one supervisor; a part that fails is started
// again and goes on with the values that are there.
//
//   busy ──► smooth ──► hot ──► control ──► fan
//   periodic map        map     an actor    pushed, acts

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <troupe/troupe.hpp>

using namespace std::chrono_literals;
using troupe::context, troupe::errc, troupe::fail, troupe::result, troupe::task;

// [measure]
/// The share of all cores' time that was not idle since the last look: 0 to 1.
class processor_use {
 public:
  result<double> operator()() {
    std::ifstream file("/proc/stat");
    std::string label;
    double user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
    if (!(file >> label >> user >> nice >> system >> idle >> waiting) || label != "cpu") {
      return fail(errc::malformed, "/proc/stat: the first line is not \"cpu\" and five numbers");
    }
    const double busy = user + nice + system - std::exchange(busy_, user + nice + system);
    const double rest = idle + waiting - std::exchange(rest_, idle + waiting);
    return busy + rest > 0 ? busy / (busy + rest) : 0;
  }

 private:
  double busy_ = 0, rest_ = 0;
};
// [measure]

// [decide]
/// Exponential smoothing: each value counts `weight`, all before it the rest.
auto smoothed(double weight) {
  return [weight, mean = 0.0](double value) mutable { return mean += weight * (value - mean); };
}
/// On above `high`, off below `low`, and in between as it was.
auto hysteresis(double low, double high) {
  return [=, on = false](double value) mutable { return on = value > (on ? low : high); };
}
// [decide]

/// Keeps all cores busy for a while, so that there is something to see.
task<result<>> keep_busy(context, troupe::logger&) {
  co_return co_await troupe::blocking([] {
    const auto end = std::chrono::steady_clock::now() + 700ms;
    while (std::chrono::steady_clock::now() < end) continue;
  });
}

int main() {
  // [wire]
  auto busy = std::make_shared<troupe::periodic_signal<double>>(
      "busy", processor_use(), 50ms,  // for a mean, one that measures the same again is news too
      troupe::signal_options<double>{.equal = troupe::never_equal});
  auto smooth = troupe::named("smooth").map(busy, smoothed(0.2));
  auto hot = troupe::named("hot").map(smooth, hysteresis(0.6, 0.8));
  auto fan = std::make_shared<troupe::pushed_signal<bool>>(
      "fan", [](bool on) { fmt::print("fan {}\n", on ? "on" : "off"); },  // here: switch a relay
      troupe::signal_options<bool>{.initial = false});
  auto control = troupe::make_actor("control", [=](context ctx, troupe::logger&) -> task<result<>> {
    auto changes = hot->subscribe();
    if (auto on = hot->read())
      co_await fan->write(*on);  // it may have changed before we (re)started
    co_return co_await troupe::serve(ctx, troupe::on(changes, [=](bool on) -> task<result<>> {
                                       co_return co_await fan->write(on);
                                     }));
  });

  auto children = troupe::signal_tree(hot, fan);  // with busy and smooth, which hot is made from
  children.emplace_back(control);
  auto root = std::make_shared<troupe::supervisor>(
      "climate", troupe::supervisor_options{.restart_delay = 100ms, .children = children});
  // [wire]
  auto work = troupe::supervisor_options{.policy = troupe::restart_policy::temporary};
  for (int i = 0; i != 4; ++i) work.children.emplace_back(troupe::make_actor("work", keep_busy));

  troupe::runtime rt;
  rt.spawn(root);
  rt.spawn(std::make_shared<troupe::supervisor>("work", std::move(work)));
  for (int i = 0; i != 10; ++i) {
    rt.block_on(troupe::sleep_for(200ms));
    fmt::print("busy {:3.0f} %  smooth {:3.0f} %  fan {}\n", 100 * busy->read().value_or(0),
               100 * smooth->read().value_or(0), fan->read().value_or(false) ? "on" : "off");
  }
  rt.shutdown();
}

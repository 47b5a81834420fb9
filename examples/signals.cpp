// Signals by themselves: what read, subscribe, watch and write do, and signals made from signals.
// The code of docs/guide/signals.md.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <troupe/troupe.hpp>

using namespace std::chrono_literals;
using troupe::context, troupe::errc, troupe::fail, troupe::result, troupe::task;

static void expect(bool holds, const char* what) {
  if (holds) return;
  fmt::print(stderr, "not so: {}\n", what);
  std::exit(1);
}

// [listen]
task<result<>> show(context ctx, std::shared_ptr<troupe::signal<double>> from) {
  auto values = from->subscribe(ctx, troupe::keep_latest(8));
  while (auto value = co_await values.receive()) {
    fmt::print("{} is {:.1f}; missed {}\n", from->name(), *value, values.dropped());
  }
  co_return result<>();
}
// [listen]

// [alarm]
class alarm_bell : public troupe::actor {
 public:
  explicit alarm_bell(std::shared_ptr<troupe::signal<bool>> danger)
      : actor("alarm_bell"), danger_(std::move(danger)) {}

  troupe::cast_inbox<int> silence{4};

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(
        ctx,
        troupe::on(danger_->subscribe(),
                   [](bool now) {
                     if (now) fmt::print("danger\n");
                   }),
        troupe::on(silence, [](int seconds) { fmt::print("silent for {} s\n", seconds); }));
  }

 private:
  std::shared_ptr<troupe::signal<bool>> danger_;
};
// [alarm]

int main() {
  // [make]
  auto target = std::make_shared<troupe::pushed_signal<double>>(
      "target",
      [](double celsius) -> result<> {
        if (celsius < 5 || celsius > 30) return fail(errc::invalid_argument, "from 5 to 30");
        return {};
      },
      troupe::signal_options<double>{.initial = 20.0});
  auto room = std::make_shared<troupe::periodic_signal<double>>(
      "room", [celsius = 17.0]() mutable { return celsius += 0.25; }, 10ms);
  // [make]

  // [compose]
  auto missing = troupe::combine([](double to, double is) { return to - is; }, target, room);
  auto heating = troupe::named("heating").map(
      missing, [on = false](double kelvin) mutable { return on = kelvin > (on ? 0.0 : 1.0); });
  auto too_warm = troupe::map(room, [](double celsius) { return celsius > 30; });
  auto shown = std::make_shared<troupe::throttled_signal<double>>("shown", room, 50ms);
  // [compose]

  // [run]
  auto children = troupe::signal_tree(heating, too_warm, shown);  // and what they are made from
  children.emplace_back(std::make_shared<alarm_bell>(too_warm));
  troupe::runtime rt;
  rt.spawn(std::make_shared<troupe::supervisor>("climate",
                                                troupe::supervisor_options{.children = children}));
  // [run]
  rt.spawn(show(rt.root_context(), shown));

  // [write]
  result<> accepted = rt.block_on(target->write(22.5));
  result<> refused = rt.block_on(target->write(90));
  fmt::print("{}\n", refused.error().message());      // invalid argument: from 5 to 30
  fmt::print("target {}\n", target->read().value());  // 22.5
  // [write]
  expect(accepted && refused.error() == errc::invalid_argument && target->read() == 22.5, "target");

  auto switched = heating->watch();
  while (heating->read().value_or(true)) expect(bool(rt.block_on(switched.receive())), "watch");
  expect(room->read().value_or(0) >= 22.5, "the room is warm when the heating is off");
  rt.shutdown();
}

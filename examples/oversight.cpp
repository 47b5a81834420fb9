// A gateway whose driver hangs: who notices, what is reported, and what the runtime looks like
// meanwhile. Ends by SIGTERM, as a service would; here it sends that to itself.

#include <troupe/troupe.hpp>

#include <fmt/format.h>

#include <unistd.h>
#include <chrono>
#include <csignal>
#include <future>
#include <memory>

using namespace std::chrono_literals;
using troupe::context, troupe::result, troupe::task;

struct reading {
  int sensor;
};

/// Calls a driver that blocks, which a handler should not.
class gateway : public troupe::actor {
 public:
  gateway() : actor("gateway") {}
  auto read(int sensor) { return in_.cast(reading{sensor}); }
  std::promise<void> answer;  // of the driver

 protected:
  task<result<>> run(context ctx) override {
    co_return co_await troupe::serve(ctx, troupe::on(in_, [this](reading) { answered_.wait(); }));
  }

 private:
  std::shared_future<void> answered_ = answer.get_future().share();
  troupe::cast_inbox<reading> in_{16};
};

// [watchdog]
/// Hears of an actor that others own: here it only says so.
class watchdog : public troupe::actor {
 public:
  watchdog(troupe::actor_id who, std::function<void(const troupe::super_event&)> tell)
      : actor("watchdog"), who_(who), tell_(std::move(tell)) {}

 protected:
  task<result<>> run(context ctx) override {
    events_.supervise(who_);
    co_return co_await troupe::serve(
        ctx, troupe::on(events_, [this](const troupe::super_event& e) { tell_(e); }));
  }

 private:
  troupe::super_inbox events_;
  troupe::actor_id who_;
  std::function<void(const troupe::super_event&)> tell_;
};
// [watchdog]

int main() {
  std::promise<void> healthy_again;
  std::promise<void> reported;
  auto driver = std::make_shared<gateway>();
  // [options]
  troupe::runtime rt({
      .workers = 2,
      .health = {.interval = 20ms, .limit = 50ms},
      .on_blocked_worker =
          [&](const troupe::blocked_worker& report) {
            fmt::print("{}\n", report.to_string());
            reported.set_value();
          },
      .start = false,
  });
  // [options]
  rt.spawn(driver);
  rt.spawn(std::make_shared<watchdog>(driver->id(), [&](const troupe::super_event& e) {
    fmt::print("gateway is {}\n", to_string(e.what));
    if (e.what == troupe::super_event_kind::healthy) healthy_again.set_value();
  }));
  rt.start();

  rt.block_on(driver->read(7));
  reported.get_future().wait();
  rt.block_on(driver->read(8));  // it waits behind the first
  // [inspect]
  const troupe::runtime_view view = rt.inspect();
  for (const troupe::actor_view& one : view.actors) {
    fmt::print("{:10} {:9} {:9} {} waiting in its inbox\n", one.name, to_string(one.state),
               one.handling.empty() ? "-" : one.handling,
               one.inboxes.empty() ? 0 : one.inboxes[0].size);
  }
  // [inspect]
  const bool seen = view.find(driver->id())->state == troupe::actor_state::running;
  fmt::print("{}\n", to_json(view));

  driver->answer.set_value();
  healthy_again.get_future().wait();
  // [run]
  rt.spawn(troupe::make_actor("operator", [](context, troupe::logger&) -> task<result<>> {
    co_await troupe::sleep_for(10ms);
    ::kill(::getpid(), SIGTERM);
    co_return result<>();
  }));
  const troupe::run_outcome outcome = rt.run({.stop_on = {SIGINT, SIGTERM}});
  fmt::print("stopped by signal {}, {} left, {} failed\n", outcome.signal, outcome.survivors.size(),
             outcome.failed.size());
  // [run]
  const bool well = outcome.survivors.empty() && outcome.failed.empty();
  return seen && outcome.signal == SIGTERM && well ? 0 : 1;
}

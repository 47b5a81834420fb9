#include "actor_paths.hpp"

#include <array>
#include <memory>
#include <vector>

namespace guard {

namespace {

using troupe::result;
using troupe::runtime;
using troupe::task;

class short_lived : public troupe::actor {
 public:
  short_lived() : actor("short_lived") {}

 protected:
  task<result<>> run(troupe::context) override { co_return result<>(); }
};

void spawn_and_exit(const char* name) {
  runtime rt({.workers = 1});
  const auto root = std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.policy = troupe::restart_policy::temporary});
  rt.spawn(root);
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) {
      must(root->spawn(troupe::make<short_lived>()).has_value());
      must((co_await root->wait()).has_value());
    }
  });
}

/// Fails each time it is told to.
class failing : public troupe::actor {
 public:
  failing() : actor("failing") {}
  troupe::cast_inbox<int> told{1};
  troupe::cast_inbox<int> running{1};

 protected:
  task<result<>> run(troupe::context) override {
    must(running.try_cast(1).has_value());
    if (const auto got = co_await told.receive(); !got) co_return troupe::fail(got.error());
    co_return troupe::fail(troupe::errc::refused);
  }
};

void restart(const char* name) {
  const auto child = std::make_shared<failing>();
  runtime rt({.workers = 1});
  rt.spawn(std::make_shared<troupe::supervisor>("root",
                                                troupe::supervisor_options{.children = {child}}));
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) {
      must((co_await child->running.receive()).has_value());
      must((co_await child->told.cast(1)).has_value());
    }
  });
}

void choose(const char* name, troupe::routing how) {
  std::array<int, 8> workers{};
  std::vector<int*> all;
  for (int& one : workers) all.push_back(&one);
  runtime rt({.workers = 1});
  troupe::router<int*> chosen(how, all);
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) must(chosen.next().has_value());
    co_return;
  });
}

void router_next(const char* name) { choose(name, troupe::routing::round_robin); }
void router_random(const char* name) { choose(name, troupe::routing::random); }

void emit(const char* name, int handlers) {
  troupe::outbox<std::int64_t> out;
  std::int64_t sum = 0;
  std::vector<troupe::outbox_subscription> kept;
  for (int i = 0; i != handlers; ++i) {
    kept.push_back(out.subscribe([&sum](std::int64_t n) { sum += n; }));
  }
  runtime rt({.workers = 1});
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) must((co_await out.emit(n)).has_value());
  });
}

void emit_to_none(const char* name) { emit(name, 0); }
void emit_to_one(const char* name) { emit(name, 1); }
void outbox_emit(const char* name) { emit(name, 10); }

void write(const char* name, int subscribers) {
  runtime rt({.workers = 1});
  const auto value = std::make_shared<troupe::pushed_signal<int>>("value", [](int) {});
  std::vector<troupe::subscription<int>> slow;
  for (int i = 0; i != subscribers; ++i) slow.push_back(value->subscribe(troupe::keep_latest(1)));
  rt.spawn(value);
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) must((co_await value->write(static_cast<int>(n))).has_value());
  });
}

void signal_write(const char* name) { write(name, 0); }
void signal_notify(const char* name) { write(name, 10); }

}  // namespace

std::span<const path> actor_paths() {
  static constexpr std::array all{
      path{"spawn_and_exit", spawn_and_exit}, path{"restart", restart},
      path{"router_next", router_next},       path{"router_random", router_random},
      path{"emit_to_none", emit_to_none},     path{"emit_to_one", emit_to_one},
      path{"outbox_emit", outbox_emit},       path{"signal_write", signal_write},
      path{"signal_notify", signal_notify}};
  return all;
}

}  // namespace guard

// Messages to one receiver, calls (request and response), and how long single ones take.

#include "harness.hpp"

#include <thread>

namespace peer {

namespace {

using caf::actor;
using caf::actor_system;
using caf::behavior;
using caf::event_based_actor;
using caf::scoped_actor;
using caf::stateful_actor;

measured stream(actor_system& system, const options& given, int64_t senders) {
  const int64_t batch = get(given, "capacity", 16);
  scoped_actor self(system);
  const actor to = system.spawn(sink, actor(self));
  std::vector<actor> from;
  for (int64_t i = 0; i != senders; ++i) from.push_back(system.spawn(sender, to, batch));
  auto got = measure(get(given, "ops", 2'000'000), senders, [&](int64_t n) {
    self->send(to, expect_atom::value, n);
    for (const auto& one : from) self->send(one, go_atom::value, n / senders);
    wait_for(self);
  });
  got.note = "unbounded mailbox; a sender gives way after each batch of `capacity`";
  stop(from);
  stop({to});
  return got;
}

measured cast_single(actor_system& system, const options& given) {
  return stream(system, given, 1);
}
measured cast_parallel(actor_system& system, const options& given) {
  return stream(system, given, get(given, "senders", 8));
}
measured scale_senders(actor_system& system, const options& given) {
  return stream(system, given, get(given, "senders", 64));
}
measured try_cast(actor_system& system, options given) {
  given.try_emplace("capacity", 1024);
  return stream(system, given, 1);
}
measured try_cast_of(actor_system& system, const options& given) { return try_cast(system, given); }

behavior echo(event_based_actor*) {
  return {[](int n) { return n + 1; }};
}

struct caller_state {
  int64_t left = 0;
  int64_t asked = 0;
  std::vector<double>* times = nullptr;
};

void ask(stateful_actor<caller_state>* self, const actor& whom, const actor& boss) {
  if (self->state.times != nullptr) self->state.asked = now_ns();
  self->request(whom, caf::infinite, 1).then([=](int) {
    if (self->state.times != nullptr) {
      self->state.times->push_back(static_cast<double>(now_ns() - self->state.asked));
    }
    if (--self->state.left == 0) {
      self->send(boss, done_atom::value);
    } else {
      ask(self, whom, boss);
    }
  });
}

behavior caller(stateful_actor<caller_state>* self, const actor& whom, const actor& boss,
                std::vector<double>* times) {
  self->state.times = times;
  return {[=](go_atom, int64_t many) {
    self->state.left = many;
    ask(self, whom, boss);
  }};
}

measured calls(actor_system& system, const options& given, int64_t callers, int64_t ops,
               bool timed) {
  scoped_actor self(system);
  const actor whom = system.spawn(echo);
  std::vector<std::vector<double>> times(static_cast<std::size_t>(callers));
  std::vector<actor> from;
  for (auto& one : times) {
    one.reserve(static_cast<std::size_t>(2 * ops / callers));
    from.push_back(system.spawn(caller, whom, actor(self), timed ? &one : nullptr));
  }
  auto got = measure(get(given, "ops", ops), callers, [&](int64_t n) {
    for (auto& one : times) one.clear();
    for (const auto& one : from) self->send(one, go_atom::value, n / callers);
    wait_for(self, callers);
  });
  stop(from);
  stop({whom});
  for (const auto& one : times) got.times.insert(got.times.end(), one.begin(), one.end());
  return got;
}

measured call_single(actor_system& system, const options& given) {
  return calls(system, given, 1, 500'000, false);
}
measured call_contention(actor_system& system, const options& given) {
  return calls(system, given, get(given, "callers", 8), 500'000, false);
}
measured call_latency(actor_system& system, const options& given) {
  return calls(system, given, get(given, "callers", 4), 400'000, true);
}

behavior listener(event_based_actor*, std::vector<double>* times) {
  return {[=](int64_t sent) { times->push_back(static_cast<double>(now_ns() - sent)); }};
}

measured wake_latency(actor_system& system, const options& given) {
  const int64_t many = get(given, "ops", 1'000);
  const std::chrono::microseconds pause(get(given, "us", 2'000));
  measured got;
  got.ops = many;
  got.times.reserve(static_cast<std::size_t>(many + 1));
  const actor who = system.spawn(listener, &got.times);
  const auto start = clock::now();
  for (int64_t i = 0; i <= many; ++i) {
    std::this_thread::sleep_for(pause);  // until all are parked again
    caf::anon_send(who, now_ns());
  }
  std::this_thread::sleep_for(pause);
  got.seconds = seconds_since(start);
  stop({who});
  system.await_all_actors_done();
  got.times.erase(got.times.begin());  // the first message also warms up
  got.note = "sent by a thread outside, with 2 ms between messages";
  return got;
}

struct ticking_state {
  int64_t left = 0;
  int64_t set = 0;
};

/// Sends itself a delayed message, again and again, and notes how late each came.
behavior ticking(stateful_actor<ticking_state>* self, int64_t nanoseconds,
                 std::vector<double>* times, const actor& boss) {
  const auto set = [=] {
    self->state.set = now_ns();
    self->delayed_send(self, std::chrono::nanoseconds(nanoseconds), more_atom::value);
  };
  return {[=](go_atom, int64_t many) {
            self->state.left = many;
            set();
          },
          [=](more_atom) {
            times->push_back(static_cast<double>(now_ns() - self->state.set - nanoseconds));
            if (--self->state.left == 0) {
              self->send(boss, done_atom::value);
            } else {
              set();
            }
          }};
}

measured ticks(actor_system& system, int64_t ops, int64_t nanoseconds) {
  std::vector<double> times;
  times.reserve(static_cast<std::size_t>(ops));
  scoped_actor self(system);
  const actor who = system.spawn(ticking, nanoseconds, &times, actor(self));
  auto got = measure(ops, 1, [&](int64_t n) {
    times.clear();
    self->send(who, go_atom::value, n);
    wait_for(self);
  });
  stop({who});
  got.times = std::move(times);
  return got;
}

measured timer_latency(actor_system& system, const options& given) {
  return ticks(system, get(given, "ops", 1'000), 1'000'000);
}
measured periodic(actor_system& system, const options& given) {
  auto got = ticks(system, get(given, "ops", 5'000), 1'000 * get(given, "us", 100));
  got.times.clear();
  got.note = "an actor that sends itself a delayed message each time; there are no signals";
  return got;
}

}  // namespace

void add_messages(std::map<std::string, function>& all) {
  all["CastInbox_TryCast"] = try_cast_of;
  all["CastInbox_SingleWorker"] = cast_single;
  all["CastInbox_Parallel"] = cast_parallel;
  all["ScaleSenders"] = scale_senders;
  all["CallInbox_SingleWorker"] = call_single;
  all["CallInbox_Contention"] = call_contention;
  all["CallLatency"] = call_latency;
  all["WakeLatency"] = wake_latency;
  all["TimerLatency"] = timer_latency;
  all["PeriodicSignal_Update"] = periodic;
}

}  // namespace peer

// Savina's PingPong, Counting, ThreadRing, ForkJoinThroughput and ForkJoinCreate.

#include "harness.hpp"

#include <atomic>

namespace peer {

namespace {

using caf::actor;
using caf::actor_system;
using caf::behavior;
using caf::event_based_actor;
using caf::scoped_actor;
using caf::stateful_actor;

struct passing_state {
  actor next;
};

/// Hands a number that counts down to the next actor; whoever gets a 1 says that it is over.
behavior passing(stateful_actor<passing_state>* self, const actor& boss) {
  return {[=](int64_t hops) {
            if (hops == 1) {
              self->send(boss, done_atom::value);
            } else {
              self->send(self->state.next, hops - 1);
            }
          },
          [=](const actor& next) { self->state.next = next; }};
}

measured ring(actor_system& system, int64_t actors, int64_t ops, int64_t hops_each) {
  scoped_actor self(system);
  std::vector<actor> all;
  for (int64_t i = 0; i != actors; ++i) all.push_back(system.spawn(passing, actor(self)));
  for (std::size_t i = 0; i != all.size(); ++i) self->send(all[i], all[(i + 1) % all.size()]);
  const auto got = measure(ops, 1, [&](int64_t n) {
    self->send(all.front(), n * hops_each);
    wait_for(self);
  });
  stop(all);
  return got;
}

measured ping_pong(actor_system& system, const options& given) {
  return ring(system, 2, get(given, "ops", 40'000), 2);
}
measured thread_ring(actor_system& system, const options& given) {
  return ring(system, get(given, "actors", 100), get(given, "ops", 100'000), 1);
}

measured counting(actor_system& system, const options& given) {
  scoped_actor self(system);
  const actor to = system.spawn(sink, actor(self));
  const actor from = system.spawn(sender, to, 64);
  const auto got = measure(get(given, "ops", 1'000'000), 1, [&](int64_t n) {
    self->send(to, expect_atom::value, n);
    self->send(from, go_atom::value, n);
    wait_for(self);
  });
  stop({from, to});
  return got;
}

/// Sends to all in turn, a round of 64 a turn.
behavior round_sender(event_based_actor* self, const std::vector<actor>* to) {
  return {[=](go_atom, int64_t rounds) {
    const int64_t now = std::min<int64_t>(rounds, 64);
    for (int64_t i = 0; i != now; ++i) {
      for (const auto& one : *to) self->send(one, i);
    }
    if (rounds > now) self->send(self, go_atom::value, rounds - now);
  }};
}

measured fork_join_throughput(actor_system& system, const options& given) {
  const int64_t actors = get(given, "actors", 60);
  scoped_actor self(system);
  std::vector<actor> all;
  for (int64_t i = 0; i != actors; ++i) all.push_back(system.spawn(sink, actor(self)));
  const actor from = system.spawn(round_sender, &all);
  const auto got = measure(get(given, "ops", actors * 10'000), actors, [&](int64_t n) {
    for (const auto& one : all) self->send(one, expect_atom::value, n / actors);
    self->send(from, go_atom::value, n / actors);
    wait_for(self, actors);
  });
  stop(all);
  stop({from});
  return got;
}

std::atomic<int64_t> left{0};

behavior once(event_based_actor* self, const actor& boss) {
  return {[=](int64_t) {
    if (left.fetch_sub(1) == 1) self->send(boss, done_atom::value);
    self->quit();
  }};
}

/// Gives way after each 64: a worker that steals walks the queue of the other to its end.
behavior creator(event_based_actor* self, const actor& boss) {
  return {[=](go_atom, int64_t many) {
    const int64_t now = std::min<int64_t>(many, 64);
    for (int64_t i = 0; i != now; ++i) self->send(self->spawn(once, boss), i);
    if (many > now) self->send(self, go_atom::value, many - now);
  }};
}

measured fork_join_create(actor_system& system, const options& given) {
  scoped_actor self(system);
  const actor from = system.spawn(creator, actor(self));
  const auto got = measure(get(given, "ops", 40'000), 1, [&](int64_t n) {
    left = n;
    self->send(from, go_atom::value, n);
    wait_for(self);
  });
  stop({from});
  return got;
}

}  // namespace

void add_savina_streams(std::map<std::string, function>& all) {
  all["PingPong"] = ping_pong;
  all["Counting"] = counting;
  all["ThreadRing"] = thread_ring;
  all["ForkJoinThroughput"] = fork_join_throughput;
  all["ForkJoinCreate"] = fork_join_create;
}

}  // namespace peer

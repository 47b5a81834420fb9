// Very many actors: what an idle one takes, and messages to all of them in turn.

#include "harness.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace peer {

namespace {

using caf::actor;
using caf::actor_system;
using caf::behavior;
using caf::event_based_actor;
using caf::scoped_actor;

std::atomic<int64_t> left{0};

behavior member(event_based_actor* self, const actor& boss) {
  if (left.fetch_sub(1) == 1) self->send(boss, done_atom::value);
  return {[=](int64_t last) {
    if (last != 0 && left.fetch_sub(1) == 1) self->send(boss, done_atom::value);
  }};
}

double resident_bytes() {
  std::FILE* statm = std::fopen("/proc/self/statm", "r");
  long size = 0;
  long resident = 0;
  if (statm == nullptr || std::fscanf(statm, "%ld %ld", &size, &resident) != 2) std::abort();
  std::fclose(statm);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void start(actor_system& system, scoped_actor& self, int64_t many, std::vector<actor>& all) {
  left = many;
  for (int64_t i = 0; i != many; ++i) all.push_back(system.spawn(member, actor(self)));
  wait_for(self);
}

measured idle_actors(actor_system& system, const options& given) {
  const int64_t actors = get(given, "actors", 1'000'000);
  scoped_actor self(system);
  // The array is written before memory is looked at: it is not a part of any actor.
  std::vector<actor> all(static_cast<std::size_t>(actors + 100), actor(self));
  all.clear();
  start(system, self, 100, all);
  const double before = resident_bytes();
  measured got;
  got.ops = actors;
  const auto begin = clock::now();
  start(system, self, actors, all);
  got.seconds = seconds_since(begin);
  got.bytes = (resident_bytes() - before) / static_cast<double>(actors);
  got.note = "unbounded mailbox";
  stop(all);
  return got;
}

/// Sends to all in turn, a batch a turn: a worker that steals walks the queue of the other to its
/// end, so long queues would be measured instead of messages.
behavior round_sender(event_based_actor* self, const std::vector<actor>* to) {
  return {[=](go_atom, int64_t rounds, int64_t from) {
    const auto count = static_cast<int64_t>(to->size());
    const int64_t end = std::min<int64_t>(count, from + 64);
    for (int64_t i = from; i != end; ++i) {
      self->send((*to)[static_cast<std::size_t>(i)], int64_t{rounds == 1});
    }
    if (end != count) return self->send(self, go_atom::value, rounds, end);
    if (rounds > 1) self->send(self, go_atom::value, rounds - 1, int64_t{0});
  }};
}

measured scale_actors(actor_system& system, const options& given) {
  const int64_t actors = get(given, "actors", 1'000'000);
  scoped_actor self(system);
  std::vector<actor> all;
  all.reserve(static_cast<std::size_t>(actors));
  start(system, self, actors, all);
  const actor from = system.spawn(round_sender, &all);
  const auto got = measure(get(given, "ops", 1'000'000), actors, [&](int64_t n) {
    left = actors;
    self->send(from, go_atom::value, n / actors, int64_t{0});
    wait_for(self);
  });
  stop({from});
  stop(all);
  return got;
}

}  // namespace

void add_scale(std::map<std::string, function>& all) {
  all["IdleActors"] = idle_actors;
  all["ScaleActors"] = scale_actors;
}

}  // namespace peer

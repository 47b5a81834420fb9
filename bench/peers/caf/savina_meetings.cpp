// Savina's Big and Chameneos.

#include "harness.hpp"

#include <random>
#include <utility>

namespace peer {

namespace {

using caf::actor;
using caf::actor_system;
using caf::behavior;
using caf::scoped_actor;
using caf::stateful_actor;

using ping_atom = caf::atom_constant<caf::atom("ping")>;
using pong_atom = caf::atom_constant<caf::atom("pong")>;
using meet_atom = caf::atom_constant<caf::atom("meet")>;
using change_atom = caf::atom_constant<caf::atom("change")>;

struct big_state {
  int64_t left = 0;
  std::minstd_rand random;
};

behavior big(stateful_actor<big_state>* self, const std::vector<actor>* all, unsigned seed,
             const actor& boss) {
  self->state.random.seed(seed);
  const auto ping = [=] {
    self->send((*all)[self->state.random() % all->size()], ping_atom::value, actor(self));
  };
  return {[=](ping_atom, const actor& from) { self->send(from, pong_atom::value); },
          [=](pong_atom) {
            if (--self->state.left == 0) {
              self->send(boss, done_atom::value);
            } else {
              ping();
            }
          },
          [=](go_atom, int64_t pings) {
            self->state.left = pings;
            ping();
          }};
}

measured big_pings(actor_system& system, const options& given) {
  const int64_t actors = get(given, "actors", 120);
  scoped_actor self(system);
  std::vector<actor> all;
  all.reserve(static_cast<std::size_t>(actors));
  for (int64_t i = 0; i != actors; ++i) {
    all.push_back(system.spawn(big, &all, static_cast<unsigned>(i + 1), actor(self)));
  }
  const auto got = measure(get(given, "ops", actors * 20'000), actors, [&](int64_t n) {
    for (const auto& one : all) self->send(one, go_atom::value, n / actors);
    wait_for(self, actors);
  });
  stop(all);
  self->wait_for(all);
  return got;
}

int complement(int a, int b) { return a == b ? a : 3 - a - b; }

struct mall_state {
  int64_t left = 0;
  actor waiting;
};

behavior mall(stateful_actor<mall_state>* self, const actor& boss) {
  return {[=](meet_atom, int color, const actor& from) {
            auto& state = self->state;
            if (state.left == 0) {
              self->send(boss, done_atom::value);
            } else if (!state.waiting) {
              state.waiting = from;
            } else {
              --state.left;
              self->send(std::exchange(state.waiting, actor()), meet_atom::value, color, from);
            }
          },
          [=](expect_atom, int64_t meetings) { self->state.left = meetings; }};
}

struct chameneo_state {
  int color = 0;
};

behavior chameneo(stateful_actor<chameneo_state>* self, int first, const actor& where) {
  self->state.color = first;
  const auto go = [=] { self->send(where, meet_atom::value, self->state.color, actor(self)); };
  return {[=](meet_atom, int other, const actor& from) {
            self->state.color = complement(self->state.color, other);
            self->send(from, change_atom::value, self->state.color);
            go();
          },
          [=](change_atom, int color) {
            self->state.color = color;
            go();
          },
          [=](go_atom) { go(); }};
}

measured chameneos(actor_system& system, const options& given) {
  const int64_t actors = get(given, "actors", 100);
  scoped_actor self(system);
  const actor where = system.spawn(mall, actor(self));
  std::vector<actor> all;
  for (int64_t i = 0; i != actors; ++i) {
    all.push_back(system.spawn(chameneo, static_cast<int>(i % 3), where));
  }
  const auto got = measure(get(given, "ops", 200'000), 1, [&](int64_t n) {
    self->send(where, expect_atom::value, n);
    for (const auto& one : all) self->send(one, go_atom::value);
    wait_for(self, actors);
  });
  stop(all);
  stop({where});
  return got;
}

}  // namespace

void add_savina_meetings(std::map<std::string, function>& all) {
  all["Big"] = big_pings;
  all["Chameneos"] = chameneos;
}

}  // namespace peer

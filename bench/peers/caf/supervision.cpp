// CAF has no supervisors: an actor that monitors another is told of its end, and that is what a
// supervisor would be made of.

#include "harness.hpp"

namespace peer {

namespace {

using caf::actor;
using caf::actor_system;
using caf::behavior;
using caf::event_based_actor;
using caf::scoped_actor;
using caf::stateful_actor;

// A function that gives no behaviour is an actor that ends at once.
void short_lived(event_based_actor*) {}
void failing(event_based_actor* self) { self->quit(caf::sec::runtime_error); }

struct keeper_state {
  int64_t left = 0;
};

/// Starts a child, and another one each time it is told that one has ended.
template <void (*Child)(event_based_actor*)>
behavior keeper(stateful_actor<keeper_state>* self, const actor& boss) {
  self->set_down_handler([=](caf::down_msg&) {
    if (--self->state.left == 0) {
      self->send(boss, done_atom::value);
    } else {
      self->spawn<caf::monitored>(Child);
    }
  });
  return {[=](go_atom, int64_t many) {
    self->state.left = many;
    self->spawn<caf::monitored>(Child);
  }};
}

template <void (*Child)(event_based_actor*)>
measured keep(actor_system& system, const options& given, int64_t keepers) {
  scoped_actor self(system);
  std::vector<actor> all;
  for (int64_t i = 0; i != keepers; ++i) all.push_back(system.spawn(keeper<Child>, actor(self)));
  auto got = measure(get(given, "ops", 200'000), keepers, [&](int64_t n) {
    for (const auto& one : all) self->send(one, go_atom::value, n / keepers);
    wait_for(self, keepers);
  });
  got.note = "an actor that monitors its child stands in for the supervisor CAF does not have";
  stop(all);
  return got;
}

measured spawn_and_exit(actor_system& system, const options& given) {
  return keep<short_lived>(system, given, 1);
}
measured parallel_spawn(actor_system& system, const options& given) {
  return keep<short_lived>(system, given, get(given, "senders", 8));
}
measured restart_cycle(actor_system& system, const options& given) {
  return keep<failing>(system, given, 1);
}

}  // namespace

void add_supervision(std::map<std::string, function>& all) {
  all["Supervisor_SpawnAndExit"] = spawn_and_exit;
  all["Supervisor_ParallelSpawn"] = parallel_spawn;
  all["Supervisor_RestartCycle"] = restart_cycle;
}

}  // namespace peer

// caf_peer <workload> [key=number ...], or caf_peer versions.

#include "harness.hpp"

#include <algorithm>
#include <cstdio>

namespace {

void print(const std::string& name, peer::measured got) {
  if (!got.skip.empty()) {
    std::printf("{\"workload\": \"%s\", \"skip\": \"%s\"}\n", name.c_str(), got.skip.c_str());
    return;
  }
  std::printf("{\"workload\": \"%s\", \"ops\": %lld, \"seconds\": %.9f", name.c_str(),
              static_cast<long long>(got.ops), got.seconds);
  if (got.bytes != 0) std::printf(", \"bytes\": %.1f", got.bytes);
  if (!got.times.empty()) {
    std::sort(got.times.begin(), got.times.end());
    const auto at = [&](double part) {
      return got.times[static_cast<std::size_t>(part * static_cast<double>(got.times.size() - 1))];
    };
    std::printf(", \"p50\": %.0f, \"p99\": %.0f, \"p999\": %.0f, \"max\": %.0f", at(0.5), at(0.99),
                at(0.999), got.times.back());
  }
  if (!got.note.empty()) std::printf(", \"note\": \"%s\"", got.note.c_str());
  std::printf("}\n");
}

/// A worker that steals walks the other's queue to its end, and one without work looks for some
/// every 50 us. Where hundreds of thousands of actors are ready at once, one shared queue is
/// faster; where all is asleep it wakes sooner; elsewhere it is slower.
caf::atom_value policy_for(const std::string& name) {
  const bool crowd = name == "ForkJoinCreate" || name == "ScaleActors" || name == "IdleActors";
  const bool asleep =
      name == "WakeLatency" || name == "TimerLatency" || name == "PeriodicSignal_Update";
  return crowd || asleep ? caf::atom("sharing") : caf::atom("stealing");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: caf_peer <workload> [key=number ...]\n");
    return 2;
  }
  const std::string name = argv[1];
  if (name == "versions") {
    std::printf(
        "{\"name\": \"CAF\", \"version\": \"%d.%d.%d\", \"runtime\": \"g++ %s\", \"config\": "
        "\"-O2 -DNDEBUG; scheduler.policy stealing (sharing for ForkJoinCreate, ScaleActors, "
        "IdleActors, WakeLatency, TimerLatency, PeriodicSignal_Update), scheduler.max-threads = "
        "workers, "
        "event-based actors from functions, dynamically typed\"}\n",
        CAF_MAJOR_VERSION, CAF_MINOR_VERSION, CAF_PATCH_VERSION, __VERSION__);
    return 0;
  }
  std::map<std::string, peer::function> all;
  peer::add_messages(all);
  peer::add_supervision(all);
  peer::add_savina_streams(all);
  peer::add_savina_meetings(all);
  peer::add_savina_resources(all);
  peer::add_scale(all);
  const auto found = all.find(name);
  if (found == all.end()) {
    peer::measured none;
    none.skip = "CAF has no such concept";
    print(name, none);
    return 0;
  }

  peer::options given;
  for (int i = 2; i != argc; ++i) {
    const std::string one = argv[i];
    const auto equals = one.find('=');
    if (equals == std::string::npos) {
      std::fprintf(stderr, "caf_peer: not key=number: %s\n", argv[i]);
      return 2;
    }
    given[one.substr(0, equals)] = std::stoll(one.substr(equals + 1));
  }
  caf::actor_system_config config;
  config.set("scheduler.policy", policy_for(name));
  config.set("scheduler.max-threads", peer::get(given, "workers", 1));
  peer::measured got;
  {
    caf::actor_system system(config);
    got = found->second(system, given);
  }
  print(name, got);
  return 0;
}

// troupe_peer <workload> [key=number ...], or troupe_peer versions.

#include "peer.hpp"

#include <array>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

namespace peer {

options::options(std::span<char* const> arguments) {
  for (const std::string one : arguments) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos) throw std::invalid_argument("not key=number: " + one);
    std::size_t used = 0;
    const std::string value = one.substr(equals + 1);
    given_[one.substr(0, equals)] = std::stoll(value, &used);
    if (used != value.size()) throw std::invalid_argument("not a number: " + one);
  }
}

std::int64_t options::get(const std::string& key, std::int64_t otherwise) const {
  const auto found = given_.find(key);
  return found == given_.end() ? otherwise : found->second;
}

std::size_t options::size(const std::string& key, std::size_t otherwise) const {
  return static_cast<std::size_t>(get(key, static_cast<std::int64_t>(otherwise)));
}

namespace {

const workload* find(std::string_view name) {
  const std::array groups{inbox_workloads(),  supervisor_workloads(), pattern_workloads(),
                          signal_workloads(), savina_streams(),       savina_meetings(),
                          savina_resources(), scale_workloads(),      latency_workloads(),
                          raw_limits()};
  for (const auto group : groups) {
    for (const workload& one : group) {
      if (one.name == name) return &one;
    }
  }
  return nullptr;
}

void print_versions() {
  std::printf(
      "{\"name\": \"troupe\", \"version\": \"0.1.0\", \"runtime\": \"clang %d.%d.%d\", "
      "\"config\": \"%s; runtime with `workers` threads, nothing pinned\"}\n",
      __clang_major__, __clang_minor__, __clang_patchlevel__, PEER_FLAGS);
}

void print_measured(std::string_view name, const measured& got) {
  std::printf("{\"workload\": \"%.*s\", \"ops\": %lld, \"seconds\": %.9f",
              static_cast<int>(name.size()), name.data(), static_cast<long long>(got.ops),
              got.seconds);
  if (got.allocations) std::printf(", \"allocations\": %.6g", *got.allocations);
  if (got.bytes) std::printf(", \"bytes\": %.1f", *got.bytes);
  if (got.times) {
    std::printf(", \"p50\": %.0f, \"p99\": %.0f, \"p999\": %.0f, \"max\": %.0f", got.times->p50,
                got.times->p99, got.times->p999, got.times->max);
  }
  if (!got.note.empty()) std::printf(", \"note\": \"%s\"", got.note.c_str());
  std::printf("}\n");
}

}  // namespace
}  // namespace peer

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: troupe_peer <workload> [key=number ...]\n");
    return 2;
  }
  const std::string_view name = argv[1];
  try {
    if (name == "versions") {
      peer::print_versions();
      return 0;
    }
    const peer::workload* const chosen = peer::find(name);
    if (chosen == nullptr) {
      std::printf("{\"workload\": \"%s\", \"skip\": \"no such workload\"}\n", argv[1]);
      return 0;
    }
    const peer::options given(std::span(argv + 2, static_cast<std::size_t>(argc - 2)));
    peer::print_measured(name, chosen->run(given));
    return 0;
  } catch (const std::exception& why) {
    std::fprintf(stderr, "troupe_peer %s: %s\n", argv[1], why.what());
    return 1;
  }
}

// troupe_guard: runs every hot path, and prints what each allocated, a line of JSON for each. Under
// `valgrind --tool=callgrind` it also leaves a dump of instructions for each. See count.hpp.

#include "actor_paths.hpp"
#include "message_paths.hpp"

#include <cstdio>

int main() {
  std::printf("{\"compiler\": \"clang %d.%d.%d %s\"}\n", __clang_major__, __clang_minor__,
              __clang_patchlevel__, GUARD_FLAGS);
  for (const auto paths : {guard::message_paths(), guard::actor_paths()}) {
    for (const guard::path& one : paths) one.run(one.name);
  }
  return 0;
}

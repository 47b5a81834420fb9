#pragma once

// The program that stands for CAF (0.17, Debian's libcaf-dev) in `./dev bench --peers`. It runs one
// workload and prints one line of JSON, as ../README.md says. C++17 and any compiler will do: there
// are no coroutines here.
//
// Actors are event-based and made from functions, the lightest kind there is in CAF, and
// dynamically typed: a behaviour with one or two handlers is found by type at once, and a typed
// handle changes what compiles, not how a message travels. Mailboxes are unbounded, so senders are
// not held up; where a workload streams, the sender gives way after each batch of as many messages
// as the inbox of the others holds.

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace peer {

using std::int64_t;
using clock = std::chrono::steady_clock;

using go_atom = caf::atom_constant<caf::atom("go")>;
using more_atom = caf::atom_constant<caf::atom("more")>;
using expect_atom = caf::atom_constant<caf::atom("expect")>;
using done_atom = caf::atom_constant<caf::atom("done")>;

using options = std::map<std::string, int64_t>;

inline int64_t get(const options& given, const std::string& key, int64_t otherwise) {
  const auto found = given.find(key);
  return found == given.end() ? otherwise : found->second;
}

struct measured {
  int64_t ops = 0;
  double seconds = 0;
  double bytes = 0;
  std::vector<double> times{};  ///< nanoseconds, in any order
  std::string note{};
  std::string skip{};
};

using function = measured (*)(caf::actor_system&, const options&);

void add_messages(std::map<std::string, function>& all);
void add_supervision(std::map<std::string, function>& all);
void add_savina_streams(std::map<std::string, function>& all);
void add_savina_meetings(std::map<std::string, function>& all);
void add_savina_resources(std::map<std::string, function>& all);
void add_scale(std::map<std::string, function>& all);

inline double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}
inline int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now().time_since_epoch())
      .count();
}

inline int64_t in_units(int64_t many, int64_t unit) {
  return std::max<int64_t>(many / unit, 1) * unit;
}

/// `body(n)` does n operations and returns when they are done; a quarter of them first, to warm up.
template <class Body>
measured measure(int64_t ops, int64_t unit, Body body) {
  body(in_units(ops / 4, unit));
  measured got;
  got.ops = in_units(ops, unit);
  const auto start = clock::now();
  body(got.ops);
  got.seconds = seconds_since(start);
  return got;
}

/// Waits for `many` done messages.
inline void wait_for(caf::scoped_actor& self, int64_t many = 1) {
  for (int64_t i = 0; i != many; ++i) self->receive([](done_atom) {});
}

/// Ends actors that would keep the system alive.
inline void stop(const std::vector<caf::actor>& all) {
  for (const auto& one : all) caf::anon_send_exit(one, caf::exit_reason::user_shutdown);
}

struct sink_state {
  int64_t left = 0;
};

/// Counts messages, and tells `boss` when as many have come as were expected.
inline caf::behavior sink(caf::stateful_actor<sink_state>* self, const caf::actor& boss) {
  return {[=](int64_t) {
            if (--self->state.left == 0) self->send(boss, done_atom::value);
          },
          [=](expect_atom, int64_t many) { self->state.left = many; }};
}

/// Sends `many` to `to`, a batch a turn.
inline caf::behavior sender(caf::event_based_actor* self, const caf::actor& to, int64_t batch) {
  return {[=](go_atom, int64_t many) {
    const int64_t now = std::min(many, batch);
    for (int64_t i = 0; i != now; ++i) self->send(to, i);
    if (many > now) self->send(self, go_atom::value, many - now);
  }};
}

}  // namespace peer

#include "message_paths.hpp"

#include <codegen/golden/accepted/supervision.gen.hpp>

#include <array>
#include <chrono>
#include <memory>

using done_inbox = troupe::cast_inbox<int>;

// The generated actor of the specification; its handlers are for us to write.
struct stopper : stopper_base {
  done_inbox* done = nullptr;
  void handle_finish(finish_request asked) const {
    if (asked.last == 0) static_cast<void>(done->try_cast(1));
  }
};

namespace guard {

namespace {

using troupe::call_inbox;
using troupe::cast_inbox;
using troupe::context;
using troupe::result;
using troupe::runtime;
using troupe::task;

struct streams {
  cast_inbox<std::int64_t> in{16};
  cast_inbox<int> done{1};
  call_inbox<int, int> asked{16};
};

/// Says so when it has received a 0.
task<result<>> receiver(streams* s) {
  co_return co_await troupe::serve(context::current(),
                                   troupe::on(s->in,
                                              [s](std::int64_t left) {
                                                if (left == 0)
                                                  static_cast<void>(s->done.try_cast(1));
                                              }),
                                   troupe::on(s->asked, [](int n) { return n + 1; }));
}

void cast(const char* name) {
  streams s;
  runtime rt({.workers = 1});
  rt.spawn(receiver(&s));
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) must((co_await s.in.cast(n)).has_value());
    must((co_await s.done.receive()).has_value());
  });
}

void try_cast(const char* name) {
  streams s;
  runtime rt({.workers = 1});
  rt.spawn(receiver(&s));
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) {
      while (!s.in.try_cast(n))
        must((co_await troupe::sleep_for(troupe::duration::zero())).has_value());
    }
    must((co_await s.done.receive()).has_value());
  });
}

task<> pass_on(cast_inbox<int>* from, cast_inbox<int>* to) {
  while (auto message = co_await from->receive()) {
    if (!co_await to->cast(*message)) break;
  }
}

void cast_to_parked(const char* name) {
  cast_inbox<int> there(16);
  cast_inbox<int> back(16);
  runtime rt({.workers = 1});
  rt.spawn(pass_on(&there, &back));
  count(name, rt, [&](std::int64_t n) -> task<> {
    for (std::int64_t i = 0; i != n; ++i) {
      must((co_await there.cast(1)).has_value());
      must((co_await back.receive()).has_value());
    }
  });
}

void call(const char* name) {
  streams s;
  runtime rt({.workers = 1});
  rt.spawn(receiver(&s));
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) must((co_await s.asked.call(1)).has_value());
  });
}

task<> call_often(call_inbox<int, int>* whom, std::int64_t times) {
  while (times-- != 0) must((co_await whom->call(1)).has_value());
}

// Requests wait in the inbox while others are answered.
void call_by_eight(const char* name) {
  streams s;
  runtime rt({.workers = 1});
  rt.spawn(receiver(&s));
  count(name, rt, [&](std::int64_t n) -> task<> {
    std::array<troupe::join_handle<void>, 8> callers;
    for (auto& one : callers) {
      one = troupe::spawn(call_often(&s.asked, n / static_cast<std::int64_t>(callers.size())));
    }
    for (auto& one : callers) must((co_await one).has_value());
  });
}

void select(const char* name) {
  std::array<cast_inbox<int>, 4> in{cast_inbox<int>(4), cast_inbox<int>(4), cast_inbox<int>(4),
                                    cast_inbox<int>(4)};
  runtime rt({.workers = 1});
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) {
      must(in[static_cast<std::size_t>(n) % in.size()].try_cast(1).has_value());
      auto got = co_await troupe::select(in[0], in[1], in[2], in[3]);
      must(!got.canceled());
    }
  });
}

// A wait with a timer that is set, and canceled because a message comes first.
void timer(const char* name) {
  streams s;
  cast_inbox<int> there(16);
  cast_inbox<int> back(16);
  runtime rt({.workers = 1});
  rt.spawn(pass_on(&there, &back));
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) {
      must((co_await there.cast(1)).has_value());
      auto got = co_await troupe::select(back, troupe::after(std::chrono::hours(1)));
      must(got.index() == 0);
    }
  });
}

void generated_mailbox(const char* name) {
  done_inbox done{1};
  runtime rt({.workers = 1});
  const stopper_tx tx = stopper_builder{.data = {.done = &done}}.spawn(rt);
  count(name, rt, [&](std::int64_t n) -> task<> {
    while (n-- != 0) must((co_await tx.finish({.last = static_cast<int>(n)})).has_value());
    must((co_await done.receive()).has_value());
  });
}

}  // namespace

std::span<const path> message_paths() {
  static constexpr std::array all{path{"cast", cast},
                                  path{"try_cast", try_cast},
                                  path{"cast_to_parked", cast_to_parked},
                                  path{"call", call},
                                  path{"call_by_eight", call_by_eight},
                                  path{"select", select},
                                  path{"timer", timer},
                                  path{"generated_mailbox", generated_mailbox}};
  return all;
}

}  // namespace guard

// Generated actors under real threads, for ThreadSanitizer first of all: senders, actors that share
// a mailbox, and stop requests at any time, with a supervisor that starts them again. The books
// must balance, and each stop be heard.
#include <codegen/golden/accepted/workshop.gen.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/runtime.hpp>
#include <troupe/supervisor.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace {

std::atomic<int> handled{0};
std::atomic<int> stops{0};

}  // namespace

// Not `desk`, which workshop.test.cpp has: builder takes any type.
namespace workshop {

struct stress_desk : desk_base {
  std::string handle_upper(std::string text) { return text; }
  int handle_later(int n) {
    ++handled;
    return n + 1;
  }
  void handle_touch(int) {}
  troupe::task<int> handle_slow(int n) {
    ++handled;
    co_await troupe::sleep_for(troupe::duration::zero());
    co_return n + 1;
  }
  void handle_stop() { ++stops; }
};

}  // namespace workshop

namespace {

using namespace std::chrono_literals;
using builder = workshop::desk_base::builder<workshop::stress_desk>;
using troupe::internal::run;
using troupe::internal::start;

constexpr int senders = 6;
constexpr int each = 300;
constexpr int stop_requests = 200;

TEST(generated_stress, every_call_is_answered_while_actors_stop_and_start) {
  handled = 0;
  stops = 0;
  int answered = 0;
  {
    troupe::runtime rt({.workers = 4});
    const auto shared = troupe::generated::rpc_mailbox<int, int>::make_inbox(4);
    std::vector<workshop::desk_tx> desks;
    std::vector<troupe::child_spec> children;
    for (int i = 0; i != 2; ++i) {
      auto made = builder{.later = {.inbox = shared}}.build(rt);
      desks.push_back(made.tx);
      children.emplace_back(made.actor);
    }
    auto root = std::make_shared<troupe::supervisor>(
        "root",
        troupe::supervisor_options{.restart_limit = {.max_restarts = 1'000'000, .window = 1s},
                                   .children = std::move(children)});
    rt.spawn(root);
    std::vector<troupe::join_handle<int>> calls;
    for (int s = 0; s != senders; ++s) {
      calls.push_back(start(rt, [&desks, s]() -> troupe::task<int> {
        int good = 0;
        for (int i = 0; i != each; ++i) {
          const auto& desk = desks[static_cast<std::size_t>(i + s) % 2];
          const auto got = i % 3 == 0 ? co_await desk.slow(i) : co_await desk.later(i);
          if (got && *got == i + 1) ++good;
        }
        co_return good;
      }));
    }
    for (int i = 0; i != stop_requests; ++i) {
      desks[static_cast<std::size_t>(i) % 2].stop();
      std::this_thread::yield();
    }
    for (auto& call : calls) answered += rt.block_on(std::move(call)).value_or(0);
    // The last wish of each is heard as well.
    for (const auto& desk : desks) desk.stop();
    while (stops.load() < 2) std::this_thread::yield();
    EXPECT_TRUE(rt.shutdown().empty());
  }
  EXPECT_EQ(answered, senders * each);
  EXPECT_EQ(handled.load(), answered);
}

}  // namespace

// A fiber whose operations end at once lets others run, whatever they end with. Each test is a loop
// that nothing else would ever stop.

#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/troupe.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>

namespace {

using troupe::context;
using troupe::errc;
using troupe::task;
using troupe::testing::deterministic_runtime;
using namespace std::chrono_literals;

// Turns of up to 129 operations, of which chance may give one fiber several in a row.
constexpr int too_many = 10'000;

task<> set(bool* what) {
  *what = true;
  co_return;
}

// How often `operation`, a task<bool> that says whether it ended as it should, is run in one
// canceled fiber until another one has had a turn; too_many: it has not.
template <class Operation>
task<> repeat(Operation operation, int* times, bool* right) {
  static_cast<void>(co_await troupe::sleep_for(1h));  // until we are canceled
  bool others = false;
  const auto other = troupe::spawn(set(&others));
  for (; !others && *times != too_many; ++*times) *right = co_await operation() && *right;
}

template <class Operation>
void expect_to_let_others_run(Operation operation) {
  for (std::uint64_t seed = 0; seed != 8; ++seed) {
    deterministic_runtime rt(seed);
    int times = 0;
    bool right = true;
    const auto running = rt.spawn(repeat(operation, &times, &right));
    rt.run_until_idle();
    running.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(running.done());
    EXPECT_TRUE(right);
    EXPECT_GT(times, 0);
    EXPECT_LT(times, too_many);
  }
}

TEST(fairness, a_loop_around_what_fails_at_once_lets_others_run) {
  expect_to_let_others_run([] -> task<bool> {  // a time that is not waited for
    co_return co_await troupe::sleep_for(1ms) == std::unexpected(errc::canceled);
  });
  expect_to_let_others_run([] -> task<bool> {
    const context canceled = context::current();
    co_return co_await troupe::sleep_for(canceled, 1ms) == std::unexpected(errc::canceled);
  });
}

TEST(fairness, of_events) {
  troupe::event never;
  expect_to_let_others_run(
      [&] -> task<bool> { co_return co_await never.wait() == std::unexpected(errc::canceled); });
  troupe::event set;
  set.set();
  expect_to_let_others_run([&] -> task<bool> { co_return (co_await set.wait()).has_value(); });
  expect_to_let_others_run([] -> task<bool> {
    const context own = context::current();
    co_return co_await own.done() == errc::canceled;
  });
}

TEST(fairness, of_calls_and_casts) {
  troupe::call_inbox<int, int> nobody(4);
  expect_to_let_others_run(
      [&] -> task<bool> { co_return co_await nobody.call(1) == std::unexpected(errc::canceled); });
  troupe::call_inbox<int, int> closed(4);
  closed.close();
  expect_to_let_others_run([&] -> task<bool> {
    const context free = context::background();
    co_return co_await closed.call(free, 1) == std::unexpected(errc::inbox_closed);
  });
  troupe::cast_inbox<int> full(1);
  ASSERT_TRUE(full.try_cast(1));
  expect_to_let_others_run([&] -> task<bool> {
    const auto sent = co_await full.cast(2);
    co_return !sent && sent.error() == errc::canceled;
  });
  expect_to_let_others_run([&] -> task<bool> {
    const context canceled = context::current();
    const auto sent = co_await full.cast(canceled, 2);
    co_return !sent && sent.error() == errc::canceled;
  });
}

TEST(fairness, of_emits_and_writes) {
  troupe::outbox<int> out;
  expect_to_let_others_run([&] -> task<bool> { co_return (co_await out.emit(1)).has_value(); });
  expect_to_let_others_run([&] -> task<bool> {
    const context canceled = context::current();
    co_return co_await out.emit(canceled, 1) == std::unexpected(errc::canceled);
  });
  const auto unstarted = std::make_shared<troupe::pushed_signal<int>>("unstarted");
  expect_to_let_others_run([&] -> task<bool> {
    co_return co_await unstarted->write(1) == std::unexpected(errc::canceled);
  });
}

TEST(fairness, of_serve_without_an_open_inbox) {
  troupe::cast_inbox<int> closed(1);
  closed.close();
  expect_to_let_others_run([&] -> task<bool> {
    const context free = context::background();
    static_cast<void>(co_await troupe::serve(free, troupe::on(closed, [](int) {})));
    co_return true;
  });
}

}  // namespace

#include <troupe/join_handle.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace {

using namespace std::chrono_literals;
using troupe::errc;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

task<int> number(int n) {
  static_cast<void>(co_await troupe::sleep_for(0s));
  co_return n;
}
task<std::unique_ptr<int>> owned(int n) { co_return std::make_unique<int>(n); }
task<> fails() {
  static_cast<void>(co_await troupe::sleep_for(0s));
  throw std::runtime_error("no");
}
task<> sleeps(bool* canceled) {
  const auto slept = co_await troupe::sleep_for(1h);
  *canceled = !slept && slept.error() == errc::canceled;
}

TEST(join_handle, gives_what_the_fiber_gave) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const auto handle = rt.spawn(number(5));
    const auto copy = handle;
    EXPECT_FALSE(handle.done());
    EXPECT_EQ(rt.block_on(handle), 5);
    EXPECT_TRUE(handle.done());
    EXPECT_EQ(rt.block_on(copy), 5);
    EXPECT_EQ(rt.block_on(handle), 5);
    auto box = rt.block_on(rt.spawn(owned(6)));
    EXPECT_EQ(**box, 6);
    run(rt, []() -> task<> { EXPECT_EQ(co_await troupe::spawn(number(7)), 7); });
  });
}

TEST(join_handle, throws_what_the_fiber_threw) {
  deterministic_runtime rt;
  const auto handle = rt.spawn(fails());
  EXPECT_THROW(static_cast<void>(rt.block_on(handle)), std::runtime_error);
  EXPECT_THROW(static_cast<void>(rt.block_on(handle)), std::runtime_error);
}

TEST(join_handle, may_be_dropped_and_the_fiber_goes_on) {
  deterministic_runtime rt;
  int seen = 0;
  {
    const auto dropped = start(rt, [&]() -> task<> { seen = co_await number(3); });
  }
  rt.run_until_idle();
  EXPECT_EQ(seen, 3);
}

TEST(join_handle, cancels_the_fiber) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    bool canceled = false;
    const auto handle = rt.spawn(sleeps(&canceled));
    if (seed % 2 == 0) rt.run_until_idle();
    handle.cancel();
    handle.cancel();
    rt.run_until_idle();
    EXPECT_TRUE(handle.done());
    EXPECT_TRUE(canceled);
    handle.cancel();
  });
}

TEST(join_handle, canceling_who_waits_leaves_the_fiber_alone) {
  bool canceled = false;
  std::optional<result<>> got;
  deterministic_runtime rt;
  const auto handle = rt.spawn(sleeps(&canceled));
  auto waiting = start(rt, [&]() -> task<> { got = co_await handle; });
  rt.run_until_idle();
  waiting.cancel();
  rt.run_until_idle();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error(), errc::canceled);
  EXPECT_FALSE(handle.done());
}

TEST(join_handle, a_wait_for_it_may_have_a_context_of_its_own) {
  bool canceled = false;
  std::optional<result<>> got;
  deterministic_runtime rt;
  const auto handle = rt.spawn(sleeps(&canceled));
  const auto soon = troupe::context::background().with_cancel();
  const auto waiting = start(rt, [&]() -> task<> { got = co_await handle.wait(soon); });
  rt.run_until_idle();
  EXPECT_FALSE(got);
  soon.cancel();
  rt.run_until_idle();
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error(), errc::canceled);
  EXPECT_FALSE(handle.done());
  EXPECT_EQ(rt.block_on(rt.spawn(number(4)).wait(troupe::context::background())), 4);
}

TEST(join_handle, a_fiber_beside_another_ends_with_it) {
  deterministic_runtime rt;
  bool canceled = false;
  std::optional<troupe::join_handle<void>> inner;
  run(rt, [&]() -> task<> {
    inner = troupe::spawn(sleeps(&canceled));
    static_cast<void>(co_await troupe::sleep_for(0s));
  });
  rt.run_until_idle();
  EXPECT_TRUE(inner->done());
  EXPECT_TRUE(canceled) << "it ran under the context of the one that spawned it";
}

// The lines that the runtime has written, shared with a sink that may outlive the test's part.
class log_lines {
 public:
  log_lines() : sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)) {}
  [[nodiscard]] troupe::logger log() const {
    auto target = std::make_shared<spdlog::logger>("app", sink_);
    target->set_pattern("%v");
    return troupe::logger(std::move(target));
  }
  [[nodiscard]] int unheard() const {
    const std::string text = out_.str();
    const std::string_view line = "a task failed, and nobody has its handle why=";
    int found = 0;
    for (std::size_t at = 0; (at = text.find(line, at)) != std::string::npos; ++at) ++found;
    return found;
  }

 private:
  std::ostringstream out_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_;
};

TEST(join_handle, an_exception_that_no_handle_was_asked_for_is_logged) {
  const log_lines lines;
  deterministic_runtime rt(1, lines.log());
  std::optional handle = rt.spawn(fails());
  std::optional copy = handle;
  rt.run_until_idle();
  handle.reset();
  EXPECT_EQ(lines.unheard(), 0) << "the copy may still be asked";
  copy.reset();
  EXPECT_EQ(lines.unheard(), 1);
  static_cast<void>(rt.spawn(fails()));
  rt.run_until_idle();
  EXPECT_EQ(lines.unheard(), 2) << "dropped before the end";
  static_cast<void>(rt.block_on(rt.spawn(number(1))));
  EXPECT_EQ(lines.unheard(), 2);
}

TEST(join_handle, an_exception_that_one_handle_has_thrown_is_not_logged) {
  const log_lines lines;
  deterministic_runtime rt(1, lines.log());
  {
    const auto handle = rt.spawn(fails());
    const auto copy = handle;
    EXPECT_THROW(static_cast<void>(rt.block_on(handle)), std::runtime_error);
  }
  EXPECT_EQ(lines.unheard(), 0);
}

TEST(join_handle, a_wait_that_ends_before_the_task_has_not_heard_of_it) {
  const log_lines lines;
  deterministic_runtime rt(1, lines.log());
  {
    const auto handle = rt.spawn([]() -> task<> {
      static_cast<void>(co_await troupe::sleep_for(1s));
      throw std::runtime_error("no");
    }());
    const auto soon = troupe::context::background().with_cancel();
    soon.cancel();
    EXPECT_EQ(rt.block_on(handle.wait(soon)).error(), errc::canceled);
    rt.advance(2s);
  }
  EXPECT_EQ(lines.unheard(), 1);
}

TEST(join_handle, a_handle_that_outlives_its_runtime_still_tells) {
  const log_lines lines;
  std::optional<troupe::join_handle<void>> handle;
  {
    troupe::runtime rt({.workers = 1, .log = lines.log()});
    handle = rt.spawn(fails());
    rt.run();
  }
  EXPECT_EQ(lines.unheard(), 0);
  handle.reset();
  EXPECT_EQ(lines.unheard(), 1);
}

// The end and the drop meet in every order; the line is written once in each.
TEST(join_handle, an_end_and_a_drop_at_the_same_time_log_once) {
  constexpr int rounds = 500;
  const log_lines lines;
  {
    troupe::runtime rt({.workers = 2, .log = lines.log()});
    for (int i = 0; i != rounds; ++i) {
      const auto handle = rt.spawn(fails());
      if (i % 2 == 0) std::this_thread::yield();
    }
    rt.run();
  }
  EXPECT_EQ(lines.unheard(), rounds);
}

TEST(join_handle, spawn_wants_a_runtime) {
  EXPECT_THROW(troupe::spawn(number(1)), troupe::usage_error);
}

}  // namespace

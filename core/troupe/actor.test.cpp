// One run of an actor: how it ends, and what ends with it.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::testing::deterministic_runtime;

exit_reason run_once(deterministic_runtime& rt, std::shared_ptr<actor> one) {
  auto handle = rt.spawn(std::move(one));
  rt.run_until_idle();
  return *rt.block_on(handle);
}

TEST(actor_test, the_outcome_of_run_is_the_exit_reason) {
  deterministic_runtime rt;
  const auto clean = make_actor("a", [](context, logger&) -> task<result<>> { co_return {}; });
  EXPECT_EQ(run_once(rt, clean).kind(), exit_kind::clean);
  const auto fails = make_actor(
      "b", [](context, logger&) -> task<result<>> { co_return fail(errc::refused, "not today"); });
  const exit_reason error = run_once(rt, fails);
  EXPECT_EQ(error.kind(), exit_kind::error);
  EXPECT_EQ(error.text(), "not today");
  const auto throws = make_actor("c", [](context, logger&) -> task<result<>> {
    throw std::runtime_error("boom");
    co_return {};
  });
  const exit_reason crash = run_once(rt, throws);
  EXPECT_EQ(crash.kind(), exit_kind::exception);
  EXPECT_EQ(crash.text(), "boom");
}

/// run() is no coroutine.
class plain : public actor {
 public:
  enum class how { throws, gives_nothing, passes_on };
  explicit plain(how what) : actor("plain"), what_(what) {}
  context seen;

 protected:
  task<result<>> run(context ctx) override {
    seen = ctx;
    if (what_ == how::throws) throw std::runtime_error("at once");
    if (what_ == how::gives_nothing) return {};
    return other();
  }

 private:
  static task<result<>> other() { co_return fail(errc::refused); }
  how what_;
};

TEST(actor_test, run_need_not_be_a_coroutine) {
  deterministic_runtime rt;
  const exit_reason thrown = run_once(rt, std::make_shared<plain>(plain::how::throws));
  EXPECT_EQ(thrown.kind(), exit_kind::exception);
  EXPECT_EQ(thrown.text(), "at once");
  const exit_reason nothing = run_once(rt, std::make_shared<plain>(plain::how::gives_nothing));
  EXPECT_EQ(nothing.kind(), exit_kind::exception);
  EXPECT_TRUE(nothing.text().contains("\"plain\"")) << nothing.text();
  EXPECT_EQ(run_once(rt, std::make_shared<plain>(plain::how::passes_on)).kind(), exit_kind::error);
}

TEST(actor_test, the_context_of_a_run_ends_with_it) {
  deterministic_runtime rt;
  for (const auto how : {plain::how::passes_on, plain::how::throws, plain::how::gives_nothing}) {
    auto one = std::make_shared<plain>(how);
    run_once(rt, one);
    ASSERT_TRUE(one->seen.err()) << static_cast<int>(how);
    EXPECT_EQ(*one->seen.err(), errc::canceled);
  }
}

TEST(actor_test, what_was_spawned_under_a_run_ends_with_it) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    bool ended = false;
    deterministic_runtime rt(seed);
    const auto parent = make_actor("parent", [&ended](context, logger&) -> task<result<>> {
      spawn([](bool* told) -> task<> {
        const result<> slept = co_await sleep_for(1h);
        *told = !slept && slept.error() == errc::canceled;
      }(&ended));
      co_await sleep_for(1s);
      co_return {};
    });
    rt.spawn(parent);
    rt.run_until_idle();
    EXPECT_FALSE(ended);
    rt.advance(1s);
    EXPECT_TRUE(ended);
    EXPECT_EQ(rt.alive(), 0U);
  }
}

TEST(actor_test, make_actor_keeps_a_capturing_function_alive) {
  deterministic_runtime rt;
  auto text = std::make_shared<std::string>("a text that is too long for the small string buffer");
  std::string seen;
  {
    auto one = make_actor("captures", [copy = *text, &seen](context, logger&) -> task<result<>> {
      co_await sleep_for(1s);
      seen = copy;
      co_return {};
    });
    rt.spawn(std::move(one));
  }
  text.reset();
  rt.advance(2s);
  EXPECT_EQ(seen, "a text that is too long for the small string buffer");
}

TEST(actor_test, misuse_is_refused) {
  deterministic_runtime rt;
  const auto nothing = [](context, logger&) -> task<result<>> { co_return {}; };
  EXPECT_THROW(static_cast<void>(make_actor("", nothing)), usage_error);
  EXPECT_THROW(static_cast<void>(make_actor("a", nullptr)), usage_error);
  EXPECT_THROW(rt.spawn(std::shared_ptr<actor>()), usage_error);
  auto one = make_actor(
      "one", [](context ctx, logger&) -> task<result<>> { co_return fail(co_await ctx.done()); });
  auto first = rt.spawn(one);
  EXPECT_THROW(rt.spawn(one), usage_error);
  first.cancel();
  rt.run_until_idle();
  EXPECT_NO_THROW(rt.spawn(one)) << "it has ended: it may run again";
}

TEST(actor_test, is_silent_without_a_logger) {
  deterministic_runtime rt;
  bool enabled = true;
  run_once(rt, make_actor("quiet", [&enabled](context, logger& log) -> task<result<>> {
             enabled = log.enabled(log_level::error);
             co_return {};
           }));
  EXPECT_FALSE(enabled);
}

}  // namespace

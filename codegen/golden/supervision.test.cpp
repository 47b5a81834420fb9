// Actors without mailboxes, and one that ends itself, made from golden/accepted/supervision.yml.
#include <codegen/golden/accepted/supervision.gen.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <memory>

using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

struct supervisee : supervisee_base {
  int* starts = nullptr;
  int* stops = nullptr;
  troupe::task<> handle_start() {
    ++*starts;
    co_return;
  }
  void handle_stop() { ++*stops; }
};

struct stopper : stopper_base {
  int* last = nullptr;
  void handle_finish(const finish_request& asked) {
    *last = asked.last;
    tx->stop();
  }
  troupe::result<> handle_stop() { return troupe::fail(troupe::errc::refused); }
};

namespace {

TEST(generated_supervision, an_actor_without_mailboxes_starts_and_stops) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    int starts = 0;
    int stops = 0;
    const supervisee_tx tx =
        supervisee_builder{.data = {.starts = &starts, .stops = &stops}}.spawn(rt);
    rt.run_until_idle();
    EXPECT_EQ(starts, 1);
    EXPECT_EQ(rt.alive(), 1U);
    tx.stop();
    rt.run_until_idle();
    EXPECT_EQ(stops, 1);
    EXPECT_EQ(rt.alive(), 0U);
  });
}

TEST(generated_supervision, the_end_of_its_context_is_no_clean_stop) {
  deterministic_runtime rt;
  int starts = 0;
  int stops = 0;
  supervisee_builder{.data = {.starts = &starts, .stops = &stops}}.spawn(rt);
  rt.run_until_idle();
  rt.shutdown();
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(stops, 0);
}

TEST(generated_supervision, an_actor_stops_itself_and_its_last_handler_may_fail) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    int last = 0;
    auto [actor, tx] = stopper_builder{.data = {.last = &last}}.build(rt);
    auto ended = rt.spawn(actor);
    EXPECT_TRUE(tx.try_finish({.last = 7}));
    EXPECT_TRUE(tx.try_finish({.last = 8}));
    rt.run_until_idle();
    EXPECT_EQ(last, 7) << "it stops before the next message";
    const auto why = rt.block_on(std::move(ended));
    ASSERT_TRUE(why && why->as_error() != nullptr);
    EXPECT_EQ(*why->as_error(), troupe::errc::refused);
  });
}

}  // namespace

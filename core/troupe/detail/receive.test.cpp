#include <troupe/detail/receive.hpp>

#include <troupe/cast_inbox.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/select.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <span>
#include <utility>

namespace {

using namespace std::chrono_literals;
using troupe::task;
using troupe::detail::current;
using troupe::detail::fiber;
using troupe::detail::inbox_core;
using troupe::detail::wait_source;

/// Stands for a fiber of another worker that receives from the inbox just now.
class comes_between final : public wait_source {
 public:
  comes_between(inbox_core& inbox, fiber& other) : inbox_(&inbox), other_(&other) {}
  bool arm(fiber&, std::uint64_t) override {
    if (other_ != nullptr) EXPECT_FALSE(inbox_->bind(*std::exchange(other_, nullptr)));
    return true;
  }
  void disarm() noexcept override {}

 private:
  inbox_core* inbox_;
  fiber* other_;
};

/// A wait on all, once.
struct first_of {
  std::span<troupe::detail::inbox_source> inboxes;
  std::span<wait_source* const> others;
  troupe::detail::receive_step step{};
  bool ready = false;

  bool await_ready() {
    ready = step.begin_with_others(*current.running, inboxes, others);
    return ready;
  }
  void await_suspend(std::coroutine_handle<> at) const { current.running->resume_point = at; }
  std::uint32_t await_resume() {
    step.end(*current.running, inboxes, others);
    return current.running->fired;
  }
};

// The wait begins anew, as the inbox is a shared one now. The tick that ended the wait before that
// is not the one of this.
TEST(receive_step, a_ticker_keeps_its_beat_where_an_inbox_becomes_a_shared_one) {
  troupe::testing::deterministic_runtime rt;
  const auto waiting = troupe::internal::start(rt, [&]() -> task<> {
    troupe::cast_inbox<int> in(1);
    troupe::every tick(1s);
    const auto begin = rt.now();
    inbox_core& core = troupe::detail::inbox_access::core(in);
    fiber other;
    int slot = 0;
    troupe::detail::inbox_source inbox;
    inbox.inbox = &core;
    inbox.waiter.set_slot(&slot);
    troupe::detail::every_source ticks(tick);
    ticks.index = 1;
    comes_between between(core, other);
    between.index = 2;
    const std::array<wait_source*, 1> at_first{&ticks};
    const std::array<wait_source*, 2> then{&ticks, &between};
    EXPECT_EQ((co_await first_of{{&inbox, 1}, at_first}), 1U);
    EXPECT_EQ(rt.now(), begin + 1s);
    EXPECT_EQ((co_await first_of{{&inbox, 1}, then}), 1U);
    EXPECT_EQ(rt.now(), begin + 2s);
  });
  rt.advance(2s);
  EXPECT_TRUE(waiting.done());
  EXPECT_FALSE(rt.next_timer());
}

}  // namespace

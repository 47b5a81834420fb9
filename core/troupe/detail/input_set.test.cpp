// What input_set decides after each message, without a runtime's help but for receiving: see
// signal/glitches.test.cpp for what comes of it.
#include <troupe/detail/input_set.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/signal/pushed_signal.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::task;
using troupe::detail::before_all;
using troupe::detail::evaluation_scope;
using troupe::detail::hub_of;
using troupe::detail::input_of;
using troupe::detail::input_set;
using troupe::detail::input_wait;
using troupe::detail::stamp;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;
using step = input_set::step;

using hub = hub_of<int>;
std::shared_ptr<hub> make_hub(bool is_origin, std::optional<int> initial = {}) {
  return std::make_shared<hub>("hub", is_origin, nullptr, initial);
}
void add(input_set& to, const std::shared_ptr<hub>& from) {
  to.add(std::make_unique<input_of<int>>(nullptr, from));
}
stamp at(std::uint64_t origin, std::uint64_t change) {
  return stamp{{.origin = origin, .change = change}};
}

/// Receives all that may be received now.
void receive_all(deterministic_runtime& rt, input_set& inputs) {
  auto handle = start(rt, [&inputs]() -> task<> {
    input_wait wait(inputs);
    while (co_await wait) {
    }
  });
  rt.run_until_idle();
  handle.cancel();
  rt.run_until_idle();
}

TEST(input_set, an_update_is_due_when_something_has_come_and_all_fits_together) {
  auto a = make_hub(false);
  auto b = make_hub(false);
  input_set inputs(0s, true);
  add(inputs, a);
  add(inputs, b);
  deterministic_runtime rt;
  EXPECT_EQ(inputs.next({}), step::wait);
  a->publish(1, at(7, 1));
  b->publish(1, at(7, 1));
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next({}), step::update);
  EXPECT_TRUE(inputs.worth_updating());
  EXPECT_EQ(inputs.begin_update(), at(7, 1));
  inputs.end_update();
  EXPECT_EQ(inputs.next({}), step::wait);
  a->publish(2, at(7, 2));
  a->publish(3, at(7, 3));
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next({}), step::wait) << "b is behind";
  EXPECT_FALSE(inputs.wants(0));
  EXPECT_TRUE(inputs.wants(1));
  EXPECT_EQ(inputs.present<int>(0), 2) << "what comes after that waits in the buffer";
  b->publish(2, at(7, 2));
  b->publish(3, at(7, 3));
  auto handle = start(rt, [&inputs]() -> task<> {
    input_wait wait(inputs);
    while (inputs.next({}) == step::wait && co_await wait) {
    }
  });
  rt.run_until_idle();
  EXPECT_EQ(inputs.next({}), step::update);
  EXPECT_EQ(inputs.present<int>(0), 2);
  EXPECT_EQ(inputs.present<int>(1), 2);
}

TEST(input_set, a_change_that_left_all_values_as_they_were_is_no_reason_to_update) {
  auto a = make_hub(false);
  input_set inputs(0s, true);
  add(inputs, a);
  deterministic_runtime rt;
  a->publish(1, at(7, 1));
  receive_all(rt, inputs);
  static_cast<void>(inputs.begin_update());
  inputs.end_update();
  a->publish(std::nullopt, at(7, 2));
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next({}), step::update) << "its stamp has to be handed on";
  EXPECT_FALSE(inputs.worth_updating());
  EXPECT_EQ(inputs.begin_update(), at(7, 2));
}

TEST(input_set, an_update_that_crashed_leaves_its_stamp_and_one_that_was_put_off_does_not) {
  auto a = make_hub(false);
  input_set inputs(0s, true);
  add(inputs, a);
  deterministic_runtime rt;
  a->publish(1, at(7, 1));
  receive_all(rt, inputs);
  static_cast<void>(inputs.begin_update());
  EXPECT_EQ(inputs.take_crashed(), at(7, 1));
  EXPECT_TRUE(inputs.take_crashed().empty());
  a->publish(2, at(7, 2));
  receive_all(rt, inputs);
  static_cast<void>(inputs.begin_update());
  inputs.put_off_update();
  EXPECT_TRUE(inputs.take_crashed().empty());
  EXPECT_EQ(inputs.next({}), step::update) << "it is made again";
}

TEST(input_set, a_window_holds_the_update_back_and_ends_when_all_have_ended) {
  auto a = make_hub(true);
  input_set inputs(100ms, true);
  add(inputs, a);
  deterministic_runtime rt;
  a->publish(1);
  receive_all(rt, inputs);
  const auto now = rt.now();
  EXPECT_EQ(inputs.due(), now + 100ms);
  EXPECT_EQ(inputs.next(now + 99ms), step::wait);
  EXPECT_EQ(inputs.next(now + 100ms), step::update);
  a->end();
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next(now), step::update);
  static_cast<void>(inputs.begin_update());
  inputs.end_update();
  EXPECT_EQ(inputs.next(now), step::ended);
}

TEST(input_set, who_has_ended_is_not_waited_for_until_it_is_back) {
  auto a = make_hub(false);
  auto b = make_hub(false);
  input_set inputs(0s, true);
  add(inputs, a);
  add(inputs, b);
  deterministic_runtime rt;
  a->publish(1, at(7, 1));
  b->publish(1, at(7, 1));
  receive_all(rt, inputs);
  static_cast<void>(inputs.begin_update());
  inputs.end_update();
  b->end();
  a->publish(2, at(7, 2));
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next({}), step::update);
  static_cast<void>(inputs.begin_update());
  inputs.end_update();
  b->begin();
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next({}), step::wait);
  EXPECT_TRUE(inputs.wants(1)) << "it is behind";
  b->publish(2, at(7, 2));
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next({}), step::update);
}

TEST(input_set, without_inputs_all_have_ended) {
  const input_set none(0s, true);
  EXPECT_EQ(none.next({}), step::ended);
}

TEST(input_set, an_input_begins_before_all_changes_or_with_what_its_signal_has_seen) {
  auto valued = make_hub(false, 5);
  auto bare = make_hub(false);
  valued->publish(6, at(7, 3));
  bare->publish(std::nullopt, at(7, 3));
  input_of<int> from_valued(nullptr, valued);
  input_of<int> from_bare(nullptr, bare);
  EXPECT_EQ(from_valued.at, at(7, 0)) << "its value has still to be received";
  EXPECT_EQ(from_bare.at, at(7, 3)) << "there is none to be received";
}

TEST(input_set, what_was_lost_in_a_buffer_counts_as_a_change) {
  auto a = make_hub(false);
  input_set inputs(0s, true);
  add(inputs, a);
  deterministic_runtime rt;
  a->publish(0, at(7, 1));
  receive_all(rt, inputs);
  static_cast<void>(inputs.begin_update());
  inputs.end_update();
  a->publish(1, at(7, 2));
  for (std::uint64_t n = 3; n < 30; ++n) a->publish(std::nullopt, at(7, n));
  receive_all(rt, inputs);
  EXPECT_GT(inputs.all()[0]->missed(), 0U);
  EXPECT_TRUE(inputs.worth_updating());
  EXPECT_EQ(inputs.present<int>(0), 1);
}

TEST(input_set, one_that_has_left_is_told_nothing_until_it_begins_anew) {
  auto a = make_hub(true);
  input_set inputs(0s, true);
  add(inputs, a);
  deterministic_runtime rt;
  for (int n = 1; n <= 20; ++n) a->publish(n);
  receive_all(rt, inputs);
  const std::uint64_t missed = inputs.all()[0]->missed();
  EXPECT_EQ(missed, 4U);
  for (int n = 21; n <= 25; ++n) a->publish(n);
  inputs.leave();
  inputs.leave();
  EXPECT_FALSE(a->is_used());
  for (int n = 26; n <= 60; ++n) a->publish(n);
  EXPECT_EQ(inputs.all()[0]->missed(), missed);
  EXPECT_EQ(inputs.next({}), step::wait) << "what came before is forgotten";
  inputs.begin();
  EXPECT_TRUE(a->is_used());
  EXPECT_EQ(inputs.next({}), step::wait);
  receive_all(rt, inputs);
  EXPECT_EQ(inputs.next({}), step::update);
  EXPECT_EQ(inputs.present<int>(0), 60) << "and not what was told before";
  EXPECT_TRUE(inputs.worth_updating());
  EXPECT_EQ(inputs.all()[0]->missed(), missed);
}

TEST(evaluation, read_gives_what_the_update_is_for_while_it_lasts) {
  auto source = std::make_shared<troupe::pushed_signal<int>>("source");
  auto other = std::make_shared<troupe::pushed_signal<int>>(
      "other", troupe::signal_options<int>{.initial = 9});
  input_set inputs(0s, true);
  inputs.add(troupe::detail::signal_internals::make_input(source, inputs.counter()));
  deterministic_runtime rt;
  rt.spawn(source);
  EXPECT_TRUE(rt.block_on(source->write(1)));
  receive_all(rt, inputs);
  EXPECT_TRUE(rt.block_on(source->write(2)));
  run(rt, [&]() -> task<> {
    EXPECT_EQ(source->read(), 2);
    {
      const evaluation_scope scope(inputs);
      EXPECT_EQ(source->read(), 1);
      EXPECT_EQ(other->read(), 9);
      static_cast<void>(co_await troupe::sleep_for(0s));
      EXPECT_EQ(source->read(), 1);
    }
    EXPECT_EQ(source->read(), 2);
  });
}

}  // namespace

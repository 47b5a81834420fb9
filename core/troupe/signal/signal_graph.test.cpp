// What a signal cannot be made from: itself, by whatever way, or nothing.

#include <troupe/signal/computed_signal.hpp>

#include <troupe/internal/test_signals.hpp>
#include <troupe/signal/debounced_signal.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using troupe::computed_options;
using troupe::computed_signal;
using troupe::pushed_signal;
using troupe::testing::deterministic_runtime;

std::shared_ptr<pushed_signal<int>> make_source(const char* name = "source") {
  return std::make_shared<pushed_signal<int>>(name);
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const troupe::usage_error& refused) {
    return refused.what();
  }
  return "nothing was refused";
}

TEST(signal_graph, a_cycle_is_refused_with_the_names_on_it) {
  auto a = std::make_shared<computed_signal<int>>("a", [] { return 1; });
  auto b = std::make_shared<computed_signal<int>>("b", [](int n) { return n; }, a);
  auto settled = std::make_shared<troupe::debounced_signal<int>>("settled", b, 1s);
  auto c = std::make_shared<computed_signal<int>>("c", [](int n) { return n; }, settled);
  EXPECT_NE(refusal([&] { a->add_source(c); }).find("a <- c <- settled <- b <- a"),
            std::string::npos)
      << refusal([&] { a->add_source(c); });
  EXPECT_NE(refusal([&] { a->add_source(a); }).find("a <- a"), std::string::npos);
  EXPECT_TRUE(a->sources().empty());
  a->add_source(make_source());
  EXPECT_EQ(a->sources().size(), 1U);
}

TEST(signal_graph, many_nested_diamonds_are_looked_through_in_no_time) {
  auto first = std::make_shared<computed_signal<int>>("first", [] { return 1; });
  std::shared_ptr<troupe::signal<int>> last = first;
  for (int i = 0; i < 60; ++i) {
    last = std::make_shared<computed_signal<int>>(
        std::to_string(i), [](int x, int y) { return x + y; }, last, last);
  }
  EXPECT_NE(refusal([&] { first->add_source(last); }).find("first <- 59 <- 58"), std::string::npos);
}

TEST(signal_graph, what_it_cannot_be_made_from_is_refused) {
  const std::shared_ptr<pushed_signal<int>> none;
  auto a = make_source("a");
  auto keep = [](int n) { return n; };
  EXPECT_NE(refusal([&] { computed_signal<int>("x", keep, none); }).find("\"x\""),
            std::string::npos);
  EXPECT_THROW(computed_signal<int>("x", computed_options<int>{.coalesce_window = -1ns}, keep, a),
               troupe::usage_error);
  computed_signal<int> takes_values("x", keep, a);
  EXPECT_THROW(takes_values.add_source(a), troupe::usage_error);
  auto runs = std::make_shared<computed_signal<int>>("runs", [] { return 1; }, a);
  EXPECT_THROW(runs->add_source(nullptr), troupe::usage_error);
  deterministic_runtime rt;
  rt.spawn(runs);
  rt.run_until_idle();
  EXPECT_THROW(runs->add_source(make_source("b")), troupe::usage_error);
}

}  // namespace

// Names that mean something else nearby, made from golden/accepted/clock.yml.
#include <codegen/golden/accepted/clock.gen.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <span>
#include <string>
#include <vector>

using namespace std::chrono_literals;

struct seen_by_clock {
  int ticks = 0;
  std::vector<std::string> notes{};
};

struct clock : clock_base {
  seen_by_clock* seen = nullptr;
  int began = 0;

  void handle_tick(troupe::time_point) { ++seen->ticks; }
  void handle_note(const char* text) { seen->notes.emplace_back(text); }
  void handle_begin(std::span<start> all) { began = all.back().at; }
  struct stop handle_time(data::question) { return {began + seen->ticks}; }
  void handle_line(line::text text) { seen->notes.push_back(text.words); }
  void handle_line_mailbox(line::text text) { seen->notes.push_back(text.words); }
  void handle_line_rx(line::text text) { seen->notes.push_back(text.words); }
  void handle_line_tx(line::text text) { seen->notes.push_back(text.words); }
};

struct signal : signal_base {};

namespace {

TEST(generated_names, may_be_those_of_functions_and_types_nearby) {
  troupe::testing::deterministic_runtime rt;
  seen_by_clock seen;
  const clock_tx tx = clock_builder{.data = {.seen = &seen}, .tick = {.interval = 1s}}.spawn(rt);
  const signal_tx other = signal_builder{}.spawn(rt);
  rt.run_until_idle();
  rt.advance(2s);
  EXPECT_TRUE(tx.try_note("a note"));
  EXPECT_TRUE(tx.try_begin({.at = 40}));
  rt.run_until_idle();
  const auto time = rt.block_on(tx.time({}));
  ASSERT_TRUE(time);
  EXPECT_EQ(time->at, 42);
  EXPECT_TRUE(tx.try_line({"a line"}));
  EXPECT_TRUE(rt.block_on(tx.line_mailbox({"mailbox"})));
  rt.run_until_idle();
  EXPECT_EQ(seen.notes, (std::vector<std::string>{"a note", "a line", "mailbox"}));
  tx.stop();
  other.stop();
  rt.run_until_idle();
  EXPECT_EQ(rt.alive(), 0U);
}

}  // namespace

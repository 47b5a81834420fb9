// Three actors that hand texts on, made from golden/accepted/concatenator.yml: an aggregator that
// gives out what has come once a second, a reporter, and a concatenator with a rendezvous.
#include <codegen/golden/accepted/concatenator.gen.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace text::tools {

struct reporter : reporter_base {
  std::vector<std::vector<std::string>>* reports = nullptr;
  void handle_report(std::vector<std::string> parts) { reports->push_back(std::move(parts)); }
};

struct aggregator : aggregator_base {
  std::optional<reporter_tx> to{};
  std::vector<std::string> parts{};

  void handle_start() { rx->flush.reset(1s); }
  void handle_incr(std::string part) { parts.push_back(std::move(part)); }
  troupe::task<troupe::result<>> handle_flush(troupe::time_point) {
    if (parts.empty()) co_return troupe::result<>();
    co_return co_await to->report(std::exchange(parts, {}));
  }
};

struct concatenator : concatenator_base {
  std::string text{};
  void handle_input(std::string part) {
    text += part;
    rx->output.enable();
  }
  void handle_output(output_box* into) {
    into->text = std::exchange(text, {});
    rx->output.disable();
  }
};

namespace {

using troupe::internal::for_seeds;
using troupe::testing::deterministic_runtime;

TEST(generated_concatenator, an_aggregator_reports_what_has_come_meanwhile) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<std::vector<std::string>> reports;
    const reporter_tx report = reporter_builder{.data = {.reports = &reports}}.spawn(rt);
    const aggregator_tx aggregate = aggregator_builder{.data = {.to = report}}.spawn(rt);
    rt.run_until_idle();
    for (const char* part : {"a", "b"}) EXPECT_TRUE(rt.block_on(aggregate.incr(part)));
    rt.run_until_idle();
    EXPECT_TRUE(reports.empty());
    rt.advance(1s);
    EXPECT_TRUE(rt.block_on(aggregate.incr("c")));
    rt.advance(5s);
    using parts = std::vector<std::string>;
    EXPECT_EQ(reports, (std::vector<parts>{{"a", "b"}, {"c"}}));
    aggregate.stop();
    report.stop();
    rt.run_until_idle();
  });
}

TEST(generated_concatenator, gives_out_in_one_piece_what_it_took_by_hand) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    const concatenator_tx tx = concatenator_builder{}.spawn(rt);
    output_box box;
    EXPECT_EQ(tx.try_input("early").error(), troupe::errc::inbox_full)
        << "a rendezvous: nobody receives yet";
    EXPECT_TRUE(rt.block_on(tx.output(&box)));
    rt.run_until_idle();
    EXPECT_EQ(box.text, "");
    const auto sender = troupe::internal::start(rt, [&]() -> troupe::task<> {
      for (const char* part : {"one ", "piece"}) {
        std::string text = part;
        EXPECT_TRUE(co_await tx.input(std::move(text)));
      }
    });
    rt.run_until_idle();
    std::string all = box.text;
    EXPECT_TRUE(rt.block_on(tx.output(&box)));
    rt.run_until_idle();
    if (all != "one piece") all += box.text;
    EXPECT_EQ(all, "one piece");
    tx.stop();
    rt.run_until_idle();
  });
}

}  // namespace
}  // namespace text::tools

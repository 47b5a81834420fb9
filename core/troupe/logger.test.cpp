#include <troupe/logger.hpp>

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>

namespace {

using namespace std::chrono_literals;
using troupe::errc;
using troupe::error;
using troupe::field;
using troupe::log_level;
using troupe::logger;

static_assert(std::is_trivially_copyable_v<field> && sizeof(field) <= 40);
static_assert(sizeof(logger) == sizeof(void*));
static_assert(std::is_nothrow_default_constructible_v<logger>);

class logger_test : public testing::Test {
 protected:
  logger_test() {
    target_->set_pattern("%l %n: %v");
    target_->set_level(spdlog::level::debug);
  }

  template <class V>
  std::string written(const V& value) {
    out_.str("");
    log_.info("m", field("k", value));
    const std::string line = out_.str();
    const std::string before = "info plant: m k=";
    EXPECT_TRUE(line.starts_with(before) && line.ends_with("\n")) << line;
    return line.substr(before.size(), line.size() - before.size() - 1);
  }

  std::ostringstream out_;
  std::shared_ptr<spdlog::logger> target_ = std::make_shared<spdlog::logger>(
      "plant", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
  logger log_{target_};
};

TEST_F(logger_test, writes_the_message_and_its_fields) {
  log_.info("restarted", field("count", 3), field("delay", 20ms));
  EXPECT_EQ(out_.str(), "info plant: restarted count=3 delay=20ms\n");
}

TEST_F(logger_test, has_four_levels) {
  log_.debug("d");
  log_.info("i");
  log_.warn("w");
  log_.error("e");
  EXPECT_EQ(out_.str(), "debug plant: d\ninfo plant: i\nwarning plant: w\nerror plant: e\n");
}

TEST_F(logger_test, a_message_is_no_format_string) {
  log_.info("{} {0} %v");
  EXPECT_EQ(out_.str(), "info plant: {} {0} %v\n");
}

TEST_F(logger_test, writes_nothing_below_its_level) {
  target_->set_level(spdlog::level::warn);
  log_.debug("d");
  log_.info("i", field("k", 1));
  EXPECT_EQ(out_.str(), "");
  EXPECT_FALSE(log_.enabled(log_level::info));
  EXPECT_TRUE(log_.enabled(log_level::warn));
  EXPECT_TRUE(log_.enabled(log_level::error));
}

TEST_F(logger_test, a_child_is_named_after_its_parent_and_shares_sinks_and_level) {
  target_->set_level(spdlog::level::warn);
  const logger pump = log_.child("pumps").child("main");
  EXPECT_EQ(pump.name(), "plant.pumps.main");
  pump.info("unseen");
  pump.warn("dry");
  EXPECT_EQ(out_.str(), "warning plant.pumps.main: dry\n");
}

TEST_F(logger_test, a_child_of_a_nameless_log_has_no_leading_dot) {
  const logger nameless(target_->clone(""));
  EXPECT_EQ(nameless.child("pump").name(), "pump");
}

TEST(silent_logger_test, writes_nothing_and_has_silent_children) {
  for (const logger& log : {logger(), logger(nullptr), logger().child("a").child("b")}) {
    EXPECT_FALSE(log.enabled(log_level::error));
    EXPECT_EQ(log.name(), "");
    log.error("into the void", field("k", 1));
  }
}

TEST_F(logger_test, writes_numbers) {
  EXPECT_EQ(written(-3), "-3");
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(std::uint8_t{7}), "7");
  EXPECT_EQ(written(true), "true");
  EXPECT_EQ(written(0.25), "0.25");
  EXPECT_EQ(written(1.5F), "1.5");
}

TEST_F(logger_test, writes_durations_in_the_largest_unit_that_is_no_longer) {
  EXPECT_EQ(written(2h), "7200s");
  EXPECT_EQ(written(1500ms), "1.5s");
  EXPECT_EQ(written(1'000'106'722ns), "1.000106722s");
  EXPECT_EQ(written(999'999us), "999.999ms");
  EXPECT_EQ(written(-20us), "-20us");
  EXPECT_EQ(written(1001ns), "1.001us");
  EXPECT_EQ(written(-1'000'010ns), "-1.00001ms");
  EXPECT_EQ(written(999ns), "999ns");
  EXPECT_EQ(written(0s), "0s");
  EXPECT_EQ(written(std::chrono::duration<double>(0.5)), "500ms");
  EXPECT_EQ(written(std::chrono::hours::max()), "9223372036.854775807s");
  EXPECT_EQ(written(std::chrono::duration<double>(-1e300)), "-9223372036.854775807s");
}

TEST_F(logger_test, quotes_text_that_could_be_misread) {
  EXPECT_EQ(written("plain/text:1"), "plain/text:1");
  EXPECT_EQ(written(std::string("two words")), "\"two words\"");
  EXPECT_EQ(written(std::string_view("")), "\"\"");
  EXPECT_EQ(written("a=b"), "\"a=b\"");
  EXPECT_EQ(written("say \"hi\"\\"), R"("say \"hi\"\\")");
  EXPECT_EQ(written("1\n2\r3\t4"), R"("1\n2\r3\t4")");
  EXPECT_EQ(written(std::string_view("\0\x1b\x7f", 3)), R"("\x00\x1b\x7f")");
  EXPECT_EQ(written("größe"), "größe");
}

TEST_F(logger_test, writes_errors_by_their_message) {
  EXPECT_EQ(written(errc::canceled), "canceled");
  EXPECT_EQ(written(error(errc::inbox_full, "orders")), "\"inbox is full: orders\"");
  EXPECT_EQ(written(std::make_error_code(std::errc::no_such_process)), "\"No such process\"");
}

TEST_F(logger_test, lines_may_be_long) {
  const std::string text(10'000, 'x');
  EXPECT_EQ(written(text), text);
}

TEST(stderr_logger_test, writes_what_its_level_lets_through) {
  testing::internal::CaptureStderr();
  const logger log = logger::to_stderr("plant", log_level::warn);
  log.info("unseen");
  log.warn("seen", field("k", 1));
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.find("unseen"), std::string::npos);
  EXPECT_NE(text.find("[plant] [warning] seen k=1"), std::string::npos) << text;
}

}  // namespace

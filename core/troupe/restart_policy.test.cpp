// Sound restart options pass; each contradiction is refused with a text that names it.
#include <troupe/restart_policy.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

namespace troupe {
namespace {

using namespace std::chrono_literals;

constexpr auto temporary = restart_policy::temporary;

TEST(restart_policy, sound_options_are_accepted) {
  EXPECT_EQ(validate(supervision_options{}), std::nullopt);
  EXPECT_EQ(validate(supervision_options{}, child_options{}), std::nullopt);
  EXPECT_EQ(validate({.restart_limit = {.max_restarts = 0}}), std::nullopt);
  EXPECT_EQ(validate({.restart_delay = 1h}), std::nullopt);
  EXPECT_EQ(validate({.policy = temporary, .restart_delay = 1s, .jitter = 0}, {}), std::nullopt);
  EXPECT_EQ(validate({.shutdown_timeout = wait_for_ever}), std::nullopt);
}

TEST(restart_policy, contradictory_options_are_refused_by_name) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::pair<supervision_options, const char*> defaults[] = {
      {{.restart_delay = -1ns}, "restart_delay is negative"},
      {{.restart_limit = {.max_restarts = 1}}, "window is 0"},
      {{.restart_limit = {.max_restarts = 1, .window = -1s}}, "window is negative"},
      {{.restart_limit = {.window = 1s}}, "no max_restarts"},
      {{.restart_limit = {.max_restarts = most_restarts + 1, .window = 1s}}, "above 1000000"},
      {{.backoff = {.factor = 0.5}}, "factor"},
      {{.backoff = {.factor = nan}}, "factor"},
      {{.backoff = {.factor = infinity}}, "factor"},
      {{.backoff = {.max_delay = -1s}}, "max_delay is negative"},
      {{.backoff = {.reset_after = -1s}}, "reset_after"},
      {{.restart_delay = 2s, .backoff = {.factor = 2, .max_delay = 1s}}, "shorter than"},
      {{.backoff = {.factor = 2}}, "restart_delay is 0, which never grows: set restart_delay"},
      {{.jitter = -0.1}, "jitter"},
      {{.jitter = 1}, "jitter"},
      {{.jitter = nan}, "jitter"},
      {{.shutdown_timeout = -1s}, "shutdown_timeout"},
  };
  for (const auto& [options, why] : defaults) {
    EXPECT_NE(validate(options).value_or("").find(why), std::string::npos) << why;
  }
  const std::pair<child_options, const char*> children[] = {
      {{.restart_delay = -1ns}, "restart_delay is negative"},
      {{.restart_delay = 31s, .backoff = backoff{.factor = 2}}, "shorter than"},
      {{.backoff = backoff{.factor = 2}}, "child_options.backoff.factor is above 1, but"},
      {{.restart_delay = 0s, .backoff = backoff{.factor = 2}}, "which never grows"},
      {{.restart_limit = {.max_restarts = 1}}, "window is 0"},
      {{.jitter = 2}, "jitter"},
      {{.shutdown_timeout = -1s}, "shutdown_timeout"},
      {{.policy = temporary, .restart_limit = {.max_restarts = 1, .window = 1s}}, "temporary"},
      {{.policy = temporary, .restart_delay = 1s}, "temporary"},
      {{.policy = temporary, .backoff = backoff{}}, "temporary"},
      {{.policy = temporary, .backoff = backoff{.factor = 2}}, "temporary"},
  };
  for (const auto& [options, why] : children) {
    EXPECT_NE(validate({}, options).value_or("").find(why), std::string::npos) << why;
  }
}

TEST(restart_policy, a_backoff_may_grow_from_the_supervisors_delay) {
  const supervision_options slow{.restart_delay = 1s};
  EXPECT_EQ(validate(slow, {.backoff = backoff{.factor = 2}}), std::nullopt);
  EXPECT_NE(validate(slow, {.restart_delay = 0s, .backoff = backoff{.factor = 2}}), std::nullopt);
  const supervision_options growing{.restart_delay = 1s, .backoff = {.factor = 2}};
  EXPECT_EQ(validate(growing), std::nullopt);
  EXPECT_EQ(validate(growing, {.restart_delay = 0s}), std::nullopt) << "one child without a pause";
}

}  // namespace
}  // namespace troupe

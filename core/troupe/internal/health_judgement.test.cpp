// Who is unhealthy, as a table of what is seen look by look, and as a property over random lives.

#include <troupe/internal/health_judgement.hpp>

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::duration;
using troupe::time_point;
using troupe::internal::judge;
using troupe::internal::sighting;
using troupe::internal::suspicion;
using troupe::internal::verdict;

constexpr int first_run = 1;
constexpr int second_run = 2;

/// What happens to an actor from look to look, one letter each: '.' it waits for messages; 'a' it
/// is away, and has not been back; 'b' it is away again, after having been back; 'r' it is away, in
/// another run; 's' the same, in the fiber of the last one. Gives a letter for each verdict: '-' no
/// news, 'U' unhealthy, 'H' healthy.
std::string verdicts(const std::string& life, duration limit) {
  std::optional<suspicion> about;
  time_point now{1h};
  std::uint32_t rounds = 1;
  const void* run = &first_run;
  std::uint16_t starts = 1;
  std::string said;
  for (const char c : life) {
    if (c == '.' || c == 'b') ++rounds;
    if (c == 'r') run = &second_run;
    if (c == 's') ++starts;
    const sighting seen{.run = run, .starts = starts, .rounds = rounds, .waits = c == '.'};
    const verdict v = judge(about, seen, now, limit);
    said += v.what == verdict::news::none ? '-' : v.what == verdict::news::unhealthy ? 'U' : 'H';
    now += 1s;
  }
  return said;
}

TEST(health_judgement, follows_the_table) {
  struct row {
    std::string life;
    duration limit;
    std::string expected;
  };
  const std::vector<row> table{
      {"....", 1s, "----"},      // waits whenever it is looked at
      {"bbbb", 1s, "----"},      // busy, but comes back in between
      {".aa.", 1s, "--UH"},      // one look to suspect, one to be sure
      {".aaaa.", 1s, "--U--H"},  // told once
      {".aaaa.", 3s, "----UH"},  // a longer limit
      {".aaa.", 4s, "-----"},    // not long enough
      {".aab", 1s, "--UH"},      // back, and away again: healthy
      {".aabaa", 1s, "--UHU-"},  // and away for too long again
      {".aar", 1s, "--UH"},      // another run is another beginning
      {".aara", 1s, "--UHU"},    // and may be stuck as well
      {".aasa", 1s, "--UHU"},    // whichever fiber it has
      {"ssss", 1s, "----"},      // one run after the other
      {"aa", 1s, "-U"},          // never came to wait at all
      {"a.", 0s, "UH"},          // no patience
  };
  for (const row& one : table) EXPECT_EQ(verdicts(one.life, one.limit), one.expected) << one.life;
}

TEST(health_judgement, says_how_long) {
  std::optional<suspicion> about;
  const time_point start{1h};
  EXPECT_EQ(judge(about, {.rounds = 1}, start, 2s).what, verdict::news::none);
  EXPECT_EQ(judge(about, {.rounds = 1}, start + 1s, 2s).what, verdict::news::none);
  EXPECT_EQ(judge(about, {.rounds = 1}, start + 2s, 2s).away, 2s);
  EXPECT_EQ(judge(about, {.rounds = 2, .waits = true}, start + 7s, 2s).away, 7s);
  EXPECT_FALSE(about);
}

// News alternate, unhealthy first; and unhealthy is only said of one that stayed away for the
// limit.
TEST(health_judgement, property_news_alternate_and_are_true) {
  std::mt19937 random(7);  // NOLINT: a fixed seed on purpose
  for (int round = 0; round != 2000; ++round) {
    std::string life;
    for (int i = 0; i != 30; ++i) life += ".abr"[random() % 4];
    const int limit = static_cast<int>(random() % 4);
    const std::string said = verdicts(life, std::chrono::seconds(limit));
    bool unhealthy = false;
    for (std::size_t i = 0; i != said.size(); ++i) {
      if (said[i] == '-') continue;
      ASSERT_EQ(said[i], unhealthy ? 'H' : 'U') << life << ' ' << said;
      unhealthy = !unhealthy;
      if (said[i] == 'H') continue;
      for (int back = 0; back != limit; ++back) {
        const char c = life[i - static_cast<std::size_t>(back)];
        // 'r' is another run only the first time.
        ASSERT_TRUE(c == 'a' || c == 'r') << life << ' ' << said;
      }
    }
  }
}

}  // namespace

// The fuzzer's inputs as an ordinary test, in every preset.
#include <codegen/fuzz/one_input.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace troupe::gen {
namespace {

std::size_t replay(const char* folder) {
  std::size_t count = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(std::filesystem::path(TROUPE_GEN_FOLDER) / folder)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(why_wrong(bytes), "") << file.path();
    // Cut off anywhere, it is still only right or wrong.
    for (std::size_t end = 0; end < bytes.size(); end += 1 + bytes.size() / 50) {
      EXPECT_EQ(why_wrong(bytes.substr(0, end)), "") << file.path() << " up to byte " << end;
    }
    ++count;
  }
  return count;
}

TEST(fuzz_corpus, holds_no_input_that_goes_wrong) {
  EXPECT_GE(replay("fuzz/corpus"), 10U);
  EXPECT_GE(replay("golden/accepted"), 10U);
  EXPECT_GE(replay("golden/refused"), 10U);
}

}  // namespace
}  // namespace troupe::gen

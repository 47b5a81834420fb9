// docs/schema/README.md says of each key what the tables say, and its example is right.
#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/model/setting_values.hpp>
#include <codegen/program/memory_files.hpp>
#include <codegen/program/specification_loader.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace troupe::gen {
namespace {

std::string documentation() {
  std::ifstream in(std::filesystem::path(TROUPE_GEN_SCHEMA).parent_path() / "README.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(documentation, has_a_row_for_each_kind_and_key) {
  const std::string text = documentation();
  std::size_t keys = 0;
  for (const kind_info& kind : mailbox_kinds()) {
    const std::string of_kind = fmt::format("\n| {} | {} |\n", kind.name, kind.description);
    EXPECT_TRUE(text.contains(of_kind)) << "expected the row" << of_kind;
    for (const mailbox_key& key : kind.keys) {
      const std::string_view fallback = key.is_type()          ? "has to be given"
                                        : key.fallback.empty() ? "none"
                                                               : key.fallback;
      const std::string row = fmt::format("\n| {} | `{}` | {} | {} | {} |\n", kind.name, key.name,
                                          expectation(key), fallback, key.description);
      EXPECT_TRUE(text.contains(row)) << "expected the row" << row;
      ++keys;
    }
  }
  std::size_t rows = 0;
  for (std::size_t at = text.find(" | `"); at != std::string::npos;
       at = text.find(" | `", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, keys) << "a row for a key that is no more?";
}

TEST(documentation, shows_an_example_that_is_right) {
  const std::string text = documentation();
  const std::size_t begin = text.find("    namespace: shop\n");
  ASSERT_NE(begin, std::string::npos);
  const std::string example = text.substr(begin, text.find("\n\n", begin) + 1 - begin);
  diagnostics found;
  specification_loader loader(
      memory_files({{"shop/orders.yml", example},
                    {"shared/timing.yml", "mailboxes: {EveryMinute: {kind: ticker}}\n"}}),
      found);
  const auto loaded = loader.load("shop/orders.yml");
  ASSERT_TRUE(loaded && *loaded != nullptr) << found.to_string();
  EXPECT_TRUE(found.empty()) << found.to_string();
  EXPECT_EQ((*loaded)->actors.at(0).mailboxes.size(), 3U);
}

}  // namespace
}  // namespace troupe::gen

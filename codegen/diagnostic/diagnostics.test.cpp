#include <codegen/diagnostic/diagnostics.hpp>

#include <gtest/gtest.h>

#include <string>

namespace troupe::gen {
namespace {

TEST(source_file, has_lines_without_their_ends) {
  const source_file file("a.yml", "\xEF\xBB\xBFone\r\ntwo\n\nlast");
  EXPECT_EQ(file.line_count(), 4U);
  EXPECT_EQ(file.line(1), "one");
  EXPECT_EQ(file.line(2), "two");
  EXPECT_EQ(file.line(3), "");
  EXPECT_EQ(file.line(4), "last");
  EXPECT_EQ(file.line(0), "");
  EXPECT_EQ(file.line(5), "");
}

TEST(code_points, count_letters_and_bytes_that_are_none) {
  EXPECT_EQ(code_points("aé€😀"), 4U);
  EXPECT_EQ(code_points("\xFF\x80\xE2\x82z"), 5U);
  EXPECT_EQ(skip_code_points("aé€b", 3), "b");
  EXPECT_EQ(skip_code_points("ab", 9), "");
}

TEST(diagnostics, look_like_a_compilers) {
  const source_file file("orders.yml", "actors:\n  é: {mesage: 1}\n");
  diagnostics found;
  found.error({.file = &file, .line = 2, .column = 7, .length = 6}, "unknown key 'mesage'",
              {{{.file = &file, .line = 1, .column = 1, .length = 6}, "in these"}});
  EXPECT_EQ(found.to_string(),
            "orders.yml:2:7: error: unknown key 'mesage'\n"
            "    2 |   é: {mesage: 1}\n"
            "      |       ^~~~~~\n"
            "orders.yml:1:1: note: in these\n"
            "    1 | actors:\n"
            "      | ^~~~~~\n");
}

TEST(diagnostics, come_file_by_file_from_top_to_bottom) {
  const source_file a("a", "1\n2\n");
  const source_file b("b", "1\n2\n");
  diagnostics found;
  found.error({.file = &b, .line = 2}, "third");
  found.error({.file = &a, .line = 2}, "fifth");
  found.error({.file = &b, .line = 1}, "first");
  found.error({.file = &b, .line = 1}, "second");
  found.error({.file = &a, .line = 1}, "fourth");
  const std::string text = found.to_string();
  std::size_t last = 0;
  for (const char* word : {"first", "second", "third", "fourth", "fifth"}) {
    ASSERT_NE(text.find(word), std::string::npos);
    EXPECT_GT(text.find(word), last);
    last = text.find(word);
  }
}

TEST(diagnostics, are_kept_once_and_bounded) {
  const source_file file("a", "x\n");
  diagnostics found;
  EXPECT_TRUE(found.empty());
  found.error({.file = &file}, "same");
  found.error({.file = &file}, "same");
  EXPECT_EQ(found.count(), 1U);
  for (int i = 0; i < 200; ++i) found.error({.file = &file}, std::to_string(i));
  EXPECT_EQ(found.count(), 201U);
  EXPECT_EQ(found.list().size(), diagnostics::limit);
  EXPECT_TRUE(found.to_string().ends_with("and 101 more errors\n"));
}

TEST(diagnostics, show_part_of_a_long_line_and_nothing_a_terminal_obeys) {
  const source_file file(
      "a", std::string(500, 'x') + "here" + std::string(500, 'y') + "\n\x1b[31m\xFF\xC2\x9B\tz\n");
  diagnostics found;
  found.error({.file = &file, .line = 1, .column = 501, .length = 4}, "long");
  found.error({.file = &file, .line = 2, .column = 9, .length = 90}, "escapes");
  found.error({.file = &file, .line = 9, .column = 9, .length = 90}, "beyond the end");
  const std::string text = found.to_string();
  EXPECT_NE(text.find("| " + std::string(59, 'x') + "here" + std::string(57, 'y') + "\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("      | " + std::string(59, ' ') + "^~~~\n"), std::string::npos) << text;
  EXPECT_NE(text.find("    2 | ?[31m?? z\n      |         ^\n"), std::string::npos) << text;
}

TEST(shown, shortens_and_disarms) {
  EXPECT_EQ(shown("a\nb"), "'a?b'");
  EXPECT_EQ(shown(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
}

}  // namespace
}  // namespace troupe::gen

#include <codegen/program/command_line.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace troupe::gen {
namespace {

auto read(std::vector<std::string_view> arguments) { return read_command_line(arguments); }

TEST(command_line, asks_for_one_thing) {
  const auto lint = read({"a.yml", "--lint", "b.yml"});
  ASSERT_TRUE(lint);
  EXPECT_EQ(lint->task, task::lint);
  EXPECT_EQ(lint->files, (std::vector<std::string>{"a.yml", "b.yml"}));
  EXPECT_EQ(read({"--dump-model", "a"})->task, task::dump_model);
  EXPECT_EQ(read({"a", "b"})->task, task::generate);
  EXPECT_EQ(read({"--check", "a"})->task, task::check);
  EXPECT_EQ(read({"a", "--depfile", "-d"})->depfile, "-d");
  EXPECT_EQ(read({"--schema"})->task, task::schema);
  EXPECT_EQ(read({"-h"})->task, task::help);
  EXPECT_EQ(read({"--help"})->task, task::help);
  EXPECT_EQ(read({"--version"})->task, task::version);
  EXPECT_EQ(read({"--lint", "--", "--odd.yml"})->files, std::vector<std::string>{"--odd.yml"});
}

TEST(command_line, says_what_is_wrong_with_it) {
  EXPECT_EQ(read({}).error(), "nothing to do; expected specifications");
  EXPECT_EQ(read({"a.yml", "--depfile"}).error(), "--depfile without the file to write");
  for (const auto& wrong : {std::vector<std::string_view>{"--depfile", "d"},
                            {"--depfile", "d", "a", "b"},
                            {"--depfile", "d", "--check", "a"}}) {
    EXPECT_EQ(read(wrong).error(), "--depfile goes with one specification to generate from");
  }
  EXPECT_EQ(read({"--lnt", "a"}).error(), "unknown option '--lnt'; did you mean '--lint'?");
  EXPECT_EQ(read({"-x"}).error(), "unknown option '-x'");
  EXPECT_EQ(read({"--lint"}).error(), "--lint without a file; expected specifications");
  EXPECT_EQ(read({"--schema", "a"}).error(), "--schema takes no file, but there is 'a'");
  EXPECT_EQ(read({"--lint", "--schema"}).error(),
            "--lint and --schema together; expected one of them");
}

TEST(command_line, help_names_every_option_and_status) {
  for (const char* word : {"--depfile", "--check", "--lint", "--dump-model", "--schema", "--help",
                           "--version", "  0  ", "  1  ", "  2  "}) {
    EXPECT_TRUE(help_text().contains(word)) << word;
  }
}

}  // namespace
}  // namespace troupe::gen

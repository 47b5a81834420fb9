#include <codegen/program/program.hpp>

#include <codegen/program/memory_files.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace troupe::gen {
namespace {

struct run {
  explicit run(std::vector<std::string_view> arguments, const file_access& files = memory_files({}))
      : result(run_program(arguments, files, out, err)) {}

  std::ostringstream out;
  std::ostringstream err;
  outcome result;
};

const file_access files = memory_files({{"good.yml", "actors: {A: }\n"},
                                        {"other.yml", "actors: {B: }\n"},
                                        {"bad.yml", "actors: {class: }\nmailboxes: x\n"}});

TEST(program, lint_says_nothing_about_what_is_right) {
  const run r({"--lint", "good.yml", "other.yml"}, files);
  EXPECT_EQ(r.result, outcome::done);
  EXPECT_EQ(r.out.str() + r.err.str(), "");
}

TEST(program, reports_all_errors_of_all_files_and_writes_nothing) {
  const run r({"--dump-model", "good.yml", "bad.yml"}, files);
  EXPECT_EQ(r.result, outcome::wrong_specification);
  EXPECT_EQ(r.out.str(), "");
  EXPECT_TRUE(r.err.str().contains("bad.yml:1:10: error: ")) << r.err.str();
  EXPECT_TRUE(r.err.str().contains("bad.yml:2:12: error: ")) << r.err.str();
}

TEST(program, a_file_that_cannot_be_read_is_no_wrong_specification) {
  const run r({"--dump-model", "none.yml", "bad.yml"}, files);
  EXPECT_EQ(r.result, outcome::wrong_use);
  EXPECT_EQ(r.out.str(), "");
  EXPECT_TRUE(r.err.str().contains("troupe-gen: error: cannot read 'none.yml': No such file\n"));
  EXPECT_TRUE(r.err.str().contains("bad.yml:1:10: error: ")) << "the others are still checked";
}

TEST(program, dumps_each_file_once_in_the_order_given) {
  const run r({"--dump-model", "other.yml", "good.yml", "./other.yml"}, files);
  EXPECT_EQ(r.result, outcome::done) << r.err.str();
  const std::string text = r.out.str();
  EXPECT_LT(text.find("other.yml"), text.find("good.yml"));
  EXPECT_EQ(text.find("other.yml"), text.rfind("other.yml"));
}

TEST(program, wrong_arguments_are_explained) {
  const run r({"--lnt"});
  EXPECT_EQ(r.result, outcome::wrong_use);
  EXPECT_EQ(r.err.str(),
            "troupe-gen: error: unknown option '--lnt'; did you mean '--lint'?\n"
            "Try troupe-gen --help.\n");
}

TEST(program, notices_that_its_output_goes_nowhere) {
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  const std::vector<std::string_view> arguments{"--schema"};
  EXPECT_EQ(run_program(arguments, files, out, err), outcome::wrong_use);
  EXPECT_EQ(err.str(), "troupe-gen: error: cannot write to standard output\n");
}

TEST(program, help_and_version_are_no_errors) {
  EXPECT_EQ(run({"--help"}).result, outcome::done);
  EXPECT_TRUE(run({"--version"}).out.str().starts_with("troupe-gen "));
}

// A folder of its own, gone at the end.
class real_folder : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "troupe_gen_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }

  std::filesystem::path folder_;
};

TEST_F(real_folder, has_files_that_can_be_read_and_others) {
  const std::string spec = write("a.yml", "actors: {A: }\n");
  EXPECT_EQ(run({"--lint", spec}, real_files()).result, outcome::done);
  const run folder({"--lint", folder_.c_str()}, real_files());
  EXPECT_EQ(folder.result, outcome::wrong_use);
  EXPECT_TRUE(folder.err.str().contains("Is a directory")) << folder.err.str();
  const std::string none = spec + "x";
  const run missing({"--lint", none}, real_files());
  EXPECT_EQ(missing.result, outcome::wrong_use);
  EXPECT_TRUE(missing.err.str().contains("No such file")) << missing.err.str();
  const run endless({"--lint", "/dev/zero"}, real_files());
  EXPECT_EQ(endless.result, outcome::wrong_specification);
  EXPECT_TRUE(endless.err.str().contains("the file has more than")) << endless.err.str();
}

TEST_F(real_folder, a_link_is_the_file_it_leads_to) {
  const std::string spec = write(
      "a.yml", "actors: {A: {mailboxes: {x: {kind: ticker, import: here/a.yml, type: T}}}}\n");
  std::filesystem::create_directory_symlink(".", folder_ / "here");
  const run r({"--lint", spec}, real_files());
  EXPECT_EQ(r.result, outcome::wrong_specification);
  EXPECT_TRUE(r.err.str().contains("imports go round in a circle")) << r.err.str();
}

}  // namespace
}  // namespace troupe::gen

#include <codegen/program/program.hpp>

#include <codegen/program/memory_files.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iterator>
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

TEST(program, an_import_that_cannot_be_read_is_a_wrong_specification) {
  const run r({"--lint", "a.yml"},
              memory_files({{"a.yml",
                             "actors: {A: {mailboxes: {x: {kind: ticker, import: none.yml, type: "
                             "T}}}}\n"}}));
  EXPECT_EQ(r.result, outcome::wrong_specification);
  EXPECT_TRUE(r.err.str().starts_with("a.yml:1:52: error: cannot read 'none.yml': No such file\n"))
      << r.err.str();
  EXPECT_TRUE(run({"--help"})
                  .out.str()
                  .contains("\n  1  something is wrong with a specification, such as an import "
                            "that cannot be read"));
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

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(real_folder, gets_a_header_that_is_only_written_when_it_changes) {
  const std::string spec = write("a.yml", "actors: {A: }\n");
  const auto header = folder_ / "a.gen.hpp";
  const run stale({"--check", spec}, real_files());
  EXPECT_EQ(stale.result, outcome::wrong_specification);
  EXPECT_TRUE(stale.err.str().contains("a.gen.hpp' is stale")) << stale.err.str();
  EXPECT_FALSE(std::filesystem::exists(header));

  const run first({spec}, real_files());
  EXPECT_EQ(first.result, outcome::done) << first.err.str();
  EXPECT_EQ(first.out.str() + first.err.str(), "");
  EXPECT_TRUE(contents(header).contains("struct a_base"));
  EXPECT_EQ(run({"--check", spec}, real_files()).result, outcome::done);

  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24);
  std::filesystem::last_write_time(header, long_ago);
  EXPECT_EQ(run({spec}, real_files()).result, outcome::done);
  EXPECT_EQ(std::filesystem::last_write_time(header), long_ago) << "it was right, and left alone";

  static_cast<void>(write("a.yml", "actors: {B: }\n"));
  EXPECT_EQ(run({"--check", spec}, real_files()).result, outcome::wrong_specification);
  EXPECT_EQ(run({spec}, real_files()).result, outcome::done);
  EXPECT_TRUE(contents(header).contains("struct b_base"));
  EXPECT_NE(std::filesystem::last_write_time(header), long_ago);
}

TEST_F(real_folder, gets_nothing_when_anything_is_wrong) {
  const std::string good = write("good.yml", "actors: {A: }\n");
  const std::string bad = write("bad.yml", "actors: {class: }\n");
  const std::string no_cpp =
      write("no_cpp.yml", "actors: {A: {mailboxes: {x: {kind: simple, message-type: x}}}}\n");
  const std::string depfile = (folder_ / "good.d").string();
  const std::string nowhere = (folder_ / "none" / "x.d").string();
  const auto count = [&] {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  };
  const auto before = count();
  EXPECT_EQ(run({good, bad}, real_files()).result, outcome::wrong_specification);
  const run unnamable({good, no_cpp}, real_files());
  EXPECT_EQ(unnamable.result, outcome::wrong_specification);
  EXPECT_TRUE(unnamable.err.str().contains("mailbox 'x' is called like the type 'x'"));
  EXPECT_EQ(run({"--lint", no_cpp}, real_files()).result, outcome::done);
  EXPECT_EQ(run({good, good + "x"}, real_files()).result, outcome::wrong_use);
  const run unwritable({good, "--depfile", nowhere}, real_files());
  EXPECT_EQ(unwritable.result, outcome::wrong_use);
  EXPECT_TRUE(unwritable.err.str().contains("x.d': No such file")) << unwritable.err.str();
  EXPECT_EQ(count(), before);
}

TEST_F(real_folder, two_specifications_cannot_have_one_header) {
  const std::string yml = write("a.yml", "actors: {A: }\n");
  const std::string yaml = write("a.yaml", "actors: {B: }\n");
  const run r({yml, yaml}, real_files());
  EXPECT_EQ(r.result, outcome::wrong_use);
  EXPECT_TRUE(r.err.str().contains("both make")) << r.err.str();
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.gen.hpp"));
}

TEST_F(real_folder, the_depfile_names_all_that_was_read) {
  const std::string spec = write(
      "a b.yml", "actors: {A: {mailboxes: {x: {kind: ticker, import: to/t.yml, type: T}}}}\n");
  const std::string import = write("to/t.yml", "mailboxes: {T: {kind: ticker}}\n");
  const std::string depfile = (folder_ / "d").string();
  EXPECT_EQ(run({spec, "--depfile", depfile}, real_files()).result, outcome::done);
  const std::string folder = folder_.string();
  EXPECT_EQ(contents(depfile), folder + "/a\\ b.gen.hpp: \\\n  " + folder + "/a\\ b.yml \\\n  " +
                                   folder + "/to/t.yml\n");
  EXPECT_TRUE(contents(folder_ / "a b.gen.hpp").contains("#include \"to/t.gen.hpp\""));
}

// Generates from a.yml into nowhere.
run generating(const std::string& specification) {
  file_access made = memory_files({{"a.yml", specification}});
  made.write = [](const auto&) -> std::expected<void, std::string> { return {}; };
  return run({"a.yml"}, made);
}

TEST(program, a_member_cannot_be_called_like_a_type_beside_it) {
  for (const std::string type : {"std::vector<order>", "order", "std::map<int, order>"}) {
    const run r = generating("actors: {A: {mailboxes: {order: {kind: simple, message-type: '" +
                             type + "'}}}}\n");
    EXPECT_EQ(r.result, outcome::wrong_specification) << type;
    EXPECT_TRUE(r.err.str().contains("a.yml:1:26: error: mailbox 'order' is called like the type"))
        << r.err.str();
    EXPECT_TRUE(r.err.str().contains("such as ::order\n")) << r.err.str();
  }
  for (const std::string type : {"::order", "shop::order", "order::item", "struct order"}) {
    const run r = generating("actors: {A: {mailboxes: {order: {kind: simple, message-type: '" +
                             type + "'}}}}\n");
    EXPECT_EQ(r.result, outcome::done) << r.err.str();
  }
}

// What it writes.
std::string header_of(const std::string& specification) {
  std::string header;
  file_access made = memory_files({{"a.yml", specification}});
  made.write = [&](const std::vector<output_file>& all) -> std::expected<void, std::string> {
    header = all.at(0).text;
    return {};
  };
  const run r({"a.yml"}, made);
  EXPECT_EQ(r.result, outcome::done) << r.err.str();
  return header;
}

TEST(program, a_mailbox_may_be_called_like_what_is_made_from_a_definition) {
  for (const std::string suffix : {"rx", "tx", "mailbox"}) {
    const std::string header =
        header_of("namespace: shop\nactors: {A: {mailboxes: {\n  order_" + suffix +
                  ": {kind: simple, type: Order, message-type: order},\n  other: {kind: simple, "
                  "type: Order}}}}\n");
    EXPECT_TRUE(header.contains("  ::shop::order_rx other;\n")) << header;
    EXPECT_TRUE(header.contains("  ::shop::order_tx other;\n")) << header;
    EXPECT_TRUE(header.contains("  ::shop::order_mailbox other{};\n")) << header;
  }
  EXPECT_TRUE(header_of("actors: {A: {mailboxes: {order_ry: {kind: ticker, type: Order}}}}\n")
                  .contains("  order_rx order_ry;\n"))
      << "only where it has to be";
}

TEST(program, a_type_cannot_be_called_like_something_in_every_actor) {
  const auto rpc_of = [](const std::string& type) {
    return generating("actors: {A: {mailboxes: {go: {kind: rpc, message-type: '" + type +
                      "', reply-type: int}}}}\n");
  };
  for (const std::string name :
       {"start",   "stop",      "super_event",  "connect_all", "self",    "Private",
        "rx_type", "tx_type",   "mailboxes",    "handlers",    "builder", "rx",
        "tx",      "rt",        "handle_start", "handle_stop", "rx_base", "handle_super_event",
        "arm",     "supervise", "unsupervise",  "begin_run",   "data",    "name",
        "spawn",   "build",     "tx_base",      "id",          "shared",  "ctx",
        "asked",   "handler",   "fits",         "try_go"}) {
    const run r = rpc_of("std::vector<" + name + ">");
    EXPECT_EQ(r.result, outcome::wrong_specification) << name;
    EXPECT_TRUE(r.err.str().contains("a.yml:1:56: error: '" + name + "' in the type ")) << name;
    EXPECT_TRUE(r.err.str().contains("with its namespace, such as ::" + name + "\n")) << name;
    EXPECT_EQ(rpc_of("::" + name).result, outcome::done) << name;
    EXPECT_EQ(rpc_of("my_" + name).result, outcome::done) << name;
  }
  EXPECT_EQ(rpc_of("data::question").result, outcome::done) << "C++ looks for types before ::";
  EXPECT_EQ(rpc_of("struct start").result, outcome::done) << "and behind struct";
  EXPECT_EQ(rpc_of("arm::part").result, outcome::wrong_specification) << "arm is a type";
  EXPECT_EQ(rpc_of("struct arm").result, outcome::wrong_specification);
}

TEST(program, a_type_may_be_called_like_what_stands_elsewhere) {
  for (const std::string mailbox :
       {"{kind: timer, value-type: id}", "{kind: simple, message-type: handler}",
        "{kind: rpc, message-type: int, reply-type: ctx}",
        "{kind: simple, message-type: data, type: Data}"}) {
    const run r = generating("actors: {A: {mailboxes: {go: " + mailbox + "}}}\n");
    EXPECT_EQ(r.result, outcome::done) << r.err.str();
  }
}

}  // namespace
}  // namespace troupe::gen

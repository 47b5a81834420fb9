// Specifications with what is to come of them: of each accepted/x.yml the model in x.json and the
// C++ in x.gen.hpp, or the errors in x.txt where no C++ can be made of it; of each refused/x.yml
// the errors in x.txt. The tests beside this one compile that C++ and run it. With
// TROUPE_UPDATE_GOLDEN=1 in the environment the test writes these files instead; look at the
// difference before you keep it.
#include <codegen/program/program.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gen {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void compare(const fs::path& golden, const std::string& text) {
  if (std::getenv("TROUPE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(contents(golden), text) << golden << " differs";
}

struct output {
  outcome result;
  std::string out;
  std::string err;
};

output run(std::vector<std::string_view> arguments) {
  std::ostringstream out;
  std::ostringstream err;
  const outcome result = run_program(arguments, real_files(), out, err);
  return {result, out.str(), err.str()};
}

// The specifications in a folder, which becomes the current one: so that paths in the golden files
// are those of no particular machine.
std::vector<std::string> specifications_in(const char* folder) {
  fs::current_path(fs::path(TROUPE_GEN_FOLDER) / "golden" / folder);
  std::vector<std::string> names;
  for (const auto& file : fs::recursive_directory_iterator(".")) {
    if (file.path().extension() == ".yml") {
      names.push_back(file.path().lexically_normal().generic_string());
    }
  }
  std::ranges::sort(names);
  return names;
}

TEST(golden, accepted_specifications_give_these_models) {
  const auto names = specifications_in("accepted");
  EXPECT_GE(names.size(), 5U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const output o = run({"--dump-model", name});
    EXPECT_EQ(o.result, outcome::done);
    EXPECT_EQ(o.err, "");
    compare(fs::path(name).replace_extension(".json"), o.out);
  }
}

TEST(golden, accepted_specifications_give_this_cpp) {
  std::size_t headers = 0;
  for (const std::string& name : specifications_in("accepted")) {
    SCOPED_TRACE(name);
    std::vector<output_file> written;
    file_access files = real_files();
    files.has = [](const output_file&) { return false; };
    files.write = [&](const std::vector<output_file>& all) -> std::expected<void, std::string> {
      written = all;
      return {};
    };
    std::ostringstream out;
    std::ostringstream err;
    const std::vector<std::string_view> arguments{name};
    const outcome result = run_program(arguments, files, out, err);
    EXPECT_EQ(out.str(), "");
    if (result != outcome::done) {
      EXPECT_EQ(result, outcome::wrong_specification);
      EXPECT_TRUE(written.empty());
      compare(fs::path(name).replace_extension(".txt"), err.str());
      continue;
    }
    EXPECT_EQ(err.str(), "");
    ASSERT_EQ(written.size(), 1U);
    EXPECT_EQ(written[0].path, fs::path(name).replace_extension(".gen.hpp"));
    compare(written[0].path, written[0].text);
    ++headers;
  }
  EXPECT_GE(headers, 5U);
}

TEST(golden, refused_specifications_give_these_errors) {
  const auto names = specifications_in("refused");
  EXPECT_GE(names.size(), 5U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const output o = run({"--dump-model", name});
    EXPECT_EQ(o.result, outcome::wrong_specification);
    EXPECT_EQ(o.out, "");
    compare(fs::path(name).replace_extension(".txt"), o.err);
  }
}

TEST(golden, the_schema_is_that_of_the_tables) {
  const output o = run({"--schema"});
  EXPECT_EQ(o.result, outcome::done);
  compare(TROUPE_GEN_SCHEMA, o.out);
}

}  // namespace
}  // namespace troupe::gen

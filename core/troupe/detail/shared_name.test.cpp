#include <troupe/detail/shared_name.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

namespace {

using troupe::detail::shared_name;

TEST(shared_name, is_one_text_for_all_that_a_thread_names_alike) {
  const shared_name one(std::string("worker"));
  const shared_name two(std::string("worker"));
  const shared_name other(std::string("a name that is too long for a string without the heap"));
  EXPECT_EQ(one.text(), "worker");
  EXPECT_EQ(&one.text(), &two.text());
  EXPECT_EQ(other.text(), "a name that is too long for a string without the heap");
}

TEST(shared_name, outlives_what_the_thread_names_afterwards) {
  const shared_name first(std::string("name 0"));
  for (int i = 1; i != 1000; ++i) {
    const std::string text = "name " + std::to_string(i);
    EXPECT_EQ(shared_name(std::string(text)).text(), text);
  }
  EXPECT_EQ(first.text(), "name 0");
}

TEST(shared_name, outlives_the_thread_that_gave_it) {
  std::unique_ptr<shared_name> kept;
  std::thread([&] { kept = std::make_unique<shared_name>(std::string("made elsewhere")); }).join();
  EXPECT_EQ(kept->text(), "made elsewhere");
  const shared_name here(std::string("made elsewhere"));
  EXPECT_EQ(here.text(), kept->text());
}

TEST(shared_name, may_be_empty) {
  const shared_name none((std::string()));
  EXPECT_TRUE(none.text().empty());
}

}  // namespace

// The tables are data, and what the rest takes for granted about them is looked at here.
#include <codegen/model/mailbox_kinds.hpp>

#include <codegen/model/setting_values.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <set>

namespace troupe::gen {
namespace {

TEST(mailbox_kinds, are_found_by_number_and_by_name) {
  ASSERT_EQ(mailbox_kinds().size(), static_cast<std::size_t>(mailbox_kind::signal) + 1);
  for (const kind_info& kind : mailbox_kinds()) {
    EXPECT_EQ(&info(kind.id), &kind);
    EXPECT_EQ(find_kind(kind.name), &kind);
  }
  EXPECT_EQ(find_kind("Simple"), nullptr);
}

TEST(mailbox_kinds, no_kind_has_a_key_twice) {
  for (const kind_info& kind : mailbox_kinds()) {
    std::set<std::string_view> names{"kind", "include", "type", "import"};
    for (const mailbox_key& key : kind.keys) {
      EXPECT_TRUE(names.insert(key.name).second) << kind.name << " " << key.name;
      EXPECT_EQ(kind.find(key.name), &key);
    }
  }
}

TEST(mailbox_kinds, a_key_means_the_same_wherever_it_is) {
  for (const kind_info& a : mailbox_kinds()) {
    for (const mailbox_key& key : a.keys) {
      for (const kind_info& b : mailbox_kinds()) {
        for (const mailbox_key& other : b.keys) {
          EXPECT_EQ(key.name == other.name, key.id == other.id);
          if (key.id == other.id) EXPECT_EQ(key.form, other.form);
        }
      }
    }
  }
}

TEST(mailbox_kinds, defaults_are_values_of_their_keys) {
  for (const kind_info& kind : mailbox_kinds()) {
    for (const mailbox_key& key : kind.keys) {
      EXPECT_FALSE(key.description.empty()) << key.name;
      EXPECT_EQ(key.form == value_form::count, key.most > 0) << key.name;
      EXPECT_EQ(key.form == value_form::word, !key.words.empty()) << key.name;
      if (key.is_type()) EXPECT_TRUE(key.fallback.empty()) << key.name;
      if (!key.fallback.empty()) EXPECT_TRUE(read_value(key, key.fallback, false)) << key.name;
    }
  }
}

TEST(mailbox_kinds, other_dialects_keys_lead_to_keys_that_exist) {
  EXPECT_EQ(translated_key("request-type"), "message-type");
  EXPECT_EQ(translated_key("package"), "namespace");
  EXPECT_EQ(translated_key("message-type"), std::nullopt);
}

}  // namespace
}  // namespace troupe::gen

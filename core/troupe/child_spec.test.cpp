// What counts as a child, at compile time, and what a fresh child shares with its later selves.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace {

using namespace troupe;
using troupe::testing::deterministic_runtime;

class sink : public actor {
 public:
  explicit sink(std::size_t capacity) : actor("sink"), in(capacity) {}
  cast_inbox<int> in;
  int taken = 0;

 protected:
  task<result<>> run(context) override {
    for (;;) {
      auto got = co_await in.receive();
      if (!got) co_return fail(got.error());
      ++taken;
      if (*got < 0) co_return fail(errc::refused);
    }
  }
};

using sink_factory = std::shared_ptr<sink> (*)();
using unrelated_factory = std::shared_ptr<int> (*)();
static_assert(std::is_constructible_v<child_spec, std::shared_ptr<sink>>);
static_assert(std::is_constructible_v<child_spec, std::shared_ptr<supervisor>>);
static_assert(std::is_constructible_v<child_spec, sink_factory>);
static_assert(!std::is_constructible_v<child_spec, unrelated_factory>);
static_assert(!std::is_constructible_v<child_spec, std::shared_ptr<int>>);
static_assert(!std::is_constructible_v<child_spec, int>);

TEST(child_spec_test, a_fresh_child_is_made_at_once_and_refuses_null) {
  int calls = 0;
  fresh_child<sink> child([&] {
    ++calls;
    return std::make_shared<sink>(4);
  });
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(child->in.try_cast(1));
  EXPECT_THROW(fresh_child<sink>([] { return std::shared_ptr<sink>(); }), usage_error);
}

TEST(child_spec_test, messages_sent_before_the_first_run_are_received) {
  deterministic_runtime rt;
  fresh_child<sink> child([] { return std::make_shared<sink>(4); });
  ASSERT_TRUE(child->in.try_cast(1));
  ASSERT_TRUE(child->in.try_cast(2));
  rt.spawn(std::make_shared<supervisor>("root", supervisor_options{.children = {child.spec()}}));
  rt.run_until_idle();
  EXPECT_EQ(child->taken, 2);
}

// Under a supervisor that gives up at the second failure; `why_not`: the text of the last.
auto spawn_limited(deterministic_runtime& rt, const child_spec& child, std::string& why_not) {
  return rt.spawn(std::make_shared<supervisor>(
      "root",
      supervisor_options{
          .restart_limit = {.max_restarts = 1, .window = std::chrono::hours(1)},
          .on_error = [&why_not](const actor&,
                                 const exit_reason& why) { why_not = std::string(why.text()); },
          .children = {child}}));
}

TEST(child_spec_test, a_later_self_with_other_inboxes_is_a_failed_start) {
  std::string why_not;
  std::size_t capacity = 4;
  deterministic_runtime rt;
  fresh_child child([&] { return std::make_shared<sink>(capacity++); });
  static_assert(std::is_same_v<decltype(child), fresh_child<sink>>);
  auto handle = spawn_limited(rt, child.spec(), why_not);
  rt.run_until_idle();
  ASSERT_TRUE(child->in.try_cast(-1));
  rt.run_until_idle();
  EXPECT_TRUE(why_not.contains("inboxes differ")) << why_not;
  EXPECT_TRUE(handle.done());
  EXPECT_FALSE(child->in.try_cast(1));
}

class bigger_sink : public sink {
 public:
  bigger_sink() : sink(4) {}
  cast_inbox<int> more{4};
};

// Its inbox would stay behind at the first restart, with what waits in it.
TEST(child_spec_test, a_fresh_child_of_a_derived_class_is_refused) {
  std::string why_not;
  try {
    fresh_child<sink> child(
        []() -> std::shared_ptr<sink> { return std::make_shared<bigger_sink>(); });
  } catch (const usage_error& wrong) {
    why_not = wrong.what();
  }
  EXPECT_TRUE(why_not.contains("derived from") && why_not.contains("sink")) << why_not;
  fresh_child fits([] { return std::make_shared<bigger_sink>(); });
  EXPECT_TRUE(fits->more.try_cast(1));
  EXPECT_NO_THROW(fresh_child([] {
    return make_actor("plain", [](context, logger&) -> task<result<>> { co_return {}; });
  })) << "a plain actor has no inboxes to lose";
}

TEST(child_spec_test, a_later_self_of_a_derived_class_is_a_failed_start) {
  std::string why_not;
  int made = 0;
  deterministic_runtime rt;
  fresh_child<sink> child([&]() -> std::shared_ptr<sink> {
    if (made++ == 0) return std::make_shared<sink>(4);
    return std::make_shared<bigger_sink>();
  });
  auto handle = spawn_limited(rt, child.spec(), why_not);
  rt.run_until_idle();
  ASSERT_TRUE(child->in.try_cast(-1));
  rt.run_until_idle();
  EXPECT_TRUE(why_not.contains("derived from")) << why_not;
  EXPECT_TRUE(handle.done());
}

// Has one inbox, of as many messages in each run, but not of the same type.
class changing : public actor {
 public:
  explicit changing(bool first) : actor("changing") {
    if (first) {
      numbers.emplace(4);
    } else {
      texts.emplace(4);
    }
  }
  std::optional<cast_inbox<int>> numbers;
  std::optional<cast_inbox<std::string>> texts;

 protected:
  task<result<>> run(context) override { co_return fail(errc::refused); }
};

TEST(child_spec_test, a_later_self_whose_inbox_has_other_messages_is_a_failed_start) {
  std::string why_not;
  int made = 0;
  deterministic_runtime rt;
  fresh_child child([&] { return std::make_shared<changing>(made++ == 0); });
  auto handle = spawn_limited(rt, child.spec(), why_not);
  rt.run_until_idle();
  EXPECT_TRUE(why_not.contains("inboxes differ")) << why_not;
  EXPECT_TRUE(handle.done());
}

}  // namespace

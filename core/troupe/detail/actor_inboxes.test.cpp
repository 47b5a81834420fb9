// Which inboxes are an actor's: members are, locals and globals are not.

#include <troupe/troupe.hpp>

#include <troupe/testing/deterministic_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace troupe;
using troupe::testing::deterministic_runtime;

class owner : public actor {
 public:
  explicit owner(std::unique_ptr<cast_inbox<int>>* made_meanwhile = nullptr) : actor("owner") {
    if (made_meanwhile != nullptr) *made_meanwhile = std::make_unique<cast_inbox<int>>(1);
  }
  cast_inbox<int> mine{1};
  cast_inbox<int> never_received{1};

 protected:
  task<result<>> run(context) override {
    if (outside != nullptr) co_await outside->receive();
    co_return result<>();
  }

 public:
  cast_inbox<int>* outside = nullptr;
};

class derived : public owner {
 public:
  using owner::owner;
  cast_inbox<int> more{1};
};

void run_to_its_end(std::shared_ptr<derived> one) {
  deterministic_runtime rt;
  rt.spawn(std::move(one));
  rt.run_until_idle();
}

TEST(actor_inboxes_test, members_of_all_classes_end_with_the_actor) {
  auto one = std::make_shared<derived>();
  run_to_its_end(one);
  EXPECT_EQ(one->mine.try_cast(1).error(), errc::inbox_closed);
  EXPECT_EQ(one->never_received.try_cast(1).error(), errc::inbox_closed);
  EXPECT_EQ(one->more.try_cast(1).error(), errc::inbox_closed);
}

TEST(actor_inboxes_test, what_was_made_meanwhile_but_lies_elsewhere_does_not) {
  std::unique_ptr<cast_inbox<int>> elsewhere;
  auto one = std::make_shared<derived>(&elsewhere);
  cast_inbox<int> later(1);
  run_to_its_end(one);
  EXPECT_TRUE(elsewhere->try_cast(1));
  EXPECT_TRUE(later.try_cast(1));
  EXPECT_EQ(one->mine.try_cast(1).error(), errc::inbox_closed);
}

TEST(actor_inboxes_test, one_that_the_run_received_from_ends_with_it) {
  cast_inbox<int> outside(2);
  ASSERT_TRUE(outside.try_cast(1));
  auto one = std::make_shared<derived>();
  std::optional<cast_inbox<int>> unrelated(std::in_place, 1);
  one->outside = &outside;
  run_to_its_end(one);
  EXPECT_EQ(outside.try_cast(1).error(), errc::inbox_closed);
  EXPECT_TRUE(unrelated->try_cast(1));
}

// Nobody but the next one who receives from it can tell that there is one.
TEST(actor_inboxes_test, one_whose_actor_is_gone_opens_for_the_next_that_receives) {
  cast_inbox<int> outside(2);
  ASSERT_TRUE(outside.try_cast(1));
  auto one = std::make_shared<derived>();
  one->outside = &outside;
  run_to_its_end(std::move(one));
  EXPECT_EQ(outside.try_cast(2).error(), errc::inbox_closed);
  deterministic_runtime rt;
  int received = 0;
  rt.spawn(make_actor("next", [&](context, logger&) -> task<result<>> {
    while (auto number = co_await outside.receive()) received += *number;
    co_return {};
  }));
  rt.run_until_idle();
  EXPECT_TRUE(outside.try_cast(3));
  rt.run_until_idle();
  EXPECT_EQ(received, 3);
  rt.shutdown();
  EXPECT_EQ(outside.try_cast(4).error(), errc::inbox_closed);
}

TEST(actor_inboxes_test, those_made_after_an_actor_died_unused_belong_to_nobody) {
  {
    derived unused;
  }
  cast_inbox<int> after(1);
  auto one = std::make_shared<derived>();
  std::thread([&] { one.reset(); }).join();  // on another thread than it was made on
  cast_inbox<int> and_after(1);
  EXPECT_TRUE(after.try_cast(1));
  EXPECT_TRUE(and_after.try_cast(1));
}

class keeper : public actor {
 public:
  keeper() : actor("keeper") {}
  call_inbox<std::vector<std::shared_ptr<actor>>, int> in{1};

 protected:
  task<result<>> run(context) override {
    co_await sleep_for(std::chrono::seconds(1));
    co_return result<>();
  }
};

// Lists of inboxes share locks: with so many, one of theirs is that of the actor that ends.
TEST(actor_inboxes_test, a_request_that_is_refused_may_be_the_last_to_own_other_actors) {
  deterministic_runtime rt;
  auto one = std::make_shared<keeper>();
  rt.spawn(one);
  std::vector<std::shared_ptr<actor>> others;
  for (int i = 0; i != 300; ++i) others.push_back(std::make_shared<owner>());
  auto asked = rt.spawn([](std::shared_ptr<keeper> whom,
                           std::vector<std::shared_ptr<actor>> what) -> task<result<int>> {
    co_return co_await whom->in.call(std::move(what));
  }(one, std::move(others)));
  rt.advance(std::chrono::seconds(2));
  EXPECT_EQ(rt.block_on(asked)->error(), errc::inbox_closed);
}

}  // namespace

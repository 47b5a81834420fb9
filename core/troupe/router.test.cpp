#include <troupe/router.hpp>

#include <troupe/call_inbox.hpp>
#include <troupe/cast_inbox.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/serve.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using troupe::cast_inbox;
using troupe::context;
using troupe::errc;
using troupe::result;
using troupe::routee_id;
using troupe::router;
using troupe::routing;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

task<> nap() { static_cast<void>(co_await troupe::sleep_for(1s)); }

template <class Call>
std::string text_of_misuse(Call call) {
  try {
    call();
  } catch (const troupe::usage_error& e) {
    return e.what();
  }
  return "no usage_error";
}

std::vector<char> picks(router<char>& from, int many) {
  std::vector<char> got;
  for (int i = 0; i != many; ++i) got.push_back(from.next().value());
  return got;
}

std::vector<int> numbers(int many) {
  std::vector<int> made;
  for (int i = 0; i != many; ++i) made.push_back(i);
  return made;
}

TEST(router, goes_round) {
  router<char> three(routing::round_robin, 'a', 'b', 'c');
  router<char> two(routing::round_robin, std::vector{'x', 'y'});
  EXPECT_EQ(three.size(), 3U);
  std::string got;
  for (int i = 0; i != 4; ++i) {
    got += three.next().value();
    got += two.next().value();
  }
  EXPECT_EQ(got, "axbycxay") << "routers go round independently of each other";
}

TEST(router, goes_round_on_each_thread_by_itself) {
  router<char> three(routing::round_robin, 'a', 'b', 'c');
  EXPECT_EQ(picks(three, 4), (std::vector{'a', 'b', 'c', 'a'}));
  std::thread([&] {
    const auto got = picks(three, 6);
    for (const char one : {'a', 'b', 'c'}) EXPECT_EQ(std::count(got.begin(), got.end(), one), 2);
  }).join();
  EXPECT_EQ(picks(three, 2), (std::vector{'b', 'c'}));
}

TEST(router, deduces_what_it_routes_to) {
  int a = 1;
  int b = 2;
  router pointers(routing::round_robin, &a, &b);
  static_assert(std::is_same_v<decltype(pointers), router<int*>>);
  EXPECT_EQ(pointers.next(), &a);
  router list(routing::round_robin, std::vector<std::shared_ptr<int>>{std::make_shared<int>(3)});
  static_assert(std::is_same_v<decltype(list), router<std::shared_ptr<int>>>);
  EXPECT_EQ(*list.next().value(), 3);
}

TEST(router, chooses_at_random_and_evenly) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    router<int> many(routing::random, numbers(8));
    std::array<int, 8> hits{};
    run(rt, [&]() -> task<> {
      for (int i = 0; i != 8000; ++i) ++hits[static_cast<std::size_t>(many.next().value())];
      co_return;
    });
    // The standard deviation is 30.
    EXPECT_THAT(hits, testing::Each(AllOf(Ge(850), Le(1150))));
  });
}

TEST(router, repeats_its_random_choices_with_the_seed_of_the_runtime) {
  const auto choices = [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    router<int> many(routing::random, numbers(100));
    std::vector<int> got;
    run(rt, [&]() -> task<> {
      for (int i = 0; i != 20; ++i) got.push_back(many.next().value());
      co_return;
    });
    return got;
  };
  EXPECT_EQ(choices(1), choices(1));
  EXPECT_NE(choices(1), choices(2));
}

TEST(router, finds_the_least_loaded_of_a_few) {
  cast_inbox<int> a(8);
  cast_inbox<int> b(8);
  cast_inbox<int> c(8);
  router inboxes(routing::least_loaded, &a, &b, &c);
  for (int i = 0; i != 9; ++i) EXPECT_TRUE(inboxes.next().value()->try_cast(i));
  EXPECT_EQ(a.size(), 3U);
  EXPECT_EQ(b.size(), 3U);
  EXPECT_EQ(c.size(), 3U);
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(a.try_cast(i));
  for (int i = 0; i != 5; ++i) EXPECT_TRUE(c.try_cast(i));
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(inboxes.next().value()->try_cast(i));
  EXPECT_EQ(b.size(), 6U);
}

TEST(router, lets_equally_loaded_routees_take_turns) {
  router<char> idle(routing::least_loaded, {'a', 'b', 'c'}, [](char) { return 0U; });
  EXPECT_EQ(picks(idle, 4), (std::vector{'a', 'b', 'c', 'a'}));
  router<char> busy(routing::least_loaded, {'a', 'b', 'c'},
                    [](char c) { return c == 'a' ? 1U : 0U; });
  EXPECT_EQ(picks(busy, 6), (std::vector{'b', 'c', 'b', 'c', 'b', 'c'}));
}

TEST(router, keeps_many_evenly_loaded) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<std::size_t> load(50);
    router<int> many(routing::least_loaded, numbers(50),
                     [&](int at) { return load[static_cast<std::size_t>(at)]; });
    run(rt, [&]() -> task<> {
      for (int i = 0; i != 5000; ++i) ++load[static_cast<std::size_t>(many.next().value())];
      co_return;
    });
    // A random choice would be off by 30; two choices are off by a few.
    EXPECT_THAT(load, testing::Each(AllOf(Ge(90U), Le(106U))));
  });
}

TEST(router, refuses_a_strategy_that_does_not_exist_or_has_no_load) {
  const auto unknown = static_cast<routing>(7);  // NOLINT: what a careless cast gives
  EXPECT_THAT(text_of_misuse([&] { router<int>(unknown, 1, 2); }), HasSubstr("strategy 7"));
  EXPECT_THAT(text_of_misuse([&] { router<int>(routing::least_loaded, 1, 2); }),
              HasSubstr("load function"));
}

TEST(router, without_routees_says_what_was_asked) {
  deterministic_runtime rt;
  router<int> empty(routing::round_robin);
  EXPECT_EQ(empty.size(), 0U);
  EXPECT_EQ(empty.next().error(), errc::no_target);
  EXPECT_THAT(empty.next().error().message(), HasSubstr("router::next"));
  EXPECT_EQ(empty.sticky(5).error(), errc::no_target);
  EXPECT_THAT(empty.sticky(5).error().message(), HasSubstr("router::sticky"));
  const result<> tried = empty.retry(3, [](int) { return result<>(); });
  EXPECT_EQ(tried.error(), errc::no_target);
  EXPECT_THAT(tried.error().message(), HasSubstr("router::retry"));
  const auto tried_later =
      rt.block_on(empty.retry(3, [](int) -> task<result<int>> { co_return 1; }));
  EXPECT_EQ(tried_later.error(), errc::no_target);
  EXPECT_TRUE(empty.broadcast([](int) { return result<>(troupe::fail(errc::refused)); }));
  EXPECT_TRUE(rt.block_on(empty.fan_out_wait([](int) {})));
}

TEST(router, takes_keys_of_any_kind) {
  router<int> many(routing::random, numbers(20));
  enum class region : std::uint8_t { north, south };
  EXPECT_EQ(many.sticky(17), many.sticky(std::uint64_t{17}));
  EXPECT_EQ(many.sticky(region::south), many.sticky(region::south));
  EXPECT_EQ(many.sticky("pump"), many.sticky(std::string("pump")));
  EXPECT_EQ(many.sticky("pump"), many.sticky(std::string_view("pump")));
  EXPECT_EQ(many.sticky(2.5), many.sticky(2.5));
  std::set<int> used;
  for (int key = 0; key != 1000; ++key) used.insert(many.sticky(key).value());
  EXPECT_EQ(used.size(), 20U);
}

using owners = std::vector<int>;
owners owners_of(const router<int>& in, int keys) {
  owners made;
  for (int key = 0; key != keys; ++key) made.push_back(in.sticky(key).value());
  return made;
}

// A routee that leaves gives up its keys and one that joins takes its share; no other key moves.
// `keys` are enough that a share is within a third of 1/n.
void moves_only_its_share() {
  constexpr int keys = 20'000;
  const int before = *rc::gen::inRange(1, 40);
  router<int> some(routing::round_robin, numbers(before));
  for (int i = *rc::gen::inRange(0, 3); i != 0; --i) {  // others came and went
    const auto id = some.add(1000 + i);
    RC_ASSERT(some.remove(id).has_value());
  }
  const owners first = owners_of(some, keys);
  const routee_id added = some.add(-1);
  const owners with_another = owners_of(some, keys);
  int taken = 0;
  for (std::size_t key = 0; key != keys; ++key) {
    if (with_another[key] == first[key]) continue;
    RC_ASSERT(with_another[key] == -1);
    ++taken;
  }
  const double share = 1.0 / (before + 1);
  RC_ASSERT(taken > keys * share * 0.66);
  RC_ASSERT(taken < keys * share * 1.33);

  const int gone = *rc::gen::inRange(0, before);
  RC_ASSERT(some.remove(gone).has_value());
  const owners without_one = owners_of(some, keys);
  for (std::size_t key = 0; key != keys; ++key) {
    const bool moved = without_one[key] != with_another[key];
    RC_ASSERT(moved == (with_another[key] == gone));
  }
  RC_ASSERT(some.remove(added).has_value());
  RC_ASSERT(some.add(routee_id{static_cast<std::uint64_t>(gone)}, gone).has_value());
  RC_ASSERT(owners_of(some, keys) == first);
}

TEST(router, property_sticky_moves_only_the_share_of_who_joins_or_leaves) {
  EXPECT_TRUE(rc::check(moves_only_its_share));
}

TEST(router, takes_routees_in_and_lets_them_go) {
  router<char> some(routing::round_robin, 'a');
  EXPECT_EQ(some.add('b'), routee_id{1});
  EXPECT_TRUE(some.add(routee_id{2}, 'c'));
  EXPECT_EQ(some.add(routee_id{2}, 'x').error(), errc::invalid_argument);
  EXPECT_THAT(some.add(routee_id{2}, 'x').error().message(), HasSubstr("id 2"));
  EXPECT_EQ(some.add('d'), routee_id{3}) << "2 is taken";
  EXPECT_EQ(picks(some, 5), (std::vector{'a', 'b', 'c', 'd', 'a'}));
  EXPECT_TRUE(some.remove('c'));
  EXPECT_EQ(some.remove('c').error(), errc::not_found);
  EXPECT_TRUE(some.remove(routee_id{0}));
  EXPECT_EQ(some.remove(routee_id{0}).error(), errc::not_found);
  EXPECT_EQ(some.size(), 2U);
  EXPECT_EQ(picks(some, 4), (std::vector{'d', 'b', 'd', 'b'}));
  EXPECT_TRUE(some.remove('b') && some.remove('d'));
  EXPECT_EQ(some.next().error(), errc::no_target);
  some.add('z');
  EXPECT_EQ(some.next(), 'z');
}

TEST(router, lets_go_of_a_routee_when_it_is_removed) {
  auto one = std::make_shared<int>(1);
  router<std::shared_ptr<int>> some(routing::random, one);
  EXPECT_EQ(one.use_count(), 2);
  EXPECT_TRUE(some.remove(one));
  EXPECT_EQ(one.use_count(), 1);
}

/// Destroyed, it takes itself off the router, and puts nobody in its place.
class leaving {
 public:
  leaving(router<std::shared_ptr<leaving>>& from, routee_id mine, std::vector<result<>>& told)
      : from_(&from), mine_(mine), told_(&told) {}
  leaving(const leaving&) = delete;
  leaving& operator=(const leaving&) = delete;
  ~leaving() {
    told_->push_back(from_->remove(mine_));
    told_->push_back(from_->add(mine_, nullptr));
  }

 private:
  router<std::shared_ptr<leaving>>* from_;
  routee_id mine_;
  std::vector<result<>>* told_;
};

TEST(router, a_routee_may_change_the_router_when_it_is_destroyed) {
  std::vector<result<>> told;
  router<std::shared_ptr<leaving>> some(routing::round_robin);
  constexpr routee_id id{5};
  EXPECT_TRUE(some.add(id, std::make_shared<leaving>(some, id, told)));
  EXPECT_TRUE(some.remove(id));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].error(), errc::not_found) << "it has gone by then";
  EXPECT_TRUE(told[1]);
  EXPECT_EQ(some.size(), 1U);
}

TEST(router, refuses_a_change_from_inside_a_choice) {
  router<int>* self = nullptr;
  std::string said;
  router<int> some(routing::least_loaded, {1, 2}, [&](int) {
    said = text_of_misuse([&] { self->add(3); });
    return 0U;
  });
  self = &some;
  EXPECT_TRUE(some.next());
  EXPECT_THAT(said, HasSubstr("inside of a load function"));
  EXPECT_EQ(some.size(), 2U);
}

TEST(router, a_load_function_may_ask_another_router) {
  router<int> inner(routing::round_robin, 5, 6);
  router<char> outer(routing::least_loaded, {'a', 'b'},
                     [&](char) { return static_cast<std::size_t>(inner.next().value()); });
  EXPECT_EQ(outer.next(), 'a');
  outer.add('c');
  EXPECT_EQ(outer.size(), 3U);
}

TEST(router, broadcasts_in_order_and_gives_the_first_error) {
  deterministic_runtime rt;
  router<int> some(routing::random, 1, 2, 3);
  std::vector<int> seen;
  some.broadcast([&](int n) { seen.push_back(n); });
  const result<> plain = some.broadcast([&](int n) -> result<> {
    seen.push_back(n * 10);
    if (n == 2) return troupe::fail(errc::refused);
    if (n == 3) return troupe::fail(errc::malformed);
    return {};
  });
  EXPECT_EQ(plain.error(), errc::refused);
  EXPECT_EQ(seen, (std::vector{1, 2, 3, 10, 20, 30}));
  seen.clear();
  auto slow = start(rt, [&]() -> task<> {
    co_await some.broadcast([&](int n) -> task<> {
      co_await nap();
      seen.push_back(n);
    });
  });
  rt.advance(1s);
  EXPECT_EQ(seen, (std::vector{1})) << "one after the other";
  rt.advance(2s);
  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
  EXPECT_TRUE(slow.done());
  const result<> later = rt.block_on(some.broadcast([&](int n) -> task<result<>> {
    co_await troupe::sleep_for(0s);
    seen.push_back(n * 10);
    if (n == 2) co_return troupe::fail(errc::refused);
    co_return result<>();
  }));
  EXPECT_EQ(later.error(), errc::refused);
  EXPECT_EQ(seen.size(), 6U);
}

TEST(router, calls_those_who_were_there_when_the_call_began) {
  deterministic_runtime rt;
  router<int> some(routing::round_robin, 1, 2, 3);
  std::vector<int> seen;
  some.broadcast([&](int n) {
    seen.push_back(n);
    EXPECT_TRUE(some.remove(n));
    some.add(n + 10);
  });
  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
  EXPECT_EQ(some.size(), 3U);
  EXPECT_EQ(some.next(), 11);
}

TEST(router, awaits_what_an_inbox_gives) {
  deterministic_runtime rt;
  cast_inbox<int> a(1);
  cast_inbox<int> b(1);
  router inboxes(routing::round_robin, &a, &b);
  const auto send = [](cast_inbox<int>* to) { return to->cast(4); };
  EXPECT_TRUE(rt.block_on(inboxes.broadcast(send)));
  EXPECT_EQ(rt.block_on(a.receive()), 4);
  EXPECT_EQ(rt.block_on(b.receive()), 4);
  a.close();
  EXPECT_EQ(rt.block_on(inboxes.fan_out_wait(send)).error(), errc::inbox_closed);
  EXPECT_EQ(rt.block_on(b.receive()), 4);
  EXPECT_TRUE(rt.block_on(inboxes.retry(2, send))) << "the second takes it";
  EXPECT_EQ(b.size(), 1U);
}

TEST(router, fans_out_and_goes_on) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    std::vector<int> seen;
    auto kept = std::make_shared<int>(0);
    run(rt, [&]() -> task<> {
      {
        router<int> some(routing::round_robin, 1, 2, 3);
        some.fan_out([&seen, kept](int n) -> task<> {
          seen.push_back(n);
          co_return;
        });
        some.fan_out([&seen](int n) { seen.push_back(n + 10); });
      }  // it may go before what it started
      EXPECT_TRUE(seen.empty()) << "nobody waits";
      while (seen.size() != 6) static_cast<void>(co_await troupe::sleep_for(0s));
    });
    EXPECT_THAT(seen, testing::UnorderedElementsAre(1, 2, 3, 11, 12, 13));
    rt.run_until_idle();
    EXPECT_EQ(kept.use_count(), 1);
  });
}

TEST(router, fans_out_only_inside_of_a_runtime) {
  router<int> some(routing::round_robin, 1);
  EXPECT_THAT(text_of_misuse([&] { some.fan_out([](int) {}); }), HasSubstr("router::fan_out"));
}

TEST(router, fans_out_at_once_and_waits_for_all) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    router<int> some(routing::random, 1, 2, 3);
    int ended = 0;
    auto all = start(rt, [&]() -> task<result<>> {
      co_return co_await some.fan_out_wait([&](int n) -> task<result<>> {
        static_cast<void>(co_await troupe::sleep_for(std::chrono::seconds(4 - n)));
        ++ended;
        if (n == 1) co_return troupe::fail(errc::refused);  // ends last
        if (n == 2) co_return troupe::fail(errc::malformed);
        co_return result<>();
      });
    });
    rt.advance(2s);
    EXPECT_EQ(ended, 2);
    EXPECT_FALSE(all.done());
    rt.advance(1s);
    EXPECT_EQ(rt.block_on(all)->error(), errc::refused) << "first in the order of routees";
    int plain = 0;
    EXPECT_TRUE(rt.block_on(some.fan_out_wait([&](int n) { plain += n; })));
    EXPECT_EQ(plain, 6);
  });
}

TEST(router, fan_out_wait_throws_when_all_have_ended) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    router<int> some(routing::random, 1, 2, 3);
    int ended = 0;
    auto all = start(rt, [&]() -> task<> {
      const auto each = [&](int n) -> task<> {
        if (n == 1) throw std::runtime_error("one");
        co_await nap();
        ++ended;
      };
      EXPECT_THROW(static_cast<void>(co_await some.fan_out_wait(each)), std::runtime_error);
      EXPECT_EQ(ended, 2);
    });
    rt.advance(1s);
    EXPECT_TRUE(all.done());
  });
}

TEST(router, fan_out_wait_ends_with_its_context_or_its_actor) {
  for_seeds(20, [](std::uint64_t seed) {
    for (const bool by_context : {false, true}) {
      deterministic_runtime rt(seed);
      router<int> some(routing::random, 1, 2, 3);
      const auto ctx = context::background().with_cancel();
      int ended = 0;
      const auto each = [&](int) -> task<result<>> {
        const auto slept = co_await troupe::sleep_for(1h);
        ++ended;
        co_return slept;
      };
      auto all = start(rt, [&]() -> task<result<>> {
        if (by_context) co_return co_await some.fan_out_wait(ctx, each);
        co_return co_await some.fan_out_wait(each);
      });
      rt.run_until_idle();
      EXPECT_FALSE(all.done());
      if (by_context) {
        ctx.cancel();
      } else {
        all.cancel();
      }
      EXPECT_EQ(rt.block_on(all)->error(), errc::canceled);
      EXPECT_EQ(ended, 3) << "they are canceled, and waited for";
    }
  });
}

TEST(router, retries_with_others_until_one_succeeds) {
  deterministic_runtime rt;
  router<int> some(routing::round_robin, 1, 2, 3, 4);
  std::vector<int> asked;
  int good = 3;
  const auto ask = [&](int n) -> result<int> {
    asked.push_back(n);
    if (n == good) return n * 100;
    return troupe::fail(errc::refused, std::to_string(n));
  };
  const auto ask_later = [&](int n) -> task<result<int>> {
    co_await troupe::sleep_for(0s);
    co_return ask(n);
  };
  const auto check = [&](result<int> got, std::vector<int> whom, int value) {
    EXPECT_EQ(std::exchange(asked, {}), whom);
    if (value != 0) {
      EXPECT_EQ(got, value);
    } else {
      EXPECT_EQ(got.error(), errc::refused);
      EXPECT_EQ(got.error().text(), std::to_string(whom.back())) << "the last error";
    }
  };
  check(some.retry(4, ask), {1, 2, 3}, 300);
  check(rt.block_on(some.retry(4, ask_later)), {2, 3}, 300);
  check(some.retry(2, ask), {3}, 300);
  good = 3;
  check(some.retry(2, ask), {4, 1}, 0);
  good = 9;
  check(rt.block_on(some.retry(2, ask_later)), {1, 2}, 0);
  check(some.retry(100, ask), {2, 3, 4, 1}, 0);
  EXPECT_THAT(text_of_misuse([&] { static_cast<void>(some.retry(0, ask)); }),
              HasSubstr("limit of 0"));
}

TEST(router, does_not_retry_for_an_actor_that_was_canceled) {
  deterministic_runtime rt;
  router<int> some(routing::round_robin, 1, 2, 3);
  int asked = 0;
  auto tries = start(rt, [&]() -> task<result<>> {
    co_return co_await some.retry(3, [&](int) -> task<result<>> {
      ++asked;
      co_return co_await troupe::sleep_for(1h);
    });
  });
  rt.run_until_idle();
  tries.cancel();
  EXPECT_EQ(rt.block_on(tries)->error(), errc::canceled);
  EXPECT_EQ(asked, 1);
}

}  // namespace

#include <troupe/outbox.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/testing/deterministic_runtime.hpp>
#include <troupe/timer.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::context;
using troupe::errc;
using troupe::outbox;
using troupe::outbox_subscription;
using troupe::result;
using troupe::task;
using troupe::internal::for_seeds;
using troupe::internal::run;
using troupe::internal::start;
using troupe::testing::deterministic_runtime;

task<> nap() { static_cast<void>(co_await troupe::sleep_for(1s)); }

TEST(outbox, calls_plain_functions_and_coroutines_in_the_order_of_subscription) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    outbox<int> out;
    std::vector<int> seen;
    const auto a = out.subscribe([&](int n) { seen.push_back(n); });
    const auto b = out.subscribe([&](const int& n) -> task<> {
      co_await nap();
      seen.push_back(n + 1);
    });
    const auto c = out.subscribe([&](const int& n) -> result<> {
      seen.push_back(n + 2);
      return {};
    });
    const auto d = out.subscribe([&](int n) -> task<result<>> {
      co_await nap();
      seen.push_back(n + 3);
      co_return result<>();
    });
    EXPECT_EQ(out.size(), 4U);
    auto told = start(rt, [&]() -> task<result<>> { co_return co_await out.emit(10); });
    rt.run_until_idle();
    EXPECT_EQ(seen, (std::vector{10})) << "the second waits, and with it those behind";
    rt.advance(2s);
    EXPECT_EQ(seen, (std::vector{10, 11, 12, 13}));
    EXPECT_TRUE(*rt.block_on(told));
  });
}

TEST(outbox, with_nobody_there_succeeds) {
  deterministic_runtime rt;
  outbox<std::string> out;
  EXPECT_TRUE(rt.block_on(out.emit("unheard")));
  EXPECT_EQ(out.size(), 0U);
}

TEST(outbox, works_outside_of_a_runtime_with_plain_handlers) {
  outbox<int> out;
  int sum = 0;
  const auto one = out.subscribe([&](int n) { sum += n; });
  troupe::internal::await_outside([&] { return out.emit(3); });
  EXPECT_EQ(sum, 3);
}

TEST(outbox, calls_all_and_gives_the_first_error) {
  deterministic_runtime rt;
  for (const bool with_coroutines : {false, true}) {
    outbox<int> out;
    int called = 0;
    std::deque<outbox_subscription> kept;
    const auto plain = [&](errc why) {
      return [&called, why](int) -> result<> {
        ++called;
        return troupe::fail(why);
      };
    };
    const auto later = [&](errc why) {
      return [&called, why](int) -> task<result<>> {
        ++called;
        co_return troupe::fail(why);
      };
    };
    kept.push_back(out.subscribe([&](int) { ++called; }));
    if (with_coroutines) {
      kept.push_back(out.subscribe(later(errc::refused)));
      kept.push_back(out.subscribe(plain(errc::malformed)));
    } else {
      kept.push_back(out.subscribe(plain(errc::refused)));
      kept.push_back(out.subscribe(plain(errc::malformed)));
    }
    kept.push_back(out.subscribe(plain(errc::no_value)));
    EXPECT_EQ(rt.block_on(out.emit(1)).error(), errc::refused);
    EXPECT_EQ(called, 4);
  }
}

TEST(outbox, gives_the_error_of_a_handler_by_itself_also_when_the_turn_ends_there) {
  deterministic_runtime rt;
  outbox<int> out;
  const auto only = out.subscribe([](int n) -> result<> {
    if (n % 2 == 0) return {};
    return troupe::fail(errc::refused, "an odd number, which is refused: " + std::to_string(n));
  });
  int right = 0;
  constexpr int many = 10'000;  // several turns
  run(rt, [&]() -> task<> {
    for (int n = 0; n != many; ++n) {
      const result<> told = co_await out.emit(n);
      const bool odd = n % 2 != 0;
      if (told.has_value() != odd && (!odd || told.error() == errc::refused)) ++right;
    }
  });
  EXPECT_EQ(right, many);
}

TEST(outbox, destroyed_by_a_handler_by_itself_gives_its_error) {
  deterministic_runtime rt;
  auto out = std::make_unique<outbox<int>>();
  auto held = std::make_shared<int>(2);
  const auto only = out->subscribe([&out, held](int) -> result<> {
    out.reset();
    return troupe::fail(errc::refused);
  });
  EXPECT_EQ(rt.block_on(out->emit(1)).error(), errc::refused);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(outbox, an_exception_leaves_emit_and_the_outbox_goes_on) {
  deterministic_runtime rt;
  outbox<int> out;
  int after = 0;
  bool fails = true;
  std::optional<outbox_subscription> thrower;
  const auto check = [&] {
    EXPECT_THROW(static_cast<void>(rt.block_on(out.emit(1))), std::runtime_error);
    EXPECT_EQ(std::exchange(after, 0), 0) << "nobody is called behind an exception";
    fails = false;
    EXPECT_TRUE(rt.block_on(out.emit(1)));
    EXPECT_EQ(std::exchange(after, 0), 1);
    fails = true;
  };
  thrower.emplace(out.subscribe([&](int) {
    if (fails) throw std::runtime_error("no");
  }));
  std::optional<outbox_subscription> last(out.subscribe([&](int) { ++after; }));
  check();
  last.reset();
  thrower.emplace(out.subscribe([&](int) -> task<> {
    co_await troupe::sleep_for(0s);
    if (fails) throw std::runtime_error("no");
  }));
  last.emplace(out.subscribe([&](int) { ++after; }));
  check();
}

TEST(outbox, an_exception_of_a_handler_by_itself_ends_the_emit) {
  deterministic_runtime rt;
  outbox<int> out;
  bool fails = true;
  const auto only = out.subscribe([&](int) {
    if (fails) throw std::runtime_error("no");
  });
  EXPECT_THROW(static_cast<void>(rt.block_on(out.emit(1))), std::runtime_error);
  fails = false;
  EXPECT_TRUE(rt.block_on(out.emit(1)));
}

TEST(outbox, with_a_context_that_has_ended_calls_nobody_more) {
  deterministic_runtime rt;
  for (const bool with_coroutine : {false, true}) {
    outbox<int> out;
    std::vector<int> seen;
    const auto ctx = context::background().with_cancel();
    const auto a = out.subscribe([&](int) { seen.push_back(1); });
    std::optional<outbox_subscription> b;
    const auto refuse = [&]() -> result<> {
      seen.push_back(2);
      ctx.cancel();
      return troupe::fail(errc::refused);
    };
    if (with_coroutine) {
      b.emplace(out.subscribe([&](int) -> task<result<>> { co_return refuse(); }));
    } else {
      b.emplace(out.subscribe([&](int) { return refuse(); }));
    }
    const auto c = out.subscribe([&](int) { seen.push_back(3); });
    EXPECT_EQ(rt.block_on(out.emit(ctx, 1)).error(), errc::canceled);
    EXPECT_EQ(seen, (std::vector{1, 2}));
    EXPECT_EQ(rt.block_on(out.emit(ctx, 1)).error(), errc::canceled);
    EXPECT_EQ(seen, (std::vector{1, 2}));
    EXPECT_EQ(rt.block_on(out.emit(1)).error(), errc::refused) << "without it all are called";
    EXPECT_EQ(seen, (std::vector{1, 2, 1, 2, 3}));
  }
}

TEST(outbox, with_a_context_that_ends_in_the_last_handler_gives_its_error) {
  deterministic_runtime rt;
  outbox<int> out;
  const auto a =
      out.subscribe([](int) -> task<> { static_cast<void>(co_await troupe::sleep_for(200ms)); });
  std::optional<result<>> got;
  const auto emitting = troupe::internal::start(rt, [&]() -> task<> {
    const auto soon = context::background().with_timeout(20ms);
    got = co_await out.emit(soon, 1);
  });
  rt.advance(1s);
  ASSERT_TRUE(got && !*got);
  EXPECT_EQ(got->error(), errc::deadline_exceeded);
}

// Subscribed at one place, they are called together: see outbox_node::kind.
TEST(outbox, calls_many_of_one_kind_one_by_one) {
  deterministic_runtime rt;
  enum class act : std::uint8_t { nothing, refuse, fail, unsubscribe_next, cancel, throw_up };
  struct listener {
    act what = act::nothing;
    outbox_subscription tie;
  };
  constexpr std::size_t many = 10;
  const auto emit_with = [&](std::size_t who, act what, std::vector<std::size_t> expected,
                             std::optional<errc> why, bool with_context) {
    outbox<int> out;
    std::vector<listener> all(many);
    std::vector<std::size_t> seen;
    const auto ctx = context::background().with_cancel();
    for (std::size_t i = 0; i != many; ++i) {
      all[i].tie = out.subscribe([&, i](int) -> result<> {
        seen.push_back(i);
        switch (all[i].what) {
          case act::nothing: break;
          case act::refuse: return troupe::fail(errc::refused);
          case act::fail: return troupe::fail(errc::malformed);
          case act::unsubscribe_next: all[i + 1].tie.unsubscribe(); break;
          case act::cancel: ctx.cancel(); break;
          case act::throw_up: throw std::runtime_error("no");
        }
        return {};
      });
    }
    all[who].what = what;
    all[many - 1].what = act::fail;
    result<> told;
    const auto emit = [&] {
      told = with_context ? rt.block_on(out.emit(ctx, 1)) : rt.block_on(out.emit(1));
    };
    if (what == act::throw_up) {
      EXPECT_THROW(emit(), std::runtime_error);
    } else {
      emit();
      ASSERT_FALSE(told);
      EXPECT_EQ(told.error(), *why);
    }
    EXPECT_EQ(seen, expected);
  };
  std::vector<std::size_t> all(many);
  std::ranges::generate(all, [i = std::size_t{0}]() mutable { return i++; });
  for (std::size_t who = 0; who + 2 < many; ++who) {
    const std::vector<std::size_t> up_to(all.begin(), all.begin() + static_cast<int>(who) + 1);
    auto without_next = all;
    without_next.erase(without_next.begin() + static_cast<int>(who) + 1);
    for (const bool with_context : {false, true}) {
      emit_with(who, act::nothing, all, errc::malformed, with_context);
      emit_with(who, act::refuse, all, errc::refused, with_context);
      emit_with(who, act::unsubscribe_next, without_next, errc::malformed, with_context);
      emit_with(who, act::throw_up, up_to, {}, with_context);
    }
    emit_with(who, act::cancel, all, errc::malformed, false);
    emit_with(who, act::cancel, up_to, errc::canceled, true);
  }
}

TEST(outbox, gives_a_coroutine_handler_a_message_that_stays) {
  deterministic_runtime rt;
  outbox<std::string> out;
  std::string seen;
  const auto one = out.subscribe([&](const std::string& text) -> task<> {
    co_await nap();
    seen += text;
  });
  const auto two = out.subscribe([&](const std::string& text) { seen += text; });
  auto emitted = start(rt, [&]() -> task<result<>> {
    auto emit_from_here = [&] {
      std::string local(100, 'x');
      return out.emit(local);  // a copy
    };
    co_return co_await emit_from_here();
  });
  rt.advance(1s);
  EXPECT_EQ(seen, std::string(200, 'x'));
}

TEST(outbox, carries_messages_that_can_only_be_moved) {
  deterministic_runtime rt;
  outbox<std::unique_ptr<int>> out;
  int seen = 0;
  const auto one = out.subscribe([&](const std::unique_ptr<int>& n) { seen += *n; });
  const auto two = out.subscribe([&](const std::unique_ptr<int>& n) -> task<> {
    co_await troupe::sleep_for(0s);
    seen += *n;
  });
  EXPECT_TRUE(rt.block_on(out.emit(std::make_unique<int>(4))));
  EXPECT_EQ(seen, 8);
}

TEST(outbox, a_subscription_that_goes_unsubscribes) {
  deterministic_runtime rt;
  outbox<int> out;
  std::vector<int> seen;
  std::optional<outbox_subscription> a(out.subscribe([&](int) { seen.push_back(1); }));
  auto b = out.subscribe([&](int) { seen.push_back(2); });
  std::optional<outbox_subscription> c(out.subscribe([&](int) { seen.push_back(3); }));
  a.reset();
  EXPECT_EQ(out.size(), 2U);
  static_cast<void>(rt.block_on(out.emit(1)));
  EXPECT_EQ(seen, (std::vector{2, 3}));
  c.reset();
  const auto d = out.subscribe([&](int) { seen.push_back(4); });
  auto moved = std::move(b);
  b.unsubscribe();
  static_cast<void>(rt.block_on(out.emit(1)));
  EXPECT_EQ(seen, (std::vector{2, 3, 2, 4}));
  moved = outbox_subscription();
  moved.unsubscribe();
  static_cast<void>(rt.block_on(out.emit(1)));
  EXPECT_EQ(seen, (std::vector{2, 3, 2, 4, 4}));
}

TEST(outbox, and_its_subscriptions_may_outlive_each_other) {
  deterministic_runtime rt;
  auto held = std::make_shared<int>(1);
  std::optional<outbox_subscription> late;
  {
    outbox<int> out;
    late.emplace(out.subscribe([held](int) {}));
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1) << "the handler goes with the outbox";
  late.reset();
}

TEST(outbox, lets_go_of_an_unsubscribed_handler_with_the_next_emit) {
  deterministic_runtime rt;
  outbox<int> out;
  auto held = std::make_shared<int>(1);
  auto one = out.subscribe([held](int) {});
  const auto two = out.subscribe([](int) {});
  one.unsubscribe();
  static_cast<void>(rt.block_on(out.emit(1)));
  EXPECT_EQ(held.use_count(), 1);
}

TEST(outbox, lets_go_of_unsubscribed_handlers_also_when_nobody_emits) {
  outbox<int> out;
  auto held = std::make_shared<int>(1);
  for (int i = 0; i != 1000; ++i) {
    static_cast<void>(out.subscribe([held](int) {}));
    EXPECT_LE(held.use_count(), 65);
  }
}

TEST(outbox, a_handler_may_unsubscribe_itself_and_others) {
  deterministic_runtime rt;
  for (const bool with_coroutine : {false, true}) {
    outbox<int> out;
    std::vector<int> seen;
    auto held = std::make_shared<int>(7);
    std::optional<outbox_subscription> a;
    std::optional<outbox_subscription> b;
    std::optional<outbox_subscription> c;
    a.emplace(out.subscribe([&](int) { seen.push_back(1); }));
    const auto drop_all = [&] {
      a.reset();
      b.reset();
      c.reset();
    };
    if (with_coroutine) {
      b.emplace(out.subscribe([&, held](int) -> task<> {
        drop_all();
        co_await troupe::sleep_for(0s);
        seen.push_back(*held);
      }));
    } else {
      b.emplace(out.subscribe([&, held](int) {
        drop_all();
        seen.push_back(*held);  // it has begun, and so it lives
      }));
    }
    c.emplace(out.subscribe([&](int) { seen.push_back(3); }));
    const auto d = out.subscribe([&](int) { seen.push_back(4); });
    EXPECT_TRUE(rt.block_on(out.emit(1)));
    EXPECT_EQ(seen, (std::vector{1, 7, 4}));
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_TRUE(rt.block_on(out.emit(1)));
    EXPECT_EQ(seen, (std::vector{1, 7, 4, 4}));
  }
}

TEST(outbox, a_new_handler_is_first_called_by_the_next_emit) {
  deterministic_runtime rt;
  outbox<int> out;
  std::vector<int> seen;
  std::deque<outbox_subscription> kept;
  kept.push_back(out.subscribe([&](int n) {
    seen.push_back(n);
    kept.push_back(out.subscribe([&, n](int) { seen.push_back(n * 10); }));
  }));
  static_cast<void>(rt.block_on(out.emit(1)));
  EXPECT_EQ(seen, (std::vector{1}));
  static_cast<void>(rt.block_on(out.emit(2)));
  EXPECT_EQ(seen, (std::vector{1, 2, 10}));
}

TEST(outbox, a_handler_may_emit) {
  deterministic_runtime rt;
  outbox<int> out;
  std::vector<int> seen;
  std::optional<outbox_subscription> gone;
  const auto a = out.subscribe([&](int n) -> task<result<>> {
    seen.push_back(n);
    if (n == 0) co_return result<>();
    if (n == 2) gone.reset();
    co_return co_await out.emit(n - 1);
  });
  gone.emplace(out.subscribe([&](int n) { seen.push_back(-n); }));
  const auto b = out.subscribe([&](int n) { seen.push_back(n + 100); });
  EXPECT_TRUE(rt.block_on(out.emit(1)));
  EXPECT_EQ(seen, (std::vector{1, 0, 0, 100, -1, 101})) << "the inner one runs to its end first";
  seen.clear();
  EXPECT_TRUE(rt.block_on(out.emit(2)));
  EXPECT_EQ(seen, (std::vector{2, 1, 0, 100, 101, 102}));
}

TEST(outbox, others_may_change_it_while_a_handler_waits) {
  for_seeds(50, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    outbox<int> out;
    std::vector<int> seen;
    auto held = std::make_shared<int>(1);
    std::optional<outbox_subscription> a;
    std::optional<outbox_subscription> b;
    std::optional<outbox_subscription> d;
    a.emplace(out.subscribe([&, held](int) -> task<> {
      co_await nap();
      seen.push_back(*held);
    }));
    b.emplace(out.subscribe([&](int) { seen.push_back(2); }));
    const auto c = out.subscribe([&](int) { seen.push_back(3); });
    auto told = start(rt, [&]() -> task<result<>> { co_return co_await out.emit(1); });
    rt.run_until_idle();
    start(rt, [&]() -> task<> {
      a.reset();
      b.reset();
      d.emplace(out.subscribe([&](int) { seen.push_back(4); }));
      // So many that their memory is given back, were it not for the emit.
      for (int i = 0; i != 200; ++i) static_cast<void>(out.subscribe([](int) {}));
      co_return;
    });
    rt.run_until_idle();
    EXPECT_EQ(held.use_count(), 2) << "it waits, and so it lives";
    rt.advance(1s);
    EXPECT_TRUE(*rt.block_on(told));
    EXPECT_EQ(seen, (std::vector{1, 3}));
    EXPECT_EQ(held.use_count(), 1);
  });
}

TEST(outbox, a_second_emitter_is_refused) {
  deterministic_runtime rt;
  outbox<int> out;
  const auto a = out.subscribe([&](int) -> task<> { co_await nap(); });
  auto first = start(rt, [&]() -> task<result<>> { co_return co_await out.emit(1); });
  rt.run_until_idle();
  EXPECT_THROW(static_cast<void>(rt.block_on(out.emit(2))), troupe::usage_error);
  rt.advance(1s);
  EXPECT_TRUE(*rt.block_on(first));
  auto second = start(rt, [&]() -> task<result<>> { co_return co_await out.emit(1); });
  rt.advance(1s);
  EXPECT_TRUE(*rt.block_on(second)) << "one after the other is no misuse";
}

TEST(outbox, destroyed_by_a_handler_calls_nobody_more) {
  deterministic_runtime rt;
  for (const bool with_coroutine : {false, true}) {
    auto out = std::make_unique<outbox<int>>();
    std::vector<int> seen;
    auto held = std::make_shared<int>(2);
    const auto a = out->subscribe([&](int) -> result<> {
      seen.push_back(1);
      return troupe::fail(errc::refused);
    });
    std::optional<outbox_subscription> b;
    if (with_coroutine) {
      b.emplace(out->subscribe([&, held](int) -> task<> {
        out.reset();
        co_await troupe::sleep_for(0s);
        seen.push_back(*held);
      }));
    } else {
      b.emplace(out->subscribe([&, held](int) {
        out.reset();
        seen.push_back(*held);
      }));
    }
    const auto c = b ? out->subscribe([&](int) { seen.push_back(3); }) : outbox_subscription();
    EXPECT_EQ(rt.block_on(out->emit(1)).error(), errc::refused);
    EXPECT_EQ(seen, (std::vector{1, 2}));
    EXPECT_EQ(held.use_count(), 1);
  }
}

TEST(outbox, destroyed_by_another_fiber_while_a_handler_waits) {
  for_seeds(20, [](std::uint64_t seed) {
    deterministic_runtime rt(seed);
    auto out = std::make_unique<outbox<int>>();
    std::vector<int> seen;
    auto held = std::make_shared<int>(1);
    std::optional<outbox_subscription> a(out->subscribe([&, held](int) -> task<> {
      co_await nap();
      seen.push_back(*held);
    }));
    const auto b = out->subscribe([&](int) { seen.push_back(2); });
    auto told = start(rt, [&]() -> task<result<>> { co_return co_await out->emit(1); });
    rt.run_until_idle();
    out.reset();
    a.reset();
    EXPECT_EQ(held.use_count(), 2);
    rt.advance(1s);
    EXPECT_TRUE(*rt.block_on(told));
    EXPECT_EQ(seen, (std::vector{1}));
    EXPECT_EQ(held.use_count(), 1);
  });
}

TEST(outbox, an_emit_destroyed_while_it_waits_leaves_the_outbox_usable) {
  outbox<int> out;
  auto held = std::make_shared<int>(1);
  bool waits = true;
  const auto a = out.subscribe([&, held](int) -> task<> {
    if (waits) static_cast<void>(co_await troupe::event().wait(context::background()));
  });
  {
    deterministic_runtime rt;
    start(rt, [&]() -> task<> { static_cast<void>(co_await out.emit(1)); });
    rt.run_until_idle();
    rt.shutdown();
  }
  waits = false;
  deterministic_runtime rt;
  EXPECT_TRUE(rt.block_on(out.emit(1))) << "nobody is emitting any more";
}

TEST(outbox, a_loop_of_emits_lets_others_go_on) {
  deterministic_runtime rt;
  outbox<int> out;
  bool stop = false;
  int emitted = 0;
  const auto a = out.subscribe([&](int) { ++emitted; });
  auto busy = start(rt, [&]() -> task<> {
    while (!stop && emitted < 1'000'000) static_cast<void>(co_await out.emit(1));
  });
  start(rt, [&]() -> task<> {
    stop = true;
    co_return;
  });
  rt.run_until_idle();
  EXPECT_LT(emitted, 1'000'000);
  EXPECT_TRUE(busy.done());
}

// Random subscriptions, unsubscriptions and emits, from outside and from handlers, against a list.
void calls_who_is_subscribed() {
  deterministic_runtime rt(*rc::gen::arbitrary<std::uint64_t>());
  outbox<int> out;
  struct listener {
    int name;
    outbox_subscription tie;
  };
  std::deque<listener> live;
  std::vector<int> seen;
  int names = 0;
  std::vector<int> orders;  // for the handlers: what to do when they are called
  std::vector<int> expected;
  const auto drop = [&](std::size_t at) {
    live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const auto subscribe = [&] {
    const int name = ++names;
    const auto act = [&, name] {
      seen.push_back(name);
      if (orders.empty()) return;
      const int order = orders.back();
      orders.pop_back();
      if (live.empty()) return;
      const auto at = static_cast<std::size_t>(order) % live.size();
      const int gone = live[at].name;
      drop(at);
      // Whoever has not been called yet is not called any more.
      if (std::find(seen.begin(), seen.end(), gone) == seen.end()) std::erase(expected, gone);
    };
    if (name % 3 == 0) {
      live.push_back({name, out.subscribe([act](int) -> task<> {
                        co_await troupe::sleep_for(0s);
                        act();
                      })});
    } else if (name % 7 == 0) {
      live.push_back({name, out.subscribe([act, name](int) -> result<> {
                        act();
                        return troupe::fail(errc::refused, std::to_string(name));
                      })});
    } else {
      live.push_back({name, out.subscribe([act](int) { act(); })});
    }
  };
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000))) {
    if (step % 4 == 0) {
      subscribe();
    } else if (step % 4 == 1 && !live.empty()) {
      drop(static_cast<std::size_t>(step) % live.size());
    } else {
      seen.clear();
      expected.clear();
      for (const auto& one : live) expected.push_back(one.name);
      orders = step % 4 == 2 ? std::vector<int>{step, step / 3} : std::vector<int>{};
      const result<> told = rt.block_on(out.emit(1));
      RC_ASSERT(seen == expected);
      const auto refuses = [](int name) { return name % 3 != 0 && name % 7 == 0; };
      const auto first = std::ranges::find_if(seen, refuses);
      RC_ASSERT(told.has_value() == (first == seen.end()));
      if (!told) RC_ASSERT(told.error().text() == std::to_string(*first));
    }
    RC_ASSERT(out.size() == live.size());
  }
}

TEST(outbox, property_calls_who_is_subscribed_in_order) {
  EXPECT_TRUE(rc::check(calls_who_is_subscribed));
}

}  // namespace

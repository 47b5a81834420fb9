#include <troupe/io/resolve.hpp>

#include <troupe/blocking.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/io/internal/test_io.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace troupe::io {
namespace {

using internal::io_runtime;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using troupe::internal::run;
using troupe::internal::start;

TEST(resolve, numbers_are_what_they_say) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    const auto v4 = co_await resolve(address("192.0.2.7", 5));
    EXPECT_EQ(*v4, std::vector{endpoint::v4({192, 0, 2, 7}, 5)});
    const auto v6 = co_await resolve(address("::1", 6));
    EXPECT_EQ(v6->at(0).to_string(), "[::1]:6");
  });
}

TEST(resolve, finds_this_machine) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    const auto found = co_await resolve(address("localhost", 80));
    EXPECT_TRUE(found) << found.error().message();
    for (const endpoint& one : *found) {
      EXPECT_THAT(one.to_string(), AnyOf("127.0.0.1:80", "[::1]:80"));
    }
  });
}

TEST(resolve, names_the_host_that_it_did_not_find) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    const auto found = co_await resolve(address("no-such-host.invalid", 80));
    EXPECT_FALSE(found);
    EXPECT_THAT(found.error().message(), HasSubstr("resolving \"no-such-host.invalid\": "));
  });
}

TEST(resolve, a_wait_ends_with_its_contexts_while_the_look_up_goes_on) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    for (int round = 0; round != 100; ++round) {
      const auto ctx = context::background().with_cancel();
      const auto look = [&]() -> task<result<std::vector<endpoint>>> {
        co_return co_await resolve(ctx, address("localhost", 80));
      };
      auto looking = start(rt, look);
      if (round % 2 == 0) {
        ctx.cancel();
      } else {
        looking.cancel();  // the given context counts, not the fiber's own
      }
      const auto found = co_await looking;
      if (!found.has_value()) {
        EXPECT_EQ(found.error(), errc::canceled);  // before it began
      } else if (!*found) {
        EXPECT_EQ(found->error(), errc::canceled);
      }
    }
  });
}

TEST(resolve, says_that_the_runtime_goes_once_its_pool_has_stopped) {
  auto rt = std::make_unique<io_runtime>();
  std::atomic<bool> looked = false;
  // The pool waits for this one, and so the workers go on.
  start(*rt, [&]() -> task<> {
    static_cast<void>(co_await blocking([&] {
      while (!looked) std::this_thread::yield();
    }));
  });
  error got(errc::internal);
  start(*rt, [&]() -> task<> {
    while (co_await blocking([] {})) {
    }
    const auto found = co_await resolve(context::background(), address("localhost", 80));
    if (!found) got = found.error();
    looked = true;
  });
  EXPECT_EQ(rt->shutdown(1ms).size(), 2U);
  rt.reset();
  EXPECT_EQ(got, errc::runtime_stopped) << got.message();
}

TEST(resolve, refuses_the_deterministic_runtime) {
  testing::deterministic_runtime rt;
  const auto look = []() -> task<> { static_cast<void>(co_await resolve(address("x", 1))); };
  EXPECT_THROW(rt.block_on(look()), usage_error);
}

}  // namespace
}  // namespace troupe::io

// The end of a runtime, and several of them, with connections under way.
#include <troupe/io/internal/io_thread.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/io/internal/completion.hpp>
#include <troupe/io/internal/test_io.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace troupe::io::internal {
namespace {

using troupe::internal::run;
using troupe::internal::start;

TEST(io_thread, is_one_for_each_runtime) {
  io_runtime first;
  io_runtime second;
  const auto mine = []() -> task<io_thread*> { co_return io_thread::here("test")->get(); };
  io_thread* const one = first.block_on(mine());
  EXPECT_EQ(first.block_on(mine()), one);
  EXPECT_NE(second.block_on(mine()), one);
}

TEST(io_thread, two_runtimes_talk_to_each_other) {
  io_runtime first;
  auto second = std::make_unique<io_runtime>();
  auto listener = first.block_on([]() -> task<tcp_listener> {
    co_return std::move(*tcp_listener::listen(endpoint::loopback()));
  }());
  const auto echo = [&]() -> task<> {
    auto peer = co_await listener.accept();
    EXPECT_EQ(co_await peer->write(*co_await read_all(&*peer)), result<>());
  };
  auto echoing = start(first, echo);
  const auto ask = [&]() -> task<std::string> {
    auto peer = co_await tcp_connection::connect(listener.local_endpoint());
    EXPECT_TRUE(co_await peer->write("across"));
    EXPECT_TRUE(peer->shutdown_send());
    co_return *co_await read_all(&*peer);
  };
  EXPECT_EQ(run(*second, ask), "across");
  second.reset();
  run(first, [&]() -> task<> { co_await echoing; });
}

TEST(io_thread, goes_down_with_connections_open_and_fibers_that_wait) {
  for (int round = 0; round != 20; ++round) {
    std::optional<connected_pair> left;
    {
      io_runtime rt;
      left = rt.block_on(make_pair());
      const auto read = [&]() -> task<> { static_cast<void>(co_await left->server.read(10)); };
      const auto write = [&]() -> task<> {
        const std::string lots(32UL << 20U, 'x');
        static_cast<void>(co_await left->server.write(lots));
      };
      start(rt, read);
      start(rt, write);
      if (round % 2 == 0) rt.until_waiting(2);
    }
    EXPECT_FALSE(left->client.is_open()) << "closed by the end of its runtime";
  }
}

// Whoever does not heed the cancellation is woken all the same.
TEST(io_thread, the_end_of_the_runtime_ends_waits_without_a_context) {
  auto rt = std::make_unique<io_runtime>();
  std::optional<connected_pair> pair = rt->block_on(make_pair());
  const auto none = context::background();
  const auto read = [&]() -> task<> { static_cast<void>(co_await pair->client.read(none, 10)); };
  start(*rt, read);
  rt->until_waiting(1);
  const auto left = rt->shutdown(1ms);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].doing, "waiting for input or output");
  rt.reset();
}

// A fiber of one runtime on a connection of another, which goes down meanwhile.
TEST(io_thread, a_guest_is_told_when_the_runtime_goes) {
  io_runtime host_of_reader;
  auto owner = std::make_unique<io_runtime>();
  // Its peer is not the owner's: that would end the stream where it is closed first.
  const auto listen = []() -> task<tcp_listener> {
    co_return std::move(*tcp_listener::listen(endpoint::loopback()));
  };
  const tcp_listener peer = host_of_reader.block_on(listen());
  const auto connect = [](endpoint to) -> task<tcp_connection> {
    co_return std::move(*co_await tcp_connection::connect(to));
  };
  tcp_connection guest = owner->block_on(connect(peer.local_endpoint()));
  const auto read = [&]() -> task<error> {
    const auto got = co_await guest.read(10);
    co_return got ? error(errc::internal) : got.error();
  };
  auto reading = start(host_of_reader, read);
  host_of_reader.until_waiting(1);
  owner.reset();
  run(host_of_reader, [&]() -> task<> {
    EXPECT_EQ((co_await reading).value(), errc::runtime_stopped);
    EXPECT_EQ((co_await guest.read(10)).error(), errc::runtime_stopped);
  });
}

// And the other way round: it is the guest who goes, while he waits.
TEST(io_thread, nothing_comes_for_a_guest_who_is_gone) {
  for (const bool closes : {false, true}) {
    io_runtime owner;
    std::optional<connected_pair> pair = owner.block_on(make_pair());
    auto home = std::make_unique<io_runtime>();
    const auto none = context::background();
    const auto read = [&]() -> task<> { static_cast<void>(co_await pair->client.read(none, 10)); };
    start(*home, read);
    home->until_waiting(1);
    EXPECT_EQ(home->shutdown(1ms).size(), 1U);
    home.reset();
    if (closes) {
      pair->client.close();
      continue;
    }
    run(owner, [&]() -> task<> {
      EXPECT_TRUE(co_await pair->server.write("late"));
      EXPECT_EQ((co_await pair->client.read(10))->text(), "late");
    });
  }
}

TEST(io_thread, an_actor_on_a_thread_of_its_own_may_wait) {
  io_runtime rt;
  std::optional<connected_pair> pair = rt.block_on(make_pair());
  std::string got;
  auto reader = make_actor("reader", [&](context, logger&) -> task<result<>> {
    auto all = co_await read_all(&pair->client);
    if (all) got = *all;
    co_return result<>();
  });
  auto done = rt.spawn(reader, {.own_thread = true});
  run(rt, [&]() -> task<> {
    EXPECT_TRUE(co_await pair->server.write("hello"));
    pair->server.close();
    co_await done;
  });
  EXPECT_EQ(got, "hello");
}

// --- completion.hpp, with an Asio operation that is not ours ---

struct timer {
  explicit timer(io_thread& thread) : asio(thread.context()) {}
  std::mutex mutex;
  boost::asio::steady_timer asio;

  task<result<>> wait(const context* ctx, std::chrono::milliseconds time) {
    {
      const std::lock_guard held(mutex);
      asio.expires_after(time);
    }
    return await_completion<>(
        ctx,
        [this](auto handler) {
          const std::lock_guard held(mutex);
          asio.async_wait(std::move(handler));
        },
        [this] {
          const std::lock_guard held(mutex);
          asio.cancel();
        });
  }
};

TEST(completion, brings_the_end_of_an_operation_or_why_it_was_ended) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    timer one(**io_thread::here("test"));
    EXPECT_TRUE(co_await one.wait(nullptr, 0ms));
    EXPECT_TRUE(co_await one.wait(nullptr, 5ms));
    const auto soon = context::current().with_timeout(5ms);
    EXPECT_EQ((co_await one.wait(&soon, 1h)).error(), errc::deadline_exceeded);
    EXPECT_EQ((co_await one.wait(&soon, 0ms)).error(), errc::deadline_exceeded);
    const auto wait = [&]() -> task<result<>> { co_return co_await one.wait(nullptr, 1h); };
    auto waiting = start(rt, wait);
    while (rt.waiting() != 1) co_await sleep_for(0s);
    waiting.cancel();
    EXPECT_EQ((co_await waiting).value().error(), errc::canceled);
  });
}

/// Goes round on the I/O thread, each time behind all else, until that thread has ended: then it
/// completes.
template <class Handler>
struct straggler {
  boost::asio::io_context* context;
  std::thread::id on;
  Handler handler;
  std::atomic<int>* rounds;
  std::atomic<bool>* told;

  void operator()() {
    if (*rounds == 0) on = std::this_thread::get_id();
    ++*rounds;
    if (std::this_thread::get_id() == on) {
      straggler next = std::move(*this);
      boost::asio::post(*next.context, std::move(next));
      return;
    }
    handler(boost::system::error_code());
    *told = true;
  }
};

// Whatever is behind the end of the I/O thread in its queue: guests wait for it.
TEST(completion, comes_also_for_what_the_end_of_the_thread_has_overtaken) {
  auto owner = std::make_unique<io_runtime>();
  io_runtime home;
  const auto find = []() -> task<std::shared_ptr<io_thread>> {
    co_return *io_thread::here("test");
  };
  const std::shared_ptr<io_thread> thread = owner->block_on(find());
  std::atomic<int> rounds = 0;
  std::atomic<bool> told = false;
  const auto wait = [&]() -> task<result<>> {
    return await_completion<>(
        nullptr,
        [&](auto handler) {
          boost::asio::post(thread->context(), straggler{.context = &thread->context(),
                                                         .on = {},
                                                         .handler = std::move(handler),
                                                         .rounds = &rounds,
                                                         .told = &told});
        },
        [] {});
  };
  auto waiting = start(home, wait);
  while (rounds == 0) std::this_thread::yield();
  owner.reset();
  ASSERT_TRUE(told);
  run(home, [&]() -> task<> { EXPECT_TRUE((co_await waiting).value()); });
}

// The frames of those who are canceled go at once: nothing may come for them afterwards.
TEST(completion, cancellation_at_any_moment_leaves_nothing_behind) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto thread = *io_thread::here("test");
    for (int round = 0; round != 500; ++round) {
      const auto ctx = context::background().with_cancel();
      const auto post = [&]() -> task<result<int>> {
        return await_completion<int>(
            &ctx,
            [&](auto handler) {
              boost::asio::post(thread->context(), [handler = std::move(handler)] {
                handler(boost::system::error_code(), 42);
              });
            },
            [] {});
      };
      auto posting = start(rt, post);
      if (round % 3 != 0) co_await sleep_for(0s);
      ctx.cancel();
      const auto got = (co_await posting).value();
      if (got) {
        EXPECT_EQ(*got, 42) << "what has happened has happened";
      } else {
        EXPECT_EQ(got.error(), errc::canceled);
      }
    }
  });
}

}  // namespace
}  // namespace troupe::io::internal

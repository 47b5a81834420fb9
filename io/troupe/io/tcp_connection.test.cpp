#include <troupe/io/tcp_connection.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/io/internal/test_io.hpp>
#include <troupe/io/tcp_listener.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <random>
#include <span>
#include <string>
#include <utility>

using namespace std::chrono_literals;

namespace troupe::io {
namespace {

using internal::connected_pair;
using internal::io_runtime;
using internal::make_pair;
using internal::read_all;
using ::testing::HasSubstr;
using troupe::internal::run;
using troupe::internal::start;

std::string text_of(const error& why) { return std::string(why.text()); }

// More than the kernel keeps of a connection that nobody reads.
const std::string& a_lot() {
  static const std::string text(32UL << 20U, 'x');
  return text;
}

TEST(tcp_connection, sends_and_receives) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    EXPECT_EQ(client.remote_endpoint(), server.local_endpoint().value());
    EXPECT_EQ(server.remote_endpoint(), client.local_endpoint().value());
    EXPECT_TRUE(co_await client.write("hello"));
    std::array<std::byte, 100> room{};
    EXPECT_EQ(co_await server.read_some(std::span(room).first(2)), 2U);
    EXPECT_EQ(std::to_integer<char>(room[1]), 'e');
    auto rest = co_await server.read(100);
    EXPECT_EQ(rest->text(), "llo");
    EXPECT_TRUE(co_await server.write("and back"));
    EXPECT_EQ((co_await client.read(100))->text(), "and back");
    EXPECT_TRUE(co_await client.write(""));
    EXPECT_TRUE(client.no_delay(false));
    EXPECT_TRUE(client.no_delay(true));
    EXPECT_TRUE(client.keep_alive(30s));
    EXPECT_TRUE(client.keep_alive(1ms));
    EXPECT_TRUE(client.keep_alive(1'000'000h));
    EXPECT_TRUE(client.keep_alive(0s));
    EXPECT_THROW(static_cast<void>(client.keep_alive(-1s)), usage_error);
    EXPECT_TRUE(co_await client.write("still"));
    EXPECT_EQ((co_await server.read(100))->text(), "still");
  });
}

// Nothing read would look like the end of the stream.
TEST(tcp_connection, refuses_to_read_nothing) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    EXPECT_TRUE(co_await server.write("xy"));
    EXPECT_EQ((co_await client.read(1))->text(), "x");
    EXPECT_THROW(static_cast<void>(co_await client.read(0)), usage_error);
    EXPECT_THROW(static_cast<void>(co_await client.read_some({})), usage_error);
    EXPECT_EQ((co_await client.read(1))->text(), "y");
  });
}

TEST(tcp_connection, a_half_that_is_shut_ends_the_stream_and_the_other_goes_on) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    EXPECT_TRUE(co_await client.write("question"));
    EXPECT_TRUE(client.shutdown_send());
    EXPECT_EQ(co_await read_all(&server), "question");
    std::array<std::byte, 8> room{};
    EXPECT_EQ(co_await server.read_some(room), 0U) << "again and again";
    EXPECT_TRUE(co_await server.write("answer"));
    server.close();
    EXPECT_EQ(co_await read_all(&client), "answer");
    const auto late = co_await client.write("more");
    EXPECT_FALSE(late);
    EXPECT_EQ(late.error(), std::errc::broken_pipe);
    EXPECT_THAT(text_of(late.error()), HasSubstr("writing to 127.0.0.1:"));
  });
}

TEST(tcp_connection, says_that_the_peer_has_reset_it_and_who_that_was) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    EXPECT_TRUE(co_await client.write("unread"));
    EXPECT_TRUE(co_await server.write("seen"));
    EXPECT_EQ((co_await client.read(10))->text(), "seen");
    server.close();  // with bytes that it has not read: a reset
    const auto got = co_await client.read(10);
    EXPECT_FALSE(got);
    EXPECT_EQ(got.error(), std::errc::connection_reset);
    EXPECT_EQ(text_of(got.error()), "reading from " + client.remote_endpoint().to_string());
  });
}

TEST(tcp_connection, that_is_refused_says_where) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto listener = tcp_listener::listen(endpoint::loopback());
    const endpoint free = listener->local_endpoint();
    listener->close();
    const auto made = co_await tcp_connection::connect(free);
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error(), std::errc::connection_refused);
    EXPECT_EQ(text_of(made.error()), "connecting to " + free.to_string());
    const auto named = co_await tcp_connection::connect(address("localhost", free.port()));
    EXPECT_FALSE(named);
    EXPECT_EQ(named.error(), std::errc::connection_refused);
    EXPECT_THAT(text_of(named.error()), HasSubstr("connecting to "));
  });
}

TEST(tcp_connection, waits_end_with_the_actor_that_waits) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    const auto read = [&]() -> task<result<>> {
      const auto got = co_await client.read(10);
      co_return got ? result<>() : fail(got.error());
    };
    const auto write = [&]() -> task<result<>> { co_return co_await client.write(a_lot()); };
    auto reading = start(rt, read);
    auto writing = start(rt, write);
    while (rt.waiting() != 2) co_await sleep_for(0s);
    reading.cancel();
    EXPECT_EQ((co_await reading).value().error(), errc::canceled);
    while (rt.waiting() != 1) co_await sleep_for(0s);  // writing was woken for it, and waits again
    writing.cancel();
    EXPECT_EQ((co_await writing).value().error(), errc::canceled);
  });
}

TEST(tcp_connection, waits_end_with_the_context_that_was_given) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    const auto ctx = context::background().with_cancel();
    std::array<std::byte, 8> room{};
    const auto read = [&]() -> task<error> {
      co_return (co_await client.read_some(ctx, room)).error();
    };
    const auto write = [&]() -> task<error> {
      co_return (co_await client.write(ctx, a_lot())).error();
    };
    auto reading = start(rt, read);
    auto writing = start(rt, write);
    while (rt.waiting() != 2) co_await sleep_for(0s);
    ctx.cancel();
    EXPECT_EQ((co_await reading).value(), errc::canceled);
    EXPECT_EQ((co_await writing).value(), errc::canceled);
    EXPECT_EQ((co_await client.read(ctx, 10)).error(), errc::canceled) << "also before it begins";
    EXPECT_EQ((co_await tcp_connection::connect(ctx, server.remote_endpoint())).error(),
              errc::canceled);
    EXPECT_TRUE(co_await server.write("still there"));
    EXPECT_EQ((co_await client.read(100))->text(), "still there");
  });
}

// What a canceled actor has to send all the same.
TEST(tcp_connection, a_shielded_context_outlasts_the_actors) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    auto leaving = start(rt, [&]() -> task<error> {
      EXPECT_EQ((co_await client.read(10)).error(), errc::canceled);
      EXPECT_EQ((co_await client.write("motor on")).error(), errc::canceled);
      const auto time = context::shielded(20ms);
      EXPECT_TRUE(co_await client.write(time, "motor off"));
      co_return (co_await client.read(time, 10)).error();
    });
    while (rt.waiting() != 1) co_await sleep_for(0s);
    leaving.cancel();
    EXPECT_EQ((co_await leaving).value(), errc::deadline_exceeded);
    EXPECT_EQ((co_await server.read(100))->text(), "motor off");
  });
}

TEST(tcp_connection, waits_end_with_a_deadline) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    const auto soon = context::current().with_timeout(20ms);
    EXPECT_EQ((co_await client.read(soon, 10)).error(), errc::deadline_exceeded);
    const auto later = context::background().with_timeout(20ms);
    EXPECT_EQ((co_await client.write(later, a_lot())).error(), errc::deadline_exceeded);
  });
}

// A listener whose queue is full lets others wait to be connected.
TEST(tcp_connection, waiting_to_be_connected_ends_too) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto listener = tcp_listener::listen(endpoint::loopback(), {.backlog = 0});
    const endpoint to = listener->local_endpoint();
    std::vector<tcp_connection> queued;
    for (int i = 0; i != 16; ++i) {
      const auto soon = context::current().with_timeout(30ms);
      auto made = co_await tcp_connection::connect(soon, to);
      if (!made) {
        EXPECT_EQ(made.error(), errc::deadline_exceeded);
        EXPECT_EQ(text_of(made.error()), "connecting to " + to.to_string());
        co_return;
      }
      queued.push_back(std::move(*made));
    }
    ADD_FAILURE() << "all were connected";
  });
}

TEST(tcp_connection, waits_end_when_it_is_closed) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    const auto read = [&]() -> task<error> { co_return (co_await client.read(10)).error(); };
    const auto write = [&]() -> task<error> { co_return (co_await client.write(a_lot())).error(); };
    auto reading = start(rt, read);
    auto writing = start(rt, write);
    while (rt.waiting() != 2) co_await sleep_for(0s);
    EXPECT_TRUE(client.is_open());
    client.close();
    client.close();
    EXPECT_FALSE(client.is_open());
    EXPECT_EQ((co_await reading).value(), errc::disconnected);
    EXPECT_EQ((co_await writing).value(), errc::disconnected);
    EXPECT_EQ((co_await client.read(10)).error(), errc::disconnected);
    EXPECT_FALSE(client.shutdown_send());
    EXPECT_FALSE(client.local_endpoint());
  });
}

TEST(tcp_connection, that_is_none_says_so) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    tcp_connection moved(std::move(client));
    EXPECT_EQ((co_await client.read(10)).error(),
              errc::disconnected);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ((co_await client.write("x")).error(), errc::disconnected);
    EXPECT_EQ(client.no_delay(true).error(), errc::disconnected);
    EXPECT_EQ(client.keep_alive(30s).error(), errc::disconnected);
    EXPECT_EQ(client.remote_endpoint(), endpoint());
    EXPECT_FALSE(client.is_open());
    EXPECT_TRUE(moved.is_open());
    client.close();
    moved = std::move(server);
    EXPECT_TRUE(moved.is_open());
  });
}

// A reader that is slower than the writer gets all, in order, and a writer waits for it.
TEST(tcp_connection, a_slow_reader_gets_everything) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    std::string sent(8UL << 20U, ' ');
    std::mt19937 random(1);
    for (char& c : sent) c = static_cast<char>(random());
    bool written = false;
    const auto write = [&]() -> task<> {
      EXPECT_TRUE(co_await client.write(sent));
      written = true;
      EXPECT_TRUE(client.shutdown_send());
    };
    auto writing = start(rt, write);
    while (rt.waiting() != 1) co_await sleep_for(0s);
    EXPECT_FALSE(written);
    std::string got;
    for (;;) {
      auto some = co_await server.read(1 + random() % 30000);
      if (!some || some->empty()) break;
      got += some->text();
    }
    EXPECT_TRUE(got == sent);
    co_await writing;
  });
}

TEST(tcp_connection, both_directions_at_once) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await make_pair();
    const auto send = [](tcp_connection* to) -> task<bool> {
      const result<> sent = co_await to->write(std::string_view(a_lot()).substr(0, 4UL << 20U));
      co_return sent && to->shutdown_send();
    };
    auto first = rt.spawn(send(&client));
    auto second = rt.spawn(send(&server));
    auto third = rt.spawn(read_all(&client));
    const auto fourth = co_await read_all(&server);
    EXPECT_EQ(fourth->size(), 4UL << 20U);
    EXPECT_EQ((co_await third).value()->size(), 4UL << 20U);
    EXPECT_TRUE((co_await first).value());
    EXPECT_TRUE((co_await second).value());
  });
}

TEST(tcp_connection, refuses_the_deterministic_runtime_and_threads_outside) {
  testing::deterministic_runtime rt;
  const auto connect = []() -> task<> {
    static_cast<void>(co_await tcp_connection::connect(endpoint::loopback(1)));
  };
  try {
    rt.block_on(connect());
    ADD_FAILURE();
  } catch (const usage_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("tcp_connection::connect needs real sockets"));
    EXPECT_THAT(e.what(), HasSubstr("deterministic runtime"));
  }
  EXPECT_THROW(static_cast<void>(tcp_listener::listen(endpoint::loopback())), usage_error);
}

}  // namespace
}  // namespace troupe::io

#include <troupe/io/tcp_listener.hpp>

#include <troupe/internal/test_fiber.hpp>
#include <troupe/io/internal/tcp_stream.hpp>
#include <troupe/io/internal/test_io.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace troupe::io {
namespace {

using internal::io_runtime;
using internal::read_all;
using troupe::internal::run;
using troupe::internal::start;

TEST(tcp_listener, accepts_in_the_order_of_connecting) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto listener = tcp_listener::listen(endpoint::loopback());
    const endpoint at = listener->local_endpoint();
    EXPECT_NE(at.port(), 0);
    EXPECT_TRUE(listener->is_open());
    std::vector<tcp_connection> clients;
    for (int i = 0; i != 5; ++i) clients.push_back(*co_await tcp_connection::connect(at));
    for (const tcp_connection& client : clients) {
      const auto accepted = co_await listener->accept();
      EXPECT_EQ(accepted->remote_endpoint(), client.local_endpoint());
    }
  });
}

TEST(tcp_listener, says_which_address_it_cannot_have) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto first = tcp_listener::listen(endpoint::loopback());
    const endpoint taken = first->local_endpoint();
    const auto second = tcp_listener::listen(taken);
    EXPECT_FALSE(second);
    EXPECT_EQ(second.error(), std::errc::address_in_use);
    EXPECT_EQ(second.error().text(), "listening on " + taken.to_string());
    const auto foreign = tcp_listener::listen(endpoint::v4({192, 0, 2, 1}, 0));
    EXPECT_EQ(foreign.error(), std::errc::address_not_available);
    first->close();
    EXPECT_TRUE(tcp_listener::listen(taken)) << "free again at once";
    const auto named = co_await tcp_listener::listen(address("localhost", 0));
    EXPECT_TRUE(named);
    const auto unknown = co_await tcp_listener::listen(address("no-such-host.invalid", 0));
    EXPECT_FALSE(unknown);
    EXPECT_EQ(unknown.error().text(), "listening on no-such-host.invalid:0");
  });
}

TEST(tcp_listener, waits_end) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto listener = tcp_listener::listen(endpoint::loopback());
    const auto accept = [&]() -> task<error> { co_return (co_await listener->accept()).error(); };
    auto canceled = start(rt, accept);
    while (rt.waiting() != 1) co_await sleep_for(0s);
    canceled.cancel();
    EXPECT_EQ((co_await canceled).value(), errc::canceled);

    const auto soon = context::current().with_timeout(20ms);
    EXPECT_EQ((co_await listener->accept(soon)).error(), errc::deadline_exceeded);
    const auto ctx = context::background().with_cancel();
    ctx.cancel();
    EXPECT_EQ((co_await listener->accept(ctx)).error(), errc::canceled);

    auto closed = start(rt, accept);
    while (rt.waiting() != 1) co_await sleep_for(0s);
    listener->close();
    EXPECT_EQ((co_await closed).value(), errc::disconnected);
    EXPECT_EQ((co_await listener->accept()).error(), errc::disconnected);
    tcp_listener none;
    EXPECT_EQ((co_await none.accept()).error(), errc::disconnected);
    EXPECT_FALSE(none.is_open());
  });
}

TEST(tcp_listener, a_wait_that_is_canceled_leaves_the_connection_to_others) {
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto listener = tcp_listener::listen(endpoint::loopback());
    const auto accept = [&]() -> task<bool> {
      co_return (co_await listener->accept()).has_value();
    };
    for (int round = 0; round != 200; ++round) {
      auto first = start(rt, accept);
      auto client = co_await tcp_connection::connect(listener->local_endpoint());
      EXPECT_TRUE(client);
      first.cancel();
      if (!(co_await first).value()) EXPECT_TRUE(co_await listener->accept());
    }
  });
}

// Echoes what comes until the peer has sent all it will.
task<> echo(tcp_connection peer) {
  for (;;) {
    const auto got = co_await peer.read(4096);
    if (!got || got->empty()) co_return;
    if (!co_await peer.write(got->bytes())) co_return;
  }
}

TEST(tcp_listener, many_connections_at_once) {
  constexpr std::size_t many = 200;
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto listener = tcp_listener::listen(endpoint::loopback(), {.backlog = many});
    const endpoint at = listener->local_endpoint();
    const auto serve = [&]() -> task<> {
      while (auto peer = co_await listener->accept()) rt.spawn(echo(std::move(*peer)));
    };
    const auto ask = [](endpoint to, std::size_t i) -> task<std::string> {
      auto client = co_await tcp_connection::connect(to);
      if (!client) co_return client.error().message();
      std::string text;
      for (int round = 0; round != 5; ++round) {
        const std::string said = std::to_string(i) + ",";
        if (auto sent = co_await client->write(said); !sent) co_return sent.error().message();
        std::string heard;
        while (heard.size() < said.size()) {
          const auto got = co_await client->read(100);
          if (!got || got->empty()) co_return "ended";
          heard += got->text();
        }
        text += heard;
      }
      co_return text;
    };
    auto serving = start(rt, serve);
    std::vector<join_handle<std::string>> clients;
    for (std::size_t i = 0; i != many; ++i) clients.push_back(rt.spawn(ask(at, i)));
    for (std::size_t i = 0; i != many; ++i) {
      std::string wanted;
      for (int round = 0; round != 5; ++round) wanted += std::to_string(i) + ",";
      EXPECT_EQ((co_await clients[i]).value(), wanted);
    }
    listener->close();
    co_await serving;
  });
}

/// While it lives only `left` more descriptors can be opened.
class shortage {
 public:
  explicit shortage(std::size_t left) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    // Each gets the lowest number that is free: there is none below the last.
    for (std::size_t i = 0; i != left + 1; ++i) {
      taken_.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    }
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(taken_.back()) + 1;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    for (; left != 0; --left) give_back();
  }
  shortage(const shortage&) = delete;
  shortage& operator=(const shortage&) = delete;
  ~shortage() {
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0);
    while (!taken_.empty()) give_back();
  }

 private:
  void give_back() {
    ::close(taken_.back());
    taken_.pop_back();
  }

  rlimit before_{};
  std::vector<int> taken_;
};

// Without descriptors accepting fails, and goes on once there is one.
TEST(tcp_listener, survives_a_lack_of_descriptors) {
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "its check of vptrs opens a pipe, and takes the lack of one for a fault";
#endif
  io_runtime rt;
  run(rt, [&]() -> task<> {
    auto listener = tcp_listener::listen(endpoint::loopback());
    auto client = co_await tcp_connection::connect(listener->local_endpoint());
    {
      const shortage all(0);
      const auto accepted = co_await listener->accept();
      EXPECT_FALSE(accepted);
      if (!accepted) EXPECT_EQ(accepted.error(), std::errc::too_many_files_open);
    }
    EXPECT_TRUE(co_await listener->accept());
  });
}

// The first one of a runtime needs some for the I/O thread, too.
TEST(tcp_listener, fails_without_enough_descriptors_and_succeeds_later) {
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "its check of vptrs opens a pipe, and takes the lack of one for a fault";
#endif
  for (std::size_t left = 0; left != 6; ++left) {
    SCOPED_TRACE(left);
    io_runtime rt;
    run(rt, [&]() -> task<> {
      {
        const shortage few(left);
        const auto made = tcp_listener::listen(endpoint::loopback());
        EXPECT_TRUE(left != 0 || !made);
        if (!made) EXPECT_EQ(made.error(), std::errc::too_many_files_open);
      }
      EXPECT_TRUE(tcp_listener::listen(endpoint::loopback()));
      co_return;
    });
  }
}

TEST(tcp_listener, goes_on_after_a_lack_of_something) {
  const auto passes = [](int code) {
    return internal::is_lack_of_something({code, std::system_category()});
  };
  for (const int one : {EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC}) EXPECT_TRUE(passes(one)) << one;
  for (const int one : {EBADF, EINVAL, EOPNOTSUPP}) EXPECT_FALSE(passes(one)) << one;
  EXPECT_FALSE(internal::is_lack_of_something(errc::runtime_stopped));
}

}  // namespace
}  // namespace troupe::io

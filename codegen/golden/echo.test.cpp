// The kinds listener and connection, made from golden/accepted/echo.yml, with real sockets.
#include <codegen/golden/accepted/echo.gen.hpp>

#include <troupe/child_spec.hpp>
#include <troupe/internal/test_fiber.hpp>
#include <troupe/io/internal/test_io.hpp>
#include <troupe/supervisor.hpp>
#include <troupe/testing/deterministic_runtime.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using troupe::result;
using troupe::task;
using troupe::internal::run;
using troupe::internal::start;
using troupe::io::arrival;
using troupe::io::arrival_kind;
using troupe::io::endpoint;
using troupe::io::tcp_connection;
using troupe::io::internal::io_runtime;
using troupe::io::internal::read_all;

namespace echo {

// What a server tells the test.
struct witness {
  std::mutex mutex;
  std::vector<std::string> log;
  std::atomic<std::uint16_t> port{0};
  std::atomic<std::size_t> starts{0};
  std::atomic<std::size_t> accepted{0};
  std::atomic<std::size_t> bytes{0};
  std::atomic<std::size_t> ends{0};
  std::atomic<std::size_t> failures{0};
  std::atomic<std::size_t> largest{0};
  std::atomic<bool> waits{false};
  std::vector<std::uint64_t> ids;  // of connections; the actor's until it has ended

  [[nodiscard]] endpoint where() const {
    while (port == 0) std::this_thread::yield();
    return endpoint::loopback(port);
  }
};

struct echo_server : echo_server_base {
  std::shared_ptr<witness> seen = std::make_shared<witness>();
  troupe::event* gate = nullptr;  // handlers of arrivals wait for it
  bool echoes = true;
  bool deaf = false;  // and are not interrupted

  void handle_start() {
    seen->port = rx->clients.local_endpoint().port();
    ++seen->starts;
  }
  void handle_clients(tcp_connection peer) {
    const auto id = rx->input.attach(std::move(peer));
    EXPECT_TRUE(id);
    if (id) seen->ids.push_back(static_cast<std::uint64_t>(*id));
    ++seen->accepted;
  }
  task<result<>> handle_input(arrival one) {
    tcp_connection* const from = rx->input.find(one.from);
    seen->waits = true;
    if (gate != nullptr && deaf) {
      static_cast<void>(co_await gate->wait(troupe::context::background()));
      EXPECT_EQ(rx->input.find(one.from), from);
      static_cast<void>(co_await from->write(troupe::context::background(), one.bytes.bytes()));
      co_return result<>();
    }
    if (gate != nullptr) static_cast<void>(co_await gate->wait());
    switch (one.what) {
      case arrival_kind::bytes:
        EXPECT_FALSE(one.bytes.empty());
        seen->bytes += one.bytes.size();
        seen->largest = std::max(seen->largest.load(), one.bytes.size());
        if (echoes) static_cast<void>(co_await rx->input.write(one.from, one.bytes.bytes()));
        break;
      case arrival_kind::end:
        EXPECT_TRUE(one.bytes.empty());
        ++seen->ends;
        EXPECT_TRUE(rx->input.close(one.from));
        break;
      case arrival_kind::failed:
        EXPECT_THAT(std::string(one.why.value().text()), HasSubstr("reading from 127.0.0.1:"));
        EXPECT_EQ(rx->input.find(one.from), nullptr);
        EXPECT_FALSE(rx->input.close(one.from));
        ++seen->failures;
        break;
    }
    co_return result<>();
  }
  void handle_command(const std::string& what) {
    if (what == "off") rx->input.disable();
    if (what == "on") rx->input.enable();
    if (what == "crash") throw std::runtime_error("crash");
  }
};

struct acceptor : acceptor_base {
  std::shared_ptr<witness> seen = std::make_shared<witness>();
  std::atomic<bool>* enabled = nullptr;
  std::vector<tcp_connection> peers{};

  task<> handle_start() {
    seen->port = rx->clients.local_endpoint().port();
    if (enabled == nullptr) co_return;
    while (!*enabled) co_await troupe::sleep_for(0s);
    rx->clients.enable();
  }
  void handle_clients(tcp_connection peer) {
    peers.push_back(std::move(peer));
    ++seen->accepted;
    if (seen->accepted == 3) rx->clients.disable();
  }
};

namespace {

task<tcp_connection> connect(endpoint to) {
  auto made = co_await tcp_connection::connect(to);
  if (!made) throw std::runtime_error(made.error().message());
  co_return std::move(*made);
}

task<std::string> ask(endpoint to, std::string text) {
  auto peer = co_await connect(to);
  if (auto sent = co_await peer.write(text); !sent) co_return sent.error().message();
  peer.shutdown_send();
  auto all = co_await read_all(&peer);
  co_return all ? *all : all.error().message();
}

void until(const auto& holds) {
  while (!holds()) std::this_thread::yield();
}

TEST(generated_echo, answers_many_clients_at_once) {
  constexpr std::size_t many = 200;
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  const auto tx =
      echo_server_builder{.data = {.seen = seen}, .clients = {.capacity = many}}.spawn(rt);
  const endpoint to = seen->where();
  run(rt, [&]() -> task<> {
    std::vector<troupe::join_handle<std::string>> clients;
    for (std::size_t i = 0; i != many; ++i) {
      clients.push_back(rt.spawn(ask(to, std::string(i * 37, static_cast<char>('a' + i % 26)))));
    }
    for (std::size_t i = 0; i != many; ++i) {
      EXPECT_TRUE((co_await clients[i]).value() ==
                  std::string(i * 37, static_cast<char>('a' + i % 26)));
    }
  });
  EXPECT_EQ(seen->accepted, many);
  EXPECT_EQ(seen->ends, many);
  EXPECT_EQ(seen->failures, 0U);
  EXPECT_LE(seen->largest, 1000U);
  tx.stop();
}

TEST(generated_echo, an_address_that_is_taken_fails_the_start_and_is_named) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  const auto tx = echo_server_builder{.data = {.seen = seen}}.spawn(rt);
  const std::string taken = seen->where().to_string();
  auto other = std::make_shared<witness>();
  auto second =
      echo_server_builder{.data = {.seen = other}, .clients = {.address = taken}}.build(rt);
  run(rt, [&]() -> task<> {
    const auto why = (co_await rt.spawn(second.actor)).value();
    EXPECT_EQ(why.kind(), troupe::exit_kind::error);
    EXPECT_THAT(why.to_string(), HasSubstr("listening on " + taken));
    EXPECT_EQ(other->starts, 0U) << "handle_start() is not called";
  });
  tx.stop();
}

TEST(generated_echo, needs_an_address_and_real_sockets) {
  io_runtime rt;
  const auto message = [&](auto make) {
    try {
      make();
    } catch (const troupe::usage_error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(message([&] { static_cast<void>(acceptor_builder{}.build(rt)); }),
              HasSubstr("listener mailbox: no address to listen on"));
  EXPECT_THAT(message([&] {
                static_cast<void>(acceptor_builder{.clients = {.address = "localhost"}}.build(rt));
              }),
              HasSubstr("\"localhost\" has no port"));
  EXPECT_THAT(
      message([&] { static_cast<void>(echo_server_builder{.input = {.max_bytes = 0}}.build(rt)); }),
      HasSubstr("at most 0 bytes"));
  troupe::testing::deterministic_runtime deterministic;
  auto built = echo_server_builder{}.build(deterministic);
  auto ended = deterministic.spawn(built.actor);
  deterministic.run_until_idle();
  const auto why = deterministic.block_on(
      [](auto handle) -> task<troupe::exit_reason> { co_return (co_await handle).value(); }(ended));
  EXPECT_EQ(why.kind(), troupe::exit_kind::exception);
  EXPECT_THAT(why.to_string(), HasSubstr("deterministic runtime"));
}

TEST(generated_echo, a_disabled_listener_leaves_connections_to_the_kernel) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  std::atomic<bool> enabled = false;
  const auto tx = acceptor_builder{.data = {.seen = seen, .enabled = &enabled},
                                   .clients = {.address = "localhost:0"}}
                      .spawn(rt);
  static_cast<void>(seen->where());
  run(rt, [&]() -> task<> {
    std::vector<tcp_connection> clients;
    for (int i = 0; i != 5; ++i) {
      auto made = co_await tcp_connection::connect(troupe::io::address("localhost", seen->port));
      EXPECT_TRUE(made) << "the kernel connects it";
      clients.push_back(std::move(*made));
    }
    EXPECT_EQ(seen->accepted, 0U);
    enabled = true;
    while (seen->accepted != 3) co_await troupe::sleep_for(0s);
    tx.stop();
    clients[4].shutdown_send();
    EXPECT_FALSE(co_await clients[4].read(1)) << "it was never accepted: refused at the end";
  });
  EXPECT_EQ(seen->accepted, 3U) << "and then it disabled itself";
}

TEST(generated_echo, a_slow_actor_stops_the_reading) {
  troupe::event gate;  // outlives the actor, which may still be told of the end of the stream
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  const auto tx =
      echo_server_builder{.data = {.seen = seen, .gate = &gate, .echoes = false}}.spawn(rt);
  const std::string lots(32UL << 20U, 'x');
  std::atomic<bool> written = false;
  run(rt, [&]() -> task<> {
    auto peer = co_await connect(seen->where());
    const auto write = [&]() -> task<> {
      EXPECT_TRUE(co_await peer.write(lots));
      written = true;
    };
    auto writing = start(rt, write);
    while (rt.waiting() != 1) co_await troupe::sleep_for(0s);
    EXPECT_FALSE(written);
    EXPECT_EQ(seen->bytes, 0U) << "one message is in the handler, the rest with the kernel";
    gate.set();
    co_await writing;
    while (seen->bytes != lots.size()) co_await troupe::sleep_for(0s);
  });
  tx.stop();
}

TEST(generated_echo, a_disabled_mailbox_reads_nothing) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  const auto tx =
      echo_server_builder{.data = {.seen = seen}, .input = {.disabled = true}}.spawn(rt);
  run(rt, [&]() -> task<> {
    auto peer = co_await connect(seen->where());
    EXPECT_TRUE(co_await peer.write("hello"));
    while (seen->accepted != 1) co_await troupe::sleep_for(0s);
    const auto soon = troupe::context::current().with_timeout(20ms);
    EXPECT_EQ((co_await peer.read(soon, 10)).error(), troupe::errc::deadline_exceeded);
    EXPECT_EQ(seen->bytes, 0U);
    EXPECT_TRUE(co_await tx.command("on"));
    EXPECT_EQ((co_await peer.read(10))->text(), "hello");
  });
  tx.stop();
}

TEST(generated_echo, a_reset_is_told_once) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  const auto tx = echo_server_builder{.data = {.seen = seen}}.spawn(rt);
  run(rt, [&]() -> task<> {
    for (std::size_t i = 1; i != 20; ++i) {
      auto peer = co_await connect(seen->where());
      EXPECT_TRUE(co_await peer.write("xy"));
      EXPECT_EQ((co_await peer.read(1))->text(), "x");
      peer.close();  // with a byte that it has not read
      while (seen->failures != i) co_await troupe::sleep_for(0s);
    }
    auto last = co_await connect(seen->where());
    EXPECT_TRUE(co_await last.write("z"));
    EXPECT_EQ((co_await last.read(1))->text(), "z");
    EXPECT_EQ(seen->failures, 19U);
    EXPECT_EQ(seen->ends, 0U);
  });
  tx.stop();
}

// One that always has something to say, and one that seldom has.
TEST(generated_echo, connections_take_turns) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  const auto tx = echo_server_builder{.data = {.seen = seen, .echoes = true}}.spawn(rt);
  run(rt, [&]() -> task<> {
    auto loud = co_await connect(seen->where());
    auto quiet = co_await connect(seen->where());
    std::atomic<bool> stop = false;
    const auto shout = [&]() -> task<> {
      const std::string text(100'000, 'x');
      while (!stop && co_await loud.write(text)) {
      }
    };
    const auto listen = [&]() -> task<> {
      for (;;) {
        const auto got = co_await loud.read(65536);
        if (!got || got->empty()) break;
      }
    };
    auto shouting = start(rt, shout);
    auto listening = start(rt, listen);
    for (int i = 0; i != 100; ++i) {
      EXPECT_TRUE(co_await quiet.write("?"));
      EXPECT_EQ((co_await quiet.read(1))->text(), "?");
    }
    stop = true;
    co_await shouting;
    loud.shutdown_send();
    co_await listening;
  });
  tx.stop();
}

TEST(generated_echo, a_restart_keeps_the_port_and_the_connections) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  auto [actor, tx] = echo_server_builder{.data = {.seen = seen}}.build(rt);
  auto root = std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.restart_delay = 0s, .children = {actor}});
  rt.spawn(root);
  const endpoint to = seen->where();
  run(rt, [&]() -> task<> {
    auto peer = co_await connect(to);
    EXPECT_TRUE(co_await peer.write("one"));
    EXPECT_EQ((co_await peer.read(3))->text(), "one");
    for (std::size_t i = 2; i != 5; ++i) {
      EXPECT_TRUE(co_await tx.command("crash"));
      while (seen->starts != i) co_await troupe::sleep_for(0s);
      EXPECT_TRUE(co_await peer.write("two"));
      EXPECT_EQ((co_await peer.read(3))->text(), "two");
      EXPECT_EQ(co_await ask(to, "new"), "new");
    }
  });
  EXPECT_EQ(seen->port, to.port());
  rt.shutdown();
}

TEST(generated_echo, a_fresh_child_keeps_the_port_and_closes_the_connections) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  using actor = troupe::generated::built<echo_server_base::handlers, echo_server>::actor_type;
  troupe::fresh_child<actor> child(
      [&] { return echo_server_builder{.data = {.seen = seen}}.build(rt).actor; });
  const echo_server_tx tx = child->tx();
  auto root = std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.restart_delay = 0s, .children = {child.spec()}});
  rt.spawn(root);
  const endpoint to = seen->where();
  run(rt, [&]() -> task<> {
    for (std::size_t i = 2; i != 5; ++i) {
      auto peer = co_await connect(to);
      EXPECT_TRUE(co_await peer.write("one"));
      EXPECT_EQ((co_await peer.read(3))->text(), "one");
      EXPECT_TRUE(co_await tx.command("crash"));
      while (seen->starts != i) co_await troupe::sleep_for(0s);
      EXPECT_EQ(co_await read_all(&peer), std::string());
      EXPECT_EQ(co_await ask(to, "new"), "new");
    }
  });
  EXPECT_EQ(seen->port, to.port());
  rt.shutdown();
  EXPECT_EQ(std::set(seen->ids.begin(), seen->ids.end()).size(), 6U) << "no id names two";
}

// Its handler goes on with what it has when its supervisor has given up waiting for it.
TEST(generated_echo, one_left_behind_keeps_its_connections_until_it_ends) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  troupe::event gate;
  auto [actor, tx] =
      echo_server_builder{.data = {.seen = seen, .gate = &gate, .deaf = true}}.build(rt);
  auto root = rt.spawn(std::make_shared<troupe::supervisor>(
      "root", troupe::supervisor_options{.shutdown_timeout = 1ms, .children = {actor}}));
  const endpoint to = seen->where();
  run(rt, [&]() -> task<> {
    auto peer = co_await connect(to);
    EXPECT_TRUE(co_await peer.write("one"));
    while (!seen->waits) co_await troupe::sleep_for(0s);
    root.cancel();
    co_await root;
    gate.set();
    EXPECT_EQ((co_await peer.read(3))->text(), "one") << "it still writes";
    EXPECT_EQ(co_await read_all(&peer), std::string()) << "and is closed then";
  });
}

TEST(generated_echo, the_end_closes_everything) {
  io_runtime rt;
  auto seen = std::make_shared<witness>();
  auto [actor, tx] = echo_server_builder{.data = {.seen = seen}}.build(rt);
  auto ended = rt.spawn(actor);
  const endpoint to = seen->where();
  run(rt, [&]() -> task<> {
    auto peer = co_await connect(to);
    EXPECT_TRUE(co_await peer.write("one"));
    EXPECT_EQ((co_await peer.read(3))->text(), "one");
    tx.stop();
    EXPECT_EQ((co_await ended).value().kind(), troupe::exit_kind::clean);
    EXPECT_EQ(co_await read_all(&peer), std::string());
    EXPECT_EQ((co_await tcp_connection::connect(to)).error(), std::errc::connection_refused);
    auto again = rt.spawn(actor);  // the object is still there: it listens anew
    while (seen->starts != 2) co_await troupe::sleep_for(0s);
    EXPECT_EQ(co_await ask(endpoint::loopback(seen->port), "more"), "more");
    tx.stop();
    co_await again;
  });
}

TEST(generated_echo, what_the_actor_may_do_with_a_connection) {
  io_runtime rt;
  troupe::generated::connection_rx rx({.disabled = false, .max_bytes = 10});
  run(rt, [&]() -> task<> {
    auto [client, server] = co_await troupe::io::internal::make_pair();
    EXPECT_EQ(rx.attach(tcp_connection()).error(), troupe::errc::disconnected);
    const auto id = rx.attach(std::move(server)).value();
    EXPECT_EQ(rx.size(), 1U);
    EXPECT_EQ(rx.find(id)->remote_endpoint(), client.local_endpoint().value());
    EXPECT_TRUE(co_await rx.write(id, "hello"));
    EXPECT_TRUE(rx.shutdown_send(id));
    EXPECT_EQ(co_await read_all(&client), "hello");
    auto back = rx.detach(id);
    EXPECT_TRUE(co_await client.write("unread"));
    EXPECT_EQ((co_await back->read(10))->text(), "unread");
    EXPECT_FALSE(rx.detach(id));
    EXPECT_EQ((co_await rx.write(id, "x")).error(), troupe::errc::not_found);
    EXPECT_EQ(rx.shutdown_send(id).error(), troupe::errc::not_found);
    const auto other = rx.attach(std::move(*back)).value();
    EXPECT_NE(other, id);
    EXPECT_TRUE(rx.close(other));
    EXPECT_EQ(co_await read_all(&client), "");
    EXPECT_EQ(rx.size(), 0U);
  });
}

}  // namespace
}  // namespace echo

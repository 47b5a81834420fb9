// Bytes over loopback: what does not have to wait, a round trip of two fibers that do, a stream;
// and system calls alone, on blocking sockets, to compare with.
#include <troupe/io/internal/test_io.hpp>
#include <troupe/io/tcp_connection.hpp>
#include <troupe/runtime.hpp>

#include <measure.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

using troupe::runtime;
using troupe::task;
using troupe::io::tcp_connection;
using troupe::io::internal::connected_pair;
using troupe::io::internal::make_pair;

constexpr std::size_t size = 64;
using message = std::array<std::byte, size>;

task<> echo(tcp_connection* peer) {
  for (;;) {
    const auto got = co_await peer->read(4096);
    if (!got || got->empty() || !co_await peer->write(got->bytes())) co_return;
  }
}

task<> round_trips(tcp_connection* peer, std::int64_t count) {
  message room{};
  for (std::int64_t i = 0; i != count; ++i) {
    if (!co_await peer->write(room) || !co_await peer->read_some(room)) co_return;
  }
}

void write_and_read_what_is_there(benchmark::State& state) {
  connected_pair pair;
  runtime rt({.workers = 1});
  pair = rt.block_on(make_pair());
  bench::run_laps(state, rt, 5'000, [&](std::int64_t n) -> task<> {
    message room{};
    for (std::int64_t i = 0; i != n; ++i) {
      static_cast<void>(co_await pair.client.write(room));
      static_cast<void>(co_await pair.server.read_some(room));
    }
  });
}
BENCHMARK(write_and_read_what_is_there)
    ->Name("io/tcp/write_and_read_what_is_there")
    ->UseManualTime();

void round_trip(benchmark::State& state) {
  connected_pair pair;
  runtime rt({.workers = 1});
  pair = rt.block_on(make_pair());
  rt.spawn(echo(&pair.server));
  bench::run_laps(state, rt, 2'000, [&](std::int64_t n) { return round_trips(&pair.client, n); });
}
BENCHMARK(round_trip)->Name("io/tcp/round_trip_of_two_fibers")->UseManualTime();

void many_round_trips(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  std::vector<connected_pair> pairs;
  runtime rt({.workers = 1});
  for (std::size_t i = 0; i != clients; ++i) {
    pairs.push_back(rt.block_on(make_pair()));
  }
  for (auto& pair : pairs) rt.spawn(echo(&pair.server));
  std::vector<troupe::join_handle<void>> handles(clients);
  bench::run_laps(state, rt, 6'400, [&](std::int64_t n) -> task<> {
    for (std::size_t i = 0; i != clients; ++i) {
      handles[i] =
          troupe::spawn(round_trips(&pairs[i].client, n / static_cast<std::int64_t>(clients)));
    }
    for (const auto& one : handles) static_cast<void>(co_await one);
  });
}
BENCHMARK(many_round_trips)->Name("io/tcp/round_trip_of_many")->Arg(64)->UseManualTime();

void stream(benchmark::State& state) {
  constexpr std::size_t block = 65536;
  connected_pair pair;
  runtime rt({.workers = 1});
  pair = rt.block_on(make_pair());
  const auto bytes = std::make_unique<std::array<std::byte, block>>();
  const auto read_all = [](tcp_connection* from, std::int64_t left) -> task<> {
    while (left > 0) {
      const auto got = co_await from->read(block);
      if (!got || got->empty()) co_return;
      left -= static_cast<std::int64_t>(got->size());
    }
  };
  bench::run_laps(state, rt, 500, [&](std::int64_t n) -> task<> {
    auto reading = troupe::spawn(read_all(&pair.server, n * static_cast<std::int64_t>(block)));
    for (std::int64_t i = 0; i != n; ++i) static_cast<void>(co_await pair.client.write(*bytes));
    co_await reading;
  });
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(block));
}
BENCHMARK(stream)->Name("io/tcp/stream_of_64_KiB")->UseManualTime();

// --- system calls alone ---

struct raw_pair {
  raw_pair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    client = ::socket(AF_INET, SOCK_STREAM, 0);
    const int yes = 1;
    if (::bind(listener, any, length) != 0 || ::listen(listener, 1) != 0 ||
        ::getsockname(listener, any, &length) != 0 || ::connect(client, any, length) != 0) {
      throw std::runtime_error("no loopback");
    }
    server = ::accept(listener, nullptr, nullptr);
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::close(listener);
  }
  raw_pair(const raw_pair&) = delete;
  raw_pair& operator=(const raw_pair&) = delete;
  ~raw_pair() {
    ::close(client);
    ::close(server);
  }
  int client = -1;
  int server = -1;
};

void raw_send_and_recv(benchmark::State& state) {
  const raw_pair pair;
  message room{};
  for (auto _ : state) {
    static_cast<void>(::send(pair.client, room.data(), size, 0));
    benchmark::DoNotOptimize(::recv(pair.server, room.data(), size, 0));
  }
}
BENCHMARK(raw_send_and_recv)->Name("io/raw/send_and_recv");

// Two threads that block.
void raw_round_trip(benchmark::State& state) {
  const raw_pair pair;
  std::thread other([&pair] {
    message room{};
    for (ssize_t got = 1; got > 0;) {
      got = ::recv(pair.server, room.data(), size, 0);
      if (got > 0) got = ::send(pair.server, room.data(), static_cast<std::size_t>(got), 0);
    }
  });
  message room{};
  for (auto _ : state) {
    static_cast<void>(::send(pair.client, room.data(), size, 0));
    benchmark::DoNotOptimize(::recv(pair.client, room.data(), size, 0));
  }
  ::shutdown(pair.client, SHUT_WR);
  other.join();
}
BENCHMARK(raw_round_trip)->Name("io/raw/round_trip_of_two_threads")->UseRealTime();

}  // namespace

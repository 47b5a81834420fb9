#pragma once

// For tests: a real runtime that says who waits for input or output, and connections on loopback.

#include <troupe/detail/fiber.hpp>
#include <troupe/io/tcp_connection.hpp>
#include <troupe/io/tcp_listener.hpp>
#include <troupe/runtime.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace troupe::io::internal {

class io_runtime : public runtime {
 public:
  explicit io_runtime(std::size_t workers = 2) : runtime({.workers = workers}) {}

  /// How many fibers are parked in a wait for input or output.
  [[nodiscard]] std::size_t waiting() const {
    std::size_t count = 0;
    detail::for_each_fiber(
        runtime::scheduler(),
        [](detail::fiber& one, void* into) {
          if (one.is_parked() && one.waiting_for() == detail::wait_kind::io) {
            ++*static_cast<std::size_t*>(into);
          }
        },
        &count);
    return count;
  }
  /// Returns once as many are parked.
  void until_waiting(std::size_t count) const {
    while (waiting() != count) std::this_thread::yield();
  }
};

struct connected_pair {
  tcp_connection client;
  tcp_connection server;
};

inline task<connected_pair> make_pair() {
  auto listener = tcp_listener::listen(endpoint::loopback());
  if (!listener) throw std::runtime_error(listener.error().message());
  auto client = co_await tcp_connection::connect(listener->local_endpoint());
  if (!client) throw std::runtime_error(client.error().message());
  auto server = co_await listener->accept();
  if (!server) throw std::runtime_error(server.error().message());
  co_return connected_pair{std::move(*client), std::move(*server)};
}

/// All that comes until the peer has sent all it will.
inline task<result<std::string>> read_all(tcp_connection* from) {
  std::string all;
  for (;;) {
    auto got = co_await from->read(1000);
    if (!got) co_return fail(got.error());
    if (got->empty()) co_return all;
    all += got->text();
  }
}

}  // namespace troupe::io::internal

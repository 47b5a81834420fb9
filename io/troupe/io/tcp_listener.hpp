#pragma once

// tcp_listener: takes the connections that others make to an address of this machine.
//
//     auto listener = tcp_listener::listen(endpoint::loopback());   // port 0: a free one
//     if (!listener) co_return fail(listener.error());              // says which address
//     while (!ctx.err() && listener->is_open()) {
//       if (auto peer = co_await listener->accept(ctx)) serve(std::move(*peer));
//       else co_await sleep_for(ctx, 100ms);                     // no descriptor is free, say
//     }

#include <troupe/context.hpp>
#include <troupe/error.hpp>
#include <troupe/io/address.hpp>
#include <troupe/io/endpoint.hpp>
#include <troupe/io/tcp_connection.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <memory>

namespace troupe::io {

namespace internal {
struct tcp_acceptor;
}

struct listen_options {
  /// How many connections the kernel keeps that nobody has accepted yet; it may keep fewer
  /// (net.core.somaxconn), and refuses those beyond.
  std::size_t backlog = 128;
};

/// A value that is moved and not copied. Destroying it closes it.
///
/// Threads: any fiber may use it, of any actor; several may accept, each connection reaches one.
/// close() from any thread.
class tcp_listener {
 public:
  /// Listens to nothing.
  tcp_listener() noexcept = default;
  tcp_listener(tcp_listener&&) noexcept = default;
  tcp_listener& operator=(tcp_listener&& other) noexcept;
  tcp_listener(const tcp_listener&) = delete;
  tcp_listener& operator=(const tcp_listener&) = delete;
  ~tcp_listener() { close(); }

  /// Binds and listens, at once. An error of the system that names the address. Only in a fiber of
  /// a runtime that is not the deterministic one: throws usage_error elsewhere.
  [[nodiscard]] static result<tcp_listener> listen(const endpoint& at, listen_options options = {});
  /// The same for a host by name: the first of its addresses that can be had.
  [[nodiscard]] static task<result<tcp_listener>> listen(address at, listen_options options = {});
  /// `ctx` must live until the operation has ended.
  [[nodiscard]] static task<result<tcp_listener>> listen(const context& ctx, address at,
                                                         listen_options options = {});

  /// Awaitable -> the next connection. Ends with the context, or the fiber's own, and with
  /// errc::disconnected when the listener is closed. The system's error when there are no more
  /// descriptors or no memory: the connection is still there, and accepting again later succeeds.
  /// Where it has been accepted but the kernel cannot watch it (no space on the device: the user's
  /// bound for epoll; or no memory), it is closed, and later ones succeed.
  [[nodiscard]] task<result<tcp_connection>> accept();
  [[nodiscard]] task<result<tcp_connection>> accept(const context& ctx);

  /// Connections that were not accepted are refused. Harmless when repeated.
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

  /// With the port that was chosen; 0.0.0.0:0 if it never listened.
  [[nodiscard]] endpoint local_endpoint() const noexcept;

 private:
  friend struct internal::access;
  std::shared_ptr<internal::tcp_acceptor> acceptor_;
};

}  // namespace troupe::io

#pragma once

// What a tcp_connection owns, for the parts of the library that move its bytes.

#include <troupe/io/buffer.hpp>
#include <troupe/io/endpoint.hpp>
#include <troupe/io/internal/descriptor.hpp>
#include <troupe/io/tcp_connection.hpp>
#include <troupe/io/tcp_listener.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace troupe::io::internal {

struct tcp_stream {
  std::shared_ptr<descriptor> file;
  endpoint remote;

  /// What went wrong while doing `what` ("reading from") with the peer.
  [[nodiscard]] error failure(std::error_code code, std::string_view what) const;
  /// At most `most` bytes, 0 at the end of the stream, without waiting.
  [[nodiscard]] auto try_read(std::span<std::byte> into) noexcept
      -> std::expected<std::size_t, std::error_code>;
};

struct tcp_acceptor {
  std::shared_ptr<descriptor> file;
  endpoint local;

  [[nodiscard]] error failure(std::error_code code) const;
  /// A connection that waits; the caller looks at would_wait() and is_lack_of_something().
  [[nodiscard]] std::expected<tcp_connection, std::error_code> try_accept();
};

/// Of an error of try_accept(): nothing is wrong with the listener, there will be room again. No
/// space on the device means that the user watches as many descriptors with epoll as he may.
[[nodiscard]] bool is_lack_of_something(const std::error_code& code) noexcept;

/// The way from the public values to what they own.
struct access {
  static std::shared_ptr<tcp_stream>& stream(tcp_connection& of) noexcept { return of.stream_; }
  static std::shared_ptr<tcp_acceptor>& acceptor(tcp_listener& of) noexcept { return of.acceptor_; }
};

/// A connected socket that does not wait, with what it is to be set to.
[[nodiscard]] result<tcp_connection> make_connection(std::shared_ptr<io_thread> thread, int number,
                                                     const endpoint& remote);

/// A new socket; negative, with errno set, if there is none.
[[nodiscard]] int make_socket(const endpoint& of) noexcept;
/// The address that a socket has on this machine.
[[nodiscard]] std::expected<endpoint, std::error_code> local_endpoint_of(descriptor& file) noexcept;

}  // namespace troupe::io::internal

#pragma once

// tcp_connection: a stream of bytes to and from a peer.
//
//     auto peer = co_await tcp_connection::connect(ctx, *address::parse("localhost:7"));
//     if (!peer) co_return fail(peer.error());
//     co_await peer->write(ctx, "hello");
//     peer->shutdown_send();
//     while (auto got = co_await peer->read(ctx, 4096)) {
//       if (got->empty()) break;  // the peer has sent all that it will
//       use(got->bytes());
//     }
//
// Every wait ends: with what was waited for, an error of the system that says what was attempted
// with which peer, or the end of the given context or that of the fiber that waits, whichever is
// first; with context::background() neither, as everywhere. close() ends waits with
// errc::disconnected, the end of the runtime that made the connection with errc::runtime_stopped.

#include <troupe/context.hpp>
#include <troupe/error.hpp>
#include <troupe/io/address.hpp>
#include <troupe/io/buffer.hpp>
#include <troupe/io/endpoint.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace troupe::io {

namespace internal {
struct tcp_stream;
struct access;
}  // namespace internal

/// A value that is moved and not copied. Destroying it closes the connection.
///
/// Threads: any fiber may use it, of any actor, and one may read while another writes; but one
/// reader and one writer at a time. close() from any thread. Moving it, and destroying it, while an
/// operation runs on another thread is an error of the program.
/// Cost: reading and writing what does not have to wait is one system call; a wait adds two system
/// calls and a wake-up by the I/O thread. Nothing is allocated once warm, texts of errors apart.
class tcp_connection {
 public:
  /// No connection: everything fails with errc::disconnected.
  tcp_connection() noexcept = default;
  tcp_connection(tcp_connection&&) noexcept = default;
  tcp_connection& operator=(tcp_connection&& other) noexcept;
  tcp_connection(const tcp_connection&) = delete;
  tcp_connection& operator=(const tcp_connection&) = delete;
  ~tcp_connection() { close(); }

  /// Connects. Only in a fiber of a runtime that is not the deterministic one: throws usage_error
  /// elsewhere. A name is resolved, and the addresses that it stands for are tried in turn.
  [[nodiscard]] static task<result<tcp_connection>> connect(endpoint to);
  [[nodiscard]] static task<result<tcp_connection>> connect(const context& ctx, endpoint to);
  [[nodiscard]] static task<result<tcp_connection>> connect(address to);
  /// `ctx` must live until the operation has ended; so everywhere here.
  [[nodiscard]] static task<result<tcp_connection>> connect(const context& ctx, address to);

  /// Awaitable -> how many bytes have come into `into`, at least one; 0 once the peer has sent all
  /// that it will. Throws usage_error if `into` is empty, as 0 bytes would look like that end.
  [[nodiscard]] task<result<std::size_t>> read_some(std::span<std::byte> into);
  [[nodiscard]] task<result<std::size_t>> read_some(const context& ctx, std::span<std::byte> into);

  /// The same into a pooled buffer for `most` bytes, which is taken when there is something to
  /// read: waiting holds no memory. Empty once the peer has sent all that it will. Throws
  /// usage_error if `most` is 0.
  [[nodiscard]] task<result<buffer>> read(std::size_t most);
  [[nodiscard]] task<result<buffer>> read(const context& ctx, std::size_t most);

  /// Awaitable -> result<>: sends all of it. After an error, part of it may have been sent. `bytes`
  /// must live until then.
  [[nodiscard]] task<result<>> write(std::span<const std::byte> bytes);
  [[nodiscard]] task<result<>> write(const context& ctx, std::span<const std::byte> bytes);
  [[nodiscard]] task<result<>> write(std::string_view text);
  [[nodiscard]] task<result<>> write(const context& ctx, std::string_view text);

  /// The peer is told that nothing more will come; reading goes on.
  result<> shutdown_send();

  /// Ends the connection, and waits for it. Harmless when repeated.
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

  [[nodiscard]] result<endpoint> local_endpoint() const;
  /// Of a connection that was closed too.
  [[nodiscard]] endpoint remote_endpoint() const noexcept;

  /// Whether small writes are sent at once, as they are from the start, or are collected while
  /// others are on the way (Nagle's algorithm).
  result<> no_delay(bool at_once);

  /// The kernel asks a peer that has been silent for so long, and if it does not answer the
  /// connection fails after as much again: reads and writes end with an error, where they would
  /// wait for a peer that is gone without a word, for ever or, with something on the way to it, for
  /// many minutes. In whole seconds, from 3 to 32767; zero turns it off, as it is from the start.
  /// Throws usage_error for a negative duration.
  result<> keep_alive(duration silent_for);

 private:
  friend struct internal::access;
  std::shared_ptr<internal::tcp_stream> stream_;
};

}  // namespace troupe::io

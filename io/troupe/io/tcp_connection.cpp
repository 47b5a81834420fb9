#include <troupe/io/tcp_connection.hpp>

#include <troupe/io/internal/completion.hpp>
#include <troupe/io/internal/socket_address.hpp>
#include <troupe/io/internal/tcp_stream.hpp>
#include <troupe/io/resolve.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::io {

namespace internal {

error tcp_stream::failure(std::error_code code, std::string_view what) const {
  std::string text(what);
  text.append(" ").append(remote.to_string());
  return {code, text};
}

std::expected<std::size_t, std::error_code> tcp_stream::try_read(
    std::span<std::byte> into) noexcept {
  const auto got = file->attempt(direction::reading, [into](int number) {
    return ::recv(number, into.data(), into.size(), 0);
  });
  if (!got) return std::unexpected(got.error());
  return static_cast<std::size_t>(*got);
}

int make_socket(const endpoint& of) noexcept {
  return ::socket(of.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

result<tcp_connection> make_connection(std::shared_ptr<io_thread> thread, int number,
                                       const endpoint& remote) {
  auto file = descriptor::adopt(std::move(thread), number);
  if (!file) return fail(file.error());
  tcp_connection made;
  access::stream(made) = std::make_shared<tcp_stream>(std::move(*file), remote);
  // A socket that is gone already says so when it is used.
  [[maybe_unused]] const result<> set = made.no_delay(true);
  return made;
}

std::expected<endpoint, std::error_code> local_endpoint_of(descriptor& file) noexcept {
  socket_address found;
  const auto got = file.attempt(direction::reading, [&found](int number) {
    return ::getsockname(number, found.data(), found.size());
  });
  if (!got) return std::unexpected(got.error());
  return found.to_endpoint();
}

}  // namespace internal

namespace {

using internal::direction;
using internal::tcp_stream;

std::unexpected<error> not_connected() {
  return fail(errc::disconnected,
              "this tcp_connection is none: it was not connected, or moved from");
}

error connect_failure(const error& why, const endpoint& to) {
  return {why.code(), "connecting to " + to.to_string()};
}

void require_room(std::size_t most, const char* operation) {
  if (most != 0) return;
  throw usage_error(std::string(operation) +
                    ": room for 0 bytes, where nothing would look like the end of the stream; ask "
                    "for at least 1");
}

// What a socket says about its attempt to connect.
std::error_code connect_outcome(internal::descriptor& file) {
  int code = 0;
  socklen_t size = sizeof code;
  const auto got = file.attempt(direction::writing, [&](int number) {
    return ::getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size);
  });
  if (!got) return got.error();
  return {code, std::system_category()};
}

// True: connected. False: under way.
std::expected<bool, std::error_code> begin_connect(internal::descriptor& file, const endpoint& to) {
  internal::socket_address address(to);
  const auto got = file.attempt(direction::writing, [&](int number) {
    const int outcome = ::connect(number, address.data(), *address.size());
    return outcome < 0 && (errno == EINPROGRESS || errno == EINTR) ? 1 : outcome;
  });
  if (!got) return std::unexpected(got.error());
  return *got == 0;
}

// Ready without being connected happens when somebody else's wait was canceled.
bool is_connected(internal::descriptor& file) {
  internal::socket_address peer;
  return file
      .attempt(direction::writing,
               [&](int number) { return ::getpeername(number, peer.data(), peer.size()); })
      .has_value();
}

task<result<tcp_connection>> connect_to(const context* ctx, endpoint to) {
  auto thread = internal::io_thread::here("tcp_connection::connect");
  co_await internal::turn();
  if (!thread) co_return fail(connect_failure(thread.error(), to));
  if (auto why = internal::ended_before(*detail::current.running, ctx)) {
    co_return fail(connect_failure(*why, to));
  }
  const int number = internal::make_socket(to);
  if (number < 0) co_return fail(connect_failure(internal::last_error(), to));
  auto made = internal::make_connection(std::move(*thread), number, to);
  if (!made) co_return fail(connect_failure(made.error(), to));
  const auto file = internal::access::stream(*made)->file;

  auto connected = begin_connect(*file, to);
  if (!connected) co_return fail(connect_failure(connected.error(), to));
  while (!*connected) {
    const result<> woken = co_await internal::descriptor::ready(file, direction::writing, ctx);
    if (!woken) co_return fail(connect_failure(woken.error(), to));
    if (const std::error_code code = connect_outcome(*file)) {
      co_return fail(connect_failure(code, to));
    }
    *connected = is_connected(*file);
  }
  co_return made;
}

task<result<tcp_connection>> connect_to_name(const context* ctx, address to) {
  auto found = co_await (ctx != nullptr ? resolve(*ctx, to) : resolve(to));
  if (!found) co_return fail(found.error());
  error first(errc::not_found);
  for (const endpoint& one : *found) {
    auto made = co_await connect_to(ctx, one);
    if (made) co_return made;
    if (internal::ended_before(*detail::current.running, ctx)) co_return made;
    if (&one == found->data()) first = made.error();
  }
  co_return fail(std::move(first));
}

task<result<std::size_t>> read_into(std::shared_ptr<tcp_stream> stream, const context* ctx,
                                    std::span<std::byte> into) {
  detail::fiber& self = detail::running_fiber("tcp_connection::read_some");
  require_room(into.size(), "tcp_connection::read_some");
  co_await internal::turn();
  if (!stream) co_return not_connected();
  if (auto why = internal::ended_before(self, ctx)) co_return fail(*std::move(why));
  for (;;) {
    const auto got = stream->try_read(into);
    if (got) co_return *got;
    if (!internal::would_wait(got.error())) {
      co_return fail(stream->failure(got.error(), "reading from"));
    }
    result<> woken = co_await internal::descriptor::ready(stream->file, direction::reading, ctx);
    if (!woken) co_return fail(std::move(woken).error());
  }
}

task<result<buffer>> read_buffer(std::shared_ptr<tcp_stream> stream, const context* ctx,
                                 std::size_t most) {
  detail::fiber& self = detail::running_fiber("tcp_connection::read");
  require_room(most, "tcp_connection::read");
  co_await internal::turn();
  if (!stream) co_return not_connected();
  if (auto why = internal::ended_before(self, ctx)) co_return fail(*std::move(why));
  for (;;) {
    {
      buffer into(most);
      const auto got = stream->try_read(into.room().first(most));
      if (got) {
        into.resize(*got);
        co_return into;
      }
      if (!internal::would_wait(got.error())) {
        co_return fail(stream->failure(got.error(), "reading from"));
      }
    }
    result<> woken = co_await internal::descriptor::ready(stream->file, direction::reading, ctx);
    if (!woken) co_return fail(std::move(woken).error());
  }
}

task<result<>> write_all(std::shared_ptr<tcp_stream> stream, const context* ctx,
                         std::span<const std::byte> bytes) {
  detail::fiber& self = detail::running_fiber("tcp_connection::write");
  co_await internal::turn();
  if (!stream) co_return not_connected();
  if (auto why = internal::ended_before(self, ctx)) co_return fail(*std::move(why));
  while (!bytes.empty()) {
    const auto sent = stream->file->attempt(direction::writing, [bytes](int number) {
      return ::send(number, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    });
    if (sent) {
      bytes = bytes.subspan(static_cast<std::size_t>(*sent));
      continue;
    }
    if (!internal::would_wait(sent.error())) {
      co_return fail(stream->failure(sent.error(), "writing to"));
    }
    result<> woken = co_await internal::descriptor::ready(stream->file, direction::writing, ctx);
    if (!woken) co_return fail(std::move(woken).error());
  }
  co_return result<>();
}

}  // namespace

tcp_connection& tcp_connection::operator=(tcp_connection&& other) noexcept {
  if (this != &other) {
    close();
    stream_ = std::move(other.stream_);
  }
  return *this;
}

task<result<tcp_connection>> tcp_connection::connect(endpoint to) {
  return connect_to(nullptr, to);
}
task<result<tcp_connection>> tcp_connection::connect(const context& ctx, endpoint to) {
  return connect_to(&ctx, to);
}
task<result<tcp_connection>> tcp_connection::connect(address to) {
  return connect_to_name(nullptr, std::move(to));
}
task<result<tcp_connection>> tcp_connection::connect(const context& ctx, address to) {
  return connect_to_name(&ctx, std::move(to));
}

task<result<std::size_t>> tcp_connection::read_some(std::span<std::byte> into) {
  return read_into(stream_, nullptr, into);
}
task<result<std::size_t>> tcp_connection::read_some(const context& ctx, std::span<std::byte> into) {
  return read_into(stream_, &ctx, into);
}
task<result<buffer>> tcp_connection::read(std::size_t most) {
  return read_buffer(stream_, nullptr, most);
}
task<result<buffer>> tcp_connection::read(const context& ctx, std::size_t most) {
  return read_buffer(stream_, &ctx, most);
}

task<result<>> tcp_connection::write(std::span<const std::byte> bytes) {
  return write_all(stream_, nullptr, bytes);
}
task<result<>> tcp_connection::write(const context& ctx, std::span<const std::byte> bytes) {
  return write_all(stream_, &ctx, bytes);
}
task<result<>> tcp_connection::write(std::string_view text) {
  return write_all(stream_, nullptr, std::as_bytes(std::span(text)));
}
task<result<>> tcp_connection::write(const context& ctx, std::string_view text) {
  return write_all(stream_, &ctx, std::as_bytes(std::span(text)));
}

result<> tcp_connection::shutdown_send() {
  if (!stream_) return not_connected();
  const auto done = stream_->file->attempt(direction::writing,
                                           [](int number) { return ::shutdown(number, SHUT_WR); });
  if (!done) return fail(stream_->failure(done.error(), "ending what is sent to"));
  return {};
}

void tcp_connection::close() noexcept {
  if (stream_) stream_->file->close();
}

bool tcp_connection::is_open() const noexcept { return stream_ && stream_->file->is_open(); }

result<endpoint> tcp_connection::local_endpoint() const {
  if (!stream_) return not_connected();
  const auto found = internal::local_endpoint_of(*stream_->file);
  if (!found)
    return fail(stream_->failure(found.error(), "asking for our end of the connection to"));
  return *found;
}

endpoint tcp_connection::remote_endpoint() const noexcept {
  return stream_ ? stream_->remote : endpoint();
}

result<> tcp_connection::no_delay(bool at_once) {
  if (!stream_) return not_connected();
  const int value = at_once ? 1 : 0;
  const auto set = stream_->file->attempt(direction::writing, [value](int number) {
    return ::setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value);
  });
  if (!set) return fail(stream_->failure(set.error(), "setting TCP_NODELAY of the connection to"));
  return {};
}

result<> tcp_connection::keep_alive(duration silent_for) {
  if (silent_for < duration::zero()) {
    throw usage_error("tcp_connection::keep_alive: the duration must not be negative");
  }
  if (!stream_) return not_connected();
  // Three questions, in all as long as the silence before the first.
  constexpr int questions = 3;
  constexpr std::int64_t longest = 32'767;  // the kernel's, for each of these
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(silent_for).count();
  const bool on = seconds != 0;
  const int idle = static_cast<int>(std::clamp<std::int64_t>(seconds, questions, longest));
  const int between = idle / questions;
  const auto set = stream_->file->attempt(direction::writing, [=](int number) {
    const auto option = [number](int level, int name, int value) {
      return ::setsockopt(number, level, name, &value, sizeof value);
    };
    if (on) {
      if (option(IPPROTO_TCP, TCP_KEEPIDLE, idle) != 0) return -1;
      if (option(IPPROTO_TCP, TCP_KEEPINTVL, between) != 0) return -1;
      if (option(IPPROTO_TCP, TCP_KEEPCNT, questions) != 0) return -1;
    }
    // While something is on the way to the peer nobody asks: that is given as long, in ms.
    if (option(IPPROTO_TCP, TCP_USER_TIMEOUT, on ? (idle + questions * between) * 1000 : 0) != 0) {
      return -1;
    }
    return option(SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
  });
  if (!set) return fail(stream_->failure(set.error(), "setting SO_KEEPALIVE of the connection to"));
  return {};
}

}  // namespace troupe::io

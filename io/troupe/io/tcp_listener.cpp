#include <troupe/io/tcp_listener.hpp>

#include <troupe/io/internal/completion.hpp>
#include <troupe/io/internal/socket_address.hpp>
#include <troupe/io/internal/tcp_stream.hpp>
#include <troupe/io/resolve.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace troupe::io {

namespace internal {

error tcp_acceptor::failure(std::error_code code) const {
  return {code, "accepting connections on " + local.to_string()};
}

std::expected<tcp_connection, std::error_code> tcp_acceptor::try_accept() {
  // A peer that has gone again, and errors of its network: the next connection may be fine.
  const auto concerns_peer = [](int code) {
    return code == ECONNABORTED || code == EPROTO || code == ENETDOWN || code == ENOPROTOOPT ||
           code == EHOSTDOWN || code == ENONET || code == EHOSTUNREACH || code == ENETUNREACH;
  };
  socket_address peer;
  const auto got = file->attempt(direction::reading, [&](int number) {
    int accepted = -1;
    do {
      peer = socket_address();
      accepted = ::accept4(number, peer.data(), peer.size(), SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (accepted < 0 && concerns_peer(errno));
    return accepted;
  });
  if (!got) return std::unexpected(got.error());
  auto made = make_connection(file->thread(), *got, peer.to_endpoint());
  if (!made) return std::unexpected(made.error().code());
  return std::move(*made);
}

bool is_lack_of_something(const std::error_code& code) noexcept {
  return code == std::errc::too_many_files_open ||
         code == std::errc::too_many_files_open_in_system || code == std::errc::no_buffer_space ||
         code == std::errc::not_enough_memory || code == std::errc::no_space_on_device;
}

}  // namespace internal

namespace {

using internal::direction;
using internal::tcp_acceptor;

std::unexpected<error> cannot_listen(const error& why, const std::string& at) {
  return fail(why.code(), "listening on " + at);
}

// The system's error, or none.
std::error_code bind_and_listen(internal::descriptor& file, const endpoint& at,
                                std::size_t backlog) {
  constexpr std::size_t most = std::numeric_limits<int>::max();
  internal::socket_address address(at);
  const auto got = file.attempt(direction::reading, [&](int number) {
    const int yes = 1;
    // Connections of an earlier program that are on their way out do not keep us from the address.
    if (::setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0) return -1;
    if (::bind(number, address.data(), *address.size()) < 0) return -1;
    return ::listen(number, static_cast<int>(std::min(backlog, most)));
  });
  return got ? std::error_code() : got.error();
}

task<result<tcp_listener>> listen_to_name(const context* ctx, address at, listen_options options) {
  auto found = co_await (ctx != nullptr ? resolve(*ctx, at) : resolve(at));
  if (!found) co_return cannot_listen(found.error(), at.to_string());
  error first(errc::not_found);
  for (const endpoint& one : *found) {
    auto made = tcp_listener::listen(one, options);
    if (made) co_return made;
    if (&one == found->data()) first = made.error();
  }
  co_return fail(std::move(first));
}

task<result<tcp_connection>> accept_from(std::shared_ptr<tcp_acceptor> acceptor,
                                         const context* ctx) {
  detail::fiber& self = detail::running_fiber("tcp_listener::accept");
  co_await internal::turn();
  if (!acceptor) co_return fail(errc::disconnected, "this tcp_listener does not listen");
  if (auto why = internal::ended_before(self, ctx)) co_return fail(*std::move(why));
  for (;;) {
    auto accepted = acceptor->try_accept();
    if (accepted) co_return std::move(*accepted);
    if (!internal::would_wait(accepted.error())) {
      co_return fail(acceptor->failure(accepted.error()));
    }
    result<> woken = co_await internal::descriptor::ready(acceptor->file, direction::reading, ctx);
    if (!woken) co_return fail(std::move(woken).error());
  }
}

}  // namespace

tcp_listener& tcp_listener::operator=(tcp_listener&& other) noexcept {
  if (this != &other) {
    close();
    acceptor_ = std::move(other.acceptor_);
  }
  return *this;
}

result<tcp_listener> tcp_listener::listen(const endpoint& at, listen_options options) {
  auto thread = internal::io_thread::here("tcp_listener::listen");
  if (!thread) return cannot_listen(thread.error(), at.to_string());
  const int number = internal::make_socket(at);
  if (number < 0) return cannot_listen(internal::last_error(), at.to_string());
  auto file = internal::descriptor::adopt(std::move(*thread), number);
  if (!file) return cannot_listen(file.error(), at.to_string());
  if (const std::error_code code = bind_and_listen(**file, at, options.backlog)) {
    return cannot_listen(code, at.to_string());
  }
  const auto local = internal::local_endpoint_of(**file);
  if (!local) return cannot_listen(local.error(), at.to_string());
  tcp_listener made;
  made.acceptor_ = std::make_shared<tcp_acceptor>(std::move(*file), *local);
  return made;
}

task<result<tcp_listener>> tcp_listener::listen(address at, listen_options options) {
  return listen_to_name(nullptr, std::move(at), options);
}
task<result<tcp_listener>> tcp_listener::listen(const context& ctx, address at,
                                                listen_options options) {
  return listen_to_name(&ctx, std::move(at), options);
}

task<result<tcp_connection>> tcp_listener::accept() { return accept_from(acceptor_, nullptr); }
task<result<tcp_connection>> tcp_listener::accept(const context& ctx) {
  return accept_from(acceptor_, &ctx);
}

void tcp_listener::close() noexcept {
  if (acceptor_) acceptor_->file->close();
}

bool tcp_listener::is_open() const noexcept { return acceptor_ && acceptor_->file->is_open(); }

endpoint tcp_listener::local_endpoint() const noexcept {
  return acceptor_ ? acceptor_->local : endpoint();
}

}  // namespace troupe::io

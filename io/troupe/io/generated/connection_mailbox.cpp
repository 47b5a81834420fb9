#include <troupe/io/generated/connection_mailbox.hpp>

#include <troupe/io/internal/ready_watch.hpp>
#include <troupe/io/internal/tcp_stream.hpp>

namespace troupe::generated {

namespace {

std::unexpected<error> no_such_connection() {
  return fail(errc::not_found,
              "the connection mailbox has no such connection: it was closed, detached, or failed");
}
task<result<>> not_written() { co_return no_such_connection(); }

}  // namespace

void connection_mailbox::fill_in(const connection_mailbox& specified) {
  if (!disabled) disabled = specified.disabled;
  if (!max_bytes) max_bytes = specified.max_bytes;
  if (max_bytes == 0U) throw usage_error("connection mailbox: a message of at most 0 bytes");
}

connection_rx::connection_rx(const connection_mailbox& from)
    : enabled_(!from.disabled.value_or(false)), max_bytes_(from.max_bytes.value_or(4096)) {}

connection_rx::~connection_rx() = default;

// The I/O thread may hold it a moment longer, and must not find an inbox then.
void connection_rx::attached::stop_watching() noexcept {
  if (watch) watch->end();
  watch.reset();
}

result<io::connection_id> connection_rx::attach(io::tcp_connection connection) {
  if (!connection.is_open()) {
    return fail(errc::disconnected, "a connection that is closed cannot be attached");
  }
  const ready_token token = ++*last_;
  attached& made = connections_[token];
  made.watch = std::make_shared<io::internal::ready_watch>(
      io::internal::access::stream(connection)->file, token);
  made.connection = std::move(connection);
  made.watch->begin(inbox());
  return io::connection_id{token};
}

std::optional<io::tcp_connection> connection_rx::detach(io::connection_id which) {
  const auto found = connections_.find(static_cast<ready_token>(which));
  if (found == connections_.end()) return std::nullopt;
  std::optional<io::tcp_connection> given(std::move(found->second.connection));
  connections_.erase(found);
  return given;
}

bool connection_rx::close(io::connection_id which) { return detach(which).has_value(); }

io::tcp_connection* connection_rx::find(io::connection_id which) noexcept {
  const auto found = connections_.find(static_cast<ready_token>(which));
  return found != connections_.end() ? &found->second.connection : nullptr;
}

task<result<>> connection_rx::write(io::connection_id to, std::span<const std::byte> bytes) {
  io::tcp_connection* const found = find(to);
  return found != nullptr ? found->write(bytes) : not_written();
}
task<result<>> connection_rx::write(const context& ctx, io::connection_id to,
                                    std::span<const std::byte> bytes) {
  io::tcp_connection* const found = find(to);
  return found != nullptr ? found->write(ctx, bytes) : not_written();
}
task<result<>> connection_rx::write(io::connection_id to, std::string_view text) {
  return write(to, std::as_bytes(std::span(text)));
}
task<result<>> connection_rx::write(const context& ctx, io::connection_id to,
                                    std::string_view text) {
  return write(ctx, to, std::as_bytes(std::span(text)));
}

result<> connection_rx::shutdown_send(io::connection_id to) {
  io::tcp_connection* const found = find(to);
  return found != nullptr ? found->shutdown_send() : no_such_connection();
}

void connection_rx::begin_run() noexcept {
  closed_ = false;
  for (auto& [token, one] : connections_) {
    if (one.watch) one.watch->begin(inbox());
  }
}

void connection_rx::end_run() noexcept {
  for (auto& [token, one] : connections_) {
    if (one.watch) one.watch->end();
  }
}

std::optional<io::arrival> connection_rx::read(ready_token token) {
  const auto found = connections_.find(token);
  if (found == connections_.end() || !found->second.watch) return std::nullopt;
  attached& one = found->second;
  io::internal::tcp_stream& from = *io::internal::access::stream(one.connection);

  io::arrival made{.from = io::connection_id{token}};
  made.bytes = io::buffer(max_bytes_);
  const auto got = from.try_read(made.bytes.room().first(max_bytes_));
  if (got && *got != 0) {
    made.bytes.resize(*got);
    // A full message: there may be more. It waits for its turn, behind what has come from others.
    if (*got == max_bytes_) {
      one.watch->tell();
    } else {
      one.watch->tell_when_ready();
    }
    return made;
  }
  made.bytes = io::buffer();
  if (got) {
    made.what = io::arrival_kind::end;
    one.stop_watching();
    return made;
  }
  if (io::internal::would_wait(got.error())) {
    one.watch->tell_when_ready();
    return std::nullopt;
  }
  made.what = io::arrival_kind::failed;
  made.why = from.failure(got.error(), "reading from");
  connections_.erase(found);
  return made;
}

}  // namespace troupe::generated

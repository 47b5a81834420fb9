#include <troupe/io/generated/listener_mailbox.hpp>

#include <troupe/io/address.hpp>
#include <troupe/io/internal/ready_watch.hpp>
#include <troupe/io/internal/tcp_stream.hpp>

namespace troupe::generated {

void listener_mailbox::fill_in(const listener_mailbox& specified) {
  if (!disabled) disabled = specified.disabled;
  if (!capacity) capacity = specified.capacity;
  if (!address) address = specified.address;
  if (!address) {
    throw usage_error(
        "listener mailbox: no address to listen on; give one in the specification (address: "
        "\"localhost:8080\") or in the builder (.address = \"localhost:8080\")");
  }
  if (const auto read = io::address::parse(*address); !read) {
    throw usage_error("listener mailbox: " + std::string(read.error().text()));
  }
}

listener_rx::listener_rx(const listener_mailbox& from)
    : address_(from.address.value_or("")),
      capacity_(from.capacity.value_or(10)),
      enabled_(!from.disabled.value_or(false)) {}

listener_rx::~listener_rx() { end_run(); }

io::endpoint listener_rx::local_endpoint() const noexcept { return listener_->local_endpoint(); }

task<result<>> listener_rx::start() {
  if (!listener_->is_open()) {
    auto at = io::address::parse(address_);
    if (!at) co_return fail(at.error());
    auto made =
        co_await io::tcp_listener::listen(std::move(*at), io::listen_options{.backlog = capacity_});
    if (!made) co_return fail(made.error());
    *listener_ = std::move(*made);
  }
  watch_ = std::make_shared<io::internal::ready_watch>(
      io::internal::access::acceptor(*listener_)->file, ready_token{});
  watch_->begin(inbox());
  co_return result<>();
}

void listener_rx::end_run() noexcept {
  if (watch_) watch_->end();
  watch_.reset();
}

void listener_rx::ended_for_good() noexcept { listener_->close(); }

result<std::optional<io::tcp_connection>> listener_rx::accept() {
  io::internal::tcp_acceptor& from = *io::internal::access::acceptor(*listener_);
  auto accepted = from.try_accept();
  if (accepted) {
    watch_->tell();
    return std::move(*accepted);
  }
  if (io::internal::would_wait(accepted.error())) {
    watch_->tell_when_ready();
  } else if (io::internal::is_lack_of_something(accepted.error())) {
    watch_->tell_later();
  } else {
    return fail(from.failure(accepted.error()));
  }
  return std::nullopt;
}

}  // namespace troupe::generated

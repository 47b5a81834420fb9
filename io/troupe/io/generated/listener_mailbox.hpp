#pragma once

// Mailboxes of the kind `listener`: each connection that somebody makes to the actor's address is a
// message. The kernel keeps those that the actor has not come to yet, up to the capacity.
//
// A run that begins listens, if none before it has; that fails where the address cannot be had, and
// the actor ends with that error before handle_start(). The listening socket outlives restarts,
// those from a factory too, and is closed when the actor has ended for good.

#include <troupe/error.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/io/endpoint.hpp>
#include <troupe/io/generated/ready_inbox.hpp>
#include <troupe/io/tcp_connection.hpp>
#include <troupe/io/tcp_listener.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace troupe::generated {

/// How a listener starts, in an actor's builder. What is not set is as the specification says.
struct listener_mailbox {
  /// Accepts nothing until the actor enables it.
  std::optional<bool> disabled{};
  /// How many new connections may wait; the kernel refuses others.
  std::optional<std::size_t> capacity{};
  /// "host:port"; with port 0 the system chooses one that is free.
  std::optional<std::string> address{};

  /// For generated code: takes from `specified` what is not set here. Throws usage_error if there
  /// is no address, or none that can be read.
  void fill_in(const listener_mailbox& specified);
};

/// What the actor does with a listener; to be used by the actor alone.
class listener_rx {
 public:
  /// Connections are accepted, and those that have waited are the first.
  void enable() noexcept { enabled_ = true; }
  /// None is accepted from now on: those who connect wait in the kernel, up to the capacity.
  void disable() noexcept { enabled_ = false; }
  [[nodiscard]] bool enabled() const noexcept { return enabled_; }
  /// Where it listens, with the port that the system has chosen.
  [[nodiscard]] io::endpoint local_endpoint() const noexcept;

  // For the library.

  /// `from` is filled in.
  explicit listener_rx(const listener_mailbox& from);
  listener_rx(const listener_rx&) = delete;
  listener_rx& operator=(const listener_rx&) = delete;
  ~listener_rx();

  void open() noexcept {}
  void begin_run() noexcept { closed_ = false; }
  /// Awaitable -> result<>, in a run, before it takes messages.
  task<result<>> start();
  void end_run() noexcept;
  void ended_for_good() noexcept;
  void take_over(const listener_rx& first) noexcept { listener_ = first.listener_; }

  [[nodiscard]] detail::inbox_core& inbox() noexcept { return ready_.core(); }
  [[nodiscard]] bool wanted() const noexcept { return enabled_ && !closed_; }
  void note_closed() noexcept { closed_ = true; }
  /// One that waits, or none after all; an error ends the actor.
  result<std::optional<io::tcp_connection>> accept();

  class arm : public ready_arm<listener_rx> {
   public:
    using ready_arm::ready_arm;

    template <auto Handle, class Private>
    auto received(Private& self, detail::inbox_source& source) {
      using handled_type = decltype(handle<Handle>(self, std::declval<io::tcp_connection&&>()));
      ready_token token{};
      if (!take(source, token)) return nothing_handled<handled_type>();
      auto accepted = rx().accept();
      if (!accepted) return failed_handling<handled_type>(std::move(accepted).error());
      if (!*accepted) return nothing_handled<handled_type>();
      return handle<Handle>(self, std::move(**accepted));
    }
  };

 private:
  std::string address_;
  std::size_t capacity_;
  bool enabled_;
  bool closed_ = false;  // the inbox, in this run
  // Shared with later objects of a factory.
  std::shared_ptr<io::tcp_listener> listener_ = std::make_shared<io::tcp_listener>();
  ready_inbox ready_;
  std::shared_ptr<io::internal::ready_watch> watch_;  // during a run
};

}  // namespace troupe::generated

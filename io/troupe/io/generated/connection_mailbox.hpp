#pragma once

// Mailboxes of the kind `connection`: what arrives on connections that the actor has attached. It
// is read when the actor comes to it: a slow actor stops the reading, and the peer's writing.
//
// An object keeps its connections over a restart. Those of an object that a factory replaces are
// closed, as are all when the actor has ended for good.

#include <troupe/context.hpp>
#include <troupe/error.hpp>
#include <troupe/generated/outcome.hpp>
#include <troupe/io/arrival.hpp>
#include <troupe/io/generated/ready_inbox.hpp>
#include <troupe/io/tcp_connection.hpp>
#include <troupe/task.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace troupe::generated {

/// How a mailbox starts, in an actor's builder. What is not set is as the specification says.
struct connection_mailbox {
  /// Reads nothing until the actor enables it.
  std::optional<bool> disabled{};
  /// How many bytes a message holds, at most.
  std::optional<std::size_t> max_bytes{};

  /// For generated code: takes from `specified` what is not set here. Throws usage_error if a
  /// message were to hold no bytes.
  void fill_in(const connection_mailbox& specified);
};

/// What the actor does with its connections; to be used by the actor alone. They take turns: one
/// that always has something to read does not keep others waiting.
class connection_rx {
 public:
  /// What arrives is read, and what has come meanwhile is the first.
  void enable() noexcept { enabled_ = true; }
  /// Nothing is read from now on; what peers send waits with them and in the kernel.
  void disable() noexcept { enabled_ = false; }
  [[nodiscard]] bool enabled() const noexcept { return enabled_; }

  /// From now on what arrives on `connection` comes as messages with the id. errc::disconnected if
  /// it is closed.
  result<io::connection_id> attach(io::tcp_connection connection);
  /// The connection, which is the caller's again; nothing if there is none of that id. No message
  /// of it comes any more. What was not read is still in it.
  std::optional<io::tcp_connection> detach(io::connection_id which);
  /// Ends a connection; no message of it comes any more. False: there is none of that id. One that
  /// has `failed` is gone by itself, one at its `end` is to be closed.
  bool close(io::connection_id which);
  /// How many there are.
  [[nodiscard]] std::size_t size() const noexcept { return connections_.size(); }

  /// As tcp_connection::write; errc::not_found if there is none of that id. The actor handles
  /// nothing else until all is written or the context ends: `ctx` with a deadline is wise where a
  /// peer might not read.
  [[nodiscard]] task<result<>> write(io::connection_id to, std::span<const std::byte> bytes);
  [[nodiscard]] task<result<>> write(const context& ctx, io::connection_id to,
                                     std::span<const std::byte> bytes);
  [[nodiscard]] task<result<>> write(io::connection_id to, std::string_view text);
  [[nodiscard]] task<result<>> write(const context& ctx, io::connection_id to,
                                     std::string_view text);
  /// As tcp_connection::shutdown_send.
  result<> shutdown_send(io::connection_id to);
  /// Null if there is none of that id; for its endpoints and options. Reading is the mailbox's.
  [[nodiscard]] io::tcp_connection* find(io::connection_id which) noexcept;

  // For the library.

  /// `from` is filled in.
  explicit connection_rx(const connection_mailbox& from);
  connection_rx(const connection_rx&) = delete;
  connection_rx& operator=(const connection_rx&) = delete;
  ~connection_rx();

  void open() noexcept {}
  void begin_run() noexcept;
  void end_run() noexcept;
  void ended_for_good() noexcept { connections_.clear(); }
  /// A later object of the same factory: others may still know the ids of the earlier ones.
  void take_over(connection_rx& first) noexcept {
    first.connections_.clear();
    last_ = first.last_;
  }

  [[nodiscard]] detail::inbox_core& inbox() noexcept { return ready_.core(); }
  [[nodiscard]] bool wanted() const noexcept { return enabled_ && !closed_; }
  void note_closed() noexcept { closed_ = true; }
  /// What has arrived, or nothing after all.
  std::optional<io::arrival> read(ready_token token);

  class arm : public ready_arm<connection_rx> {
   public:
    using ready_arm::ready_arm;

    template <auto Handle, class Private>
    auto received(Private& self, detail::inbox_source& source) {
      using handled_type = decltype(handle<Handle>(self, std::declval<io::arrival&&>()));
      ready_token token{};
      if (!take(source, token)) return nothing_handled<handled_type>();
      auto arrived = rx().read(token);
      if (!arrived) return nothing_handled<handled_type>();
      return handle<Handle>(self, std::move(*arrived));
    }
  };

 private:
  struct attached {
    attached() = default;
    attached(const attached&) = delete;
    attached& operator=(const attached&) = delete;
    ~attached() { stop_watching(); }
    void stop_watching() noexcept;

    io::tcp_connection connection;
    std::shared_ptr<io::internal::ready_watch> watch;  // until nothing more can come
  };

  bool enabled_;
  bool closed_ = false;  // the inbox, in this run
  std::size_t max_bytes_;
  std::shared_ptr<ready_token> last_ = std::make_shared<ready_token>(0);
  ready_inbox ready_;  // outlives the watches in:
  std::unordered_map<ready_token, attached> connections_;
};

}  // namespace troupe::generated

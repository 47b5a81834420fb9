#pragma once

// What an actor with a mailbox of the kind `connection` is told of one of its connections.

#include <troupe/error.hpp>
#include <troupe/io/buffer.hpp>

#include <cstdint>
#include <optional>

namespace troupe::io {

/// Names one connection of a mailbox. Never used twice by it.
enum class connection_id : std::uint64_t {};

enum class arrival_kind : std::uint8_t {
  bytes,   ///< some have come, at least one
  end,     ///< the peer has sent all that it will; it may still be written to
  failed,  ///< the connection is gone, and `why`
};

/// A message. Of each connection `end` or `failed` comes once, and then nothing more.
struct arrival {
  connection_id from{};
  arrival_kind what = arrival_kind::bytes;
  buffer bytes{};
  std::optional<error> why{};
};

}  // namespace troupe::io

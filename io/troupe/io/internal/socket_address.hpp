#pragma once

// An endpoint as the kernel takes it.

#include <troupe/io/endpoint.hpp>

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace troupe::io::internal {

class socket_address {
 public:
  socket_address() = default;
  explicit socket_address(const endpoint& from) noexcept;

  [[nodiscard]] endpoint to_endpoint() const noexcept;

  [[nodiscard]] sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t* size() noexcept { return &size_; }

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof storage_;
};

/// Of a host that is a number; nothing for a name.
[[nodiscard]] std::optional<endpoint> endpoint_of(const std::string& host,
                                                  std::uint16_t port) noexcept;

}  // namespace troupe::io::internal

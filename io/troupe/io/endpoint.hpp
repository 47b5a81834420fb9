#pragma once

// endpoint: an IP address and a port, in numbers. What a name stands for is found by resolve().

#include <troupe/error.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::io {

/// A value; 0.0.0.0:0 if not given.
class endpoint {
 public:
  endpoint() = default;

  /// From "192.0.2.1:80", "[::1]:80" or, with an interface's number, "[fe80::1%2]:80".
  /// errc::malformed, and why.
  [[nodiscard]] static result<endpoint> parse(std::string_view text);

  /// 127.0.0.1, which only this machine reaches. Port 0: to listen on, one that is free.
  [[nodiscard]] static endpoint loopback(std::uint16_t port = 0) noexcept {
    return v4({127, 0, 0, 1}, port);
  }
  /// 0.0.0.0: to listen on, all addresses of this machine.
  [[nodiscard]] static endpoint any(std::uint16_t port = 0) noexcept { return v4({}, port); }
  [[nodiscard]] static endpoint v4(std::array<std::uint8_t, 4> address,
                                   std::uint16_t port) noexcept;
  [[nodiscard]] static endpoint v6(const std::array<std::uint8_t, 16>& address, std::uint16_t port,
                                   std::uint32_t scope = 0) noexcept;

  [[nodiscard]] bool is_v6() const noexcept { return is_v6_; }
  /// In the order of the network; of a v4 address the first four count.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::uint32_t scope() const noexcept { return scope_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] endpoint with_port(std::uint16_t port) const noexcept {
    endpoint other = *this;
    other.port_ = port;
    return other;
  }

  /// As parse() reads it.
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const endpoint&, const endpoint&) = default;

 private:
  bool is_v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};
  std::uint32_t scope_ = 0;
  std::uint16_t port_ = 0;
};

}  // namespace troupe::io

#pragma once

// address: a host, by name or number, and a port, as people write them.

#include <troupe/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::io {

class address {
 public:
  /// From "localhost:80", "192.0.2.1:80" or "[::1]:80". errc::malformed, and why.
  [[nodiscard]] static result<address> parse(std::string_view text);

  /// `host` is a name, or a number without brackets.
  address(std::string_view host, std::uint16_t port) : host_(host), port_(port) {}

  [[nodiscard]] const std::string& host() const noexcept { return host_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// As parse() reads it.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const address&, const address&) = default;

 private:
  std::string host_;
  std::uint16_t port_;
};

}  // namespace troupe::io

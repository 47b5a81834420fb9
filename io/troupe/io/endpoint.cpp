#include <troupe/io/endpoint.hpp>

#include <troupe/io/address.hpp>
#include <troupe/io/internal/socket_address.hpp>

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace troupe::io {

namespace internal {

socket_address::socket_address(const endpoint& from) noexcept {
  if (from.is_v6()) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(from.port());
    v6.sin6_scope_id = from.scope();
    std::ranges::copy(from.bytes(), v6.sin6_addr.s6_addr);
    std::memcpy(&storage_, &v6, size_ = sizeof v6);
  } else {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(from.port());
    std::memcpy(&v4.sin_addr, from.bytes().data(), sizeof v4.sin_addr);
    std::memcpy(&storage_, &v4, size_ = sizeof v4);
  }
}

endpoint socket_address::to_endpoint() const noexcept {
  if (storage_.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage_, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::ranges::copy(v6.sin6_addr.s6_addr, bytes.begin());
    return endpoint::v6(bytes, ntohs(v6.sin6_port), v6.sin6_scope_id);
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &storage_, sizeof v4);
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
  return endpoint::v4(bytes, ntohs(v4.sin_port));
}

std::optional<endpoint> endpoint_of(const std::string& host, std::uint16_t port) noexcept {
  std::array<std::uint8_t, 4> four{};
  if (::inet_pton(AF_INET, host.c_str(), four.data()) == 1) return endpoint::v4(four, port);

  const std::size_t percent = std::min(host.find('%'), host.size());
  std::array<char, INET6_ADDRSTRLEN> plain{};
  if (percent >= plain.size()) return std::nullopt;
  std::copy_n(host.data(), percent, plain.data());
  std::array<std::uint8_t, 16> sixteen{};
  if (::inet_pton(AF_INET6, plain.data(), sixteen.data()) != 1) return std::nullopt;
  std::uint32_t scope = 0;
  if (percent != host.size()) {
    const char* const first = host.data() + percent + 1;
    const char* const last = host.data() + host.size();
    const auto read = std::from_chars(first, last, scope);
    if (read.ec != std::errc() || read.ptr != last) scope = ::if_nametoindex(first);
    if (scope == 0) return std::nullopt;
  }
  return endpoint::v6(sixteen, port, scope);
}

}  // namespace internal

endpoint endpoint::v4(std::array<std::uint8_t, 4> address, std::uint16_t port) noexcept {
  endpoint made;
  std::ranges::copy(address, made.bytes_.begin());
  made.port_ = port;
  return made;
}

endpoint endpoint::v6(const std::array<std::uint8_t, 16>& address, std::uint16_t port,
                      std::uint32_t scope) noexcept {
  endpoint made;
  made.is_v6_ = true;
  made.bytes_ = address;
  made.scope_ = scope;
  made.port_ = port;
  return made;
}

result<endpoint> endpoint::parse(std::string_view text) {
  const auto written = address::parse(text);
  if (!written) return fail(written.error());
  if (const auto found = internal::endpoint_of(written->host(), written->port())) return *found;
  std::string said("the endpoint \"");
  said.append(text).append(
      "\" has a host that is no IP address; a name needs troupe::io::resolve()");
  return fail(errc::malformed, said);
}

std::string endpoint::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(is_v6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size()) ==
      nullptr) {
    return "?";
  }
  std::string host(text.data());
  if (scope_ != 0) host += "%" + std::to_string(scope_);
  return address(host, port_).to_string();
}

}  // namespace troupe::io

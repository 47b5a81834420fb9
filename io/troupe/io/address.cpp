#include <troupe/io/address.hpp>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace troupe::io {
namespace {

std::unexpected<error> malformed(std::string_view text, std::string_view why) {
  std::string said("the address \"");
  said.append(text).append("\" ").append(why);
  return fail(errc::malformed, said);
}

bool is_of_host(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_';
}
bool is_of_number(char c) noexcept { return is_of_host(c) || c == ':' || c == '%'; }

}  // namespace

result<address> address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) {
    return malformed(text, "has no port: write host:port, such as localhost:80 or [::1]:80");
  }
  std::string_view host = text.substr(0, colon);
  const std::string digits(text.substr(colon + 1));
  if (host.empty()) {
    return malformed(text,
                     "has no host: write 0.0.0.0 or [::] for all addresses of this machine, or "
                     "localhost");
  }
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return malformed(text, "has a [ without a ] before its port");
    host = host.substr(1, host.size() - 2);
    if (!host.contains(':') || !std::ranges::all_of(host, is_of_number)) {
      return malformed(text, "has no IPv6 address between its brackets");
    }
  } else if (host.contains(':')) {
    return malformed(text, "needs brackets around its IPv6 address: write [::1]:80");
  } else if (!std::ranges::all_of(host, is_of_host)) {
    return malformed(text, "has a character in its host that is none of a name");
  }
  std::uint16_t port = 0;
  const char* const end = digits.c_str() + digits.size();
  const auto read = std::from_chars(digits.c_str(), end, port);
  if (read.ec != std::errc() || read.ptr != end) {
    return malformed(text, "has no port from 0 to 65535 behind its last colon");
  }
  return address(host, port);
}

std::string address::to_string() const {
  const std::string port = std::to_string(port_);
  return host_.contains(':') ? "[" + host_ + "]:" + port : host_ + ":" + port;
}

}  // namespace troupe::io

#include <codegen/model/setting_values.hpp>

#include <codegen/diagnostic/diagnostics.hpp>
#include <codegen/diagnostic/nearest_word.hpp>
#include <codegen/model/cpp_type.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>

namespace troupe::gen {
namespace {

using std::string_view_literals::operator""sv;
using value_or_error = std::expected<setting_value, std::string>;

// Small to large, and what each is in nanoseconds.
constexpr std::array units{"ns"sv, "us"sv, "ms"sv, "s"sv, "min"sv, "h"sv};
constexpr std::array<std::int64_t, units.size()> unit_lengths{
    1, 1'000, 1'000'000, 1'000'000'000, 60'000'000'000, 3'600'000'000'000};

constexpr std::array flags{"true"sv, "false"sv};

std::unexpected<std::string> unfit(const mailbox_key& key, std::string_view written) {
  return std::unexpected(
      fmt::format("{} for '{}'; expected {}", shown(written), key.name, expectation(key)));
}

// Digits only, and not too many for the number.
std::optional<std::int64_t> whole_number(std::string_view digits) {
  std::int64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const int digit = c - '0';
    if (number > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  if (digits.empty()) return std::nullopt;
  return number;
}

value_or_error read_count(const mailbox_key& key, std::string_view written) {
  const auto number = whole_number(written);
  if (!number || *number < key.least || *number > key.most) return unfit(key, written);
  return *number;
}

value_or_error read_flag(const mailbox_key& key, std::string_view written) {
  if (written == "true") return true;
  if (written == "false") return false;
  // The other spellings of older YAML.
  if (written == "yes" || written == "on" || written == "no" || written == "off") {
    return std::unexpected(fmt::format("'{}' for '{}'; expected true or false; did you mean '{}'?",
                                       written, key.name,
                                       written == "yes" || written == "on" ? "true" : "false"));
  }
  return std::unexpected(unfit(key, written).error() + did_you_mean(written, flags));
}

value_or_error read_duration(const mailbox_key& key, std::string_view written) {
  const std::size_t digits = std::min(written.find_first_not_of("0123456789"), written.size());
  const auto number = whole_number(written.substr(0, digits));
  const std::string_view unit = written.substr(digits);
  const auto known = std::ranges::find(units, unit);
  if (number && unit.empty()) {
    return std::unexpected(fmt::format("{} for '{}' has no unit; did you mean '{}s' or '{}ms'?",
                                       shown(written), key.name, *number, *number));
  }
  if (number && unit == "m") {
    return std::unexpected(fmt::format("{} for '{}'; did you mean '{}min' or '{}ms'?",
                                       shown(written), key.name, *number, *number));
  }
  if (!number || known == units.end() || *number == 0) return unfit(key, written);
  const std::int64_t length = unit_lengths[static_cast<std::size_t>(known - units.begin())];
  if (*number > std::numeric_limits<std::int64_t>::max() / length) {
    return std::unexpected(
        fmt::format("{} for '{}' is longer than 292 years", shown(written), key.name));
  }
  return std::chrono::nanoseconds(*number * length);
}

value_or_error read_address(const mailbox_key& key, std::string_view written) {
  const std::size_t colon = written.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return unfit(key, written);
  const std::string_view host = written.substr(0, colon);
  const auto port = whole_number(written.substr(colon + 1));
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  const std::string_view inside = bracketed ? host.substr(1, host.size() - 2) : host;
  const bool plain = std::ranges::all_of(inside, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || (bracketed && (c == ':' || c == '%'));
  });
  if (!plain || !port || *port > 65535) return unfit(key, written);
  return std::string(written);
}

value_or_error read_word(const mailbox_key& key, std::string_view written) {
  if (std::ranges::find(key.words, written) != key.words.end()) return std::string(written);
  return std::unexpected(unfit(key, written).error() + did_you_mean(written, key.words));
}

template <class Type>
value_or_error read_type(const mailbox_key& key, Type type) {
  if (type) return std::move(*type);
  return std::unexpected(fmt::format("'{}': {}", key.name, type.error()));
}

}  // namespace

value_or_error read_value(const mailbox_key& key, std::string_view written, bool in_quotes) {
  if (in_quotes && (key.form == value_form::flag || key.form == value_form::count)) {
    return std::unexpected(fmt::format("text in quotes for '{}'; expected {}, without quotes",
                                       key.name, expectation(key)));
  }
  switch (key.form) {
    case value_form::cpp_type: return read_type(key, cpp_type(written));
    case value_form::cpp_reply_type: return read_type(key, cpp_reply_type(written));
    case value_form::flag: return read_flag(key, written);
    case value_form::count: return read_count(key, written);
    case value_form::duration: return read_duration(key, written);
    case value_form::address: return read_address(key, written);
    case value_form::word: return read_word(key, written);
  }
  return unfit(key, written);
}

std::string expectation(const mailbox_key& key) {
  switch (key.form) {
    case value_form::cpp_type: return "a C++ type";
    case value_form::cpp_reply_type: return "a C++ type or void";
    case value_form::flag: return "true or false";
    case value_form::count: return fmt::format("a whole number from {} to {}", key.least, key.most);
    case value_form::duration:
      return fmt::format("a duration of more than 0, such as 15s (units: {})", one_of(units));
    case value_form::address: return "host:port, such as localhost:8080";
    case value_form::word: return one_of(key.words);
  }
  return {};
}

std::string duration_text(std::chrono::nanoseconds duration) {
  std::size_t unit = units.size() - 1;
  while (unit > 0 && duration.count() % unit_lengths[unit] != 0) --unit;
  return fmt::format("{}{}", duration.count() / unit_lengths[unit], units[unit]);
}

std::span<const std::string_view> duration_units() noexcept { return units; }

}  // namespace troupe::gen

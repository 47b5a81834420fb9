#pragma once

// Structured logging: a message and fields, on top of a spdlog logger that the user brings. Silent
// unless given one; then a call costs one branch. spdlog itself stays out of this header.

#include <troupe/error.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace spdlog {
class logger;
}

namespace troupe {

namespace detail {

struct log_target;  // the user's logger with a reference count, see logger.cpp
void retain(log_target& target) noexcept;
void release(log_target& target) noexcept;

}  // namespace detail

enum class log_level : std::uint8_t { debug, info, warn, error };

/// A key and a value in a call of `logger`. Nothing is copied or allocated: strings and errors are
/// referred to, and have to live until the call returns.
class field {
 public:
  field(std::string_view key, bool value) noexcept : key_(key), kind_(kind::boolean) {
    value_.boolean = value;
  }

  template <std::integral V>
    requires(!std::same_as<V, bool> && !std::same_as<V, char>)
  field(std::string_view key, V value) noexcept
      : key_(key), kind_(std::is_signed_v<V> ? kind::integer : kind::natural) {
    if constexpr (std::is_signed_v<V>) {
      value_.integer = value;
    } else {
      value_.natural = value;
    }
  }

  template <std::floating_point V>
  field(std::string_view key, V value) noexcept : key_(key), kind_(kind::real) {
    value_.real = static_cast<double>(value);
  }

  /// A duration; written in the largest of s, ms, us and ns that is no longer, to the nanosecond:
  /// 20ms, 1.000106722s.
  template <class Rep, class Period>
  field(std::string_view key, std::chrono::duration<Rep, Period> value) noexcept
      : key_(key), kind_(kind::nanoseconds) {
    value_.integer = nanoseconds(value);
  }

  template <std::convertible_to<std::string_view> V>
  field(std::string_view key, const V& value) noexcept : key_(key), kind_(kind::text) {
    const std::string_view text(value);
    value_.text = {text.data(), text.size()};
  }

  field(std::string_view key, const std::error_code& value) noexcept
      : key_(key), kind_(kind::code) {
    value_.code = &value;
  }
  field(std::string_view key, const error& value) noexcept : key_(key), kind_(kind::error) {
    value_.error = &value;
  }
  field(std::string_view key, errc value) noexcept : key_(key), kind_(kind::errc) {
    value_.errc = value;
  }

 private:
  friend struct field_writer;

  enum class kind : std::uint8_t {
    boolean,
    integer,
    natural,
    real,
    nanoseconds,
    text,
    code,
    error,
    errc,
  };

  struct characters {
    const char* data;
    std::size_t size;
  };

  // Clamped: 292 years are for ever.
  template <class Rep, class Period>
  static std::int64_t nanoseconds(std::chrono::duration<Rep, Period> value) noexcept {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const double about = std::chrono::duration<double, std::nano>(value).count();
    if (about >= 9.2e18) return most;
    if (about <= -9.2e18) return -most;
    if (about != about) return 0;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
  }

  std::string_view key_;
  union {
    bool boolean;
    std::int64_t integer;
    std::uint64_t natural;
    double real;
    characters text;
    const std::error_code* code;
    const troupe::error* error;
    troupe::errc errc;
  } value_;
  kind kind_;
};

/// A handle to a named log; copies write to the same one.
///
///     log.info("restarted", field("count", 3), field("delay", 20ms));
///     // restarted count=3 delay=20ms
///
/// Values with spaces, quotes, '=' or control characters are quoted and escaped as in C.
/// Cost: silent, one branch, and making children is free; otherwise what spdlog's sinks cost, and
/// an allocation only for lines over 500 characters or the text of errors. Threads: any, where the
/// sinks are spdlog's _mt ones.
class logger {
 public:
  /// Silent.
  logger() noexcept = default;

  /// Writes through the user's logger, with its sinks, its level and its name; null is silent.
  explicit logger(std::shared_ptr<spdlog::logger> target);

  logger(const logger& other) noexcept : target_(other.target_) {
    if (target_ != nullptr) detail::retain(*target_);
  }
  logger(logger&& other) noexcept : target_(std::exchange(other.target_, nullptr)) {}
  logger& operator=(logger other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~logger() {
    if (target_ != nullptr) detail::release(*target_);
  }

  /// A log to the standard error stream, in spdlog's format, of this level and above.
  [[nodiscard]] static logger to_stderr(std::string_view name, log_level level = log_level::info);

  /// A log named "parent.name" to the same sinks, with the level the parent has now.
  [[nodiscard]] logger child(std::string_view name) const {
    return target_ == nullptr ? logger() : make_child(name);
  }

  /// Whether it has no target at all, whatever the level.
  [[nodiscard]] bool silent() const noexcept { return target_ == nullptr; }

  /// The dotted name; empty where silent.
  [[nodiscard]] std::string_view name() const noexcept;

  /// Whether a line of this level would be written: ask before computing something costly.
  [[nodiscard]] bool enabled(log_level level) const noexcept {
    return target_ != nullptr && target_enabled(level);
  }

  template <std::same_as<field>... F>
  void log(log_level level, std::string_view message, const F&... fields) const {
    if (enabled(level)) write(level, message, {fields...});
  }
  template <std::same_as<field>... F>
  void debug(std::string_view message, const F&... fields) const {
    log(log_level::debug, message, fields...);
  }
  template <std::same_as<field>... F>
  void info(std::string_view message, const F&... fields) const {
    log(log_level::info, message, fields...);
  }
  template <std::same_as<field>... F>
  void warn(std::string_view message, const F&... fields) const {
    log(log_level::warn, message, fields...);
  }
  template <std::same_as<field>... F>
  void error(std::string_view message, const F&... fields) const {
    log(log_level::error, message, fields...);
  }

 private:
  [[nodiscard]] logger make_child(std::string_view name) const;
  [[nodiscard]] bool target_enabled(log_level level) const noexcept;
  void write(log_level level, std::string_view message, std::initializer_list<field> fields) const;

  detail::log_target* target_ = nullptr;  // every actor has a logger: so one word
};

}  // namespace troupe

#pragma once

// How an actor's run ended and, if it crashed, what was thrown and where.

#include <troupe/error.hpp>
#include <troupe/exit_kind.hpp>

#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

namespace detail {
struct crash;  // the exception, its description and the stack of its throw, see exit_reason.cpp
}

/// How an actor's run ended: clean, canceled, with an error, or with an exception.
///
/// Cost: clean, canceled and error allocate nothing; what is known of an exception is stored once
/// and shared by all copies. Threads: a value; one exit_reason may be read by several threads.
class exit_reason {
 public:
  [[nodiscard]] static exit_reason clean() noexcept { return {exit_kind::clean, error(), nullptr}; }
  [[nodiscard]] static exit_reason canceled() noexcept {
    return {exit_kind::canceled, errc::canceled, nullptr};
  }

  /// What run() returned: success is clean, errc::canceled is canceled, any other error is error.
  [[nodiscard]] static exit_reason from_result(const result<>& outcome) noexcept;

  /// What left run(). Call it soon after the catch, with the exception still alive: that is when
  /// the stack of the throw is found. Throws usage_error if there is no exception.
  [[nodiscard]] static exit_reason from_exception(std::exception_ptr exception);

  [[nodiscard]] exit_kind kind() const noexcept { return kind_; }

  /// The error that run() returned; nullptr for clean and for an exception.
  [[nodiscard]] const error* as_error() const noexcept {
    return kind_ == exit_kind::error || kind_ == exit_kind::canceled ? &error_ : nullptr;
  }

  /// The exception; null for any other kind.
  [[nodiscard]] std::exception_ptr exception() const noexcept;

  /// The type of the exception, as in the source: "std::runtime_error". Empty for other kinds.
  [[nodiscard]] std::string_view type() const noexcept;

  /// The exception's what(), or the error's text; empty if there is none.
  [[nodiscard]] std::string_view text() const noexcept;

  /// The stack of the throw, one "function (file:line)" a frame, innermost first; empty for other
  /// kinds and where it was not recorded. Valid while this exit_reason or a copy of it lives.
  /// Cost: the first call looks the names up, which takes milliseconds.
  [[nodiscard]] std::span<const std::string> stack() const;

  /// One line for a log: "clean", "canceled", "error: inbox is full: orders", "exception
  /// std::runtime_error: sensor gone, thrown in read_sensor() (sensor.cpp:12)". Costs like stack().
  [[nodiscard]] std::string to_string() const;

 private:
  exit_reason(exit_kind kind, error why, std::shared_ptr<const detail::crash> crash) noexcept
      : error_(std::move(why)), crash_(std::move(crash)), kind_(kind) {}

  error error_;
  std::shared_ptr<const detail::crash> crash_;  // set for exceptions
  exit_kind kind_;
};

}  // namespace troupe

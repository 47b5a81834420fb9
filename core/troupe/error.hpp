#pragma once

// The expected outcomes of Troupe's operations: `errc`, the `error` that carries one, and
// `result<T>`. An outcome that a caller expects is a value; an exception that leaves an actor's
// run() is a crash and takes the other lane (exit_reason.hpp).

#include <cstdint>
#include <expected>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace troupe {

/// What Troupe's own operations answer instead of a value. An enumeration for std::error_code,
/// in the category "troupe".
///
/// Where the standard has a portable condition the code is equal to it, so that
/// `e == std::errc::operation_canceled` holds for `errc::canceled`.
enum class errc {
  canceled = 1,       ///< the context was canceled; std::errc::operation_canceled
  deadline_exceeded,  ///< the context's deadline passed; std::errc::timed_out
  inbox_full,         ///< a try_ operation found no room; std::errc::resource_unavailable_try_again
  inbox_closed,       ///< the inbox takes nothing more, or is closed and drained; broken_pipe
  no_reply,           ///< the request was dropped unanswered; std::errc::connection_aborted
  call_cycle,         ///< the wait would be for oneself; resource_deadlock_would_occur
  already_replied,    ///< the request has been answered before; std::errc::invalid_argument
  runtime_stopped,    ///< the runtime has shut down; std::errc::operation_not_permitted
  actor_stopped,      ///< the actor has ended for good; std::errc::no_such_process
  already_running,    ///< the actor is running or belongs to a supervisor; device_or_resource_busy
  restart_limit,      ///< a supervisor gave up: more restarts than its limit allows
  shutdown_timeout,   ///< something did not stop within its shutdown time; std::errc::timed_out
  no_target,          ///< nothing to send to: no routee, or none is connected
  no_value,           ///< the signal has never had a value
  not_found,          ///< nothing goes by that name or key; std::errc::no_such_file_or_directory
  invalid_argument,   ///< a value was refused; std::errc::invalid_argument
  malformed,          ///< bytes from outside do not follow their format; std::errc::bad_message
  refused,            ///< the peer understood and said no; std::errc::permission_denied
  disconnected,       ///< the connection is gone; std::errc::not_connected
  not_supported,      ///< this peer or platform cannot do it; std::errc::not_supported
  internal,           ///< an invariant of Troupe's own does not hold: please report it
};

/// The category of `errc`, named "troupe".
[[nodiscard]] const std::error_category& error_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), error_category()};
}

}  // namespace troupe

template <>
struct std::is_error_code_enum<troupe::errc> : std::true_type {};

namespace troupe {

namespace detail {

struct error_text;  // a code and an immutable text with a reference count, see error.cpp
void retain(error_text* text) noexcept;
void release(error_text* text) noexcept;

}  // namespace detail

/// A std::error_code and, where there is more to say, a text.
///
/// Cost: one word; without a text nothing is allocated. The text is allocated once and shared by
/// all copies. (A program that has met more than 253 error categories of its own pays with an
/// allocation for each error of those beyond.) Threads: like any value; copies that share a text
/// may live on different threads.
class [[nodiscard]] error {
 public:
  /// Implicit, so that `return std::unexpected<error>(errc::canceled)` and the like read well.
  error(std::error_code code) noexcept;

  /// From any enumeration registered for std::error_code, `errc` first of all.
  template <class E>
    requires std::is_error_code_enum_v<E>
  error(E e) noexcept
      : error([e] {
          if constexpr (std::is_same_v<E, errc>) {
            return packed{pack(static_cast<int>(e), 0)};
          } else {
            return std::error_code(e);
          }
        }()) {}

  /// With a text that says what was wrong, where, and what to do. An empty text is no text.
  error(std::error_code code, std::string_view text);

  error(const error& other) noexcept : word_(other.word_) {
    if (has_block()) [[unlikely]]
      detail::retain(block());
  }
  /// Leaves the code behind, without the text.
  error(error&& other) noexcept : word_(other.word_) {
    if (has_block()) [[unlikely]]
      other.word_ = code_alone(word_);
  }
  error& operator=(error other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~error() {
    if (has_block()) [[unlikely]]
      detail::release(block());
  }

  [[nodiscard]] std::error_code code() const noexcept;

  /// The text given to the constructor; empty if there was none. Valid while this error, or a
  /// copy of it, lives.
  [[nodiscard]] std::string_view text() const noexcept;

  /// The code's message, then the text: "inbox is full: orders (capacity 16)".
  [[nodiscard]] std::string message() const;

  /// Errors are equal when their codes are: the text is for people.
  friend bool operator==(const error& a, const error& b) noexcept {
    return a.word_ == b.word_ || ((a.has_block() || b.has_block()) && a.code() == b.code());
  }
  friend bool operator==(const error& a, const std::error_code& b) noexcept {
    return a.code() == b;
  }
  /// With a portable condition: `e == std::errc::timed_out`.
  friend bool operator==(const error& a, const std::error_condition& b) noexcept {
    return a.code() == b;
  }
  template <class E>
    requires std::is_error_code_enum_v<E>
  friend bool operator==(const error& a, E b) noexcept {
    if constexpr (std::is_same_v<E, errc>) {
      return a == error(b);
    } else {
      return a.code() == std::error_code(b);
    }
  }

 private:
  friend class exit_reason;
  /// That of std::error_code(): no error at all.
  error() noexcept : word_(pack(0, system_index)) {}

  // Either the code's value in the upper half, the index of its category (see error.cpp) below it,
  // and the lowest bit set; or the address of a block that holds code and text.
  struct packed {
    std::uint64_t word;
  };
  explicit error(packed plain) noexcept : word_(plain.word) {}
  static constexpr std::uint32_t system_index = 1;  // of std::system_category
  static constexpr std::uint64_t pack(int value, std::uint32_t category) noexcept {
    return (std::uint64_t{static_cast<std::uint32_t>(value)} << 32U) | (category << 1U) | 1U;
  }
  [[nodiscard]] bool has_block() const noexcept { return (word_ & 1U) == 0; }
  [[nodiscard]] detail::error_text* block() const noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, or a number
    return reinterpret_cast<detail::error_text*>(word_);
  }
  static std::uint64_t word_for(const std::error_code& code) noexcept;
  /// For a word that is a block's address. (By value: what it belongs to may stay in registers.)
  static std::uint64_t code_alone(std::uint64_t word) noexcept;

  std::uint64_t word_;
};

/// What an operation gives: its value, or why there is none.
template <class T = void>
using result = std::expected<T, error>;

/// `return fail(errc::inbox_closed);`, where a `result<T>` of any T is returned.
[[nodiscard]] inline std::unexpected<error> fail(error why) noexcept {
  return std::unexpected<error>(std::move(why));
}
/// The same with a text.
[[nodiscard]] inline std::unexpected<error> fail(std::error_code code, std::string_view text) {
  return std::unexpected<error>(error(code, text));
}

/// Thrown where the program is wrong rather than the world: a capacity below zero, a child given
/// twice. Thrown while things are put together, never by a message's way through the library.
class usage_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
  ~usage_error() override;
};

}  // namespace troupe

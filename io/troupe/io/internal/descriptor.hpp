#pragma once

// A non-blocking file descriptor that fibers wait for: a socket, a pipe, a process (pidfd), a
// terminal. Shared by all who use it; it is closed when the last of them goes, or by close().
//
// Data is moved by plain system calls on the worker (attempt), which do not wait; only when one
// would have to does Asio come in, which tells when to try again (ready, notify). So Asio never
// holds memory of a caller, and what is there costs no trip to the I/O thread. Being told too often
// is harmless: whoever is told tries, and waits again.
//
// Locks. One for each direction is held during an attempt, so that reading and writing go on side
// by side; close() takes both, so that no attempt hits a number that the kernel has given to
// another. Asio's object is guarded by a third lock, the innermost.

#include <troupe/context.hpp>
#include <troupe/error.hpp>
#include <troupe/io/internal/io_thread.hpp>
#include <troupe/task.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

namespace troupe::io::internal {

enum class direction : std::uint8_t { reading, writing };

/// Whether a system call that does not wait would have had to.
[[nodiscard]] inline bool would_wait(const std::error_code& code) noexcept {
  return code == std::errc::resource_unavailable_try_again ||
         code == std::errc::operation_would_block;
}

/// The error of the last system call.
[[nodiscard]] inline std::error_code last_error() noexcept {
  return {errno, std::system_category()};
}

class descriptor final : public io_user {
 public:
  /// Owns `number`, which must not wait (O_NONBLOCK), also when it fails: errc::runtime_stopped, or
  /// the system's error where the kernel cannot watch such a file.
  [[nodiscard]] static result<std::shared_ptr<descriptor>> adopt(std::shared_ptr<io_thread> thread,
                                                                 int number);

  /// For adopt().
  explicit descriptor(std::shared_ptr<io_thread> thread);
  ~descriptor();

  /// Calls `call(number)` until it is not interrupted: what it gives if that is not negative, else
  /// errno's error; after close(), why it was closed.
  template <class Call>
  [[nodiscard]] auto attempt(direction way, Call call)
      -> std::expected<decltype(call(0)), std::error_code> {
    const std::lock_guard held(way == direction::reading ? reading_ : writing_);
    if (number_ < 0) return std::unexpected(closed_);
    for (;;) {
      const auto given = call(number_);
      if (given >= 0) return given;
      if (errno != EINTR) return std::unexpected(last_error());
    }
  }

  /// Awaitable -> result<>: until an attempt may succeed (or it has been closed), or why a context
  /// ended the wait.
  [[nodiscard]] static task<result<>> ready(std::shared_ptr<descriptor> of, direction way,
                                            const context* ctx);

  /// Tells `whom` once, if it still exists then.
  void notify(direction way, std::weak_ptr<readiness> whom);

  /// All waits end, and no attempt succeeds any more. Any thread. Harmless when repeated.
  void close(std::error_code why = errc::disconnected) noexcept;
  [[nodiscard]] bool is_open() noexcept;

  [[nodiscard]] const std::shared_ptr<io_thread>& thread() const noexcept { return thread_; }

  void end_operations(const error& why) noexcept override { close(why.code()); }

 private:
  struct watched;

  template <class Handler>
  void watch(direction way, Handler handler);
  void cancel() noexcept;

  std::shared_ptr<io_thread> thread_;
  std::mutex reading_;
  std::mutex writing_;
  std::mutex watching_;               // guards watched_'s content
  int number_ = -1;                   // changes with both of the first two locks
  std::error_code closed_;            // the same
  std::unique_ptr<watched> watched_;  // owns the number
};

}  // namespace troupe::io::internal

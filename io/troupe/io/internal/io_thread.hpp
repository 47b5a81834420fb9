#pragma once

// The thread of a runtime that runs Asio, made when it is first asked for. Readiness of descriptors
// and whatever Asio operations packages start complete there; none of them may do more than wake a
// fiber or send a message.
//
// Its end, in the destructor of the runtime, while the workers still run: everything that has
// joined is told to end its operations, and the thread ends. What has completed by then, for that
// or by itself, is still run, and nothing ever after, so that the frames of fibers may be
// destroyed. The io_context itself lives as long as one who joined: handlers that were not run are
// destroyed with it, and must not own anything that keeps it alive.

#include <troupe/detail/runtime_services.hpp>
#include <troupe/detail/scheduler.hpp>
#include <troupe/error.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

namespace boost::asio {
class io_context;
}

namespace troupe::io::internal {

/// Whom the I/O thread tells of something.
class readiness {
 public:
  readiness(const readiness&) = delete;
  readiness& operator=(const readiness&) = delete;
  virtual ~readiness() = default;

  /// It may be ready, or has been closed. On the I/O thread, which waits for it; or inside of the
  /// call that asked for it, if it has been closed before.
  virtual void ready() noexcept = 0;

 protected:
  readiness() = default;
};

/// Something with operations under way that would not end by themselves.
class io_user {
 public:
  io_user(const io_user&) = delete;
  io_user& operator=(const io_user&) = delete;

  /// Ends them for good. Any thread.
  virtual void end_operations(const error& why) noexcept = 0;

 protected:
  io_user() = default;
  ~io_user() = default;

 private:
  friend class io_thread;
  io_user* previous_ = nullptr;
  io_user* next_ = nullptr;
};

class io_thread final : public detail::runtime_service {
 public:
  /// That of the runtime whose fiber runs. Throws usage_error outside of a runtime and on the
  /// deterministic one; errc::runtime_stopped while the runtime is being destroyed. Where it has to
  /// be made, and there is no descriptor or thread for it, the system's error: later it may
  /// succeed.
  [[nodiscard]] static result<std::shared_ptr<io_thread>> here(const char* operation);

  io_thread();
  ~io_thread() override;

  [[nodiscard]] boost::asio::io_context& context() noexcept { return *context_; }

  /// Any thread. False: it has stopped, and nothing is to be started.
  [[nodiscard]] bool join(io_user& user) noexcept;
  /// Harmless when it has not joined. Not from end_operations().
  void leave(io_user& user) noexcept;

  /// Tells `whom` once, if it still exists then.
  void notify_after(std::chrono::milliseconds time, std::weak_ptr<readiness> whom);

  void stop() noexcept override;

 private:
  std::unique_ptr<boost::asio::io_context> context_;
  std::mutex mutex_;  // guards the list and stopped_
  io_user* users_ = nullptr;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace troupe::io::internal

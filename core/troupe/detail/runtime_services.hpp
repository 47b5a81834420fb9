#pragma once

// What a library above the core keeps for each runtime, such as a thread for input and output,
// without the core knowing of it: objects by key, made when they are first asked for.
//
// Their life. The runtime's destructor stops them, the last one made first, after shutdown() and
// before it stops the workers: what a service wakes then can still run. The objects themselves go
// with the scheduler, or with the last one who shares them.

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace troupe::detail {

class runtime_service {
 public:
  runtime_service() = default;
  runtime_service(const runtime_service&) = delete;
  runtime_service& operator=(const runtime_service&) = delete;
  virtual ~runtime_service() = default;

  /// Called once. Afterwards no thread of the service touches a fiber.
  virtual void stop() noexcept = 0;
};

/// Threads: any.
class runtime_services {
 public:
  using maker = std::shared_ptr<runtime_service> (*)();

  runtime_services() = default;
  runtime_services(const runtime_services&) = delete;
  runtime_services& operator=(const runtime_services&) = delete;

  /// The service that goes by the address `key`; null after stop(). Throws what `make` does.
  [[nodiscard]] std::shared_ptr<runtime_service> find_or_make(const void* key, maker make);

  void stop() noexcept;
  /// Whether stop() has begun: the runtime is going.
  [[nodiscard]] bool stopped() noexcept;

 private:
  std::mutex mutex_;  // guards all below
  std::vector<std::pair<const void*, std::shared_ptr<runtime_service>>> made_;
  bool stopped_ = false;
};

}  // namespace troupe::detail

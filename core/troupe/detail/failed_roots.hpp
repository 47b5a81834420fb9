#pragma once

// The roots of a runtime that have failed, until run() tells of them.

#include <troupe/failed_root.hpp>

#include <cstddef>
#include <mutex>
#include <vector>

namespace troupe {
class actor;
}

namespace troupe::detail {

/// Threads: any.
class failed_roots {
 public:
  /// A program that goes on spawning roots that fail would else remember them for ever.
  static constexpr std::size_t most = 100;

  /// How a root has ended: kept if that is a failure.
  void note(const actor& root, const exit_reason& why) noexcept;
  /// Those noted since it was last asked.
  [[nodiscard]] std::vector<failed_root> take();

 private:
  std::mutex lock_;
  std::vector<failed_root> all_;
};

}  // namespace troupe::detail

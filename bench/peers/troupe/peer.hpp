#pragma once

// The program that stands for Troupe in `./dev bench --peers`. It runs one workload and prints one
// line of JSON; ../README.md says what that line holds and what each workload does. Workloads use
// the public interface as a user would, and are listed by the file they are in.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace peer {

/// The `key=value` arguments of a run.
class options {
 public:
  /// Throws std::invalid_argument for what is not `key=number`.
  explicit options(std::span<char* const> arguments);

  [[nodiscard]] std::int64_t get(const std::string& key, std::int64_t otherwise) const;
  [[nodiscard]] std::size_t size(const std::string& key, std::size_t otherwise) const;
  [[nodiscard]] std::size_t workers(std::size_t otherwise = 1) const {
    return size("workers", otherwise);
  }

 private:
  std::map<std::string, std::int64_t> given_;
};

/// In nanoseconds.
struct percentiles {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
};

struct measured {
  std::int64_t ops = 0;
  double seconds = 0;
  std::optional<double> allocations{};  ///< an operation
  std::optional<double> bytes{};        ///< of memory, each
  std::optional<percentiles> times{};
  std::string note{};
};

struct workload {
  std::string_view name;
  measured (*run)(const options&);
};

[[nodiscard]] std::span<const workload> inbox_workloads();
[[nodiscard]] std::span<const workload> supervisor_workloads();
[[nodiscard]] std::span<const workload> pattern_workloads();
[[nodiscard]] std::span<const workload> signal_workloads();
[[nodiscard]] std::span<const workload> savina_streams();
[[nodiscard]] std::span<const workload> savina_meetings();
[[nodiscard]] std::span<const workload> savina_resources();
[[nodiscard]] std::span<const workload> scale_workloads();
[[nodiscard]] std::span<const workload> latency_workloads();
[[nodiscard]] std::span<const workload> raw_limits();

}  // namespace peer

#pragma once

// The signals that a signal is made from, as a graph: never with a cycle.

#include <troupe/clock.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe {
class signal_base;
}

namespace troupe::detail {

class input_set;

/// May `source` become a source of `of`? Throws usage_error if it is null, if it is made from `of`
/// itself (the text names the way), or if `of` takes none, or has been started.
void check_source(const signal_base& of, const std::shared_ptr<signal_base>& source,
                  bool takes_sources, bool started);

/// Throws usage_error if other signals are made from the value of `of` already.
void check_unused(const signal_base& of, bool is_used);

/// At the beginning of a run. Throws usage_error if there is nothing that `of` could be made from.
void check_sources(const signal_base& of, const input_set& inputs);

void check_window(const std::string& name, duration window);

[[nodiscard]] std::vector<std::shared_ptr<signal_base>> sources_of(const input_set& inputs);
[[nodiscard]] std::uint64_t missed_by(const input_set& inputs) noexcept;

}  // namespace troupe::detail

#include <troupe/health.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace troupe {

std::string blocked_worker::to_string() const {
  std::string text = fmt::format(
      "worker {} has been in one turn for {} ms: {}{}", worker,
      std::chrono::duration_cast<std::chrono::milliseconds>(at_least).count(), actor,
      message.empty() ? std::string() : fmt::format(", which received {} last", message));
  for (const std::string& frame : stack) text.append("\n  ").append(frame);
  return text;
}

}  // namespace troupe

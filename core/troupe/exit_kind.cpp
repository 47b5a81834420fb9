#include <troupe/exit_kind.hpp>

namespace troupe {

std::string_view to_string(exit_kind kind) noexcept {
  switch (kind) {
    case exit_kind::clean: return "clean";
    case exit_kind::canceled: return "canceled";
    case exit_kind::error: return "error";
    case exit_kind::exception: return "exception";
  }
  return "unknown";
}

}  // namespace troupe

#pragma once

#include <string>

namespace text::tools {
struct output_box {
  std::string text;
};
}  // namespace text::tools

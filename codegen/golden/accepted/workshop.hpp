#pragma once

#include <memory>

namespace workshop {

using box = std::unique_ptr<int>;

}  // namespace workshop

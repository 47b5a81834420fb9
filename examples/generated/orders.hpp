// What the actors of this example send to each other.
#pragma once

#include <string>

namespace shop {

struct order {
  int id = 0;
  std::string what;
};

}  // namespace shop

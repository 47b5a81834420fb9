#pragma once

#include <troupe/io/endpoint.hpp>

namespace echo {

struct where_question {};

}  // namespace echo

#pragma once

#include "echo.gen.hpp"

#include <string>

namespace echo {

/// The server, listening on "host:port".
echo_server_tx make_server(troupe::runtime& rt, std::string address);

}  // namespace echo

// expect: echo_server needs: void handle_input(troupe::io::arrival)
#include <codegen/golden/accepted/echo.gen.hpp>

namespace echo {

struct echo_server : echo_server_base {
  void handle_clients(troupe::io::tcp_connection) {}
  void handle_input(troupe::io::buffer) {}
  void handle_command(const std::string&) {}
};

echo_server_tx make(troupe::runtime& rt) { return echo_server_builder{}.spawn(rt); }

}  // namespace echo

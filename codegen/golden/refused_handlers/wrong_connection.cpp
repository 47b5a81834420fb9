// expect: acceptor needs: void handle_clients(troupe::io::tcp_connection)
#include <codegen/golden/accepted/echo.gen.hpp>

namespace echo {

struct acceptor : acceptor_base {
  void handle_clients(troupe::io::tcp_listener) {}
};

acceptor_tx make(troupe::runtime& rt) { return acceptor_builder{}.spawn(rt); }

}  // namespace echo

// The server: a generated actor with a mailbox for new connections and one for what comes on them.
#include "make_server.hpp"

#include <troupe/troupe.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using troupe::result;
using troupe::task;

// [server]
namespace echo {

struct echo_server : echo_server_base {
  void handle_clients(troupe::io::tcp_connection peer) {
    static_cast<void>(rx->input.attach(std::move(peer)));  // fails if it was closed here
  }

  task<result<>> handle_input(troupe::io::arrival arrived) {
    switch (arrived.what) {
      case troupe::io::arrival_kind::bytes: {
        // Who does not read the answer loses the connection; the others are not kept waiting.
        const auto soon = troupe::context::current().with_timeout(5s);
        const auto sent = co_await rx->input.write(soon, arrived.from, arrived.bytes.bytes());
        if (!sent) rx->input.close(arrived.from);
        break;
      }
      case troupe::io::arrival_kind::end: rx->input.close(arrived.from); break;
      case troupe::io::arrival_kind::failed:
        std::fprintf(stderr, "%s\n", arrived.why->message().c_str());
        break;
    }
    co_return result<>();
  }

  troupe::io::endpoint handle_where(where_question) { return rx->clients.local_endpoint(); }
};

echo_server_tx make_server(troupe::runtime& rt, std::string address) {
  return echo_server_builder{.clients = {.address = std::move(address)}}.spawn(rt);
}

}  // namespace echo
// [server]

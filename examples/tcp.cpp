// Connections by hand: an actor that accepts, a task for each connection, and a client.
#include <troupe/io/io.hpp>
#include <troupe/troupe.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using troupe::context;
using troupe::result;
using troupe::task;
using troupe::io::endpoint;
using troupe::io::tcp_connection;
using troupe::io::tcp_listener;

namespace {

// [accept]
task<result<>> greet(tcp_connection peer) {
  const auto ctx = context::current().with_timeout(5s);
  co_return co_await peer.write(ctx, "hello, " + peer.remote_endpoint().to_string() + "\n");
}

class greeter : public troupe::actor {
 public:
  greeter() : actor("greeter") {}

  auto where() { return where_.call({}); }

 protected:
  task<result<>> run(context ctx) override {
    auto listener = tcp_listener::listen(endpoint::loopback());  // port 0: one that is free
    if (!listener) co_return troupe::fail(listener.error());     // it says which address
    const endpoint here = listener->local_endpoint();
    troupe::spawn(accept_all(std::move(*listener)));
    co_return co_await troupe::serve(ctx, troupe::on(where_, [=](question) { return here; }));
  }

 private:
  struct question {};

  static task<result<>> accept_all(tcp_listener listener) {
    for (;;) {
      auto peer = co_await listener.accept();  // ends with the actor, as the task does
      if (peer) {
        troupe::spawn(greet(std::move(*peer)));
        continue;
      }
      if (!listener.is_open()) co_return troupe::fail(peer.error());
      // No descriptor is free, say: who calls waits in the kernel until one is.
      if (auto slept = co_await troupe::sleep_for(100ms); !slept) co_return slept;
    }
  }

  troupe::call_inbox<question, endpoint> where_{1};
};
// [accept]

task<result<std::string>> listen_to(std::shared_ptr<greeter> server) {
  const auto where = co_await server->where();
  if (!where) co_return troupe::fail(where.error());
  auto peer = co_await tcp_connection::connect(*where);
  if (!peer) co_return troupe::fail(peer.error());
  std::string said;
  while (!said.ends_with('\n')) {
    auto got = co_await peer->read(100);
    if (!got) co_return troupe::fail(got.error());
    if (got->empty()) break;
    said += got->text();
  }
  co_return said;
}

}  // namespace

int main() {
  troupe::runtime rt;
  auto server = std::make_shared<greeter>();
  rt.spawn(server);
  const auto said = rt.block_on(listen_to(server));
  rt.shutdown();
  std::printf("%s", said ? said->c_str() : said.error().message().c_str());
  return said && said->starts_with("hello, 127.0.0.1:") ? 0 : 1;
}

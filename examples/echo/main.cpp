// Three clients talk to a generated echo server, all in this process, and then it ends.
#include "make_server.hpp"

#include <troupe/io/io.hpp>
#include <troupe/troupe.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

// [client]
troupe::task<troupe::result<std::string>> ask(troupe::io::endpoint server, std::string text) {
  const auto ctx = troupe::context::current().with_timeout(10s);  // for all that follows
  auto peer = co_await troupe::io::tcp_connection::connect(ctx, server);
  if (!peer) co_return troupe::fail(peer.error());
  if (auto sent = co_await peer->write(ctx, text); !sent) co_return troupe::fail(sent.error());
  if (auto shut = peer->shutdown_send(); !shut) co_return troupe::fail(shut.error());
  std::string answer;
  for (;;) {
    auto got = co_await peer->read(ctx, 4096);
    if (!got) co_return troupe::fail(got.error());
    if (got->empty()) co_return answer;  // the server has sent all that it will
    answer += got->text();
  }
}
// [client]

troupe::task<troupe::result<>> talk(echo::echo_server_tx server) {
  const auto where = co_await server.where({});
  if (!where) co_return troupe::fail(where.error());
  std::vector<troupe::join_handle<troupe::result<std::string>>> clients;
  for (const char* const text : {"hello", "good morning", "how do you do"}) {
    clients.push_back(troupe::spawn(ask(*where, text)));
  }
  for (const auto& one : clients) {
    auto ended = co_await one;
    if (!ended) co_return troupe::fail(ended.error());
    if (!*ended) co_return troupe::fail(ended->error());
    std::printf("%s\n", (*ended)->c_str());
  }
  server.stop();
  co_return troupe::result<>();
}

}  // namespace

int main() {
  troupe::runtime rt;
  const auto talked = rt.block_on(talk(echo::make_server(rt, "127.0.0.1:0")));
  rt.shutdown();
  if (!talked) std::fprintf(stderr, "%s\n", talked.error().message().c_str());
  return talked ? 0 : 1;
}

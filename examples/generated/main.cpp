// A generated actor in use: order_tracker.yml says what it takes, order_tracker.cpp what it does
// with it, and troupe_generate in CMakeLists.txt brings the two together.
#include "order_tracker.hpp"

#include <troupe/troupe.hpp>

#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;

namespace {

// [sender]
troupe::task<troupe::result<>> send_orders(shop::order_tracker_tx tracker) {
  for (int id = 1; id <= 3; ++id) {
    const shop::order placed{.id = id, .what = "a book"};
    if (auto sent = co_await tracker.new_order(placed); !sent) co_return sent;
    static_cast<void>(co_await troupe::sleep_for(25ms));
  }
  for (int id = 1; id <= 2; ++id) {
    const shop::order done{.id = id, .what = {}};
    if (auto sent = co_await tracker.order_complete(done); !sent) co_return sent;
  }
  static_cast<void>(co_await troupe::sleep_for(25ms));
  tracker.stop();
  co_return troupe::result<>();
}
// [sender]

}  // namespace

int main() {
  troupe::runtime rt;
  const auto sent = rt.block_on(send_orders(shop::make_order_tracker(rt)));
  rt.shutdown();
  if (!sent) std::fprintf(stderr, "%s\n", sent.error().message().c_str());
  return sent ? 0 : 1;
}

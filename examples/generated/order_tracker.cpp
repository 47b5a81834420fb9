// What is written by hand: the actor's data and handlers, which nobody else gets to see.
#include "order_tracker.hpp"

#include <chrono>
#include <cstdio>
#include <map>
#include <utility>

// [private_type]
namespace shop {

struct order_tracker : order_tracker_base {
  std::map<int, order> open{};
  int closed = 0;

  void handle_start() { rx->report.reset(std::chrono::milliseconds(20)); }
  void handle_stop() { std::printf("%d orders complete, %zu open\n", closed, open.size()); }

  void handle_new_order(order placed) {
    open.emplace(placed.id, std::move(placed));
    rx->order_complete.enable();  // now that there is an order, it may become complete
  }

  void handle_order_complete(const order& done) {
    closed += static_cast<int>(open.erase(done.id));
    if (open.empty()) rx->order_complete.disable();
  }

  void handle_report(troupe::time_point) { std::printf("%zu open\n", open.size()); }
};

order_tracker_tx make_order_tracker(troupe::runtime& rt) {
  return order_tracker_builder{.order_complete = {.capacity = 4}}.spawn(rt);
}

}  // namespace shop
// [private_type]

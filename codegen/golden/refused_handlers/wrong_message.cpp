// expect: order_tracker needs: void handle_new_order(Order)
#include <codegen/golden/accepted/order_tracker.gen.hpp>

struct order_tracker : order_tracker_base {
  void handle_new_order(PurchaseOrder) {}
  void handle_order_complete(Order) {}
};

order_tracker_tx make(troupe::runtime& rt) { return order_tracker_builder{}.spawn(rt); }

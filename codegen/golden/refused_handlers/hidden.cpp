// expect: order_tracker needs: void handle_new_order(Order)
#include <codegen/golden/accepted/order_tracker.gen.hpp>

struct order_tracker : order_tracker_base {
  void handle_order_complete(Order) {}

 private:  // and handlers is no friend
  void handle_new_order(Order) {}
};

order_tracker_tx make(troupe::runtime& rt) { return order_tracker_builder{}.spawn(rt); }

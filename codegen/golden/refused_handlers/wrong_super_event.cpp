// expect: supervisee needs: void handle_super_event(troupe::super_event)
#include <codegen/golden/accepted/supervision.gen.hpp>

struct supervisee : supervisee_base {
  void handle_super_event(troupe::actor_id) {}
};

supervisee_tx make(troupe::runtime& rt) { return supervisee_builder{}.spawn(rt); }

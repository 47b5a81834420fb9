// expect: handle_start() gives void, result<>, task<> or task<result<>>
#include <codegen/golden/accepted/supervision.gen.hpp>

struct supervisee : supervisee_base {
  bool handle_start() { return true; }
};

supervisee_tx make(troupe::runtime& rt) { return supervisee_builder{}.spawn(rt); }

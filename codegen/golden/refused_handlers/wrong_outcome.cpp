// expect: timer needs: void handle_blink(troupe::time_point)
#include <codegen/golden/accepted/ticker.gen.hpp>

struct timer : timer_base {
  void handle_tkr(troupe::time_point) {}
  void handle_quarter(troupe::time_point) {}
  int handle_blink(troupe::time_point) { return 1; }
};

timer_tx make(troupe::runtime& rt) { return timer_builder{}.spawn(rt); }

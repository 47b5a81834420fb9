// expect: serve(ctx, ...): each source comes with its handler, as on(inbox, handler)
#include <troupe/serve.hpp>

struct order {};

void loop(const troupe::context& ctx, troupe::cast_inbox<order>& orders) {
  static_cast<void>(troupe::serve(ctx, orders));
}

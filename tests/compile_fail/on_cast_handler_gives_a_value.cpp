// expect: on(cast_inbox<T>, handler): the handler must take a T and give void, result<>
#include <troupe/serve.hpp>

struct order {};

// Nobody would hear what it returns.
void bind(troupe::cast_inbox<order>& orders) {
  static_cast<void>(troupe::on(orders, [](order) { return 1; }));
}

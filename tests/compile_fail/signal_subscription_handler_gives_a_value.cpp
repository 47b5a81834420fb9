// expect: on(subscription<V>, handler): the handler must take a V and give void, result<>
#include <troupe/signal/subscription.hpp>

// Nobody would hear what it returns.
void bind(troupe::subscription<int>& values) {
  static_cast<void>(troupe::on(values, [](int n) { return n; }));
}

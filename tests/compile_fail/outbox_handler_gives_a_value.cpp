// expect: outbox<T>::subscribe(handler): the handler must take a const T& and give void, result<>
#include <troupe/outbox.hpp>

struct order {};

// Nobody would hear what it returns.
void listen(troupe::outbox<order>& orders) {
  auto tie = orders.subscribe([](const order&) { return 1; });
}

// expect: outbox<T>::subscribe(handler): the handler must take a const T& and give void, result<>
#include <troupe/outbox.hpp>

struct order {};

void listen(troupe::outbox<order>& orders) {
  auto tie = orders.subscribe([](int) {});
}

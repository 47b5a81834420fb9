// expect: router: the function must take a routee and give void, result<>, or something to await
#include <troupe/router.hpp>

// Nobody would hear what it returns.
void tell(troupe::router<int*>& all) {
  static_cast<void>(all.broadcast([](int*) { return 1; }));
}

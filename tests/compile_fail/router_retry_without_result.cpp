// expect: router::retry(limit, fn): fn must take a routee and give a result
#include <troupe/router.hpp>

// It could not say whether it succeeded.
void try_some(troupe::router<int*>& all) {
  static_cast<void>(all.retry(2, [](int*) {}));
}

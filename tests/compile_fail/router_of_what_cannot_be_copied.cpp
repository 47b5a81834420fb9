// expect: router<F>: F must be copyable: each call gives a copy of a routee, a pointer say
#include <troupe/router.hpp>

#include <memory>

void route(troupe::router<std::unique_ptr<int>>& owned) { static_cast<void>(owned.size()); }

// expect: because 'std::unique_ptr<int>' does not satisfy 'signal_value'
#include <troupe/signal/pushed_signal.hpp>

#include <memory>

// Each subscriber is given a copy.
troupe::pushed_signal<std::unique_ptr<int>> owner("owner");

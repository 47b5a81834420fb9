// expect: map and combine: the function takes the values of the signals, in their order
#include <troupe/signal/compose.hpp>
#include <troupe/signal/pushed_signal.hpp>

#include <memory>
#include <string>

void make(std::shared_ptr<troupe::pushed_signal<int>> number) {
  static_cast<void>(troupe::map(number, [](const std::string& s) { return s; }));
}

// expect: merge: the signals must have values of one type
#include <troupe/signal/compose.hpp>
#include <troupe/signal/pushed_signal.hpp>

#include <memory>

void make(std::shared_ptr<troupe::pushed_signal<int>> number,
          std::shared_ptr<troupe::pushed_signal<bool>> flag) {
  static_cast<void>(troupe::merge(number, flag));
}

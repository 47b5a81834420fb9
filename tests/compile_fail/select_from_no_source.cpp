// expect: select: every source must be an inbox, ctx.done(), after(d) or every(d)
#include <troupe/select.hpp>

void wait(troupe::cast_inbox<int>& numbers, int& no_source) {
  static_cast<void>(troupe::select(numbers, no_source));
}

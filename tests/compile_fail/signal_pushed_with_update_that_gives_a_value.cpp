// expect: pushed_signal<V>(name, update): the update gives void, result<>, task<> or task<result<>>
#include <troupe/signal/pushed_signal.hpp>

// Whether a value is accepted is said with a result<>.
troupe::pushed_signal<int> one("one", [](int n) { return n > 0; });

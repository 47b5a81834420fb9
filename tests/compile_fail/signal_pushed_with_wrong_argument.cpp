// expect: pushed_signal<V>(name, update): the update takes a V, or a context and a V
#include <troupe/signal/pushed_signal.hpp>

#include <string>

troupe::pushed_signal<int> one("one", [](const std::string&) {});

// expect: periodic_signal(name, update, interval): the update takes a context, or nothing
#include <troupe/signal/periodic_signal.hpp>

#include <chrono>

troupe::periodic_signal<int> one("one", [](int last) { return last + 1; }, std::chrono::seconds(1));

// expect: periodic_signal(name, update, interval): the update takes a context, or nothing
#include <troupe/signal/periodic_signal.hpp>

#include <chrono>
#include <optional>

troupe::periodic_signal<int> one(
    "one", []() -> std::optional<int> { return std::nullopt; }, std::chrono::seconds(1));

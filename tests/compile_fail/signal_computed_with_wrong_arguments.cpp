// expect: computed_signal<V>(name, update, sources...): the update takes nothing, or
#include <troupe/signal/computed_signal.hpp>
#include <troupe/signal/pushed_signal.hpp>

#include <memory>
#include <string>

void make(std::shared_ptr<troupe::pushed_signal<int>> number) {
  troupe::computed_signal<int> length(
      "length", [](const std::string& s) { return static_cast<int>(s.size()); }, number);
}

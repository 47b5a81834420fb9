#include <troupe/signal/compose.hpp>

#include <algorithm>

namespace troupe::detail {

std::string composed_name(const char* how,
                          const std::vector<std::shared_ptr<signal_base>>& sources) {
  std::string name = how;
  name += '(';
  for (const auto& source : sources) {
    if (&source != &sources.front()) name += ", ";
    name += source ? source->name() : "null";
  }
  return name + ')';
}

void collect_tree(const std::shared_ptr<signal_base>& from, std::vector<child_spec>& into) {
  if (!from) throw usage_error("signal_tree: a signal is null");
  if (actor_internals::is_claimed(*from)) return;
  const bool known =
      std::ranges::any_of(into, [&](child_spec& one) { return one.first() == from; });
  if (known) return;
  for (const auto& source : from->sources()) collect_tree(source, into);
  into.emplace_back(from);
}

}  // namespace troupe::detail

#include <troupe/detail/signal_graph.hpp>

#include <troupe/detail/input_set.hpp>
#include <troupe/signal/signal.hpp>

#include <string>
#include <unordered_set>

namespace troupe::detail {

namespace {

// The names from `at` up to `target`, if it is made from it; else empty. `seen`: from where there
// is no way.
std::string way_to(const signal_base& at, const signal_base& target,
                   std::unordered_set<const signal_base*>& seen) {
  if (&at == &target) return at.name();
  if (!seen.insert(&at).second) return {};
  for (const auto& source : at.sources()) {
    if (std::string rest = way_to(*source, target, seen); !rest.empty()) {
      return at.name() + " <- " + rest;
    }
  }
  return {};
}

}  // namespace

void check_source(const signal_base& of, const std::shared_ptr<signal_base>& source,
                  bool takes_sources, bool started) {
  const std::string who = "computed_signal \"" + of.name() + "\": ";
  if (!source) throw usage_error(who + "a source is null");
  if (started) throw usage_error(who + "add sources before it is started");
  if (!takes_sources) {
    throw usage_error(who + "its update takes the values of the sources that it was made with; " +
                      "only an update that takes nothing can have more");
  }
  std::unordered_set<const signal_base*> seen;
  if (const std::string way = way_to(*source, of, seen); !way.empty()) {
    throw usage_error(who + "it would be computed from itself: " + of.name() + " <- " + way +
                      "; break the cycle, for example with a pushed_signal that is written to");
  }
}

void check_unused(const signal_base& of, bool is_used) {
  if (!is_used) return;
  throw usage_error("computed_signal \"" + of.name() +
                    "\": other signals are made from its initial value; add its sources first");
}

void check_sources(const signal_base& of, const input_set& inputs) {
  if (!inputs.all().empty()) return;
  throw usage_error("computed_signal \"" + of.name() +
                    "\": it has no sources and would never be computed; name one when it is made, "
                    "or call add_source before it is started");
}

void check_window(const std::string& name, duration window) {
  if (window < duration::zero()) {
    throw usage_error("computed_signal \"" + name + "\": the coalesce window is negative");
  }
}

std::vector<std::shared_ptr<signal_base>> sources_of(const input_set& inputs) {
  std::vector<std::shared_ptr<signal_base>> sources;
  for (const auto& one : inputs.all()) sources.push_back(one->from);
  return sources;
}

std::uint64_t missed_by(const input_set& inputs) noexcept {
  std::uint64_t missed = 0;
  for (const auto& one : inputs.all()) missed += one->missed();
  return missed;
}

}  // namespace troupe::detail

#pragma once

// For tests of signals: somebody who takes down all that a subscription gives, and trees of them.

#include <troupe/internal/test_fiber.hpp>
#include <troupe/signal/compose.hpp>
#include <troupe/signal/pushed_signal.hpp>
#include <troupe/signal/subscription.hpp>
#include <troupe/supervisor.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::internal {

/// What somebody has been given so far, and how it ended.
template <class V>
struct taken_down {
  std::vector<V> values;
  std::optional<error> end;
};

/// A fiber that receives until there is no more. `into` has to outlive the runtime.
template <class V>
join_handle<void> take_down(runtime& rt, subscription<V> from, taken_down<V>& into) {
  return start(rt, [from = std::move(from), &into]() mutable -> task<> {
    for (;;) {
      result<V> got = co_await from.receive();
      if (!got) {
        into.end = std::move(got).error();
        co_return;
      }
      into.values.push_back(*std::move(got));
    }
  });
}

/// The signals and all that they are made from, under a supervisor of their own.
template <class... S>
std::shared_ptr<supervisor> run_tree(runtime& rt, supervisor_options options,
                                     const std::shared_ptr<S>&... signals) {
  options.children = signal_tree(signals...);
  auto root = std::make_shared<supervisor>("root", std::move(options));
  rt.spawn(root);
  return root;
}

}  // namespace troupe::internal
